#include "heap/magazine.h"

#include "base/align.h"
#include "heap/front_end.h"
#include "heap/spare.h"

#include <string.h>

/* With the place below the blocks these and their doubles, three more each time, fill whole lines. */
#define CAPACITY_AT_FIRST 13u
#define CAPACITY_AT_MOST 4093u

/* Any magazine may hold a few blocks, fewer of those that Windows' front end would not serve. */
#define CAPACITY_AT_LEAST 4u
#define CAPACITY_AT_LEAST_LARGE 2u

/*
 * Bytes of blocks that one magazine may hold, and all of a front's together; what is more is borrowed from the spare
 * ones of the process. A small number every magazine may hold, whatever the others do.
 */
#define MAGAZINE_BYTES ((size_t)64 << 10)
#define MAGAZINE_BYTES_LARGE ((size_t)256 << 10) /* of blocks of which that would be a handful */
#define LARGE_LIMIT ((size_t)4096)
#define MAGAZINE_BYTES_ALWAYS ((size_t)8 << 10)
#define MAGAZINE_BYTES_ALWAYS_LARGE ((size_t)32 << 10) /* of blocks above a KiB: 8 KiB are less than what passes by */
#define FRONT_BYTES ((size_t)512 << 10)

#define PUT_AT_ONCE 256u

void *magazine_none[1];

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
    if (!os_is_single_threaded() || !spare_take(more))
        return false;
    front->borrowed_bytes += more;
    return true;
}

/* Counts so many bytes less. */
static void hold_less(struct front *front, size_t bytes)
{
    size_t returned = size_min(bytes, front->borrowed_bytes);
    front->borrowed_bytes -= returned;
    front->own_bytes -= bytes - returned;
    spare_give_back(returned);
}

/* How many blocks a magazine that was found empty or full may hold from now on: twice as many, up to its limit, and
 * while there are bytes to count. They are counted. */
static unsigned larger_capacity(struct front *front, unsigned bucket)
{
    unsigned capacity = front->capacity[bucket];
    unsigned larger = capacity == 0 ? CAPACITY_AT_FIRST : 2 * capacity + 3;
    bool is_large = bucket_size(bucket) > LARGE_LIMIT;
    unsigned most = capacity_for(bucket, is_large ? MAGAZINE_BYTES_LARGE : MAGAZINE_BYTES);
    bool is_small = bucket <= BUCKET_SMALL_COUNT;
    unsigned always = capacity_for(bucket, is_small ? MAGAZINE_BYTES_ALWAYS : MAGAZINE_BYTES_ALWAYS_LARGE);
    if (larger > most)
        larger = most;
    if (larger <= capacity || may_hold(front, (larger - capacity) * bucket_size(bucket)))
        return larger;
    if (larger > always)
        larger = always;
    if (larger > capacity)
        front->own_bytes += (larger - capacity) * bucket_size(bucket);
    return larger;
}

/* Makes a magazine hold more. False: it cannot. */
static bool grow(struct front *front, unsigned bucket)
{
    unsigned capacity = front->capacity[bucket];
    unsigned larger = larger_capacity(front, bucket);
    if (larger <= capacity)
        return false;

    void **places = front_end_new_piece(front->end, (larger + 1) * sizeof *places);
    if (places == NULL) {
        hold_less(front, (larger - capacity) * bucket_size(bucket));
        return false;
    }
    void **old = bottom(front, bucket);
    unsigned count = count_of(front, bucket);
    memcpy(places, old, (count + 1) * sizeof *places);
    /* The child of a fork that another thread does just now finds no magazine rather than a wrong one. */
    __atomic_store_n(&front->capacity[bucket], 0, __ATOMIC_RELAXED);
    atomic_thread_fence(memory_order_release);
    front->magazines[bucket] = (struct magazine){.top = places + count, .limit = places + larger};
    __atomic_store_n(&front->capacity[bucket], (uint16_t)larger, __ATOMIC_RELEASE);
    if (capacity != 0)
        front_end_drop_piece(front->end, old);
    return true;
}

static void empty(struct front *front, unsigned bucket)
{
    unsigned count = count_of(front, bucket);
    void **places = bottom(front, bucket);
    front->magazines[bucket].top = places;
    if (count != 0)
        front_end_put(front->end, front, bucket, count, places + 1);
}

/*
 * Before memory is taken for another span: what the front and the buckets hold of sizes that nobody has exchanged
 * lately may free some. A program that goes on to other sizes does not leave behind what it had of the former ones.
 */
#define BUCKETS_MET_AT_ONCE 2

static void give_idle_back(struct front *front, unsigned but_of)
{
    for (unsigned met = 0; met < BUCKETS_MET_AT_ONCE; met++) {
        unsigned bucket = front_end_next_idle(front->end);
        if (bucket == 0 || bucket == but_of)
            continue;
        empty(front, bucket);
        front_end_empty(front->end, bucket);
    }
}

/*
 * Notes that a magazine was found full, or empty. Says whether that came to pass so often in a row that the thread
 * seems to do no more than free, or than allocate, blocks of the bucket: then all of them change hands at once.
 */
#define STREAK_OF_ONE_WAY 3

static bool goes_one_way(struct front *front, unsigned bucket, int step)
{
    int streak = front->streak[bucket];
    if (streak * step < 0)
        streak = 0;
    if (streak * step < STREAK_OF_ONE_WAY)
        streak += step;
    front->streak[bucket] = (int16_t)streak;
    return streak * step == STREAK_OF_ONE_WAY && !os_is_single_threaded();
}

bool magazine_fill(struct front *front, unsigned bucket)
{
    grow(front, bucket);
    unsigned capacity = front->capacity[bucket];
    if (capacity == 0)
        return false;
    void **places = bottom(front, bucket);
    unsigned wanted = goes_one_way(front, bucket, -1) ? capacity : (capacity + 1) / 2;
    unsigned count = front_end_take(front->end, front, bucket, false, wanted, places + 1);
    if (count == 0) {
        give_idle_back(front, bucket);
        count = front_end_take(front->end, front, bucket, true, wanted, places + 1);
    }
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
    for (unsigned leaving = goes_one_way(front, bucket, 1) ? count : (count + 1) / 2; leaving != 0;) {
        void *blocks[PUT_AT_ONCE];
        unsigned part = leaving < PUT_AT_ONCE ? leaving : PUT_AT_ONCE;
        memcpy(blocks, places + 1, part * sizeof *blocks);
        memmove(places + 1, places + 1 + part, (count - part) * sizeof *places);
        /* They are no longer here before they are there: who forks now does not find them twice. */
        front->magazines[bucket].top -= part;
        front_end_put(front->end, front, bucket, part, blocks);
        count -= part;
        leaving -= part;
    }
    return true;
}

void magazine_empty_all(struct front *front)
{
    for (unsigned bucket = 1; bucket < BUCKET_COUNT; bucket++)
        empty(front, bucket);
}

void magazine_release_all(struct front *front)
{
    for (unsigned bucket = 1; bucket < BUCKET_COUNT; bucket++) {
        if (front->capacity[bucket] != 0)
            front_end_drop_piece(front->end, bottom(front, bucket));
    }
    hold_less(front, front->own_bytes + front->borrowed_bytes);
}
