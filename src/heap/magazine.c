#include "heap/magazine.h"

#include "base/align.h"
#include "heap/front_end.h"
#include "heap/meta.h"

#include <string.h>

#define CAPACITY_AT_FIRST 8u
#define CAPACITY_AT_LEAST 4u
#define CAPACITY_AT_MOST 1024u

/*
 * Bytes of blocks that one magazine may hold, and all of a front's together. Within a smaller limit, which every
 * magazine may reach, they are not counted against the latter; a few of the largest blocks any holds.
 */
#define MAGAZINE_BYTES ((size_t)64 << 10)
#define MAGAZINE_BYTES_ALWAYS ((size_t)8 << 10)
#define FRONT_BYTES ((size_t)512 << 10)

#define PUT_AT_ONCE 256u

void *magazine_none[1];

static unsigned capacity_for(unsigned bucket, size_t bytes)
{
    size_t fitting = bytes / bucket_size(bucket);
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
    unsigned larger = capacity == 0 ? CAPACITY_AT_FIRST : 2 * capacity;
    unsigned most = capacity_for(bucket, MAGAZINE_BYTES);
    if (larger > most)
        larger = most;
    size_t more = (larger - capacity) * bucket_size(bucket);
    if (larger > capacity_for(bucket, MAGAZINE_BYTES_ALWAYS) && front->bytes + more > FRONT_BYTES)
        larger = capacity_for(bucket, MAGAZINE_BYTES_ALWAYS);
    if (larger <= capacity)
        return false;

    void **places = meta_allocate((larger + 1) * sizeof *places);
    if (places == NULL)
        return false;
    void **old = bottom(front, bucket);
    unsigned count = count_of(front, bucket);
    memcpy(places, old, (count + 1) * sizeof *places);
    front->magazines[bucket] = (struct magazine){.top = places + count, .limit = places + larger};
    front->capacity[bucket] = (uint16_t)larger;
    front->bytes += (larger - capacity) * bucket_size(bucket);
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
    for (unsigned leaving = (count + 1) / 2; leaving != 0;) {
        void *blocks[PUT_AT_ONCE];
        unsigned part = leaving < PUT_AT_ONCE ? leaving : PUT_AT_ONCE;
        memcpy(blocks, places + 1, part * sizeof *blocks);
        memmove(places + 1, places + 1 + part, (count - part) * sizeof *places);
        /* They are no longer here before they are there: who forks now does not find them twice. */
        front->magazines[bucket].top -= part;
        front_end_put(front->end, bucket, part, blocks);
        count -= part;
        leaving -= part;
    }
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
