/*
 * The routines on blocks: allocate, reallocate, free, size.
 *
 * Allocating and freeing try the short way first (nt/block.h). Else a function resolves the handle, merges the flags,
 * has the core do the work, and ends a failure in the funnel.
 */
#include "heap/limit.h"
#include "nt/block.h"
#include "nt/commit.h"
#include "nt/entry.h"
#include "nt/status.h"

#include <winerror.h>

/* Ends an allocation or reallocation of so many bytes that failed; a limit of the program's may have its own status. */
static PVOID fail(struct heap *heap, ULONG flags, SIZE_T size, NTSTATUS status)
{
    commit_raise_kept();
    status_allocation_failed(flags, status);
    NTSTATUS told = status == STATUS_NO_MEMORY ? limit_status(heap, size) : 0;
    if (told != 0)
        teb.last_status = told;
    return NULL;
}

static NOINLINE PVOID allocate_by_all_means(PVOID handle, ULONG call_flags, SIZE_T size)
{
    static const char name[] = "RtlAllocateHeap (HeapAlloc)";
    struct heap *heap = entry_find(handle, name, NULL);
    if (UNLIKELY(heap == NULL))
        return status_allocation_failed(0, STATUS_INVALID_HANDLE);

    void *block;
    ULONG flags = entry_flags(heap, call_flags);
    enum outcome outcome;
    if (entry_may_change(heap, &outcome))
        outcome = front_allocate(heap, flags, size, &block);
    entry_report_damage(heap, name);
    if (LIKELY(outcome == OUTCOME_OK))
        return block;
    report_failure(outcome, name, heap, NULL);
    return fail(heap, flags, size, status_from_outcome(outcome));
}

NOINLINE PVOID block_allocate_slowly(PVOID handle, ULONG flags, SIZE_T size)
{
    struct heap *heap = irql_is_low() ? unsafe_heap_from_handle(handle) : NULL;
    void *block = LIKELY(heap != NULL) ? front_cut(heap, flags, size) : NULL;
    return LIKELY(block != NULL) ? block : allocate_by_all_means(handle, flags, size);
}

PVOID RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size)
{
    return block_allocate(HeapHandle, Flags, Size);
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
    enum outcome outcome;
    if (entry_may_change(heap, &outcome))
        outcome = front_reallocate(heap, flags, BaseAddress, Size, &block);
    entry_report_damage(heap, name);
    if (LIKELY(outcome == OUTCOME_OK))
        return block;
    report_failure(outcome, name, heap, BaseAddress);
    return fail(heap, flags, Size, status_of_bad_block(outcome, BaseAddress));
}

NOINLINE LOGICAL block_free_slowly(PVOID handle, ULONG call_flags, PVOID block)
{
    static const char name[] = "RtlFreeHeap (HeapFree)";
    if (block == NULL)
        return TRUE;
    struct heap *heap = entry_find(handle, name, block);
    if (UNLIKELY(heap == NULL)) {
        status_set(handle != NULL ? STATUS_INVALID_HANDLE : STATUS_INVALID_PARAMETER);
        return FALSE;
    }

    enum outcome outcome;
    if (entry_may_change(heap, &outcome))
        outcome = front_free(heap, entry_flags(heap, call_flags), block);
    entry_report_damage(heap, name);
    if (LIKELY(outcome == OUTCOME_OK))
        return TRUE;
    report_failure(outcome, name, heap, block);
    status_set(status_of_bad_block(outcome, block));
    return FALSE;
}

LOGICAL RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    return block_free(HeapHandle, Flags, BaseAddress);
}

static NOINLINE SIZE_T size_slowly(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    static const char name[] = "RtlSizeHeap (HeapSize)";
    struct heap *heap = entry_find(HeapHandle, name, BaseAddress);
    if (UNLIKELY(heap == NULL || BaseAddress == NULL)) {
        status_set(HeapHandle != NULL && heap == NULL ? STATUS_INVALID_HANDLE : STATUS_INVALID_PARAMETER);
        return (SIZE_T)-1;
    }

    size_t size = 0;
    enum outcome outcome = front_size(heap, entry_flags(heap, Flags), BaseAddress, &size);
    entry_report_damage(heap, name);
    if (LIKELY(outcome == OUTCOME_OK))
        return size;
    report_failure(outcome, name, heap, BaseAddress);
    status_set(status_from_outcome(outcome));
    return (SIZE_T)-1;
}

SIZE_T RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    struct front *front;
    size_t size = 0;
    if (LIKELY(front_at_hand(HeapHandle, &front)) && LIKELY(front_tell_size(front, BaseAddress, &size)))
        return size;
    return size_slowly(HeapHandle, Flags, BaseAddress);
}
