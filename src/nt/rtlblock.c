/*
 * The routines on blocks: allocate, reallocate, free, size.
 *
 * Each resolves the handle, merges the flags, locks, has the core do the work, unlocks, and ends a failure in the
 * funnel.
 */
#include "nt/entry.h"
#include "nt/status.h"

#include <winerror.h>

PVOID RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size)
{
    static const char name[] = "RtlAllocateHeap (HeapAlloc)";
    struct heap *heap = entry_find(HeapHandle, name, NULL);
    if (UNLIKELY(heap == NULL))
        return status_allocation_failed(0, STATUS_INVALID_HANDLE);

    void *block;
    ULONG flags = entry_flags(heap, Flags);
    bool locked = entry_lock(heap, flags);
    enum outcome outcome = heap_allocate(heap, Size, (flags & HEAP_ZERO_MEMORY) != 0, &block);
    entry_unlock(heap, locked, name);
    if (LIKELY(outcome == OUTCOME_OK))
        return block;
    report_failure(outcome, name, heap, NULL);
    return status_allocation_failed(flags, status_from_outcome(outcome));
}

/* The status for a pointer that is no block: a pointer into nowhere has its own (win32-heap.md 1.3). */
static NTSTATUS status_of_bad_block(enum outcome outcome, const void *block)
{
    if (outcome == OUTCOME_OUTSIDE && !os_is_readable(block))
        return STATUS_ACCESS_VIOLATION;
    return status_from_outcome(outcome);
}

PVOID RtlReAllocateHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress, SIZE_T Size)
{
    static const char name[] = "RtlReAllocateHeap (HeapReAlloc)";
    struct heap *heap = entry_find(HeapHandle, name, BaseAddress);
    if (UNLIKELY(heap == NULL))
        return status_allocation_failed(0, STATUS_INVALID_HANDLE);
    if (BaseAddress == NULL) {
        /* Not an allocation, and not an error either (win32-heap.md 3.6). */
        teb.last_error = NO_ERROR;
        return NULL;
    }

    void *block;
    ULONG flags = entry_flags(heap, Flags);
    bool locked = entry_lock(heap, flags);
    enum outcome outcome = heap_reallocate(heap, BaseAddress, Size, (flags & HEAP_ZERO_MEMORY) != 0,
                                           (flags & HEAP_REALLOC_IN_PLACE_ONLY) != 0, &block);
    entry_unlock(heap, locked, name);
    if (LIKELY(outcome == OUTCOME_OK))
        return block;
    report_failure(outcome, name, heap, BaseAddress);
    return status_allocation_failed(flags, status_of_bad_block(outcome, BaseAddress));
}

LOGICAL RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    static const char name[] = "RtlFreeHeap (HeapFree)";
    if (BaseAddress == NULL)
        return TRUE;
    struct heap *heap = entry_find(HeapHandle, name, BaseAddress);
    if (UNLIKELY(heap == NULL)) {
        status_set(HeapHandle != NULL ? STATUS_INVALID_HANDLE : STATUS_INVALID_PARAMETER);
        return FALSE;
    }

    ULONG flags = entry_flags(heap, Flags);
    bool locked = entry_lock(heap, flags);
    enum outcome outcome = heap_free(heap, BaseAddress);
    entry_unlock(heap, locked, name);
    if (LIKELY(outcome == OUTCOME_OK))
        return TRUE;
    report_failure(outcome, name, heap, BaseAddress);
    status_set(status_of_bad_block(outcome, BaseAddress));
    return FALSE;
}

SIZE_T RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    static const char name[] = "RtlSizeHeap (HeapSize)";
    struct heap *heap = entry_find(HeapHandle, name, BaseAddress);
    if (UNLIKELY(heap == NULL || BaseAddress == NULL)) {
        status_set(HeapHandle != NULL && heap == NULL ? STATUS_INVALID_HANDLE : STATUS_INVALID_PARAMETER);
        return (SIZE_T)-1;
    }

    size_t size = 0;
    ULONG flags = entry_flags(heap, Flags);
    bool locked = entry_lock(heap, flags);
    enum outcome outcome = heap_size(heap, BaseAddress, &size);
    entry_unlock(heap, locked, name);
    if (LIKELY(outcome == OUTCOME_OK))
        return size;
    report_failure(outcome, name, heap, BaseAddress);
    status_set(status_from_outcome(outcome));
    return (SIZE_T)-1;
}
