#include "heap/cleaner.h"

#include "heap/front_end.h"
#include "heap/meta.h"
#include "heap/options.h"
#include "heap/registry.h"

#include <winnt.h>

atomic_bool cleaner_is_wanted;
atomic_bool cleaner_is_running;

/* The system refused the thread once: then memory goes back at once. */
static atomic_bool cannot_run;

/* The process that it belongs to. A child that shares the memory of its parent, as of vfork, must not start it. */
static unsigned process;

unsigned cleaner_delay(void)
{
    return atomic_load_explicit(&cannot_run, memory_order_relaxed) ? 0 : option_value(OPTION_DECAY);
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
    if (!lock_try(&heap->lock))
        return true;
    atomic_store(&heap->is_being_cleaned, true);
    if (!atomic_load(&heap->is_used_unlocked)) {
        if (front_end_of(heap) != NULL)
            too_early = front_end_clean(front_end_of(heap));
        if (front_end_of(heap) != NULL && !may_be_walked(heap))
            front_end_trim(front_end_of(heap));
        heap_cool(heap);
    }
    atomic_store(&heap->is_being_cleaned, false);
    lock_release(&heap->lock);
    return too_early;
}

/* Gives the warm memory of all heaps back, and that inside spans which are not in use. Says whether it is too early to
 * tell for some. */
static bool clean(void)
{
    bool too_early = false;

    registry_lock();
    for (struct heap *heap = registry_next(NULL); heap != NULL; heap = registry_next(heap)) {
        if (!(heap->flags & HEAP_NO_SERIALIZE))
            too_early |= clean_heap(heap);
    }
    registry_unlock();
    meta_cool();
    arena_purge();
    return too_early;
}

static void work(void)
{
    static atomic_uint never;
    bool too_early;

    do {
        os_wait_for(&never, 0, cleaner_delay());
        atomic_store_explicit(&cleaner_is_wanted, false, memory_order_relaxed);
        too_early = clean();
    } while (too_early || atomic_load_explicit(&cleaner_is_wanted, memory_order_relaxed));
    atomic_store_explicit(&cleaner_is_running, false, memory_order_release);
}

void cleaner_start(void)
{
    if (atomic_load_explicit(&cleaner_is_running, memory_order_relaxed) ||
        atomic_exchange_explicit(&cleaner_is_running, true, memory_order_acq_rel))
        return;
    if (process == 0)
        process = os_process_number();
    if (process == os_process_number() && os_run_beside(work))
        return;
    atomic_store_explicit(&cannot_run, process == os_process_number(), memory_order_relaxed);
    atomic_store_explicit(&cleaner_is_wanted, false, memory_order_relaxed);
    atomic_store_explicit(&cleaner_is_running, false, memory_order_release);
}

void cleaner_forget(void)
{
    process = 0;
    atomic_store_explicit(&cleaner_is_running, false, memory_order_relaxed);
}
