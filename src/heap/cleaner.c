#include "heap/cleaner.h"

#include "heap/front_end.h"
#include "heap/options.h"
#include "heap/registry.h"

#include <winnt.h>

atomic_bool cleaner_is_wanted;
atomic_bool cleaner_is_running;

unsigned cleaner_delay(void)
{
    return option_value(OPTION_DECAY);
}

/* Gives the warm memory of all heaps back, but of those that another thread is in, and that inside spans which are not
 * in use. Says whether it is too early to tell for some. */
static bool clean(void)
{
    bool too_early = false;

    registry_lock();
    for (struct heap *heap = registry_next(NULL); heap != NULL; heap = registry_next(heap)) {
        if ((heap->flags & HEAP_NO_SERIALIZE) || !lock_try(&heap->lock))
            continue;
        if (front_end_of(heap) != NULL)
            too_early |= front_end_clean(front_end_of(heap));
        heap_cool(heap);
        lock_release(&heap->lock);
    }
    registry_unlock();
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
    } while (too_early || atomic_load_explicit(&cleaner_is_wanted, memory_order_relaxed) || arena_has_much_warm());
    atomic_store_explicit(&cleaner_is_running, false, memory_order_release);
}

void cleaner_start(void)
{
    if (atomic_exchange_explicit(&cleaner_is_running, true, memory_order_acq_rel))
        return;
    if (!os_run_beside(work))
        atomic_store_explicit(&cleaner_is_running, false, memory_order_release);
}

void cleaner_forget(void)
{
    atomic_store_explicit(&cleaner_is_running, false, memory_order_relaxed);
}
