/* RtlSizeHeap: nt-heap.md 4; the semantics are those of HeapSize (win32-heap.md 3.8). */
#include "blocks.h"

#include "nt.h"

/* the requested size, for every class of block, last error untouched */
static void exact_size(void)
{
    SPEC("N4.1");
    static const SIZE_T sizes[] = {0, 1, 17, UNIT, 0x100000, 3 * 0x100000 + 37, NORMAL_MAX, GREY_SIZE, LARGE_MIN};
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *block = RtlAllocateHeap(heap, 0, sizes[i]);
        POISON_LAST_ERROR();
        CHECK_EQ_UINT(RtlSizeHeap(heap, 0, block), sizes[i]);
        CHECK_EQ_UINT(RtlSizeHeap(heap, HEAP_NO_SERIALIZE, block), sizes[i]);
        CHECK_LAST_ERROR_UNTOUCHED();
        CHECK(RtlFreeHeap(heap, 0, block));
    }
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* an invalid block or a NULL heap: (SIZE_T)-1, STATUS_INVALID_PARAMETER */
static void failure(void)
{
    SPEC("N4.13 N1.3.1");
    struct bad_blocks bad;
    bad_blocks_make(&bad);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlSizeHeap(NULL, 0, bad.witness.small[0]), FAILED_SIZE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    for (unsigned i = 0; i < bad.count; i++) {
        const struct bad_block *b = &bad.list[i];
        if (!bad_block_may_run(b)) {
            continue;
        }
        POISON_LAST_ERROR();
        tell_case(CHECK_EQ_UINT(RtlSizeHeap(bad.witness.heap, 0, b->address), FAILED_SIZE), b->name);
        tell_case(CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER), b->name);
        tell_case(CHECK_EQ_UINT((ULONG)RtlGetLastNtStatus(), (ULONG)STATUS_INVALID_PARAMETER), b->name);
        tell_case(witness_unharmed(&bad.witness) && witness_unharmed(&bad.foreign), b->name);
    }
    bad_blocks_end(&bad);
}

int main(void)
{
    nt_load();
    exact_size();
    failure();
    return check_report();
}
