/* HeapSummary: win32-heap.md 3.15. Wine 8.0 does not have it. */
#include "blocks.h"

/* Asks in the proper way; all zero if that fails. */
static HEAP_SUMMARY summary_of(HANDLE heap)
{
    HEAP_SUMMARY s;
    memset(&s, 0xCD, sizeof(s));
    s.cb = sizeof(s);
    POISON_LAST_ERROR();
    if (!CHECK_EQ_INT(HeapSummary(heap, 0, &s), TRUE)) {
        memset(&s, 0, sizeof(s));
    }
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(s.cb, sizeof(s));
    CHECK(s.cbCommitted >= s.cbAllocated);
    CHECK(s.cbReserved >= s.cbCommitted);
    return s;
}

/* types-and-constants.md 14.2 */
static void structure(void)
{
    CHECK_EQ_UINT(sizeof(HEAP_SUMMARY), sizeof(void *) == 8 ? 40 : 20);
    CHECK_EQ_UINT(offsetof(HEAP_SUMMARY, cbAllocated), sizeof(void *));
    CHECK_EQ_UINT(offsetof(HEAP_SUMMARY, cbMaxReserve), 4 * sizeof(void *));
}

/* cbAllocated is the sum of the requested sizes of the live blocks */
static void allocated(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    void *gone = HeapAlloc(heap, 0, 0x300);
    CHECK(HeapAlloc(heap, 0, 0x100) != NULL);
    CHECK(HeapAlloc(heap, 0, 0x200) != NULL);
    CHECK(HeapAlloc(heap, 0, 0x60000) != NULL);
    CHECK_EQ_UINT(summary_of(heap).cbAllocated, 0x300 + 0x100 + 0x200 + 0x60000);
    CHECK(HeapFree(heap, 0, gone));
    CHECK_EQ_UINT(summary_of(heap).cbAllocated, 0x100 + 0x200 + 0x60000);
    CHECK(HeapDestroy(heap));
}

/* the same to the byte for odd sizes, large blocks and reallocations, and 0 when all is freed */
static void allocated_exactly(void)
{
    static const SIZE_T sizes[] = {0, 1, 17, 4097, 0x20001, LARGE_MIN, 5 * UNIT + 3};
    enum {
        COUNT = sizeof(sizes) / sizeof(sizes[0])
    };
    void *block[COUNT];
    SIZE_T sum = 0;
    HANDLE heap = HeapCreate(0, 0, 0);
    for (size_t i = 0; i < COUNT; i++) {
        block[i] = HeapAlloc(heap, 0, sizes[i]);
        sum += sizes[i];
        CHECK_EQ_UINT(summary_of(heap).cbAllocated, sum);
    }
    for (size_t i = 0; i < COUNT; i++) {
        block[i] = HeapReAlloc(heap, 0, block[i], sizes[COUNT - 1 - i]);
        sum += sizes[COUNT - 1 - i] - sizes[i];
        CHECK_EQ_UINT(summary_of(heap).cbAllocated, sum);
    }
    for (size_t i = 0; i < COUNT; i++) {
        CHECK(HeapFree(heap, 0, block[i]));
    }
    CHECK_EQ_UINT(summary_of(heap).cbAllocated, 0);
    CHECK(HeapDestroy(heap));
}

/* committed and reserved of a fresh heap are those of its one region (4.2) */
static void fresh_heap(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    HEAP_SUMMARY s = summary_of(heap);
    CHECK_EQ_UINT(s.cbAllocated, 0);
    CHECK_EQ_UINT(s.cbCommitted, region_committed(heap, 0));
    CHECK_EQ_UINT(s.cbReserved, region_size(heap, 0));
    CHECK(HeapDestroy(heap));
}

/* every kind of heap has a summary */
static void other_heaps(void)
{
    HANDLE fixed = HeapCreate(0, 0, UNIT), no_serialize = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    CHECK(HeapAlloc(fixed, 0, 1000) != NULL);
    CHECK(HeapAlloc(no_serialize, 0, 1001) != NULL);
    CHECK_EQ_UINT(summary_of(fixed).cbAllocated, 1000);
    CHECK(summary_of(fixed).cbReserved >= UNIT);
    CHECK_EQ_UINT(summary_of(no_serialize).cbAllocated, 1001);
    CHECK(HeapDestroy(fixed));
    CHECK(HeapDestroy(no_serialize));

    SIZE_T before = summary_of(GetProcessHeap()).cbAllocated;
    void *block = HeapAlloc(GetProcessHeap(), 0, 12345);
#ifndef _WIN32
    CHECK_EQ_UINT(summary_of(GetProcessHeap()).cbAllocated, before + 12345);
#else
    CHECK(summary_of(GetProcessHeap()).cbAllocated >= before);
#endif
    CHECK(HeapFree(GetProcessHeap(), 0, block));
}

/* cb other than the size of the structure: FALSE, ERROR_INVALID_PARAMETER, nothing written */
static void wrong_size(void)
{
    static const DWORD sizes[] = {0, 4, sizeof(HEAP_SUMMARY) - 1, sizeof(HEAP_SUMMARY) + 1, 0xFFFFFFFF};
    HANDLE heap = HeapCreate(0, 0, 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        HEAP_SUMMARY s;
        memset(&s, 0xCD, sizeof(s));
        s.cb = sizes[i];
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapSummary(heap, 0, &s), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        CHECK(all_bytes(&s.cbAllocated, 4 * sizeof(SIZE_T), 0xCD));
    }
    CHECK(HeapDestroy(heap));
}

#ifndef _WIN32

/* dwFlags must be 0 */
static void flags(void)
{
    static const DWORD given[] = {HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS, 0x80000000};
    HANDLE heap = HeapCreate(0, 0, 0);
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        HEAP_SUMMARY s = {.cb = sizeof(s)};
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapSummary(heap, given[i], &s), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    }
    CHECK(HeapDestroy(heap));
}

static void null_summary(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapSummary(heap, 0, NULL), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    CHECK(HeapDestroy(heap));
}

static bool refused(HANDLE handle)
{
    HEAP_SUMMARY s = {.cb = sizeof(s)};
    POISON_LAST_ERROR();
    bool ok = CHECK_EQ_INT(HeapSummary(handle, 0, &s), FALSE);
    return CHECK_LAST_ERROR(ERROR_INVALID_HANDLE) && ok;
}

/* a handle that is no heap: FALSE, ERROR_INVALID_HANDLE */
static void bad_handle(void)
{
    static struct bad_handles bad;
    bad_handles_make(&bad);
    CHECK(refused(NULL));
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        tell_case(refused(bad.list[i].handle), bad.list[i].name);
    }
    bad_handles_end(&bad);
}

#endif

int main(void)
{
    structure();
    if (on_wine()) {
        wine_skip("HeapSummary is not implemented");
        return check_report();
    }
    allocated();
    allocated_exactly();
    fresh_heap();
    other_heaps();
    wrong_size();
#ifndef _WIN32
    flags();
    null_summary();
    bad_handle();
#endif
    return check_report();
}
