#include "heap/thread.h"

#include "base/assert.h"
#include "heap/front_end.h"
#include "heap/magazine.h"
#include "heap/meta.h"
#include "heap/registry.h"
#include "os/fault.h"

#include <winnt.h>

/* --- the stand-in ---------------------------------------------------------------------------------------------------
 */

/* No tag of a slice is so little above this one that it names a bucket: no block comes as far as a magazine's limit. */
#define TAG_OF_NONE 0xFFFFF000u

struct front thread_no_front = {
    .magazines = {[0 ... BUCKET_COUNT - 1] = {.top = magazine_none}},
    .by_size = {[0 ... BUCKET_BY_SIZE - 1] = &thread_no_front.magazines[0]},
    .tag = TAG_OF_NONE,
};

/* What no handle is, not even a wrong one that is NULL. */
#define NO_HEAP ((void *)1)

THREAD_LOCAL struct thread_fronts thread_fronts = {
    .default_front = &thread_no_front,
    .recent_heap = NO_HEAP,
    .recent_front = &thread_no_front,
    .cut_heap = NO_HEAP,
};
SHARE_THREAD_LOCAL(thread_fronts);

_Noreturn void thread_reentered(void)
{
    static const char text[] = "cairn: a signal handler uses a heap, and interrupted a call that does so too\n";
    thread_fronts.inside = 0;
    os_write_error(text, sizeof text - 1);
    os_abort();
}

/* --- threads and their tables of fronts -----------------------------------------------------------------------------
 */

/* A seat of a thread's table. Its front may be freed by a thread that destroys the heap, so the tag tells whose it is.
 */
struct seat {
    uint32_t tag; /* 0: never taken; SEAT_LEFT: taken once */
    struct front *front;
};
#define SEAT_LEFT UINT32_MAX

/* The seats of most threads' tables are a part of this. */
#define FIRST_TABLE_SIZE 8

struct thread {
    struct thread *next;
    struct thread *previous;
    const struct thread_fronts *local; /* the thread's; not to be followed by others, for it may have ended untold */
    struct front *fronts;
    struct front *_Atomic recent; /* what local->recent_front is, or was just now */
    struct front *parting;        /* its heap is gone, and the thread may yet have it at hand */
    struct seat *table;           /* by heap */
    size_t table_size;            /* a power of two */
    size_t table_used;            /* seats that were ever taken */
    struct seat first_table[FIRST_TABLE_SIZE];
};

/* Guards all lists of threads and fronts. A thread looks into its own table without it, but changes it with it. */
static struct lock lock;
static struct thread *threads;

void thread_lock(void)
{
    lock_acquire(&lock);
}

void thread_unlock(void)
{
    lock_release(&lock);
}

static uint32_t tag_of(const struct seat *seat)
{
    return __atomic_load_n(&seat->tag, __ATOMIC_RELAXED);
}

/* The seat of a tag, or the first that was never taken where the tag would be. */
static struct seat *find_seat(struct seat *table, size_t size, uint32_t tag)
{
    size_t place = (tag >> TAG_NUMBER_SHIFT) * 0x9E3779B1u & (size - 1);
    while (tag_of(&table[place]) != tag && tag_of(&table[place]) != 0)
        place = (place + 1) & (size - 1);
    return &table[place];
}

static struct front *find(const struct thread *thread, const struct front_end *end)
{
    const struct seat *seat = find_seat(thread->table, thread->table_size, end->tag);
    return tag_of(seat) == end->tag ? seat->front : NULL;
}

static void insert(struct seat *table, size_t size, struct front *front)
{
    struct seat *seat = find_seat(table, size, front->tag);
    seat->front = front;
    __atomic_store_n(&seat->tag, front->tag, __ATOMIC_RELAXED);
}

static void free_table(struct thread *thread)
{
    if (thread->table != thread->first_table)
        meta_free(thread->table);
}

