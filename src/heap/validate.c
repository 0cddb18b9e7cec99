/*
 * What must hold, checked in this order:
 *
 *   1. The blocks of each segment tile it: each header is whole, agrees with its neighbours, and the granule map knows it.
 *   2. A busy block holds what was asked for; two free blocks that could be merged are never neighbours.
 *   3. The bins hold exactly the free blocks, each in the bin of its size.
 *   4. The sums of the heap are the sums of its blocks.
 */
#include "heap/validate.h"

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

static bool check_segment(const struct segment *segment, struct sums *sums, struct damage *damage)
{
    const struct heap *heap = segment->heap;
    size_t previous = 0;
    size_t previous_free = 0;
    struct block_header header;

    for (uintptr_t data = segment->first; data != segment->end; data += block_bytes(header.size)) {
        uint8_t granule = *segment_granule(segment, data);
        if (granule == GRANULE_NONE || !block_read(heap, data, &header) || header.previous != previous ||
            header.size < BLOCK_MIN_GRANULES || header.size > (segment->end - data) >> GRANULE_SHIFT)
            return damaged(damage, OUTCOME_BLOCK_DAMAGED, data);

        previous = header.size;
        if (granule_is_free(granule)) {
            if (previous_free != 0 && previous_free + header.size <= BLOCK_MAX_GRANULES)
                return damaged(damage, OUTCOME_BLOCK_DAMAGED, data);
            previous_free = header.size;
            sums->free_blocks++;
            sums->free_granules += header.size;
        } else {
            size_t not_asked_for = (size_t)granule - GRANULE_BUSY;
            if (not_asked_for > block_capacity(header.size))
                return damaged(damage, OUTCOME_BLOCK_DAMAGED, data);
            previous_free = 0;
            sums->busy += block_bytes(header.size);
            sums->requested += block_capacity(header.size) - not_asked_for;
        }
    }
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
