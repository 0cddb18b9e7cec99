/* RtlCompactHeap: nt-heap.md 11, win32-heap.md 3.10. Wine has a stub only. */
#include "walk.h"

#include "nt.h"

/* cbData of the largest free record; 0: none */
static SIZE_T largest_free(HANDLE heap)
{
    static struct walk walk;
    SIZE_T largest = 0;
    CHECK(walk_take(heap, &walk));
    for (size_t i = 0; i < walk.count; i++) {
        const PROCESS_HEAP_ENTRY *e = &walk.records[i];
        if (record_kind(e) == KIND_FREE && e->cbData > largest) {
            largest = e->cbData;
        }
    }
    return largest;
}

/* the size of the largest committed free block, with its header or without */
static void check_compact(HANDLE heap)
{
    SPEC("N11.2");
    static const ULONG flags[] = {0, HEAP_NO_SERIALIZE};
    SIZE_T largest = largest_free(heap);
    WINE_DIFFERS("RtlCompactHeap is a stub") {
        for (size_t i = 0; i < 2; i++) {
            SIZE_T size = RtlCompactHeap(heap, flags[i]);
            CHECK(size != 0 && size >= largest && size <= largest + 2 * GRANULARITY);
        }
    }
    CHECK_EQ_UINT(largest_free(heap), largest); /* coalescing was done on free, so nothing moves */
    CHECK(HeapValidate(heap, 0, NULL));
}

static void largest_free_block(void)
{
    struct witness w;
    void *hole[3];
    witness_make(&w);
    for (unsigned i = 0; i < 3; i++) {
        hole[i] = HeapAlloc(w.heap, 0, 0x8000 * (i + 1));
        CHECK(HeapAlloc(w.heap, 0, 100) != NULL);
    }
    check_compact(w.heap);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(HeapFree(w.heap, 0, hole[i]));
        check_compact(w.heap);
    }
    CHECK(witness_unharmed(&w));
    witness_end(&w);
}

static void fresh_heaps(void)
{
    HANDLE heaps[] = {HeapCreate(0, 0, 0), HeapCreate(HEAP_NO_SERIALIZE, 0, 0), HeapCreate(0, 0, UNIT)};
    for (size_t i = 0; i < 3; i++) {
        check_compact(heaps[i]);
        CHECK(HeapDestroy(heaps[i]));
    }
}

/* win32-heap.md 3.10: 0 with NO_ERROR: no free space at all */
static void no_free_space(void)
{
    SPEC("N11.2");
    HANDLE heap = HeapCreate(0, 0, 0x2000);
    while (HeapAlloc(heap, 0, 0) != NULL) {
    }
    CHECK_EQ_UINT(largest_free(heap), 0);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlCompactHeap(heap, 0), 0);
    WINE_DIFFERS("RtlCompactHeap is a stub") {
        CHECK_LAST_ERROR(NO_ERROR);
    }
    CHECK(HeapDestroy(heap));
}

#ifndef _WIN32
/* 0 with another last error: failure */
static void bad_handle(void)
{
    static struct bad_handles bad;
    bad_handles_make(&bad);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlCompactHeap(NULL, 0), 0);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        bool ok = CHECK_EQ_UINT(RtlCompactHeap(bad.list[i].handle, 0), 0);
        ok = CHECK_LAST_ERROR(ERROR_INVALID_HANDLE) && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}
#endif

int main(void)
{
    nt_load();
    largest_free_block();
    fresh_heaps();
    no_free_space();
#ifndef _WIN32
    bad_handle();
#endif
    return check_report();
}
