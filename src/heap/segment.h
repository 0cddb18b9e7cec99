/*
 * Segments: the runs of units that a heap's blocks tile.
 *
 *     +0 | header | block | block | ... | free block, hollow | 16 bytes | (guard page) |
 *        ^ segment         ^ every block 16-byte aligned                ^ end
 *
 * The blocks of a segment tile it without a gap; `end` is where the data of a further block would lie. What was never
 * used is its last free block, whose pages are not committed. Blocks are known by the address of their data, 16 bytes
 * behind their start (see block.h).
 */
#ifndef CAIRN_HEAP_SEGMENT_H
#define CAIRN_HEAP_SEGMENT_H

#include "base/scan.h"
#include "heap/arena.h"

struct heap;

#define SEGMENT_SIGNATURE 0xFFEEFFEEu

struct segment {
    uint64_t not_used[2];
    uint32_t signature;     /* +0x10, where Windows has it: programs peek at it */
    uint32_t segment_flags; /* +0x14: HEAP_GROWABLE or 0 */
    struct heap *heap;
    struct segment *next;
    uint8_t *granules;       /* the granule map's byte for the segment's first address */
    uintptr_t first;         /* data of the first block */
    uintptr_t end;           /* the data address that a block behind the last one would have */
    size_t reserved;         /* bytes, from the segment's start, the guard page included */
    size_t committed;        /* bytes */
    size_t header_size;      /* bytes in front of the first block */
    size_t guard;            /* bytes at the end that are never used */
    uintptr_t committed_end; /* caller's memory only: it is committed from the front and never decommitted */
    uint32_t index;
    uint32_t padding;
};
_Static_assert(sizeof(void *) != 8 || offsetof(struct segment, signature) == 0x10, "where Windows has it");
_Static_assert(sizeof(void *) != 8 || sizeof(struct segment) == 0x70, "the heap's flags follow at 0x70");

/*
 * What a granule byte says of the block whose data starts there. Inside a span, which to the back end is one block, the
 * blocks of the front end have bytes of their own: the highest bit, or'ed with the low bits of the size asked for.
 */
enum granule {
    GRANULE_NONE = 0,
    GRANULE_BUSY = 1,       /* busy, and all that it can hold was asked for; each byte not asked for adds one */
    GRANULE_BUSY_LAST = 95, /* in a debug heap; elsewhere 80 */
    GRANULE_SHRUNK = 96,    /* a busy block of the front end, much smaller than its bucket; 16 values */
    GRANULE_SPAN = 121,
    GRANULE_HOLLOW = 126, /* free, and not all of its pages are committed */
    GRANULE_FREE = 127,
    GRANULE_HOT = 128, /* a busy block of the front end */
};

/* Read where other threads may be taking and freeing hot blocks meanwhile. */
static inline uint8_t granule_read(const uint8_t *granule)
{
    return __atomic_load_n(granule, __ATOMIC_RELAXED);
}

static inline bool granule_is_busy(uint8_t granule)
{
    return (uint8_t)(granule - GRANULE_BUSY) <= GRANULE_BUSY_LAST - GRANULE_BUSY;
}

static inline bool granule_is_free(uint8_t granule)
{
    return (granule | 1) == GRANULE_FREE;
}

static inline uint8_t *segment_granule(const struct segment *segment, uintptr_t data)
{
    return &segment->granules[(data - (uintptr_t)segment) >> GRANULE_SHIFT];
}

/* The smallest block has two granules. */
#define SMALLEST_DISTANCE ((size_t)2)

/* How far granule_distance looks: beyond, a block's header tells sooner where the next one is. */
#define DISTANCE_LIMIT ((size_t)256)

/*
 * Granules from a block, whose byte in the granule map this is, to the next one, or to the end of its segment, which is
 * `left` granules away. The block is not touched. 0: they are DISTANCE_LIMIT or more.
 */
static inline size_t granule_distance(const uint8_t *granule, size_t left)
{
    size_t limit = left < DISTANCE_LIMIT ? left : DISTANCE_LIMIT;
    size_t distance = SMALLEST_DISTANCE;

    for (; distance + SCAN_WIDTH <= limit; distance += SCAN_WIDTH) {
        size_t found = scan_nonzero(granule + distance);
        if (found != SCAN_WIDTH)
            return distance + found;
    }
    while (distance < limit && granule[distance] == GRANULE_NONE)
        distance++;
    return distance < limit || limit == left ? distance : 0;
}

/* The same, from the address of the block's data. */
static inline size_t segment_next_start(const struct segment *segment, uintptr_t data)
{
    return granule_distance(segment_granule(segment, data), (segment->end - data) >> GRANULE_SHIFT);
}

/* Adds a segment with a free block that a block of `size` bytes, header included, can be cut from. False: no memory. */
bool segment_add(struct heap *heap, size_t size);

/* Lays out the heap's first segment, whose header is the heap; its first pages are committed. False: no memory. */
bool segment_start_first(struct heap *heap, size_t reserved, size_t guard);

/* Commits all pages that [from, end) touches; `used_soon`: most of them will be touched before long. False: no memory.
 */
bool segment_commit(struct segment *segment, uintptr_t from, uintptr_t end, bool used_soon);

/* Decommits whole pages of a segment; both addresses are page aligned. Never called for the caller's memory.
 * `keep_warm`: the memory may be kept at hand; else what was kept before leaves too. */
void segment_decommit(struct segment *segment, uintptr_t from, uintptr_t end, bool keep_warm);

/* Committed bytes among the whole pages [from, end). Never called for the caller's memory. */
size_t segment_committed_bytes(const struct segment *segment, uintptr_t from, uintptr_t end);

/* The first address at or behind `from` in a page that is committed, or is not; `end` when there is none before it. */
uintptr_t segment_find_page(const struct segment *segment, uintptr_t from, uintptr_t end, bool committed);

#endif
