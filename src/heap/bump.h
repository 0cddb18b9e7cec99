/*
 * Bump allocation: where no hole of a heap can serve a block, as where block after block was given out and none came
 * back, it is cut from the top by moving one address.
 *
 *     ... | block | block |   the top, not settled                      |
 *                         ^ next             ^ ready: committed up to here
 *
 * Blocks are complete: header, granule, and the granule of what is behind them, so that the map tells at any time what
 * is where. What waits is all that concerns the top alone, its header and its place in the bins, and the sum of the
 * bytes given out: whoever goes by headers or bins settles the heap first (back.c does, and walks). A heap that a
 * program fills and destroys, a heap for a request, is never settled. The caller has the heap to itself.
 */
#ifndef CAIRN_HEAP_BUMP_H
#define CAIRN_HEAP_BUMP_H

#include "heap/block.h"
#include "heap/heap.h"

/* Larger blocks are rare, and not worth leaving a hole for. */
#define BUMP_LIMIT ((size_t)4096)

/* Makes the header of the top, its place in the bins and the sums what they have to be. */
void bump_settle_slowly(struct heap *heap);

/* Begins to bump, if the heap has a top that is committed at its start, and no limit to its blocks. */
bool bump_begin(struct heap *heap);

/* Commits more of the top of a heap that bumps, and goes on with that. False: it bumps no longer. */
bool bump_go_on(struct heap *heap, size_t granules);

/* Whether the heap bumps; tells only what is likely where the caller does not have the heap to itself. */
static ALWAYS_INLINE bool bump_is_on(const struct heap *heap)
{
    return __atomic_load_n(&heap->bump.next, __ATOMIC_RELAXED) != 0;
}

static inline void bump_move(struct heap *heap, uintptr_t next)
{
    __atomic_store_n(&heap->bump.next, next, __ATOMIC_RELAXED);
}

static ALWAYS_INLINE void bump_settle(struct heap *heap)
{
    if (UNLIKELY(bump_is_on(heap)))
        bump_settle_slowly(heap);
}

/* Whether a block of so many granules can be cut. In a heap that does not bump nothing is ready. */
static ALWAYS_INLINE bool bump_has(const struct heap *heap, size_t granules)
{
    const struct bump *bump = &heap->bump;
    return LIKELY(bump->next + block_bytes(granules) <= bump->ready) && LIKELY(granules >= bump->least);
}

/* Cuts a block for a size that takes so many granules; bump_has has said yes. */
static ALWAYS_INLINE uintptr_t bump_cut(struct heap *heap, size_t granules, size_t size)
{
    struct bump *bump = &heap->bump;
    uintptr_t data = bump->next;
    bump_move(heap, data + block_bytes(granules));
    block_write(heap, data, granules, bump->previous);
    bump->previous = granules;
    uint8_t *granule = bump->granule;
    bump->granule = granule + granules;
    granule[0] = (uint8_t)(GRANULE_BUSY + block_capacity(granules) - size);
    granule[granules] = bump->top_granule;
    heap->requested_bytes += size;
    return data;
}

/* Allocates a block of at most BUMP_LIMIT bytes, of a heap that may begin to bump with it; 0: it must be had from
 * back_allocate. */
static ALWAYS_INLINE uintptr_t bump_allocate(struct heap *heap, size_t size)
{
    size_t granules = block_granules_for(size);
    if (UNLIKELY(!bump_is_on(heap)) && !bump_begin(heap))
        return 0;
    if (UNLIKELY(granules < heap->bump.least) || (UNLIKELY(!bump_has(heap, granules)) && !bump_go_on(heap, granules)))
        return 0;
    return bump_cut(heap, granules, size);
}

#endif
