/*
 * What must hold, checked in this order:
 *
 *   1. The blocks of each segment tile it: each header is whole, agrees with its neighbours, and the granule map knows it.
 *   2. A busy block holds what was asked for; two free blocks are never neighbours.
 *   3. The bins hold exactly the free blocks, each in the bin of its size.
 *   4. The sums of the heap are the sums of its blocks.
 */
#include "heap/validate.h"

#include "base/assert.h"
#include "heap/block.h"
#include "heap/large.h"

struct sums {
    size_t requested;
    size_t busy;
    size_t free_blocks;
    size_t free_granules;
};

static bool damaged(struct damage *damage, enum outcome what, uintptr_t data)
{
    *damage = (struct damage){what, data};
    return false;
}

/*
 * Headers lie as far apart as blocks are large, so reading them one after the other is one miss of the cache each. The granule
 * map tells where they are: a batch of blocks is gathered from it, their headers are fetched, and then they are checked.
 */
#define BATCH 24

struct batch {
    size_t count;
    uintptr_t data[BATCH + 1]; /* the last is where the next batch starts */
};

/* A block too large for the map to tell its size ends a batch, alone: then the header must say where the next one is. */
static bool gather(const struct segment *segment, uintptr_t data, struct batch *batch)
{
    const uint8_t *granule = segment_granule(segment, data);
    size_t left = (segment->end - data) >> GRANULE_SHIFT;

    batch->count = 0;
    batch->data[0] = data;
    while (batch->count < BATCH && left != 0) {
        size_t distance = granule_distance(granule, left);
        if (distance == 0)
            break;
        granule += distance;
        left -= distance;
        data += block_bytes(distance);
        batch->data[++batch->count] = data;
        __builtin_prefetch((const void *)(data - BLOCK_HEADER_SIZE));
    }
    if (batch->count != 0)
        return true;

    struct block_header header;
    if (!block_read(segment->heap, data, &header) || header.size < DISTANCE_LIMIT ||
        header.size > (segment->end - data) >> GRANULE_SHIFT)
        return false;
    batch->count = 1;
    batch->data[1] = data + block_bytes(header.size);
    return batch->data[1] == segment->end || *segment_granule(segment, batch->data[1]) != GRANULE_NONE;
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
    if (!granule_is_free(granule) || progress->previous_free)
        return false;
    /* In a segment that started as several free blocks, because of its size, two may have become small side by side. */
    progress->previous_free = (segment->end - segment->first) >> GRANULE_SHIFT <= BLOCK_MAX_GRANULES;
    sums->free_blocks++;
    sums->free_granules += size;
    return true;
}

static bool check_segment(const struct segment *segment, struct sums *total, struct damage *damage)
{
    struct progress progress = {0};
    struct sums sums = *total;
    struct batch batch;

    for (uintptr_t data = segment->first; data != segment->end; data = batch.data[batch.count]) {
        if (!gather(segment, data, &batch))
            return damaged(damage, OUTCOME_BLOCK_DAMAGED, data);
        const uint8_t *granule = segment_granule(segment, data);
        for (size_t i = 0; i < batch.count; i++) {
            size_t size = (batch.data[i + 1] - batch.data[i]) >> GRANULE_SHIFT;
            if (!check_block(segment, batch.data[i], size, *granule, &progress, &sums))
                return damaged(damage, OUTCOME_BLOCK_DAMAGED, batch.data[i]);
            granule += size;
        }
    }
    *total = sums;
    return true;
}

struct bin_check {
    size_t blocks;
    size_t granules;
    uintptr_t damaged; /* 0: none */
};

static bool check_binned(struct heap *heap, uintptr_t data, void *context)
{
    struct bin_check *check = context;
    struct block_header header;

    if (!block_read(heap, data, &header) || !bins_can_remove(heap, data, header.size)) {
        check->damaged = data;
        return false;
    }
    check->blocks++;
    check->granules += header.size;
    return true;
}

/* Every entry is a free block in the bin of its size; as many entries as free blocks, so the bins hold them all. */
static bool check_bins(struct heap *heap, const struct sums *sums, struct damage *damage)
{
    struct bin_check check = {0};
    bool whole = bins_visit(heap, check_binned, &check);

    if (!whole || check.damaged != 0 || check.blocks != sums->free_blocks || check.granules != sums->free_granules)
        return damaged(damage, OUTCOME_FREE_LIST_DAMAGED, check.damaged);
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
    *damage = (struct damage){OUTCOME_OK, 0};
    for (const struct segment *segment = &heap->first; segment != NULL; segment = segment->next) {
        if (segment->signature != SEGMENT_SIGNATURE || segment->heap != heap)
            return damaged(damage, OUTCOME_BLOCK_DAMAGED, (uintptr_t)segment);
        if (!check_segment(segment, &sums, damage))
            return false;
    }
    if (!check_bins(heap, &sums, damage) || !check_large(heap, &sums, damage))
        return false;
    if (sums.busy != heap->busy_bytes || sums.requested != heap->requested_bytes)
        return damaged(damage, OUTCOME_BLOCK_DAMAGED, (uintptr_t)heap);
    return true;
}
