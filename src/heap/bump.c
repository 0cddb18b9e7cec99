#include "heap/bump.h"

bool bump_begin(struct heap *heap)
{
    const struct bins *bins = &heap->bins;
    struct block_header header;
    uintptr_t top = bins->top;
    if (top == 0 || bins->top_ready < top + BLOCK_HEAD_SIZE || heap->calls_back || !block_read(heap, top, &header))
        return false;

    const struct segment *segment = heap->last_segment;
    if (top + block_bytes(header.size) != segment->end)
        return false;
    uint8_t *granule = segment_granule(segment, top);
    heap->bump = (struct bump){
        .next = top,
        .first = top,
        /* What is left of the top stays a block whose head is committed. */
        .ready = size_min(bins->top_ready, segment->end) - BLOCK_HEAD_SIZE,
        .previous = header.previous,
        .least = bins_limit(heap),
        .granule = granule,
        .top_granule = *granule,
    };
    return true;
}

void bump_settle_slowly(struct heap *heap)
{
    struct bump *bump = &heap->bump;
    size_t left = heap->last_segment->end - bump->next;
    block_write(heap, bump->next, left >> GRANULE_SHIFT, bump->previous);
    heap->bins.top = bump->next;
    heap->busy_bytes += bump->next - bump->first;
    bump->next = 0;
}
