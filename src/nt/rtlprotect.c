/*
 * RtlProtectHeap: a heap that can be read and not written.
 */
#include "heap/protect.h"
#include "nt/entry.h"
#include "nt/status.h"

VOID RtlProtectHeap(PVOID HeapHandle, BOOLEAN MakeReadOnly)
{
    static const char name[] = "RtlProtectHeap";
    struct heap *heap = entry_find(HeapHandle, name, NULL);
    if (heap == NULL) {
        status_set(STATUS_INVALID_HANDLE);
        return;
    }
    /* The C library and everybody else allocate from it, and cannot be asked to stop. */
    if (heap == registry_default_heap()) {
        status_set(STATUS_NOT_SUPPORTED);
        return;
    }
    bool locked = entry_lock(heap, heap->flags);
    enum outcome outcome = protect_set(heap, MakeReadOnly != FALSE);
    entry_unlock(heap, locked, name);
    if (outcome != OUTCOME_OK)
        status_set(status_from_outcome(outcome));
}
