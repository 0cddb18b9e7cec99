/*
 * What must hold, checked in this order:
 *
 *   1. The blocks of each segment tile it: each header is whole, agrees with its neighbours, and the granule map knows
 * it.
 *   2. A busy block holds what was asked for; two free blocks are never neighbours, unless the heap does not merge
 * them.
 *   3. The bins hold exactly the free blocks, each in the bin of its size.
 *   4. The sums of the heap are the sums of its blocks.
 *   5. What the heap's hooks check.
 */
#include "heap/validate.h"

#include "base/assert.h"
#include "heap/block.h"
#include "heap/bump.h"
#include "heap/front_end.h"
#include "heap/hooks.h"
#include "heap/large.h"

#include <winnt.h>

struct sums {
    size_t requested;
    size_t busy;
    struct bins_sums bins;
};

static bool damaged(struct damage *damage, enum outcome what, uintptr_t data)
{
    *damage = (struct damage){what, data};
    return false;
}

/* Granules of a block that is too large for the map to tell. 0: its header is damaged. */
static size_t read_size(const struct segment *segment, uintptr_t data, size_t left)
{
    struct block_header header;
    bool is_span = *segment_granule(segment, data) == GRANULE_SPAN;
    size_t least = is_span ? BLOCK_MIN_GRANULES : DISTANCE_LIMIT;
    if (!block_read(segment->heap, data, &header) || header.size < least || header.size > left)
        return 0;
    bool ends_at_block = header.size == left ||
                         *segment_granule(segment, data + block_bytes(header.size)) != GRANULE_NONE;
    return ends_at_block ? header.size : 0;
}

/* What is known of the blocks of a segment that were checked so far. */
struct progress {
    size_t previous;    /* granules of the last one */
    bool previous_free; /* it was free, and would have been merged with another */
};

static ALWAYS_INLINE bool check_block(const struct segment *segment, uintptr_t data, size_t size, uint8_t granule,
                                      struct progress *progress, struct sums *sums)
{
    if (UNLIKELY(*block_header_word(data) != block_encode(segment->heap, data, size, progress->previous)))
        return false;
    progress->previous = size;
    if (LIKELY(granule_is_busy(granule))) {
        size_t not_asked_for = (size_t)granule - GRANULE_BUSY;
        progress->previous_free = false;
        sums->busy += block_bytes(size);
        sums->requested += block_capacity(size) - not_asked_for;
        return not_asked_for <= block_capacity(size);
    }
    if (granule == GRANULE_SPAN) {
        progress->previous_free = false;
        sums->busy += block_bytes(size);
        return front_end_check_span(segment->heap, data + SPAN_OFFSET, block_capacity(size));
    }
    if (!granule_is_free(granule) || progress->previous_free)
        return false;
    /* In a segment that started as several free blocks, because of its size, two may have become small side by side. */
    progress->previous_free = (segment->end - segment->first) >> GRANULE_SHIFT <= BLOCK_MAX_GRANULES &&
                              (segment->heap->flags & HEAP_DISABLE_COALESCE_ON_FREE) == 0;
    bins_add_block(segment->heap, data, size, &sums->bins);
    return true;
}

/*
 * Headers lie as far apart as blocks are large, so each is a miss of the cache. Where the next block is comes from the
 * granule map and not from the header, so that the processor can wait for many of them at once.
 */
static bool check_segment(const struct segment *segment, struct sums *total, struct damage *damage)
{
    struct progress progress = {0};
    struct sums sums = *total;
    const uint8_t *granule = segment_granule(segment, segment->first);
    size_t left = (segment->end - segment->first) >> GRANULE_SHIFT;
    uintptr_t data = segment->first;

    while (left != 0) {
        /* In a span the map tells of the span's blocks, and a free block may be too large for it. */
        size_t size = LIKELY(*granule != GRANULE_SPAN) ? granule_distance(granule, left) : 0;
        if (UNLIKELY(size == 0))
            size = read_size(segment, data, left);
        if (UNLIKELY(size == 0 || !check_block(segment, data, size, *granule, &progress, &sums)))
            return damaged(damage, OUTCOME_BLOCK_DAMAGED, data);
        granule += size;
        left -= size;
        data += block_bytes(size);
    }
    *total = sums;
    return true;
}

static bool check_large(const struct heap *heap, struct sums *sums, struct damage *damage)
{
    const struct unit *previous = NULL;

    for (const struct unit *unit = heap->first_large; unit != NULL; unit = unit->large_next) {
        if (unit_owner(unit) != owner_word(heap, RUN_LARGE) || unit->large_previous != previous ||
            unit->large_size > unit->large_committed - LARGE_DATA_OFFSET)
            return damaged(damage, OUTCOME_BLOCK_DAMAGED, (uintptr_t)large_data(unit));
        sums->requested += unit->large_size;
        previous = unit;
    }
    return previous == heap->last_large || damaged(damage, OUTCOME_BLOCK_DAMAGED, (uintptr_t)heap);
}

bool heap_validate(struct heap *heap, struct damage *damage)
{
    struct sums sums = {0};

    ASSERT(heap != NULL);
    bump_settle(heap);
    *damage = (struct damage){OUTCOME_OK, 0};
    for (const struct segment *segment = &heap->first; segment != NULL; segment = segment->next) {
        if (segment->signature != SEGMENT_SIGNATURE || segment->heap != heap)
            return damaged(damage, OUTCOME_BLOCK_DAMAGED, (uintptr_t)segment);
        if (!check_segment(segment, &sums, damage))
            return false;
    }
    if (!bins_are_whole(heap, &sums.bins))
        return damaged(damage, OUTCOME_FREE_LIST_DAMAGED, 0);
    if (!check_large(heap, &sums, damage))
        return false;
    if (sums.busy != heap->busy_bytes || sums.requested != heap->requested_bytes)
        return damaged(damage, OUTCOME_BLOCK_DAMAGED, (uintptr_t)heap);
    return heap->hooks == NULL || heap->hooks->validate(heap, damage);
}
