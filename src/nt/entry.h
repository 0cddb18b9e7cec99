/*
 * The frame of every entry point: from a handle and flags to a heap that this thread may use, and back.
 */
#ifndef CAIRN_NT_ENTRY_H
#define CAIRN_NT_ENTRY_H

#include "heap/enter.h"
#include "heap/front.h"
#include "heap/protect.h"
#include "heap/registry.h"
#include "nt/irql.h"
#include "nt/report.h"

#include <winnt.h>

/* The heap behind an untrusted handle; NULL for any other, which is a mistake to be reported unless it is NULL itself.
 */
static ALWAYS_INLINE struct heap *entry_find(const void *handle, const char *function, const void *block)
{
    irql_check(function);
    struct heap *heap = unsafe_heap_from_handle(handle);
    if (UNLIKELY(heap == NULL) && handle != NULL)
        report_failure(OUTCOME_NOT_A_HEAP, function, handle, block);
    return heap;
}

/* Flags of a call, with those of the heap's creation that cannot be switched off per call (win32-heap.md 1.2). */
static inline ULONG entry_flags(const struct heap *heap, ULONG flags)
{
    return (flags & ~FRONT_ANY_CONTENTS) | (heap->flags & (HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS));
}

/* Whether the call may change the heap's blocks: not while RtlProtectHeap has made it read-only. Else *outcome is that.
 */
static inline bool entry_may_change(const struct heap *heap, enum outcome *outcome)
{
    *outcome = OUTCOME_READ_ONLY;
    return LIKELY(!protect_is_on(heap));
}

/* Locks other threads out for the length of a call; says whether there was need to. */
static inline bool entry_lock(struct heap *heap, ULONG flags)
{
    return heap_enter(heap, flags);
}

/* Reports damage that the core came across and mended. */
static inline void entry_report_damage(struct heap *heap, const char *function)
{
    if (UNLIKELY(heap->found_damage)) {
        heap->found_damage = false;
        report_failure(OUTCOME_FREE_LIST_DAMAGED, function, heap, NULL);
    }
}

/* Ends what entry_lock began. */
static inline void entry_unlock(struct heap *heap, bool locked, const char *function)
{
    entry_report_damage(heap, function);
    heap_leave(heap, locked);
}

#endif
