#include "heap/cleaner.h"

#include "heap/front_end.h"
#include "heap/meta.h"
#include "heap/options.h"
#include "heap/protect.h"
#include "heap/registry.h"

#include <winnt.h>

atomic_bool cleaner_is_wanted;
atomic_bool cleaner_is_running;

/* The thread could not be started, or had to end: until then, in milliseconds of os_milliseconds, it is not tried
 * again, and calls clean. */
static atomic_uint_least64_t refused_until;

/* Without a thread: when the next call is to clean; 0: not set. */
static atomic_uint_least64_t next_tick;

/* Held by the thread while it cleans, and by who forks. */
static struct lock at_work;

/* A fork waits for it, but not for ever: it may itself be waiting for the call that the fork interrupts. */
#define TRIES_TO_KEEP_OUT 64

/* The process that it belongs to. A child that shares the memory of its parent, as of vfork, must not start it. */
static atomic_uint process;

unsigned cleaner_delay(void)
{
    return option_value(OPTION_DECAY);
}

/* Whether a walk of the heap may be under way: empty spans are then left where the walk could be. */
static bool may_be_walked(struct heap *heap)
{
    unsigned left = atomic_load_explicit(&heap->walk_is_fresh, memory_order_relaxed);
    if (left == 0)
        return false;
    atomic_compare_exchange_strong_explicit(&heap->walk_is_fresh, &left, left - 1, memory_order_relaxed,
                                            memory_order_relaxed);
    return true;
}

/* Cleans a heap, if the program keeps out meanwhile. Says whether it is too early to tell. */
static bool clean_heap(struct heap *heap)
{
    bool too_early = false;
    /* Held by this very thread: the program is about something in the heap, such as a walk. */
    if (lock_is_held(heap->lock) || !lock_try(heap->lock))
        return true;
    atomic_store(&heap->is_being_cleaned, true);
    if (!atomic_load(&heap->is_used_unlocked) && !protect_is_on(heap)) {
        if (front_end_of(heap) != NULL)
            too_early = front_end_clean(front_end_of(heap));
        if (!may_be_walked(heap)) {
            if (front_end_of(heap) != NULL)
                front_end_trim(front_end_of(heap));
            heap_forget_habits(heap);
            if (os_address_space_limit() != SIZE_MAX)
                heap_give_segments_back(heap);
        }
        heap_cool(heap);
    }
    atomic_store(&heap->is_being_cleaned, false);
    lock_release(heap->lock);
    return too_early;
}

/* Gives the warm memory of all heaps back, and that inside spans which are not in use. Says whether it is too early to
 * tell for some. */
static bool clean(void)
{
    bool too_early = false;

    /* Without waiting: a call that cleans may have other heaps locked. */
    if (!registry_try_lock())
        return true;
    for (struct heap *heap = registry_next(NULL); heap != NULL; heap = registry_next(heap)) {
        if (!(heap->flags & HEAP_NO_SERIALIZE) && !heap_has_program_lock(heap))
            too_early |= clean_heap(heap);
    }
    registry_unlock();
    meta_cool();
    arena_purge();
    arena_give_space_back();
    return too_early;
}

static void do_without(void)
{
    atomic_store_explicit(&refused_until, os_milliseconds() + cleaner_delay(), memory_order_relaxed);
}

/* Waits and cleans until nothing is left to do. False: the thread must end before. */
static bool clean_all(void)
{
    bool too_early;
    do {
        if (!os_sleep_beside(cleaner_delay()))
            return false;
        atomic_store_explicit(&cleaner_is_wanted, false, memory_order_relaxed);
        lock_acquire(&at_work);
        too_early = clean();
        lock_release(&at_work);
    } while (too_early || atomic_load_explicit(&cleaner_is_wanted, memory_order_relaxed));
    return true;
}

/* Who asked while the thread was about to end, and found it running, is served yet. */
static void work(void)
{
    do {
        bool is_done = clean_all();
        if (!is_done)
            do_without();
        atomic_store(&cleaner_is_running, false);
        if (!is_done)
            return;
    } while (atomic_load(&cleaner_is_wanted) && !atomic_exchange(&cleaner_is_running, true));
}

/* The calls themselves clean, when the time has come. */
static void tick(void)
{
    uint64_t now = os_milliseconds();
    uint64_t due = atomic_load_explicit(&next_tick, memory_order_relaxed);
    uint64_t next = now + cleaner_delay();

    if (due != 0 && now < due)
        return;
    if (due == 0 && next > now) {
        atomic_compare_exchange_strong(&next_tick, &due, next);
        return;
    }
    if (!atomic_compare_exchange_strong(&next_tick, &due, next + 1))
        return;
    atomic_store_explicit(&cleaner_is_wanted, false, memory_order_relaxed);
    if (clean())
        atomic_store_explicit(&cleaner_is_wanted, true, memory_order_relaxed);
    else
        atomic_store(&next_tick, 0);
}

static bool may_run(void)
{
    uint64_t until = atomic_load_explicit(&refused_until, memory_order_relaxed);
    return option_value(OPTION_CLEANER) != 0 && cleaner_delay() != 0 && (until == 0 || os_milliseconds() >= until);
}

/*
 * False: it was refused. The caller has signals blocked: were a handler to fork in here, the child, which forgets the
 * thread of its parent, would go on to start one that it does not count.
 */
static bool start_thread(void)
{
    if (atomic_exchange_explicit(&cleaner_is_running, true, memory_order_acq_rel))
        return true;
    bool is_ours = process == os_process_number();
    if (is_ours && os_run_beside(work))
        return true;
    atomic_store_explicit(&cleaner_is_running, false, memory_order_release);
    return !is_ours;
}

void cleaner_start(void)
{
    if (process == 0)
        process = os_process_number();
    if (!may_run()) {
        if (process == os_process_number())
            tick();
        return;
    }
    if (atomic_load_explicit(&cleaner_is_running, memory_order_relaxed) || os_without_signals(start_thread))
        return;
    do_without();
    tick();
}

void cleaner_keep_out(void)
{
    for (unsigned tries = 0; tries < TRIES_TO_KEEP_OUT && !lock_try(&at_work); tries++)
        os_yield(tries);
}

void cleaner_let_in(void)
{
    if (lock_is_held(&at_work))
        lock_release(&at_work);
}

void cleaner_forget(void)
{
    at_work = (struct lock){0};
    process = 0;
    atomic_store_explicit(&cleaner_is_running, false, memory_order_relaxed);
}
