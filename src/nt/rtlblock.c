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

/*
 * What follows is inline in two functions each: one for the routine itself, with a constant for its name, and one for
 * what goes by another.
 */

static ALWAYS_INLINE PVOID allocate(PVOID handle, ULONG call_flags, SIZE_T size, const char *name)
{
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

static NOINLINE PVOID allocate_by_all_means(PVOID handle, ULONG flags, SIZE_T size)
{
    return allocate(handle, flags, size, "RtlAllocateHeap (HeapAlloc)");
}

/* Cuts the block if it can, and remembers the heap of one thread, of which the next will most likely be. */
static NOINLINE PVOID allocate_by_other_means(PVOID handle, ULONG flags, SIZE_T size)
{
    void *block = NULL;
    bool may_cut = irql_is_low() && registry_has_in_front(handle) && front_may_cut(flags, size);
    if (may_cut && bump_is_on(handle)) {
        if (process_has_one_thread())
            thread_fronts.cut_heap = handle;
        if (LIKELY(front_cut(handle, flags, size, &block)))
            return block;
    }
    return allocate_by_all_means(handle, flags, size);
}

/* A heap for a request has nearly all of its blocks cut here. Only jumps to what it calls, so it keeps no registers. */
NOINLINE PVOID block_allocate_slowly(PVOID handle, ULONG flags, SIZE_T size)
{
    void *block = NULL;
    bool is_known = handle == thread_fronts.cut_heap && LIKELY(process_has_one_thread());
    if (!is_known || !front_may_cut(flags, size))
        return allocate_by_other_means(handle, flags, size);
    return LIKELY(front_cut_at_once(handle, size, &block)) ? block : allocate_by_all_means(handle, flags, size);
}

PVOID block_allocate_as(PVOID handle, ULONG flags, SIZE_T size, const char *function)
{
    struct front *front;
    void *block = NULL;
    if (LIKELY(front_at_hand(handle, &front)) && LIKELY(!(flags & (HEAP_ZERO_MEMORY | FRONT_SPECIAL_FLAGS))))
        block = front_pop(front, size);
    return LIKELY(block != NULL) ? block : allocate(handle, flags, size, function);
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

static ALWAYS_INLINE PVOID reallocate(PVOID handle, ULONG call_flags, PVOID block, SIZE_T size, const char *name)
{
    struct heap *heap = entry_find(handle, name, block);
    if (UNLIKELY(heap == NULL))
        return status_allocation_failed(0, STATUS_INVALID_HANDLE);
    if (block == NULL) {
        /* Not an allocation, and not an error either (win32-heap.md 3.6). */
        teb.last_error = NO_ERROR;
        return NULL;
    }

    void *resized;
    ULONG flags = entry_flags(heap, call_flags);
    enum outcome outcome;
    if (entry_may_change(heap, &outcome))
        outcome = front_reallocate(heap, flags, block, size, &resized);
    entry_report_damage(heap, name);
    if (LIKELY(outcome == OUTCOME_OK))
        return resized;
    report_failure(outcome, name, heap, block);
    return fail(heap, flags, size, status_of_bad_block(outcome, block));
}

PVOID block_reallocate_as(PVOID handle, ULONG flags, PVOID block, SIZE_T size, const char *function)
{
    return reallocate(handle, flags, block, size, function);
}

PVOID RtlReAllocateHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress, SIZE_T Size)
{
    return reallocate(HeapHandle, Flags, BaseAddress, Size, "RtlReAllocateHeap (HeapReAlloc)");
}

static ALWAYS_INLINE LOGICAL release(PVOID handle, ULONG call_flags, PVOID block, const char *name)
{
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

NOINLINE LOGICAL block_free_slowly(PVOID handle, ULONG flags, PVOID block)
{
    return release(handle, flags, block, "RtlFreeHeap (HeapFree)");
}

LOGICAL block_free_as(PVOID handle, ULONG flags, PVOID block, const char *function)
{
    return LIKELY(block_push(handle, block)) ? TRUE : release(handle, flags, block, function);
}

LOGICAL RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    return block_free(HeapHandle, Flags, BaseAddress);
}

static NOINLINE SIZE_T size_slowly(PVOID handle, ULONG flags, const void *block, const char *name)
{
    struct heap *heap = entry_find(handle, name, block);
    if (UNLIKELY(heap == NULL || block == NULL)) {
        status_set(handle != NULL && heap == NULL ? STATUS_INVALID_HANDLE : STATUS_INVALID_PARAMETER);
        return (SIZE_T)-1;
    }

    size_t size = 0;
    enum outcome outcome = front_size(heap, entry_flags(heap, flags), block, &size);
    entry_report_damage(heap, name);
    if (LIKELY(outcome == OUTCOME_OK))
        return size;
    report_failure(outcome, name, heap, block);
    status_set(status_from_outcome(outcome));
    return (SIZE_T)-1;
}

static ALWAYS_INLINE SIZE_T measure(PVOID handle, ULONG flags, const void *block, const char *name)
{
    struct front *front;
    size_t size = 0;
    if (LIKELY(front_at_hand(handle, &front)) && LIKELY(front_tell_size(front, block, &size)))
        return size;
    return size_slowly(handle, flags, block, name);
}

SIZE_T block_size_as(PVOID handle, ULONG flags, const void *block, const char *function)
{
    return measure(handle, flags, block, function);
}

SIZE_T RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    return measure(HeapHandle, Flags, BaseAddress, "RtlSizeHeap (HeapSize)");
}
