#include "heap/cleaner.h"

#include "heap/front_end.h"
#include "heap/registry.h"

#include <winnt.h>

#define DELAY 1000u

atomic_bool cleaner_is_wanted;
atomic_bool cleaner_is_running;

unsigned cleaner_delay(void)
{
    return DELAY;
}

/* Gives the warm memory of all heaps back, but of those that another thread is in. */
static void clean(void)
{
    registry_lock();
    for (struct heap *heap = registry_next(NULL); heap != NULL; heap = registry_next(heap)) {
        if ((heap->flags & HEAP_NO_SERIALIZE) || !lock_try(&heap->lock))
            continue;
        if (front_end_of(heap) != NULL)
            front_end_trim(front_end_of(heap));
        heap_cool(heap);
        lock_release(&heap->lock);
    }
    registry_unlock();
    arena_purge();
}

static void work(void)
{
    static atomic_uint never;

    do {
        os_wait_for(&never, 0, cleaner_delay());
        atomic_store_explicit(&cleaner_is_wanted, false, memory_order_relaxed);
        clean();
    } while (atomic_load_explicit(&cleaner_is_wanted, memory_order_relaxed) || arena_has_much_warm());
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
