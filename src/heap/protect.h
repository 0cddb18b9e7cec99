/*
 * Read-only heaps: all pages of blocks can be read and not written, until they are made writable again. The pages of
 * the heap object stay writable: locks, and what walks note, lie there.
 *
 * A read-only heap has no front of any thread, so every call comes to where it is looked at whether it may change the
 * heap (nt/entry.h); the cleaner leaves it alone. The default heap is never made read-only: malloc does not look.
 */
#ifndef CAIRN_HEAP_PROTECT_H
#define CAIRN_HEAP_PROTECT_H

#include "heap/heap.h"

static inline bool protect_is_on(const struct heap *heap)
{
    return atomic_load_explicit(&heap->is_read_only, memory_order_relaxed);
}

/*
 * Makes a heap read-only, or writable again; no more than once is the same as once. The caller has the heap to itself,
 * and no other thread is in a call that allocates or frees. OUTCOME_NO_MEMORY: the heap is as it was.
 */
enum outcome protect_set(struct heap *heap, bool read_only);

#endif
