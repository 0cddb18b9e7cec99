/* RtlFreeHeap: nt-heap.md 4, 1.3; the semantics are those of HeapFree (win32-heap.md 3.7). */
#include "blocks.h"

#include "nt.h"

/* blocks of either layer, NULL, and NULL with a NULL heap: TRUE, last error untouched */
static void success(void)
{
    SPEC("N4.12 N4.1");
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    void *blocks[] = {RtlAllocateHeap(heap, 0, 0), HeapAlloc(heap, 0, 1), RtlAllocateHeap(heap, 0, NORMAL_MAX),
                      RtlAllocateHeap(heap, 0, LARGE_MIN), NULL};
    for (unsigned i = 0; i < 5; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_UINT(RtlFreeHeap(heap, 0, blocks[i]), TRUE);
        CHECK_LAST_ERROR_UNTOUCHED();
    }
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlFreeHeap(NULL, 0, NULL), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(RtlValidateHeap(heap, 0, NULL));
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* win32-heap.md 3.7: pointers that are no block, and a NULL heap: FALSE, the heap unchanged; 1.3: the status is kept */
static void failure(void)
{
    SPEC("N1.3.1");
    struct bad_blocks bad;
    bad_blocks_make(&bad);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlFreeHeap(NULL, 0, bad.witness.small[0]), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    for (unsigned i = 0; i < bad.count; i++) {
        const struct bad_block *b = &bad.list[i];
        if (!bad_block_may_run(b)) {
            continue;
        }
        POISON_LAST_ERROR();
        bool freed = RtlFreeHeap(bad.witness.heap, 0, b->address) != 0;
        DWORD error = GetLastError();
        tell_case(CHECK(!freed), b->name);
        tell_case(CHECK(error == ERROR_INVALID_PARAMETER || (b->unmapped && error == ERROR_NOACCESS)), b->name);
        tell_case(CHECK_EQ_UINT(RtlNtStatusToDosError(RtlGetLastNtStatus()), error), b->name);
        tell_case(witness_unharmed(&bad.witness) && witness_unharmed(&bad.foreign), b->name);
    }
    bad_blocks_end(&bad);
}

int main(void)
{
    nt_load();
    success();
    failure();
    return check_report();
}
