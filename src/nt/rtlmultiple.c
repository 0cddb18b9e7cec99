/*
 * The routines that allocate or free many blocks in one call. Each block is allocated or freed as if alone.
 */
#include "nt/block.h"
#include "nt/status.h"

ULONG RtlMultipleAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size, ULONG Count, PVOID *Array)
{
    if (Array == NULL && Count != 0) {
        status_set(STATUS_INVALID_PARAMETER);
        return 0;
    }
    for (ULONG i = 0; i < Count; i++) {
        PVOID block = block_allocate_as(HeapHandle, Flags, Size, __func__);
        if (block == NULL)
            return i;
        Array[i] = block;
    }
    return Count;
}

ULONG RtlMultipleFreeHeap(PVOID HeapHandle, ULONG Flags, ULONG Count, PVOID *Array)
{
    if (Array == NULL && Count != 0) {
        status_set(STATUS_INVALID_PARAMETER);
        return 0;
    }
    for (ULONG i = 0; i < Count; i++) {
        if (!block_free_as(HeapHandle, Flags, Array[i], __func__)) {
            status_set(STATUS_INVALID_PARAMETER);
            return i;
        }
    }
    return Count;
}
