/* RtlReAllocateHeap: nt-heap.md 4; the semantics are those of HeapReAlloc (win32-heap.md 3.6). */
#include "blocks.h"

#include "nt.h"

/* One reallocation with HEAP_ZERO_MEMORY: the common part is kept, the new part zero, the size exact. */
static void change(HANDLE heap, SIZE_T from, SIZE_T to)
{
    SIZE_T common = from < to ? from : to;
    unsigned char *block = RtlAllocateHeap(heap, 0, from);
    pattern_fill(block, from, 3);
    POISON_LAST_ERROR();
    unsigned char *moved = RtlReAllocateHeap(heap, HEAP_ZERO_MEMORY, block, to);
    if (CHECK(moved != NULL)) {
        CHECK_LAST_ERROR_UNTOUCHED();
        CHECK_EQ_UINT(RtlSizeHeap(heap, 0, moved), to);
        CHECK(pattern_holds(moved, common, 3));
        CHECK(all_bytes(moved + common, to - common, 0));
        CHECK(RtlFreeHeap(heap, 0, moved));
    }
}

/* across the border of normal and large blocks, in steps, both ways (on x86 at 0x7F000, on x64 at 0xFF000) */
static void across_the_large_border(void)
{
    SPEC("N4.8");
    static const SIZE_T starts[] = {0x78000, 0xF8000};
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    for (unsigned s = 0; s < 2; s++) {
        for (SIZE_T step = 0x1000; step <= 0x18000; step += 0x1000) {
            change(heap, starts[s], starts[s] + step);
            change(heap, starts[s] + step, starts[s]);
            change(heap, starts[s] + step - 0x1000, starts[s] + step);
            change(heap, starts[s] + step, starts[s] + step - 0x1000);
        }
    }
    CHECK(RtlValidateHeap(heap, 0, NULL));
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* a NULL block gives NULL */
static void null_block(void)
{
    SPEC("N4.7");
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(RtlReAllocateHeap(heap, 0, NULL, 100), NULL);
    WINE_DIFFERS("HeapReAlloc of NULL sets the last error to 0") {
        CHECK_LAST_ERROR(NO_ERROR);
    }
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* failure: NULL, STATUS_NO_MEMORY, error 8, the block as it was */
static void failure(void)
{
    SPEC("N1.3.1");
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    unsigned char *block = RtlAllocateHeap(heap, 0, 300);
    void *stop = RtlAllocateHeap(heap, 0, 300);
    pattern_fill(block, 300, 1);
    static const struct {
        ULONG flags;
        SIZE_T size;
    } rows[] = {{0, SIZE_MAX}, {HEAP_ZERO_MEMORY, SIZE_MAX - 7}, {HEAP_REALLOC_IN_PLACE_ONLY, 5000}};
    for (unsigned i = 0; i < 3; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(RtlReAllocateHeap(heap, rows[i].flags, block, rows[i].size), NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        CHECK_EQ_UINT((ULONG)RtlGetLastNtStatus(), (ULONG)STATUS_NO_MEMORY);
    }
    CHECK_EQ_UINT(RtlSizeHeap(heap, 0, block), 300);
    CHECK(pattern_holds(block, 300, 1));
    CHECK(RtlFreeHeap(heap, 0, stop));
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* win32-heap.md 3.6: NULL heap, and pointers that are no block */
static void bad_input(void)
{
    SPEC("N4.1");
    struct bad_blocks bad;
    bad_blocks_make(&bad);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(RtlReAllocateHeap(NULL, 0, bad.witness.small[0], 10), NULL);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    for (unsigned i = 0; i < bad.count; i++) {
        const struct bad_block *b = &bad.list[i];
        if (!bad_block_may_run(b)) {
            continue;
        }
        POISON_LAST_ERROR();
        void *result = RtlReAllocateHeap(bad.witness.heap, 0, b->address, 50);
        DWORD error = GetLastError();
        tell_case(CHECK_EQ_PTR(result, NULL), b->name);
        tell_case(CHECK(error == ERROR_INVALID_PARAMETER || (b->unmapped && error == ERROR_NOACCESS)), b->name);
        tell_case(witness_unharmed(&bad.witness) && witness_unharmed(&bad.foreign), b->name);
    }
    bad_blocks_end(&bad);
}

int main(void)
{
    nt_load();
    across_the_large_border();
    null_block();
    failure();
    bad_input();
    return check_report();
}
