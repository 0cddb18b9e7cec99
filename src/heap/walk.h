/*
 * Walking a heap: one record for each region, block and uncommitted range, in Windows' order and with Windows' geometry
 * (win32-heap.md 4).
 *
 * A record is also the cursor: all that a walk knows is in it, and none of it is trusted. The heap may have changed since;
 * then the walk may end early with OUTCOME_NOT_A_BLOCK, but it reads nothing that is not the heap's. The caller holds the
 * heap's lock during each step.
 */
#ifndef CAIRN_HEAP_WALK_H
#define CAIRN_HEAP_WALK_H

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
    uintptr_t address; /* 0 in a cursor: the walk starts */
    size_t size;
    uint8_t overhead;
    uint8_t region;
    /* of a region only */
    size_t committed;
    size_t uncommitted;
    uintptr_t first_block;
    uintptr_t last_block;
};

/* Moves to the next record. False: the walk is over, and *outcome says whether it came to the end (OUTCOME_OK). */
bool walk_next(const struct heap *heap, struct walk_record *record, enum outcome *outcome);

#endif
