#include "heap/magazine.h"

#include "base/align.h"
#include "heap/front_end.h"
#include "heap/meta.h"

#include <string.h>

#define CAPACITY_AT_FIRST 8u
#define CAPACITY_AT_MOST 16384u

/* Any magazine may hold a few blocks, fewer of those that Windows' front end would not serve. */
#define CAPACITY_AT_LEAST 4u
#define CAPACITY_AT_LEAST_LARGE 2u

/*
 * Bytes of blocks that a magazine may hold: so many any, without being counted against what a front may; as many as it
 * is filled with at once; and at most, for what a thread frees at one time it often allocates again.
 */
#define MAGAZINE_BYTES_ALWAYS ((size_t)8 << 10)
#define MAGAZINE_BYTES_FILLED ((size_t)32 << 10)
#define MAGAZINE_BYTES ((size_t)1 << 20)

/* Bytes of blocks that all of a front's magazines may hold. What is more is borrowed, from so much that all fronts of
 * the process share, and a share of all memory in use. */
#define FRONT_BYTES ((size_t)512 << 10)
#define BORROWED_BYTES ((size_t)4 << 20)
#define BORROWED_SHARE 16

#define PUT_AT_ONCE 256u

void *magazine_none[1];

static atomic_size_t borrowed_bytes;

static unsigned capacity_for(unsigned bucket, size_t bytes)
{
    size_t size = bucket_size(bucket);
    size_t least = size <= BUCKET_WINDOWS_LIMIT ? CAPACITY_AT_LEAST : CAPACITY_AT_LEAST_LARGE;
    return (unsigned)size_max(size_min(bytes / size, CAPACITY_AT_MOST), least);
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

/* Counts so many bytes more for a front, borrowed where it has no more of its own. False: there are none. */
static bool may_hold(struct front *front, size_t more)
{
    if (front->own_bytes + more <= FRONT_BYTES) {
        front->own_bytes += more;
        return true;
    }
    size_t limit = BORROWED_BYTES + arena_committed_bytes() / BORROWED_SHARE;
    if (atomic_fetch_add_explicit(&borrowed_bytes, more, memory_order_relaxed) + more > limit) {
        atomic_fetch_sub_explicit(&borrowed_bytes, more, memory_order_relaxed);
        return false;
    }
    front->borrowed_bytes += more;
    return true;
}

/* Makes a magazine hold twice as much, up to `most` blocks. False: it cannot. */
static bool grow(struct front *front, unsigned bucket, unsigned most)
{
    unsigned capacity = front->capacity[bucket];
    unsigned larger = capacity == 0 ? CAPACITY_AT_FIRST : 2 * capacity;
    unsigned always = capacity_for(bucket, MAGAZINE_BYTES_ALWAYS);
    if (larger > most)
        larger = most;
    if (larger <= capacity)
        return false;
    if (!may_hold(front, (larger - capacity) * bucket_size(bucket))) {
        larger = larger < always ? larger : always;
        if (larger <= capacity)
            return false;
    }

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
    unsigned filled = capacity_for(bucket, MAGAZINE_BYTES_FILLED);
    grow(front, bucket, filled);
    unsigned capacity = front->capacity[bucket];
    if (capacity == 0)
        return false;
    void **places = bottom(front, bucket);
    unsigned count = (capacity + 1) / 2 < filled ? (capacity + 1) / 2 : filled;
    count = front_end_take(front->end, bucket, count, places + 1);
    front->magazines[bucket].top = places + count;
    return count != 0;
}

bool magazine_make_room(struct front *front, unsigned bucket)
{
    if (grow(front, bucket, capacity_for(bucket, MAGAZINE_BYTES)))
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
    atomic_fetch_sub_explicit(&borrowed_bytes, front->borrowed_bytes, memory_order_relaxed);
}
