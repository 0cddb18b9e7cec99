/*
 * Threads: what each has of the front ends of the heaps that it uses.
 *
 *     thread_fronts (thread-local)      struct thread                      struct front (one for each heap)
 *     default heap, its front  ------+  fronts by heap, a hash table  -->  a magazine for each bucket
 *     recent heap, its front   -----+|  list of its fronts                 tag of the heap's front end
 *     thread  ----------------------++->
 *
 * The two pairs in front make the common case two comparisons. A thread that has no front for a heap has a stand-in
 * whose magazines are always empty, and to which no block belongs, so that the fast paths need not ask whether there is
 * one.
 */
#ifndef CAIRN_HEAP_THREAD_H
#define CAIRN_HEAP_THREAD_H

#include "heap/bucket.h"

struct heap;
struct front_end;

/* A stack of free blocks: top points at the last one, or at a NULL where there is none. */
struct magazine {
    void **top;
    void **limit; /* where top points when it is full */
};
_Static_assert(sizeof(void *) != 8 || sizeof(struct magazine) == GRANULE_SIZE, "where a magazine is, a tag tells");

struct front {
    struct magazine magazines[BUCKET_COUNT];
    struct magazine *by_size[BUCKET_BY_SIZE]; /* that for a small size */
    uint32_t tag;                             /* of the heap's spans, without the bucket */
    uint8_t number;                           /* by which spans know the front; 0: by none */
    int16_t streak[BUCKET_COUNT];             /* how often in a row a magazine was found full, or less than 0: empty */
    uint16_t capacity[BUCKET_COUNT];          /* of the magazines */
    size_t own_bytes; /* of blocks that the magazines can hold, but for those that were borrowed */
    size_t borrowed_bytes;
    struct front_end *end;
    struct thread *thread; /* NULL: its thread has ended, or the heap is not serialized */
    unsigned holders;      /* threads that may have it at hand although its heap is gone */
    struct front *next;    /* of the thread's fronts, or of those that were left */
    struct front *previous;
    struct front *next_of_end; /* of the front end's fronts */
    struct front *previous_of_end;
};

struct thread_fronts {
    const void *default_heap;
    struct front *default_front; /* never NULL */
    const void *recent_heap;
    struct front *recent_front; /* never NULL */
    const void *cut_heap;  /* known to be a heap while there is one thread: of what was allocated last so (front.h) */
    struct thread *thread; /* NULL: the thread has none yet, or no more */
    uintptr_t inside;      /* where on the stack a call that is not on the fast path is under way; 0: none */
    unsigned freed;        /* blocks that the thread freed before it had a front, as far as that is counted */
    bool has_ended;        /* the thread's fronts are gone and will not come again */
    bool hides_fronts;     /* no front becomes one of the two at hand */
};

extern THREAD_LOCAL struct thread_fronts thread_fronts SHARED_AS("thread_fronts");

/* The stand-in. */
extern struct front thread_no_front;

/* Ends the process: a call was interrupted by a signal handler that calls in turn. */
_Noreturn void thread_reentered(void);

/* The calling thread's front for a heap whose front end this is, made if there is none. NULL: no memory, or the thread
 * is ending. It becomes the recent one. */
struct front *thread_front(struct front_end *end);

/*
 * The same for a thread that frees a block. One that has no front of any heap frees some blocks without: threads that
 * never allocate need none, and the C library frees for them when it is too late to be told that they have ended.
 */
#define FREED_AT_FIRST 64u
struct front *thread_front_to_free(struct front_end *end);

/* Has the calling thread without a front at hand, so that the fast paths do nothing, until it is called with false. */
void thread_hide_fronts(bool hide);

/* Empties the magazines that ended threads left to later ones. */
void thread_empty_left(struct front_end *end);

/* Gives all that the fronts of a front end hold back to it, and removes them; nobody uses its heap meanwhile. Threads
 * that use it again get new ones. */
void thread_take_fronts(struct front_end *end);

/* Removes all fronts of a front end, whose heap nobody uses any more. Their magazines are not emptied. */
void thread_forget(struct front_end *end);

/* The calling thread is not to take this for a heap any longer. */
void thread_forget_heap(const void *heap);

/* Has threads that end give their blocks back. False: no memory. */
bool thread_start(void);

/* Around a fork: holds the list of threads. In the child, the blocks of all other threads are given back. */
void thread_lock(void);
void thread_unlock(void);
void thread_adopt_all(void);

#endif
