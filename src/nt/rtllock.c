/*
 * The routines on a heap's lock. A heap made with HEAP_NO_SERIALIZE has none to take: they succeed and do nothing.
 */
#include "nt/entry.h"
#include "nt/status.h"

/* The heap behind the handle; a wrong one is reported, and told of in the last error unless it is NULL. */
static struct heap *heap_to_lock(PVOID handle, const char *function)
{
    struct heap *heap = entry_find(handle, function, NULL);
    if (heap == NULL && handle != NULL)
        status_set(STATUS_INVALID_HANDLE);
    return heap;
}

BOOLEAN RtlLockHeap(PVOID HeapHandle)
{
    struct heap *heap = heap_to_lock(HeapHandle, "RtlLockHeap (HeapLock)");
    if (heap == NULL)
        return FALSE;
    if (heap->flags & HEAP_NO_SERIALIZE)
        return TRUE;
    lock_acquire(heap->lock);
    /* Allocations of hot sizes do not wait for the lock, as on Windows (win32-heap.md 5). */
    call_begin();
    front_stop_filling(heap);
    call_end();
    return TRUE;
}

BOOLEAN RtlUnlockHeap(PVOID HeapHandle)
{
    static const char name[] = "RtlUnlockHeap (HeapUnlock)";
    struct heap *heap = heap_to_lock(HeapHandle, name);
    if (heap == NULL)
        return FALSE;
    if (heap->flags & HEAP_NO_SERIALIZE)
        return TRUE;
    if (!lock_is_held(heap->lock)) {
        report_answer(OUTCOME_NOT_LOCKED, name, heap, NULL); /* nothing is damaged by it */
        status_set(STATUS_RESOURCE_NOT_OWNED);
        return FALSE;
    }
    lock_release(heap->lock);
    return TRUE;
}