/* Makes room for one more front: at most half of the table is used. */
static bool make_room(struct thread *thread)
{
    if (2 * (thread->table_used + 1) <= thread->table_size)
        return true;
    size_t count = 0;
    for (struct front *front = thread->fronts; front != NULL; front = front->next)
        count++;
    size_t size = FIRST_TABLE_SIZE;
    while (size < 4 * (count + 1))
        size *= 2;
    struct seat *table = meta_allocate(size * sizeof *table);
    if (table == NULL)
        return false;
    for (struct front *front = thread->fronts; front != NULL; front = front->next)
        insert(table, size, front);
    free_table(thread);
    thread->table = table;
    thread->table_size = size;
    thread->table_used = count;
    return true;
}

/* --- fronts; the caller holds the lock ------------------------------------------------------------------------------
 */

/*
 * A front is known to spans by the lowest number that is unused, so that it gets the spans of one that is gone. Where
 * there are more fronts than numbers some share one, as if they were one owner.
 */
#define NUMBERS 64u

static void take_number(struct front *front)
{
    struct front_end *end = front->end;
    unsigned bit = ~end->numbers != 0 ? (unsigned)__builtin_ctzll(~end->numbers) : end->front_count % NUMBERS;
    end->numbers |= (uint64_t)1 << bit;
    front->number = (uint8_t)(bit + 1);
}

static void give_number_back(const struct front *front)
{
    front->end->numbers &= ~((uint64_t)1 << (front->number - 1));
}

static void link_to_end(struct front *front)
{
    struct front_end *end = front->end;
    take_number(front);
    front->next_of_end = end->fronts;
    if (end->fronts != NULL)
        end->fronts->previous_of_end = front;
    end->fronts = front;
    __atomic_store_n(&end->front_count, end->front_count + 1, __ATOMIC_RELAXED);
}

static void unlink_from_end(struct front *front)
{
    if (front->next_of_end != NULL)
        front->next_of_end->previous_of_end = front->previous_of_end;
    if (front->previous_of_end != NULL)
        front->previous_of_end->next_of_end = front->next_of_end;
    else
        front->end->fronts = front->next_of_end;
    __atomic_store_n(&front->end->front_count, front->end->front_count - 1, __ATOMIC_RELAXED);
    give_number_back(front);
}

static void link_to_thread(struct thread *thread, struct front *front)
{
    front->thread = thread;
    front->previous = NULL;
    front->next = thread->fronts;
    if (thread->fronts != NULL)
        thread->fronts->previous = front;
    thread->fronts = front;
    insert(thread->table, thread->table_size, front);
    thread->table_used++;
}

static void unlink_from_thread(struct front *front)
{
    struct thread *thread = front->thread;
    ASSERT(thread != NULL);
    if (front->next != NULL)
        front->next->previous = front->previous;
    if (front->previous != NULL)
        front->previous->next = front->next;
    else
        thread->fronts = front->next;

    struct seat *seat = find_seat(thread->table, thread->table_size, front->tag);
    __atomic_store_n(&seat->tag, SEAT_LEFT, __ATOMIC_RELAXED);
}

/*
 * A front whose thread has ended waits for the next thread that uses the heap, with all that its magazines hold: where
 * threads come and go, none has to fill or to empty any. As many wait as are of use when all processors are; each is
 * emptied when the heap is trimmed, or by the cleaner.
 */
#define FRONTS_LEFT 4u

static void take_from_left(struct front *front)
{
    struct front **place = &front->end->left;
    while (*place != front)
        place = &(*place)->next;
    *place = front->next;
    front->end->left_count--;
}

static void leave(struct front *front)
{
    struct front_end *end = front->end;
    unlink_from_thread(front);
    front->thread = NULL;
    front->next = end->left;
    end->left = front;
    end->left_count++;
}

static void unlink_front(struct front *front)
{
    unlink_from_end(front);
    if (front->thread != NULL)
        unlink_from_thread(front);
    else
        take_from_left(front);
}

