/*
 * Where the blocks of a debug heap lie, and what it writes around them.
 *
 *     busy block   data | bytes asked for, 0xBAADF00D at first | tail of 0xAB | room for a value | 0 ...
 *     free block   two links | 0xFEEEFEEE ...                   as far as it was freed, and not used since (marks.h)
 *
 * Large blocks have neither tail nor pattern, as on Windows. The caller has the heap to itself.
 */
#ifndef CAIRN_DEBUG_PLACE_H
#define CAIRN_DEBUG_PLACE_H

#include "debug/debug.h"
#include "heap/back.h"

#define TAIL_BYTE 0xABu
#define TAIL_SIZE ((size_t)16)

/* A busy block of a segment. */
struct place {
    uintptr_t data;
    uintptr_t end; /* of the block, where the next one's data minus 16 is; 0: it is large, or none */
    size_t size;
};

uintptr_t place_end(const struct back_block *block);
struct place place_find(struct heap *heap, const void *block);

/* 0: it is large. */
size_t place_granules(const struct place *place);
bool place_has_tail(const struct heap *heap, const struct place *place);

/* Writes what is behind the data. */
void place_write_tail(struct heap *heap, const struct place *place);

/* Whole words from the first one behind `from`; the bytes beside them stay what they are (nt-heap.md 15.3). */
void place_fill_new(void *block, size_t from, size_t size);

/*
 * Fills what was a block, or the end of one, and is free now. The two links of a free block are not filled; what were
 * the headers between blocks that are one now, and the links behind one of them, are.
 */
void place_fill_freed(struct heap *heap, uintptr_t data, uintptr_t end);

#endif
