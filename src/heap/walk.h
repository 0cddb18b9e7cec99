/*
 * Walking a heap: one record for each region, block and uncommitted range, in Windows' order and with Windows' geometry
 * (win32-heap.md 4).
 *
 * The last record is also the cursor: all that a walk knows is in it, and none of it is trusted. The heap may have changed since;
 * then the walk may end early with OUTCOME_NOT_A_BLOCK, but it reads nothing that is not the heap's. The caller holds the
 * heap's lock during each step.
 */
#ifndef CAIRN_HEAP_WALK_H
#define CAIRN_HEAP_WALK_H

#include "heap/block.h"
#include "heap/heap.h"

enum walk_kind {
    WALK_REGION,
    WALK_FREE,
    WALK_UNCOMMITTED,
    WALK_BUSY,
    WALK_LARGE,
};

#define WALK_LARGE_REGION 64 /* the region index of every large block */

struct walk_record {
    enum walk_kind kind;
    uint32_t overhead;
    uint32_t region; /* index */
    uintptr_t address;
    size_t size;
    /* of a region only */
    size_t committed;
    size_t uncommitted;
    uintptr_t first_block;
    uintptr_t last_block;
};

/*
 * Gives the record behind the one of this kind, address and size; address 0 starts. False: the walk is over, and *outcome says
 * whether it came to the end (OUTCOME_OK).
 */
bool walk_next(const struct heap *heap, enum walk_kind kind, uintptr_t address, size_t size, struct walk_record *record,
               enum outcome *outcome);

/* A busy block, as far as a walk tells of it. */
struct walk_busy {
    uintptr_t address;
    size_t size;
    size_t overhead;
};

/*
 * From one busy block to the next, where both are small: nearly every step of a walk. Three starts of blocks in one unit, found
 * in two loads from the granule map, are in one segment, and tell all; neither the blocks nor their segment need be looked
 * at. The next record differs from that of `data` in what is given only. False: it is another step; walk_next does it.
 */
static ALWAYS_INLINE bool walk_to_busy(const struct heap *heap, uintptr_t data, struct walk_busy *next)
{
    struct arena *arena = &arenas[0];
    uintptr_t offset = data - arena->base;
    if (UNLIKELY(offset >= arena->size || !is_aligned(data, GRANULE_SIZE)))
        return false;
    const struct unit *unit = &arena->units[offset >> UNIT_SHIFT];
    const uint8_t *granule = arena->granules + (offset >> GRANULE_SHIFT);
    if (UNLIKELY(unit_owner(unit) != owner_word(heap, RUN_SEGMENT) || !granule_is_busy(*granule)))
        return false;

    size_t distance = SMALLEST_DISTANCE + first_granule(granule + SMALLEST_DISTANCE);
    uint8_t state = granule[distance];
    size_t size = SMALLEST_DISTANCE + first_granule(granule + distance + SMALLEST_DISTANCE);
    bool in_one_unit = ((offset + block_bytes(distance + size)) ^ offset) < UNIT_SIZE;
    size_t not_asked_for = (size_t)state - GRANULE_BUSY;
    if (UNLIKELY(!in_one_unit || !granule_is_busy(state) || granule[distance + size] == GRANULE_NONE ||
                 not_asked_for > block_capacity(size)))
        return false;

    next->address = data + block_bytes(distance);
    next->overhead = BLOCK_HEADER_SIZE + not_asked_for;
    next->size = block_bytes(size) - next->overhead;
    return true;
}

#endif