/* Makes a front of magazines that hold nothing. */
static void leave_empty(struct front *front, uint32_t tag)
{
    for (unsigned bucket = 0; bucket < BUCKET_COUNT; bucket++) {
        front->magazines[bucket] = (struct magazine){.top = magazine_none, .limit = magazine_none};
        front->capacity[bucket] = 0;
    }
    front->tag = tag;
}

static struct front *new_front(struct front_end *end)
{
    struct front *front = meta_allocate_apart(sizeof *front);
    if (front == NULL)
        return NULL;
    for (unsigned granules = 0; granules < BUCKET_BY_SIZE; granules++)
        front->by_size[granules] = &front->magazines[bucket_by_size[granules]];
    leave_empty(front, end->tag);
    front->end = end;
    return front;
}

static void free_front(struct front *front)
{
    magazine_release_all(front);
    meta_free(front);
}

static void free_parting(struct thread *thread)
{
    struct front *front = thread->parting;
    __atomic_store_n(&thread->parting, NULL, __ATOMIC_RELAXED);
    if (front != NULL && --front->holders == 0)
        meta_free(front);
}

/*
 * Fronts whose heap goes: a thread that has one at hand would take another heap that is made at the same address for
 * that. So it keeps the front for as long, as one that does nothing. It has one such front at most.
 */
static void keep_if_at_hand(struct thread *thread, struct front *front)
{
    if (atomic_load_explicit(&thread->recent, memory_order_acquire) != front)
        return;
    free_parting(thread);
    front->holders++;
    __atomic_store_n(&thread->parting, front, __ATOMIC_RELAXED);
}

static void part_with_front(struct front *front)
{
    if (front->holders == 0) {
        free_front(front);
        return;
    }
    magazine_release_all(front);
    leave_empty(front, TAG_OF_NONE);
}

/* One that was left, or a new one. */
static struct front *new_front_of_thread(struct thread *thread, struct front_end *end)
{
    if (!make_room(thread))
        return NULL;
    struct front *front = end->left;
    if (front != NULL) {
        take_from_left(front);
    } else {
        front = new_front(end);
        if (front == NULL)
            return NULL;
        link_to_end(front);
    }
    link_to_thread(thread, front);
    return front;
}

void thread_empty_left(struct front_end *end)
{
    thread_lock();
    for (struct front *front = end->left; front != NULL; front = front->next)
        magazine_empty_all(front);
    /* The child of a fork has one for each thread that its parent had. */
    for (struct front *front; (front = end->left) != NULL && end->left_count > FRONTS_LEFT;) {
        unlink_front(front);
        free_front(front);
    }
    thread_unlock();
}

/* --- the calling thread ---------------------------------------------------------------------------------------------
 */

static void link_thread(struct thread *thread)
{
    thread->next = threads;
    if (threads != NULL)
        threads->previous = thread;
    threads = thread;
}

static void unlink_thread(struct thread *thread)
{
    if (thread->next != NULL)
        thread->next->previous = thread->previous;
    if (thread->previous != NULL)
        thread->previous->next = thread->next;
    else
        threads = thread->next;
}

static struct thread *new_thread(void)
{
    struct thread *thread = meta_allocate(sizeof *thread);
    if (thread == NULL)
        return NULL;
    thread->local = &thread_fronts;
    thread->table = thread->first_table;
    thread->table_size = FIRST_TABLE_SIZE;
    thread_lock();
    link_thread(thread);
    thread_unlock();
    return thread;
}

/*
 * A thread that uses heaps first when the destructors of its keys have run, as the C library itself does for some
 * threads that it ends, is never told to have ended. The C library gives its thread-local memory to one of the next:
 * that one takes its place, with its fronts. Threads that were made lately are in front. NULL: it is nobody's.
 */
#define THREADS_LOOKED_AT 64u

