/*
 * What malloc tells about itself and lets be set, in the C library's forms. Its allocator's parameters have no
 * counterpart here, so most of mallopt is refused.
 */
#include "heap/default_heap.h"
#include "malloc/complain.h"
#include "malloc/exports.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

/* All memory counts as the arena's, large blocks too; what is not known (how many blocks there are) is 0. */
EXPORT struct mallinfo2 mallinfo2(void)
{
    struct heap_totals totals;
    default_heap_sum(&totals);
    return (struct mallinfo2){
        .arena = totals.committed,
        .uordblks = totals.requested,
        .fordblks = totals.committed - totals.requested,
    };
}

static int to_int(size_t value)
{
    return value < INT_MAX ? (int)value : INT_MAX;
}

/* Its fields are too small: what does not fit is as large as they go. */
EXPORT struct mallinfo mallinfo(void)
{
    struct mallinfo2 info = mallinfo2();
    return (struct mallinfo){
        .arena = to_int(info.arena),
        .uordblks = to_int(info.uordblks),
        .fordblks = to_int(info.fordblks),
    };
}

EXPORT int malloc_info(int options, FILE *stream)
{
    if (options != 0) {
        errno = EINVAL;
        return -1;
    }
    struct heap_totals totals;
    default_heap_sum(&totals);
    fprintf(stream,
            "<malloc version=\"cairn-1\">\n"
            "<heap nr=\"0\">\n"
            "<blocks type=\"requested\" size=\"%zu\"/>\n"
            "<system type=\"current\" size=\"%zu\"/>\n"
            "<aspace type=\"total\" size=\"%zu\"/>\n"
            "</heap>\n"
            "</malloc>\n",
            totals.requested, totals.committed, totals.reserved);
    return 0;
}

EXPORT void malloc_stats(void)
{
    struct heap_totals totals;
    default_heap_sum(&totals);
    fprintf(stderr, "cairn: default heap: %zu bytes in blocks, %zu committed, %zu reserved\n", totals.requested,
            totals.committed, totals.reserved);
}

/* 1 if memory went back to the system. What is kept free at the top (`pad`) is for the heap to choose. */
EXPORT int malloc_trim(size_t pad)
{
    (void)pad;
    return default_heap_trim();
}

/* The parameter is gone from the C library but for its number: bit 0 is to print a line, bit 1 to abort. */
static int set_check_action(int value)
{
    switch (value) {
    case 1:
        complain_then(ON_ERROR_CONTINUE);
        return 1;
    case 3:
        complain_then(ON_ERROR_ABORT);
        return 1;
    default:
        return 0;
    }
}

EXPORT int mallopt(int parameter, int value)
{
    return parameter == M_CHECK_ACTION ? set_check_action(value) : 0;
}
