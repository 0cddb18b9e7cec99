/*
 * Spans: memory that the front end cuts into blocks of one bucket.
 *
 *     slice                     slice                     slice
 *     |block|block|block|block|block|block|block| ... |block|  (back end's again)
 *     ^ first                                               ^ end
 *
 * To the back end a span is one busy block, 16 bytes in front of the first slice. No two spans have a slice in common,
 * so the slice of an address tells its span, and by its tag in the arena's table also the bucket and the heap:
 *
 *     tag    bits 12..31 number of the heap's front end, 0: no span | 4..11 bucket
 *
 * Nothing of a span's state lies in the span: which blocks are free, and in no magazine, is a bit each in `struct
 * span`; which are busy, and how many of their bytes were asked for, is in the granule map:
 *
 *     granule of the block       0x80 or'ed with bits 0..6 of the size asked for; 0: free
 *     the two behind that        above the small buckets: bits 7..13 and 14..20 of the bytes that were not asked for
 *
 * A block of a small bucket that was made smaller than these bits can tell is marked 0x60, or'ed with bits 0..3 of its
 * size, and the granule behind holds bits 4..10.
 */
#ifndef CAIRN_HEAP_SPAN_H
#define CAIRN_HEAP_SPAN_H

#include "base/align.h"
#include "heap/bucket.h"
#include "heap/segment.h"

#define TAG_NUMBER_SHIFT 12
#define TAG_BUCKET_SHIFT 4
#define TAG_NUMBER_LIMIT (1u << 16)

#define SPAN_BLOCKS 256
#define SPAN_WORDS (SPAN_BLOCKS / 64)

/* Exact while a span's granules times a block's are less than 2 to this power. */
#define SPAN_RECIPROCAL_SHIFT 31

/* The back end's block starts this far in front of the first slice. */
#define SPAN_OFFSET GRANULE_SIZE

struct span {
    uintptr_t first;   /* the first block */
    struct span *next; /* in the list of its bucket's spans that have free blocks */
    struct span *previous;
    uint32_t block_size;
    uint32_t reciprocal; /* a block's index is its granules times this, shifted */
    uint16_t count;
    uint16_t free_count;
    uint8_t bucket;
    uint8_t slices;
    uint8_t owner; /* the number of the front that took blocks last; 0: nobody in particular */
    bool is_listed;
    uint64_t free[SPAN_WORDS]; /* a bit a block: free, and in no magazine */
};

static inline size_t span_bytes(const struct span *span)
{
    return (size_t)span->count * span->block_size;
}

/* The span that an address may be a block of; NULL: none. Only the first arena has spans. */
static inline struct span *span_of(const void *address)
{
    const struct arena *arena = &arenas[0];
    if (UNLIKELY((uintptr_t)address - arena->base >= arena->size))
        return NULL;
    struct span *span = __atomic_load_n(&arena->spans[arena_slice_index(arena, address)], __ATOMIC_ACQUIRE);
    if (span == NULL || (uintptr_t)address - span->first >= span_bytes(span))
        return NULL;
    return span;
}

static inline uint8_t *span_granule(const void *block)
{
    return arena_granule(&arenas[0], block);
}

static inline uint32_t span_tag(const struct span *span)
{
    return arenas[0].tags[arena_slice_index(&arenas[0], (void *)span->first)];
}

/* Whether the span is of the front end with this tag. */
static inline bool span_is_of(const struct span *span, uint32_t tag)
{
    return span_tag(span) == (tag | (uint32_t)span->bucket << TAG_BUCKET_SHIFT);
}

/* Index of the block that an address of the span lies in. */
static inline unsigned span_index(const struct span *span, const void *address)
{
    size_t granules = ((uintptr_t)address - span->first) >> GRANULE_SHIFT;
    return (unsigned)(granules * span->reciprocal >> SPAN_RECIPROCAL_SHIFT);
}

static inline void *span_block(const struct span *span, unsigned index)
{
    return (void *)(span->first + (size_t)index * span->block_size);
}

/* Whether a block of the span starts at an address inside it. */
static inline bool span_has_block_at(const struct span *span, const void *address)
{
    return span_block(span, span_index(span, address)) == address;
}

/* Walks look at the map while other threads go on. */
static inline uint8_t span_granule_value(const uint8_t *granule)
{
    return __atomic_load_n(granule, __ATOMIC_RELAXED);
}

static inline void span_set_granule(uint8_t *granule, uint8_t value)
{
    __atomic_store_n(granule, value, __ATOMIC_RELAXED);
}

static inline bool span_is_shrunk(uint8_t granule)
{
    return (granule & 0xF0) == GRANULE_SHRUNK;
}

/* Whether a byte of the map is that of a busy hot block. */
static inline bool span_marks_busy(uint8_t granule)
{
    return (granule & GRANULE_HOT) != 0 || span_is_shrunk(granule);
}

static inline bool span_is_busy(const void *block)
{
    return span_marks_busy(span_granule_value(span_granule(block)));
}

/*
 * The size that was asked for of a hot block of a bucket, whose granule this is.
 *
 * Blocks of three granules have room for all bytes, and the smallest, which have not, are of the first two buckets.
 * That the other small ones do not need them is asked without a branch, which a program with blocks of all sizes would
 * often take the wrong way; so it is in the two functions below.
 */