static struct thread *find_untold(void)
{
    unsigned looked_at = 0;
    thread_lock();
    struct thread *thread = threads;
    while (thread != NULL && thread->local != &thread_fronts)
        thread = ++looked_at < THREADS_LOOKED_AT ? thread->next : NULL;
    if (thread != NULL) {
        atomic_store_explicit(&thread->recent, NULL, memory_order_relaxed);
        free_parting(thread);
    }
    thread_unlock();
    return thread;
}

static void end_thread(void);

static struct thread *this_thread(void)
{
    if (LIKELY(thread_fronts.thread != NULL) || thread_fronts.has_ended)
        return thread_fronts.thread;
    struct thread *thread = find_untold();
    thread_fronts.thread = thread != NULL ? thread : new_thread();
    if (thread_fronts.thread == NULL)
        return NULL;

    /* The system may allocate to note this, and finds that all is there already. */
    uintptr_t inside = thread_fronts.inside;
    thread_fronts.inside = 0;
    if (UNLIKELY(!os_arm_thread_exit()))
        end_thread();
    /* Where faults are exceptions, a thread that does no more than use heaps is told of a stack overflow too. */
    if (UNLIKELY(os_catches_faults()))
        os_prepare_for_stack_overflow();
    thread_fronts.inside = inside;
    return thread_fronts.thread;
}

/* Has a heap and its front at hand. A signal handler finds the one that was, none, or this. */
static void set_recent(const void *heap, struct front *front)
{
    struct thread *thread = thread_fronts.thread;
    thread_fronts.recent_heap = NO_HEAP;
    atomic_signal_fence(memory_order_seq_cst);
    thread_fronts.recent_front = front;
    atomic_signal_fence(memory_order_seq_cst);
    thread_fronts.recent_heap = heap;
    if (thread == NULL)
        return;
    atomic_store_explicit(&thread->recent, front, memory_order_release);
    if (UNLIKELY(__atomic_load_n(&thread->parting, __ATOMIC_RELAXED) != NULL)) {
        thread_lock();
        free_parting(thread);
        thread_unlock();
    }
}

static void make_recent(const struct front_end *end, struct front *front)
{
    if (UNLIKELY(thread_fronts.hides_fronts))
        return;
    if (end->heap == registry_default_heap()) {
        thread_fronts.default_front = front;
        thread_fronts.default_heap = end->heap;
    } else {
        set_recent(end->heap, front);
    }
}

static void forget_fronts_at_hand(void)
{
    thread_fronts.default_heap = NULL;
    thread_fronts.default_front = &thread_no_front;
    set_recent(NO_HEAP, &thread_no_front);
    thread_fronts.cut_heap = NO_HEAP;
}

void thread_forget_heap(const void *heap)
{
    if (thread_fronts.cut_heap == heap)
        thread_fronts.cut_heap = NO_HEAP;
}

void thread_hide_fronts(bool hide)
{
    thread_fronts.hides_fronts = hide;
    if (hide)
        forget_fronts_at_hand();
}

static struct front *shared_front(struct front_end *end)
{
    if (end->shared == NULL)
        end->shared = new_front(end);
    return end->shared;
}

struct front *thread_front_to_free(struct front_end *end)
{
    if (UNLIKELY(thread_fronts.thread == NULL) && thread_fronts.freed < FREED_AT_FIRST) {
        thread_fronts.freed++;
        return NULL;
    }
    return thread_front(end);
}

struct front *thread_front(struct front_end *end)
{
    struct thread *thread = this_thread();
    if (thread == NULL)
        return NULL;

    struct front *front = find(thread, end);
    if (front == NULL && (end->heap->flags & HEAP_NO_SERIALIZE))
        front = shared_front(end);
    if (front == NULL) {
        thread_lock();
        front = new_front_of_thread(thread, end);
        thread_unlock();
    }
    if (front != NULL)
        make_recent(end, front);
    return front;
}

