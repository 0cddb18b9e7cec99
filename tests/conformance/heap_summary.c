/* HeapSummary: win32-heap.md 3.15. Wine 8.0 does not have it. */
#include "blocks.h"

/* Asks in the proper way; all zero if that fails. */
static HEAP_SUMMARY summary_of(HANDLE heap)
{
    SPEC("W3.15.5");
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

static void allocated(void)
{
    SPEC("W3.15.4 W10.5");
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

static void prototype(void)
{
    SPEC("W3.15.1");
    BOOL(WINAPI * function)(HANDLE, DWORD, LPHEAP_SUMMARY) = HeapSummary;
    HEAP_SUMMARY s = {.cb = sizeof(s)};
    CHECK_EQ_INT(function(GetProcessHeap(), 0, &s), TRUE);
}

/* committed and reserved of a fresh heap are those of its one region */
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

/* any other cb, and nothing is written */
static void wrong_size(void)
{
    SPEC("W3.15.3");
    CHECK_EQ_UINT(sizeof(HEAP_SUMMARY), sizeof(void *) == 8 ? 40 : 20);
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

/* a growable heap has no maximum, that of another is its reservation */
static void maximum(void)
{
    SPEC("W3.15.6");
    HANDLE growable = HeapCreate(0, 0, 0), fixed = HeapCreate(0, 0, UNIT);
    CHECK_EQ_UINT(summary_of(growable).cbMaxReserve, SIZE_MAX);
    CHECK_EQ_UINT(summary_of(fixed).cbMaxReserve, UNIT);
    CHECK_EQ_UINT(summary_of(fixed).cbReserved, UNIT);
    CHECK(HeapDestroy(growable));
    CHECK(HeapDestroy(fixed));
}

/* a large block's memory goes when it shrinks and when it is freed; that of a segment may stay */
static void large_blocks_give_memory_back(void)
{
    SPEC("W1.5.10 W9.12");
    const SIZE_T size = 4 * LARGE_MIN;
    HANDLE heap = HeapCreate(0, 0, 0);
    HEAP_SUMMARY before = summary_of(heap);
    void *block = HeapAlloc(heap, 0, size);
    HEAP_SUMMARY with = summary_of(heap);
    CHECK(with.cbCommitted >= before.cbCommitted + size);
    CHECK(with.cbReserved >= before.cbReserved + size);
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, LARGE_MIN), block);
    SIZE_T shrunk = summary_of(heap).cbCommitted - before.cbCommitted;
    CHECK(shrunk >= LARGE_MIN && shrunk < LARGE_MIN + 0x20000);
    CHECK(HeapFree(heap, 0, block));
    CHECK_EQ_UINT(summary_of(heap).cbCommitted, before.cbCommitted);
    CHECK_EQ_UINT(summary_of(heap).cbReserved, before.cbReserved);

    CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 0x8000)));
    CHECK(summary_of(heap).cbCommitted >= before.cbCommitted);
    CHECK(HeapDestroy(heap));
}

static void flags(void)
{
    SPEC("W1.2.4 W1.2.7 W3.15.2");
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
    SPEC("W1.1.5");
    static struct bad_handles bad;
    bad_handles_make(&bad);
    CHECK(refused(NULL));
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        tell_case(refused(bad.list[i].handle), bad.list[i].name);
    }
    bad_handles_end(&bad);
}

/* what a heap would commit again at its next step stays: a block that is freed and allocated again costs no more, but
 * for the first times where pages are large */
static void what_is_used_again_stays_committed(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < 1000; i++) {
        CHECK(HeapAlloc(heap, 0, 150) != NULL);
    }
    for (unsigned i = 0; i < 3; i++) {
        CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 0x8000)));
    }
    SIZE_T committed = summary_of(heap).cbCommitted;
    for (unsigned i = 0; i < 10; i++) {
        CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 0x8000)));
        CHECK_EQ_UINT(summary_of(heap).cbCommitted, committed);
    }
    CHECK(HeapDestroy(heap));
}

#endif

int main(void)
{
    structure();
    if (on_wine()) {
        wine_skip("HeapSummary is not implemented");
        return check_report();
    }
    prototype();
    allocated();
    allocated_exactly();
    fresh_heap();
    other_heaps();
    wrong_size();
#ifndef _WIN32
    maximum();
    large_blocks_give_memory_back();
    what_is_used_again_stays_committed();
    flags();
    null_summary();
    bad_handle();
#endif
    return check_report();
}
