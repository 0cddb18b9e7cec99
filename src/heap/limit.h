/*
 * Limits that a program sets to a heap: how much it may commit, and how large a block may be. Both are asked where a
 * call has left the short ways: there memory is committed, and no hot block is larger than the limit.
 */
#ifndef CAIRN_HEAP_LIMIT_H
#define CAIRN_HEAP_LIMIT_H

#include "heap/bump.h"

/* Sets the limits. The caller has the heap to itself; sizes are asked for by threads that have not. */
static inline void limit_set(struct heap *heap, const struct heap_limits *limits)
{
    struct heap_limits *own = &heap->limits;
    bump_settle(heap); /* which begins again where the limit allows it */
    own->committed = limits->committed;
    atomic_store_explicit(&own->size, limits->size, memory_order_relaxed);
    atomic_store_explicit(&own->committed_status, limits->committed_status, memory_order_relaxed);
    atomic_store_explicit(&own->size_status, limits->size_status, memory_order_relaxed);
}

/* Bytes that the heap may still commit. */
static inline size_t limit_room(const struct heap *heap)
{
    size_t committed = heap->committed_bytes + heap->large_committed;
    return committed < heap->limits.committed ? heap->limits.committed - committed : 0;
}

/* Whether the heap may commit so much more; notes whether it was the limit that refused the last commit. */
static inline bool limit_allows_commit(struct heap *heap, size_t more)
{
    bool allows = more <= limit_room(heap);
    atomic_store_explicit(&heap->limits.refused, !allows, memory_order_relaxed);
    return allows;
}

/* Whether the last commit was refused so. */
static inline bool limit_refused(const struct heap *heap)
{
    return atomic_load_explicit(&heap->limits.refused, memory_order_relaxed);
}

static ALWAYS_INLINE bool limit_allows_size(const struct heap *heap, size_t size)
{
    return LIKELY(size <= atomic_load_explicit(&heap->limits.size, memory_order_relaxed));
}

/* What the program wants to be told of an allocation of this size that failed just now for lack of memory; 0: the
 * usual. */
static inline int32_t limit_status(struct heap *heap, size_t size)
{
    if (!limit_allows_size(heap, size))
        return atomic_load_explicit(&heap->limits.size_status, memory_order_relaxed);
    return atomic_exchange_explicit(&heap->limits.refused, false, memory_order_relaxed)
               ? atomic_load_explicit(&heap->limits.committed_status, memory_order_relaxed)
               : 0;
}

#endif
