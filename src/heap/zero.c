#include "heap/zero.h"

#include "base/assert.h"
#include "heap/block.h"
#include "heap/bump.h"
#include "heap/front.h"
#include "heap/front_end.h"
#include "heap/hooks.h"
#include "heap/top.h"

#include <string.h>

/* A free block's links, in front of its data; the top has none. */
#define LINKS_SIZE GRANULE_SIZE

/* The committed pages of [from, end). */
static void zero_committed(const struct segment *segment, uintptr_t from, uintptr_t end)
{
    while ((from = segment_find_page(segment, from, end, true)) < end) {
        uintptr_t committed_end = segment_find_page(segment, from, end, false);
        memset((void *)from, 0, committed_end - from);
        from = committed_end;
    }
}

static void zero_free_block(const struct segment *segment, uintptr_t data, size_t size)
{
    size_t links = top_is(segment->heap, data) ? 0 : LINKS_SIZE;
    zero_committed(segment, data + links, data + block_capacity(size));
}

/* Nobody takes a block out of a span's bits meanwhile. */
static void zero_span(struct front_end *end, const struct span *span)
{
    struct lock *lock = &front_end_bucket(end, span->bucket)->lock;
    lock_acquire(lock);
    for (unsigned index = 0; index < span->count; index++) {
        if (span->free[index / 64] >> (index % 64) & 1)
            memset(span_block(span, index), 0, span->block_size);
    }
    lock_release(lock);
}

static enum outcome zero_segment(struct heap *heap, const struct segment *segment)
{
    struct block_header header;
    for (uintptr_t data = segment->first; data != segment->end; data += block_bytes(header.size)) {
        if (!block_read(heap, data, &header) || header.size < BLOCK_MIN_GRANULES ||
            header.size > (segment->end - data) >> GRANULE_SHIFT)
            return OUTCOME_BLOCK_DAMAGED;
        uint8_t granule = *segment_granule(segment, data);
        const struct span *span = granule == GRANULE_SPAN ? span_of((void *)(data + SPAN_OFFSET)) : NULL;
        if (granule_is_free(granule))
            zero_free_block(segment, data, header.size);
        else if (span != NULL)
            zero_span(front_end_of(heap), span);
    }
    return OUTCOME_OK;
}

enum outcome zero_free_memory(struct heap *heap)
{
    enum outcome outcome = OUTCOME_OK;
    ASSERT(heap != NULL);
    front_flush(heap);
    bump_settle(heap);
    heap_cool(heap);
    for (struct segment *segment = &heap->first; segment != NULL && outcome == OUTCOME_OK; segment = segment->next)
        outcome = zero_segment(heap, segment);
    if (heap->hooks != NULL)
        heap->hooks->forget_free(heap);
    return outcome;
}
