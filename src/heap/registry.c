#include "heap/registry.h"

#include "base/assert.h"

#include <winnt.h>

static struct {
    struct lock lock;
    struct heap *_Atomic default_heap;
    struct heap *last;
    unsigned count;
    unsigned in_caller_memory; /* heaps whose handle lies in no arena */
} registry;

void registry_lock(void)
{
    lock_acquire(&registry.lock);
}

void registry_unlock(void)
{
    lock_release(&registry.lock);
}

static void append(struct heap *heap)
{
    heap->previous = registry.last;
    heap->next = NULL;
    if (registry.last != NULL)
        registry.last->next = heap;
    registry.last = heap;
    registry.count++;
    registry.in_caller_memory += !heap->owns_memory;
}

static void remove_heap(struct heap *heap)
{
    /* The default heap is never removed, so there is always one before. */
    heap->previous->next = heap->next;
    if (heap->next != NULL)
        heap->next->previous = heap->previous;
    else
        registry.last = heap->previous;
    registry.count--;
    registry.in_caller_memory -= !heap->owns_memory;
}

/* --- fork: the child has the list, every heap and the arenas in a state between two operations ---------------------- */

static void lock_everything(void)
{
    registry_lock();
    for (struct heap *heap = registry_next(NULL); heap != NULL; heap = heap->next)
        lock_acquire(&heap->lock);
    arena_lock();
}

static void unlock_everything(void)
{
    arena_unlock();
    for (struct heap *heap = registry_next(NULL); heap != NULL; heap = heap->next)
        lock_release(&heap->lock);
    registry_unlock();
}

/* --- the default heap ----------------------------------------------------------------------------------------------- */

static NOINLINE struct heap *create_default_heap(void)
{
    registry_lock();
    struct heap *heap = atomic_load_explicit(&registry.default_heap, memory_order_relaxed);
    if (heap == NULL) {
        heap = heap_create(&(struct heap_parameters){.flags = HEAP_GROWABLE});
        if (heap != NULL) {
            append(heap);
            atomic_store_explicit(&registry.default_heap, heap, memory_order_release);
        }
    }
    registry_unlock();
    return heap;
}

struct heap *registry_default_heap(void)
{
    struct heap *heap = atomic_load_explicit(&registry.default_heap, memory_order_acquire);
    return LIKELY(heap != NULL) ? heap : create_default_heap();
}

/* A program that never asks for its default heap has one all the same, and finds it first in the list. */
__attribute__((constructor(101))) static void start(void)
{
    registry_default_heap();
    if (!os_on_fork(lock_everything, unlock_everything, unlock_everything))
        os_abort();
}

/* --- private heaps -------------------------------------------------------------------------------------------------- */

struct heap *registry_create_heap(const struct heap_parameters *parameters)
{
    if (registry_default_heap() == NULL)
        return NULL;
    struct heap *heap = heap_create(parameters);
    if (heap == NULL)
        return NULL;
    registry_lock();
    append(heap);
    registry_unlock();
    return heap;
}

void registry_destroy_heap(struct heap *heap)
{
    ASSERT(heap != registry.default_heap);
    registry_lock();
    remove_heap(heap);
    registry_unlock();
    heap_destroy(heap);
}

/* --- handles and the list ------------------------------------------------------------------------------------------- */

static struct heap *find_in_caller_memory(const void *handle)
{
    struct heap *found = NULL;

    registry_lock();
    if (registry.in_caller_memory != 0) {
        found = registry_next(NULL);
        while (found != NULL && (found != handle || found->owns_memory))
            found = found->next;
    }
    registry_unlock();
    return found;
}

struct heap *registry_find_slowly(const void *handle)
{
    struct arena *arena = arena_of(handle);
    if (arena == NULL)
        return find_in_caller_memory(handle);
    if (!is_aligned((uintptr_t)handle, UNIT_SIZE))
        return NULL;
    const struct unit *unit = &arena->units[arena_unit_index(arena, handle)];
    return unit_owner(unit) == owner_word(handle, RUN_SEGMENT) ? (struct heap *)(uintptr_t)handle : NULL;
}

struct heap *registry_next(const struct heap *heap)
{
    return heap != NULL ? heap->next : atomic_load_explicit(&registry.default_heap, memory_order_relaxed);
}

unsigned registry_count(void)
{
    return registry.count;
}
