/*
 * The front end of a heap: for each bucket its spans, and batches on their way from one thread to another.
 *
 *     threads     magazine      magazine      magazine         no lock, a few blocks each
 *                     \  batches  |  batches    /
 *     bucket          depots: up to three batches each         no lock, each place taken by one exchange
 *                     stocks: stacks of free blocks            the bucket's lock
 *                     spans: a bit for each free block         the bucket's lock
 *     back end        one block for each span                  the heap's lock
 *
 * Locks, outermost first: the registry's, a heap's, the list of threads, the numbers, a bucket's, the records of spans,
 * the meta heap's, the arenas'. A fork holds them all; an ending thread, which holds the list, only tries for a heap.
 */
#ifndef CAIRN_HEAP_FRONT_END_H
#define CAIRN_HEAP_FRONT_END_H

#include "base/assert.h"
#include "heap/depot.h"
#include "heap/heap.h"
#include "heap/lack.h"
#include "heap/span_list.h"
#include "heap/stock.h"
#include "heap/thread.h"

/* Each thread has one of so many stocks, by its front's number. */
#define STOCK_COUNT 4u

struct bucket {
    struct lock lock;
    unsigned exchanges; /* counts whenever blocks are taken from spans or put into them */
    struct span_list spans;
    size_t put_bytes; /* put into spans since the cleaner was asked for */

    /* Where there are threads this seldom changes: it is not on the line that whoever takes the lock writes. */
    _Alignas(CACHE_LINE) struct depots depots;
    struct stock stocks[STOCK_COUNT];
    unsigned exchanges_seen; /* by the cleaner, when it looked last */
    unsigned exchanges_met;  /* by front_end_next_idle */
    uint8_t idle_meetings;   /* so often in a row it met the bucket unused */
    uint8_t patience;        /* and so often it may before the bucket is taken for idle */
    bool was_emptied;        /* for having been taken so */
    struct lack lack;        /* of memory for another span */
    bool is_cool;            /* the free pages of its spans have no memory */
};

struct span_chunk;

/* So many bytes of its pieces of memory are a part of a front end itself: enough for a few buckets of one thread. */
#define FRONT_END_ROOM ((size_t)2 << 10)

struct front_end {
    struct heap *heap;
    uint32_t tag;         /* number of the front end, shifted; unique while it is there */
    struct front *fronts; /* one for each thread that uses the heap; thread_lock guards the list */
    unsigned front_count; /* changed under thread_lock */
    struct front *left;   /* of threads that have ended; thread_lock guards them too */
    unsigned left_count;
    uint64_t numbers;     /* those of its fronts, bit i: number i + 1 */
    struct front *shared; /* of a heap that is not serialized: its one front, whichever thread calls */
    unsigned met;         /* the bucket that front_end_next_idle came to last */
    struct lock spans_lock;
    struct span *unused_spans; /* records to be used again */
    struct span_chunk *chunks;
    size_t record_count;                          /* in all chunks */
    struct bucket *_Atomic buckets[BUCKET_COUNT]; /* of those that are active, or were to become it */
    _Atomic size_t room_used;
    _Alignas(CACHE_LINE) char room[FRONT_END_ROOM];
};

/* The bucket, which is active or has a span. */
static inline struct bucket *front_end_bucket(const struct front_end *end, unsigned index)
{
    struct bucket *bucket = atomic_load_explicit(&end->buckets[index], memory_order_acquire);
    ASSERT(bucket != NULL);
    return bucket;
}

static inline struct front_end *front_end_of(const struct heap *heap)
{
    return atomic_load_explicit(&heap->front_end, memory_order_acquire);
}

/* A busy block of a front end: a hot block. */
struct hot {
    unsigned bucket;
    size_t requested;
};

/*
 * Looks an untrusted address up. False: no span of the first arena holds it, so it is the back end's to judge. Else
 * *outcome says what it is to this heap, and *hot, where that is OUTCOME_OK, tells of the block.
 */
bool hot_find(const struct heap *heap, const void *address, struct hot *hot, enum outcome *outcome);

/* Makes the heap's front end. NULL: no memory, or too many heaps have one. The caller has the heap to itself. */
struct front_end *front_end_create(struct heap *heap);

/* Makes a bucket, before it becomes active. False: no memory. The caller has the heap to itself. */
bool front_end_add_bucket(struct front_end *end, unsigned index);

/* Takes it away, when the spans have gone with the segments and no table leads to them. Before the heap's memory went,
 * thread_forget has seen to it that no thread takes a heap that is made at the same address for this one. */
void front_end_destroy(struct front_end *end);

/*
 * Zeroed memory for what belongs to the front end, on lines of its own. What fits into its room costs next to nothing,
 * so that a heap that lives shortly can have hot blocks too, and stays taken as long as the front end is there; the
 * rest is the meta heap's. NULL: no memory. Any thread may call.
 */
void *front_end_new_piece(struct front_end *end, size_t size);
void front_end_drop_piece(struct front_end *end, void *piece);

/* Takes at most `limit` blocks of a bucket, for a magazine of a front: blocks[0] is the last to be used. 0: there are
 * none, and no memory for more, or that is not to be asked for. */
unsigned front_end_take(struct front_end *end, const struct front *front, unsigned bucket, bool may_grow,
                        unsigned limit, void **blocks);

/* Gives blocks of a bucket back. */
void front_end_put(struct front_end *end, const struct front *front, unsigned bucket, unsigned count, void **blocks);

/* In the child of a fork: takes free blocks of a bucket into the bits, each once, and closes no span. */
void front_end_adopt(struct front_end *end, unsigned bucket, unsigned count, void *const *blocks);

/* The buckets are met in turn: the next one, if nobody has exchanged blocks with it since it was met last, or for as
 * long as experience with it says; else 0. Who is told of one empties it. */
unsigned front_end_next_idle(struct front_end *end);

/* Gives the batches and the stocks of a bucket back to its spans, and those that get empty to the back end. */
void front_end_empty(struct front_end *end, unsigned bucket);

/* Gives all batches on their way back to their spans, and empty spans to the back end. The caller has the heap to
 * itself. */
void front_end_trim(struct front_end *end);

/*
 * For the cleaner: takes the memory of free pages inside spans of buckets that were not used since the last time. Says
 * whether some were, and have such pages perhaps. Nothing changes that a walk could see: it may be under way. The
 * caller has the heap to itself.
 */
bool front_end_clean(struct front_end *end);

/* Whether the span that starts at the address is one of this heap, fits into `size` bytes, and is whole. */
bool front_end_check_span(struct heap *heap, uintptr_t first, size_t size);

/* Holds the lock that all front ends share, around a fork. */
void front_end_lock_numbers(void);
void front_end_unlock_numbers(void);

/* Holds all locks of the front end, around a fork. */
void front_end_lock(struct front_end *end);
void front_end_unlock(struct front_end *end);

/* In the child of a fork: no other thread is filling or emptying a place of a depot any more. */
void front_end_free_places(struct front_end *end);

#endif
