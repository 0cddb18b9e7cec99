/*
 * Buckets: the sizes that the front end serves, each with one size of block.
 *
 *     bucket  1 .. 16   16, 32, ... 256
 *     bucket 17 .. 88   288, 320, ... 512, 576, ... 131072    eight to each doubling
 *
 * Few buckets save more than close ones: each has a magazine in every thread, and spans that are partly used. With 16
 * bytes between them up to a KiB, eight threads with 1,000 blocks each took a fifth more memory and a tenth more time.
 *
 * A bucket becomes active when a heap uses its size often, by Windows' counters (win32-heap.md 5): from then on the
 * front end serves it, before that and above the largest bucket the back end does. Windows' own front end ends at
 * 16 KiB; what lies beyond behaves to programs as blocks of the back end do.
 */
#ifndef CAIRN_HEAP_BUCKET_H
#define CAIRN_HEAP_BUCKET_H

#include "heap/arena.h"

#define BUCKET_COUNT 89 /* bucket 0 is no bucket */
#define BUCKET_LINEAR_COUNT 16
#define BUCKET_LINEAR_LIMIT_LOG 8
#define BUCKET_STEPS_LOG 3
#define BUCKET_LIMIT ((size_t)131072)

/* Small buckets: which one a size has is looked up, and the map tells in a byte how much of a block was asked for. */
#define BUCKET_SMALL_COUNT 32
#define BUCKET_SMALL_LIMIT ((size_t)1024)
#define BUCKET_BY_SIZE (BUCKET_SMALL_LIMIT / GRANULE_SIZE + 1)

/* The largest size that Windows' front end serves. */
#define BUCKET_WINDOWS_LIMIT ((size_t)16384)

/* By the granules of a size, its bucket. 0 bytes are one. */
#define BUCKET_OF(granules)                                                                                            \
    ((granules) <= 1    ? 1                                                                                            \
     : (granules) <= 16 ? (granules)                                                                                   \
     : (granules) <= 32 ? 16 + ((granules)-15) / 2                                                                     \
                        : 24 + ((granules)-29) / 4)
#define BUCKETS_2(granules) BUCKET_OF(granules), BUCKET_OF((granules) + 1)
#define BUCKETS_8(granules)                                                                                            \
    BUCKETS_2(granules), BUCKETS_2((granules) + 2), BUCKETS_2((granules) + 4), BUCKETS_2((granules) + 6)
static const uint8_t bucket_by_size[BUCKET_BY_SIZE] = {BUCKETS_8(0),  BUCKETS_8(8),  BUCKETS_8(16),
                                                       BUCKETS_8(24), BUCKETS_8(32), BUCKETS_8(40),
                                                       BUCKETS_8(48), BUCKETS_8(56), BUCKET_OF(64)};
#undef BUCKETS_8
#undef BUCKETS_2
#undef BUCKET_OF

/* The bucket for a size of more than BUCKET_BY_FORMULA and at most BUCKET_LIMIT. */
#define BUCKET_BY_FORMULA ((size_t)128)
static inline unsigned bucket_by_formula(size_t size)
{
    unsigned log = 63 - (unsigned)__builtin_clzll(size - 1);
    unsigned step = (unsigned)((size - 1) >> (log - BUCKET_STEPS_LOG)) & ((1u << BUCKET_STEPS_LOG) - 1);
    return BUCKET_LINEAR_COUNT + 1 + step + (log << BUCKET_STEPS_LOG) - (BUCKET_LINEAR_LIMIT_LOG << BUCKET_STEPS_LOG);
}

/* The bucket for a size of at most BUCKET_LIMIT; a size of 0 is one of 1. */
static inline unsigned bucket_of(size_t size)
{
    if (size <= BUCKET_SMALL_LIMIT)
        return bucket_by_size[(size + GRANULE_SIZE - 1) >> GRANULE_SHIFT];
    return bucket_by_formula(size);
}

#define EIGHT_FROM(size)                                                                                               \
    (size) / 8 * 9, (size) / 8 * 10, (size) / 8 * 11, (size) / 8 * 12, (size) / 8 * 13, (size) / 8 * 14,               \
        (size) / 8 * 15, (size) / 8 * 16