/* Gives what the ending thread has back; what it does afterwards goes without a front. */
static void end_thread(void)
{
    struct thread *thread = thread_fronts.thread;
    if (thread == NULL)
        return;
    thread_fronts.inside = (uintptr_t)__builtin_frame_address(0);
    thread_fronts.has_ended = true;
    forget_fronts_at_hand();
    thread_fronts.thread = NULL;

    thread_lock();
    while (thread->fronts != NULL) {
        struct front *front = thread->fronts;
        if (front->end->left_count < FRONTS_LEFT) {
            leave(front);
            continue;
        }
        magazine_empty_all(front);
        unlink_front(front);
        free_front(front);
    }
    unlink_thread(thread);
    free_parting(thread);
    thread_unlock();
    free_table(thread);
    meta_free(thread);
    thread_fronts.inside = 0;
}

bool thread_start(void)
{
    return os_on_thread_exit(end_thread);
}

/* --- heaps that go --------------------------------------------------------------------------------------------------
 */

void thread_take_fronts(struct front_end *end)
{
    thread_lock();
    for (struct front *front = end->fronts; front != NULL; front = front->next_of_end)
        magazine_empty_all(front);
    thread_unlock();
    if (end->shared != NULL)
        magazine_empty_all(end->shared);
    thread_forget(end);
    end->shared = NULL;
}

void thread_forget(struct front_end *end)
{
    if (thread_fronts.recent_heap == end->heap)
        set_recent(NO_HEAP, &thread_no_front);
    thread_lock();
    while (end->fronts != NULL) {
        struct front *front = end->fronts;
        struct thread *thread = front->thread;
        unlink_front(front);
        if (thread != NULL)
            keep_if_at_hand(thread, front);
        part_with_front(front);
    }
    if (end->shared != NULL) {
        for (struct thread *thread = threads; thread != NULL; thread = thread->next)
            keep_if_at_hand(thread, end->shared);
        part_with_front(end->shared);
    }
    thread_unlock();
}

/* --- the child of a fork --------------------------------------------------------------------------------------------
 */

static bool is_free_block(const struct front *front, unsigned bucket, const void *block)
{
    const struct span *span = span_of(block);
    return span != NULL && span->bucket == bucket && span_is_of(span, front->tag) && span_has_block_at(span, block) &&
           !span_is_busy(block);
}

/*
 * The other threads are not there, but their magazines are, as they were at some moment of the fork, each page at its
 * own: a block may be listed that is busy, or listed twice. Only those that are free by the granule map are taken, and
 * the bits take a block only once. As few pages as can be are written to: the child has a copy made of each, and most
 * children soon exec.
 */
static void adopt_magazine(struct front *front, unsigned bucket)
{
    struct magazine *magazine = &front->magazines[bucket];
    void **bottom = magazine->limit - front->capacity[bucket];
    void **top = magazine->top;
    void *blocks[BATCH_LIMIT];
    unsigned count = 0;

    if (front->capacity[bucket] == 0 || top < bottom || top > magazine->limit) {
        *magazine = (struct magazine){.top = magazine_none, .limit = magazine_none};
        front->capacity[bucket] = 0;
        return;
    }
    for (void **place = top; place > bottom; place--) {
        if (is_free_block(front, bucket, *place))
            blocks[count++] = *place;
        if (count == BATCH_LIMIT || (count != 0 && place == bottom + 1)) {
            front_end_adopt(front->end, bucket, count, blocks);
            count = 0;
        }
    }
    magazine->top = bottom;
}

void thread_adopt_all(void)
{
    thread_fronts.cut_heap = NO_HEAP; /* a thread that is gone may have destroyed it */
    for (struct thread *thread = threads, *next; thread != NULL; thread = next) {
        next = thread->next;
        if (thread == thread_fronts.thread)
            continue;
        while (thread->fronts != NULL) {
            struct front *front = thread->fronts;
            for (unsigned bucket = 1; bucket < BUCKET_COUNT; bucket++)
                adopt_magazine(front, bucket);
            leave(front);
        }
        unlink_thread(thread);
        free_parting(thread);
        free_table(thread);
        meta_free(thread);
    }
}
