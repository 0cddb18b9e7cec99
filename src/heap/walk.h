/*
 * Walking a heap: one record for each region, block and uncommitted range, in Windows' order and with Windows' geometry
 * (win32-heap.md 4).
 *
 * The last record is also the cursor: all that a walk knows is in it, and none of it is trusted. The heap may have
 * changed since; then the walk may end early with OUTCOME_NOT_A_BLOCK, but it reads nothing that is not the heap's. The
 * caller holds the heap's lock during each step.
 */
#ifndef CAIRN_HEAP_WALK_H
#define CAIRN_HEAP_WALK_H

#include "heap/block.h"
#include "heap/heap.h"
#include "heap/span.h"

enum walk_kind {
    WALK_REGION,
    WALK_FREE,
    WALK_UNCOMMITTED,
    WALK_BUSY,
    WALK_LARGE,
    WALK_HOT_FREE, /* of the front end, in a magazine or not */
    WALK_HOT_BUSY,
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

/* What a record that was told says it is of, when it is the cursor: walks know the blocks of the front end by their
 * address. */
static inline enum walk_kind walk_cursor_kind(enum walk_kind kind)
{
    return kind == WALK_HOT_BUSY ? WALK_BUSY : kind == WALK_HOT_FREE ? WALK_FREE : kind;
}

/* How often the cleaner looks in vain at a heap that is being walked, before it takes the walk for given up. */
#define WALK_PATIENCE 10u

/*
 * Gives the record behind the one of this kind, address and size; address 0 starts. False: the walk is over, and
 * *outcome says whether it came to the end (OUTCOME_OK).
 */
bool walk_next(struct heap *heap, enum walk_kind kind, uintptr_t address, size_t size, struct walk_record *record,
               enum outcome *outcome);

/* Windows' records tell overhead in a byte. That of a hot block above 2 KiB may be more: then the byte is 240 or more,
 * and right but for whole granules. */
static inline size_t walk_overhead(size_t overhead)
{
    return overhead <= UINT8_MAX ? overhead : (UINT8_MAX & ~(GRANULE_SIZE - 1)) + overhead % GRANULE_SIZE;
}

/* Of a free block of the front end Windows reports a header's size as the overhead (win32-heap.md 4.4). */
#define WALK_HOT_FREE_OVERHEAD GRANULE_SIZE

/* Windows reports four words as the overhead of a free block: its header and its links. */
#define WALK_FREE_OVERHEAD (2 * GRANULE_SIZE)

/* What differs from one record of a block to the next in the same segment. */
struct walk_block {
    bool is_free;
    bool is_hot;
    uintptr_t address;
    size_t size;
    size_t overhead;
};

/* Where the data of the block lies, from the start of the first arena. */
static ALWAYS_INLINE uintptr_t walk_data_offset(const struct walk_block *block)
{
    return block->address - (block->is_free ? WALK_FREE_OVERHEAD - BLOCK_DATA_OFFSET : 0) - arenas[0].base;
}

/* Whether the block lies in a segment of this heap, in the first arena; then the handle is a heap's. */
static ALWAYS_INLINE bool walk_is_in(const void *handle, const struct walk_block *block)
{
    uintptr_t offset = walk_data_offset(block);
    return LIKELY(offset < arenas[0].size) && is_aligned((uintptr_t)handle, UNIT_SIZE) &&
           LIKELY(unit_owner(&arenas[0].units[offset >> UNIT_SHIFT]) == owner_word(handle, RUN_SEGMENT));
}

/*
 * From one small block to the next, both committed as a whole: nearly every step of a walk. Three starts of blocks in
 * one unit, found in two loads from the granule map, are in one segment, and tell all; neither the blocks nor their
 * segment need be looked at. `block` holds is_free and address of the last record, of which walk_is_in is true, and
 * becomes the next. False: it is another step, which walk_next does, and nothing was done.
 */
static ALWAYS_INLINE bool walk_to_next_block(struct walk_block *block)
{
    uintptr_t offset = walk_data_offset(block);
    size_t granules_back = block->is_free ? 1 : 0;
    /* What the next look-up waits for is kept short: one address leads to the next through little more than one load.
     */
    const uint8_t *granule = arena_granule(&arenas[0], (void *)block->address) - granules_back;
    uint8_t here = granule_read(granule);
    bool agrees = block->is_free ? here == GRANULE_FREE : granule_is_busy(here);
    /* Both looks stay within the unit: what is behind it may be another heap's, under another lock. */
    bool near_end = (offset & (UNIT_SIZE - 1)) >= UNIT_SIZE - block_bytes(2 * (SMALLEST_DISTANCE + SCAN_WIDTH));
    if (UNLIKELY(!is_aligned(offset, GRANULE_SIZE) || !agrees || near_end))
        return false;

    size_t distance = SMALLEST_DISTANCE + scan_nonzero(granule + SMALLEST_DISTANCE);
    uint8_t state = granule_read(granule + distance);
    size_t size = SMALLEST_DISTANCE + scan_nonzero(granule + distance + SMALLEST_DISTANCE);
    size_t not_asked_for = (size_t)state - GRANULE_BUSY;
    if (UNLIKELY(granule_read(granule + distance + size) == GRANULE_NONE))
        return false;

    uintptr_t data = block->address + block_bytes(distance - granules_back);
    if (granule_is_busy(state) && not_asked_for <= block_capacity(size)) {
        block->is_free = false;
        block->address = data;
        block->overhead = BLOCK_HEADER_SIZE + not_asked_for;
    } else if (state == GRANULE_FREE) {
        block->is_free = true;
        block->address = data - BLOCK_DATA_OFFSET + WALK_FREE_OVERHEAD;
        block->overhead = WALK_FREE_OVERHEAD;
    } else {
        return false;
    }
    block->is_hot = false;
    block->size = block_bytes(size) - block->overhead;
    return true;
}

/* What a record tells of the block of a span that starts at an address. */
static ALWAYS_INLINE void walk_tell_hot(const struct span *span, uintptr_t address, struct walk_block *block)
{
    block->address = address;
    block->is_hot = true;
    block->is_free = !span_is_busy((void *)address);
    if (block->is_free) {
        block->overhead = span->block_size > WALK_HOT_FREE_OVERHEAD ? WALK_HOT_FREE_OVERHEAD : 0;
        block->size = span->block_size - block->overhead;
        return;
    }
    block->size = span_requested(span, (void *)address);
    block->overhead = walk_overhead(span->block_size - block->size);
}

/* The same as walk_to_next_block from one block of a span to the next. */
static ALWAYS_INLINE bool walk_to_next_hot(struct walk_block *block)
{
    const struct span *span = span_of((void *)block->address);
    if (span == NULL || !span_has_block_at(span, (void *)block->address))
        return false;
    uintptr_t next = block->address + span->block_size;
    if (next - span->first >= span_bytes(span))
        return false;
    walk_tell_hot(span, next, block);
    return true;
}

/* Either of these steps. */
static ALWAYS_INLINE bool walk_to_next(struct walk_block *block)
{
    return walk_to_next_block(block) || walk_to_next_hot(block);
}

_Static_assert(WALK_FREE_OVERHEAD - BLOCK_DATA_OFFSET == GRANULE_SIZE,
               "a free record is a granule behind its block's data");

#endif