static const uint32_t bucket_sizes[BUCKET_COUNT] = {0,
                                                    16,
                                                    32,
                                                    48,
                                                    64,
                                                    80,
                                                    96,
                                                    112,
                                                    128,
                                                    EIGHT_FROM(128),
                                                    EIGHT_FROM(256),
                                                    EIGHT_FROM(512),
                                                    EIGHT_FROM(1024),
                                                    EIGHT_FROM(2048),
                                                    EIGHT_FROM(4096),
                                                    EIGHT_FROM(8192),
                                                    EIGHT_FROM(16384),
                                                    EIGHT_FROM(32768),
                                                    EIGHT_FROM(65536)};
#undef EIGHT_FROM

/* Bytes of the bucket's blocks. */
static inline size_t bucket_size(unsigned bucket)
{
    return bucket_sizes[bucket];
}

/*
 * How often a heap used a bucket while the back end served it: the high five bits count its live blocks, the rest all
 * that were ever allocated. Hot when more than 17 are live, or some 2000 were allocated: the next allocation makes it
 * active. Between two frees no more are allocated than can be live, so that the second is looked at by frees only.
 *
 * In a private heap that only fills (heap.h) a hot bucket then waits for some more allocations, for it costs what a
 * hundred of them do to make one active, and many such heaps are destroyed before that. To programs it is active.
 */
#define BUCKET_USE_LIVE 0x0800u
#define BUCKET_USE_ALLOCATED (BUCKET_USE_LIVE + 1)
#define BUCKET_USE_IN_ALL 2000u
#define BUCKET_HOT (17 * BUCKET_USE_LIVE) /* from here on; what is below the next value counts live blocks yet */
#define BUCKET_HOT_IN_ALL (18 * BUCKET_USE_LIVE)
#define BUCKET_WAITS 0xFF40u /* this and the next values: waits, since so many allocations */
#define BUCKET_WAITS_FOR 128u
#define BUCKET_HAS_WAITED (BUCKET_WAITS + BUCKET_WAITS_FOR)
#define BUCKET_ACTIVE_LATE 0xFFFEu /* active, and has waited */
#define BUCKET_ACTIVE 0xFFFFu

/* The heap's lock guards the counters; whether a bucket is active is read without it. */
static inline uint16_t bucket_use(const uint16_t *use)
{
    return __atomic_load_n(use, __ATOMIC_ACQUIRE); /* who reads that a bucket is active finds it made */
}

static inline void bucket_set_use(uint16_t *use, uint16_t value)
{
    __atomic_store_n(use, value, __ATOMIC_RELEASE);
}

static inline bool bucket_is_active(uint16_t use)
{
    return use >= BUCKET_ACTIVE_LATE;
}

static inline bool bucket_waits(uint16_t use)
{
    return use >= BUCKET_WAITS && use < BUCKET_HAS_WAITED;
}

/* Whether the front end serves the bucket, as far as programs know. */
static inline bool bucket_is_served(uint16_t use)
{
    return use >= BUCKET_WAITS;
}

/* Whether the bucket waits, or has. */
static inline bool bucket_ever_waited(uint16_t use)
{
    return use >= BUCKET_WAITS && use <= BUCKET_ACTIVE_LATE;
}

/* What the next allocation adds to a bucket's use; 0: with it the bucket becomes active, or is. */
static ALWAYS_INLINE unsigned bucket_step(uint16_t use)
{
    return LIKELY(use < BUCKET_HOT) ? BUCKET_USE_ALLOCATED : bucket_waits(use);
}

static inline void bucket_count_free(uint16_t *use)
{
    uint16_t used = bucket_use(use);
    if (used >= BUCKET_HOT_IN_ALL)
        return;
    if (used % BUCKET_USE_LIVE >= BUCKET_USE_IN_ALL)
        bucket_set_use(use, BUCKET_HOT_IN_ALL);
    else if (used >= BUCKET_USE_LIVE)
        bucket_set_use(use, (uint16_t)(used - BUCKET_USE_LIVE));
}

#endif