#define SPAN_BUCKET_OF_THREE 3u

static ALWAYS_INLINE size_t span_requested_of_hot(unsigned bucket, const uint8_t *granule)
{
    size_t block_size = bucket_size(bucket);
    size_t not_asked_for = (block_size - span_granule_value(granule)) & 0x7F;
    if (LIKELY(bucket >= SPAN_BUCKET_OF_THREE)) {
        size_t beyond = (size_t)span_granule_value(granule + 1) << 7 | (size_t)span_granule_value(granule + 2) << 14;
        not_asked_for += beyond & -(size_t)(bucket > BUCKET_SMALL_COUNT);
    }
    return block_size - not_asked_for;
}

/* The same of any busy block. */
static inline size_t span_requested_at(unsigned bucket, const uint8_t *granule)
{
    uint8_t low = span_granule_value(granule);
    if (span_is_shrunk(low))
        return (size_t)span_granule_value(granule + 1) << 4 | (low & 0x0F);
    return span_requested_of_hot(bucket, granule);
}

static inline size_t span_requested(const struct span *span, const void *block)
{
    return span_requested_at(span->bucket, span_granule(block));
}

/* Whether span_mark_busy can tell the size, which a block of the bucket holds: small buckets tell only sizes within 127
 * bytes of their own. */
static inline bool span_can_tell(unsigned bucket, size_t size)
{
    return bucket > BUCKET_SMALL_COUNT || bucket_size(bucket) - size < GRANULE_HOT;
}

/* Whether a block of the bucket can have the size, without most of it lying idle. */
static ALWAYS_INLINE bool span_fits_well(unsigned bucket, size_t size)
{
    size_t half = bucket_size(bucket) / 2;
    size_t told = (GRANULE_HOT - 1) | -(size_t)(bucket > BUCKET_SMALL_COUNT);
    return bucket_size(bucket) - size <= size_min(half, told);
}

/* Marks a block as busy with a size that it can tell. None of the bytes behind the first looks like a block's start. */
static ALWAYS_INLINE void span_mark_busy(unsigned bucket, void *block, size_t size)
{
    uint8_t *granule = span_granule(block);
    if (LIKELY(bucket >= SPAN_BUCKET_OF_THREE)) {
        size_t not_asked_for = bucket_size(bucket) - size;
        span_set_granule(granule + 1, (uint8_t)(not_asked_for >> 7 & 0x7F));
        span_set_granule(granule + 2, (uint8_t)(not_asked_for >> 14));
    }
    span_set_granule(granule, (uint8_t)(GRANULE_HOT | size));
}
_Static_assert(BUCKET_LIMIT <= (size_t)1 << 17, "seven bits each tell what is not asked for");

/*
 * The same for a block of a small bucket from a magazine, which must not be busy. False: it is, and what the map says
 * of it is of no use any more.
 *
 * One instruction reads, adds and writes: with the mark of a busy block in the byte, that of another has no room in it.
 * That of a shrunk one may have: a block which was taken twice and shrunk to a fraction in between is not noticed.
 */
static ALWAYS_INLINE bool span_claim_small(const void *block, size_t size)
{
    uint8_t *granule = span_granule(block);
    uint8_t mark = (uint8_t)(GRANULE_HOT | size);
#if defined(__SANITIZE_THREAD__)
    bool is_free = span_granule_value(granule) < GRANULE_HOT;
    span_set_granule(granule, mark);
    return is_free;
#else
    return !__builtin_add_overflow(*granule, mark, granule);
#endif
}

/* The same for any size that the block holds. */
static inline void span_mark_resized(unsigned bucket, void *block, size_t size)
{
    if (span_can_tell(bucket, size)) {
        span_mark_busy(bucket, block, size);
        return;
    }
    uint8_t *granule = span_granule(block);
    span_set_granule(granule + 1, (uint8_t)(size >> 4));
    span_set_granule(granule, (uint8_t)(GRANULE_SHRUNK | (size & 0x0F)));
}

/* Slices of a bucket's first span, and of its largest. */
unsigned span_slices_at_first(unsigned bucket);
unsigned span_slices_at_most(unsigned bucket);

/*
 * Gets the memory for a span of so many slices from the back end and marks it as the span's, all blocks free. The
 * caller has the heap to itself. False: no memory, or none where spans can be.
 */
bool span_open(struct heap *heap, struct span *span, unsigned bucket, unsigned slices, uint32_t tag);

/* Gives the memory back; all blocks are free. The caller has the heap to itself. */
void span_close(struct heap *heap, struct span *span);

/* Takes free blocks out of the bits, lowest address first, at most `limit`; blocks[0] is the last. Returns how many. */
unsigned span_take(struct span *span, unsigned limit, void **blocks);

/* Gives the first of these blocks back to the bits, as many as are the span's; one is. A block that is there already
 * stays there once. Returns how many. */
unsigned span_put(struct span *span, unsigned count, void *const *blocks);

/* Gives the memory of pages that hold nothing but free blocks back to the system; they read as zero when they are used
 * again. The caller holds the bucket. */
void span_cool(const struct span *span);

/* Whether the granule map and the bits agree, block by block. The caller holds the bucket. */
bool span_is_whole(const struct span *span);

/* Bytes asked for, of all busy blocks. */
size_t span_sum(const struct span *span);

#endif
