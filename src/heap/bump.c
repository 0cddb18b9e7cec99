#include "heap/bump.h"

#include "heap/back.h"
#include "heap/limit.h"
#include "heap/top.h"

/*
 * In a heap of which nothing came back the holes are what spans left in front of them. While they are little, looking
 * for one that fits costs more than they are worth.
 */
static bool holes_do_not_matter(const struct heap *heap, size_t ready)
{
    return heap->fills && heap->committed_bytes - heap->busy_bytes - ready <= heap->busy_bytes / 8 + SLICE_SIZE;
}

bool bump_begin(struct heap *heap)
{
    const struct bins *bins = &heap->bins;
    struct block_header header;
    uintptr_t top = bins->top;
    if (top == 0 || bins->top_ready < top + BLOCK_HEAD_SIZE || heap->calls_back ||
        !limit_allows_size(heap, BUMP_LIMIT) || !block_read(heap, top, &header))
        return false;

    const struct segment *segment = heap->last_segment;
    if (top + block_bytes(header.size) != segment->end)
        return false;
    uint8_t *granule = segment_granule(segment, top);
    struct bump *bump = &heap->bump;
    bump->first = top;
    /* What is left of the top stays a block whose head is committed. */
    bump->ready = size_min(bins->top_ready, segment->end) - BLOCK_HEAD_SIZE;
    bump->previous = header.previous;
    bump->least = holes_do_not_matter(heap, bins->top_ready - top) ? 0 : bins_limit(heap);
    bump->granule = granule;
    bump->top_granule = *granule;
    bump_move(heap, top);
    return true;
}

bool bump_go_on(struct heap *heap, size_t granules)
{
    return back_commit_top(heap, granules) && bump_begin(heap) && bump_has(heap, granules);
}

void bump_settle_slowly(struct heap *heap)
{
    struct bump *bump = &heap->bump;
    size_t left = heap->last_segment->end - bump->next;
    block_write(heap, bump->next, left >> GRANULE_SHIFT, bump->previous);
    heap->bins.top = bump->next;
    top_note_use(heap, heap->last_segment, bump->next);
    heap->busy_bytes += bump->next - bump->first;
    bump_move(heap, 0);
    bump->ready = 0;
}
