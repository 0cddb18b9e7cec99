/* _alloca, _malloca, _freea: their pages in Microsoft's C runtime library reference. In malloc.h they are macros and
 * inline functions, so under Wine MinGW's are judged. */
#include "blocks.h"

#include <errno.h>
#include <malloc.h>

/* Whether the address is near that of a local variable of the caller, as the stack is, and no heap. */
static bool is_on_stack(const void *address, const void *local)
{
    uintptr_t a = (uintptr_t)address, b = (uintptr_t)local;
    return (a < b ? b - a : a - b) < 0x40000;
}

static bool is_aligned(const void *address)
{
    return (uintptr_t)address % 16 == 0;
}

/* "allocates size bytes from the program stack", "suitably aligned for storage of any type of object" */
static void on_stack(size_t size)
{
    char local;
    unsigned char *first = _alloca(size), *second = _alloca(size);
    CHECK(is_on_stack(first, &local) && is_on_stack(second, &local));
    CHECK(is_aligned(first) && is_aligned(second));
    pattern_fill(first, size, 1);
    pattern_fill(second, size, 2);
    CHECK(pattern_holds(first, size, 1) && pattern_holds(second, size, 2));
}

/* "If size is greater than _ALLOCA_S_THRESHOLD, then _malloca attempts to allocate on the heap" */
static void on_stack_or_heap(size_t size, bool stack)
{
    char local;
    unsigned char *first = _malloca(size), *second = _malloca(size);
    CHECK(first != NULL && second != NULL && is_aligned(first) && is_aligned(second));
    CHECK(is_on_stack(first, &local) == stack && is_on_stack(second, &local) == stack);
    pattern_fill(first, size, 1);
    pattern_fill(second, size, 2);
    CHECK(pattern_holds(first, size, 1));
    _freea(first);
    CHECK(pattern_holds(second, size, 2));
    _freea(second);
}

/* What came from the heap is freed: else this takes 2 GiB. */
static void frees(void)
{
    for (unsigned i = 0; i < 200000; i++) {
        char *memory = _malloca(10000);
        if (!CHECK(memory != NULL)) {
            return;
        }
        memory[0] = memory[9999] = 1;
        _freea(memory);
    }
}

/* "returns a null pointer if the space can't be allocated"; _freea of NULL does nothing */
static void no_space(void)
{
    _freea(NULL);
#ifndef SANITIZED /* whose malloc ends the process instead */
    volatile size_t much = (size_t)1 << 60;
    errno = 0;
    void *volatile memory = _malloca(much); /* volatile: else Clang takes it for granted that there is space */
    CHECK(memory == NULL);
    CHECK_EQ_INT(errno, ENOMEM);
    WINE_DIFFERS("sizes near the largest wrap") {
        volatile size_t too_much = (size_t)-1 - 8;
        memory = _malloca(too_much);
        CHECK(memory == NULL);
    }
#endif
}

#ifndef _WIN32
/* The argument is evaluated once, whatever it does. */
static void evaluated_once(void)
{
    size_t size = 10;
    char *memory = _malloca(size++);
    CHECK_EQ_UINT(size, 11);
    _freea(memory);
    memory = _malloca(size *= 200);
    CHECK_EQ_UINT(size, 2200);
    _freea(memory);
}
#endif

int main(void)
{
    for (size_t size = 0; size < 1000; size = size * 2 + 1) {
        on_stack(size);
        on_stack_or_heap(size, true);
    }
    on_stack(100000);
    on_stack_or_heap(1000, true);
    WINE_DIFFERS("MinGW counts the marker") {
        on_stack_or_heap(1024, true);
    }
    on_stack_or_heap(1025, false);
    on_stack_or_heap(100000, false);
    frees();
    no_space();
#ifndef _WIN32
    evaluated_once();
#endif
    return check_report();
}
