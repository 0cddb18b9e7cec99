/*
 * The frame of every entry point: from a handle and flags to a heap that this thread may use, and back.
 */
#ifndef CAIRN_NT_ENTRY_H
#define CAIRN_NT_ENTRY_H

#include "heap/registry.h"
#include "nt/report.h"

#include <winnt.h>

/* Flags of a call, with those of the heap's creation that cannot be switched off per call (win32-heap.md 1.2). */
static inline ULONG entry_flags(const struct heap *heap, ULONG flags)
{
    return flags | (heap->flags & (HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS));
}

static inline void entry_lock(struct heap *heap, ULONG flags)
{
    if (!(flags & HEAP_NO_SERIALIZE))
        lock_acquire(&heap->lock);
}

/* Ends what entry_lock began; reports damage that the core came across and mended. */
static inline void entry_unlock(struct heap *heap, ULONG flags, const char *function)
{
    bool found_damage = heap->found_damage;
    heap->found_damage = false;
    if (!(flags & HEAP_NO_SERIALIZE))
        lock_release(&heap->lock);
    if (UNLIKELY(found_damage))
        report_failure(OUTCOME_FREE_LIST_DAMAGED, function, heap, NULL);
}

#endif
