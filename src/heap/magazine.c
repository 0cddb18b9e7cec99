#include "heap/magazine.h"

#include "base/align.h"
#include "heap/front_end.h"
#include "heap/meta.h"

#include <string.h>

#define CAPACITY_AT_FIRST 8u
#define CAPACITY_AT_MOST 64u

/* Bytes of blocks that one magazine may hold; a few of the largest blocks it holds all the same. */
#define MAGAZINE_BYTES ((size_t)16 << 10)
#define CAPACITY_AT_LEAST 4u

void *magazine_none[1];

static unsigned largest_capacity(unsigned bucket)
{
    size_t fitting = MAGAZINE_BYTES / bucket_size(bucket);
    return (unsigned)size_max(size_min(fitting, CAPACITY_AT_MOST), CAPACITY_AT_LEAST);
}

/* The place below the first block, which holds the NULL that tells an empty magazine. */
static void **bottom(const struct front *front, unsigned bucket)
{
    return front->magazines[bucket].limit - front->capacity[bucket];
}

static unsigned count_of(const struct front *front, unsigned bucket)
{
    return (unsigned)(front->magazines[bucket].top - bottom(front, bucket));
}

/* Each time that a magazine was found empty or full it may hold twice as much, up to its limit. False: it cannot. */
static bool grow(struct front *front, unsigned bucket)
{
    unsigned capacity = front->capacity[bucket];
    unsigned most = largest_capacity(bucket);
    if (capacity == most)
        return false;
    unsigned larger = capacity == 0 ? CAPACITY_AT_FIRST : 2 * capacity;
    if (larger > most)
        larger = most;

    void **places = meta_allocate((larger + 1) * sizeof *places);
    if (places == NULL)
        return false;
    void **old = bottom(front, bucket);
    unsigned count = count_of(front, bucket);
    memcpy(places, old, (count + 1) * sizeof *places);
    front->magazines[bucket] = (struct magazine){.top = places + count, .limit = places + larger};
    front->capacity[bucket] = (uint16_t)larger;
    if (capacity != 0)
        meta_free(old);
    return true;
}

bool magazine_fill(struct front *front, unsigned bucket)
{
    grow(front, bucket);
    unsigned capacity = front->capacity[bucket];
    if (capacity == 0)
        return false;
    void **places = bottom(front, bucket);
    unsigned count = front_end_take(front->end, bucket, (capacity + 1) / 2, places + 1);
    front->magazines[bucket].top = places + count;
    return count != 0;
}

bool magazine_make_room(struct front *front, unsigned bucket)
{
    if (grow(front, bucket))
        return true;
    unsigned count = count_of(front, bucket);
    if (count == 0)
        return false;

    /* The oldest half goes: what was freed last is used next. */
    void **places = bottom(front, bucket);
    unsigned leaving = (count + 1) / 2;
    void *blocks[CAPACITY_AT_MOST];
    memcpy(blocks, places + 1, leaving * sizeof *blocks);
    memmove(places + 1, places + 1 + leaving, (count - leaving) * sizeof *places);
    front->magazines[bucket].top -= leaving;
    front_end_put(front->end, bucket, leaving, blocks);
    return true;
}

void magazine_empty_all(struct front *front)
{
    for (unsigned bucket = 1; bucket < BUCKET_COUNT; bucket++) {
        unsigned count = count_of(front, bucket);
        void **places = bottom(front, bucket);
        front->magazines[bucket].top = places;
        if (count != 0)
            front_end_put(front->end, bucket, count, places + 1);
    }
}

void magazine_release_all(struct front *front)
{
    for (unsigned bucket = 1; bucket < BUCKET_COUNT; bucket++) {
        if (front->capacity[bucket] != 0)
            meta_free(bottom(front, bucket));
    }
}
