#include "heap/registry.h"

#include "base/assert.h"
#include "heap/cleaner.h"
#include "heap/enter.h"
#include "heap/front_end.h"
#include "heap/hooks.h"
#include "heap/meta.h"

#include <winnt.h>

static struct {
    struct lock lock;
    struct heap *_Atomic default_heap;
    struct heap *last;
    uint64_t last_serial;
    unsigned count;
    unsigned in_caller_memory; /* heaps that do not own their memory */
} registry;

void registry_lock(void)
{
    lock_acquire(&registry.lock);
}

bool registry_try_lock(void)
{
    return lock_try(&registry.lock);
}

void registry_unlock(void)
{
    lock_release(&registry.lock);
}

static void append(struct heap *heap)
{
    heap->serial = ++registry.last_serial;
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

/* --- fork: the child has the list, every heap and the arenas in a state between two operations ----------------------
 */

/* Releases the locks of the heaps before `end`, and the registry. */
static void unlock_heaps_before(const struct heap *end)
{
    for (struct heap *heap = registry_next(NULL); heap != end; heap = heap->next)
        lock_release(heap->lock);
    registry_unlock();
}

/*
 * Who forks in a signal handler that interrupted a call of ours has some of the locks, and others are half taken. That
 * fork goes without them: the child may do what it could with any other malloc, which is to leave the handler if the
 * process had one thread, beside the cleaner, and to exec or exit.
 */
static bool fork_interrupts_a_call(void)
{
    return UNLIKELY(call_is_under_way(stack_address()));
}

/*
 * A thread that holds a heap may be waiting for the registry, so a heap that is held is not waited for under the
 * registry's lock: all is let go, and tried again.
 */
static void lock_everything(void)
{
    struct heap *heap;
    unsigned tries = 0;
    cleaner_keep_out();
    if (fork_interrupts_a_call())
        return;
    do {
        registry_lock();
        heap = registry_next(NULL);
        while (heap != NULL && lock_try(heap->lock))
            heap = heap->next;
        if (heap != NULL) {
            unlock_heaps_before(heap);
            os_yield(tries++);
        }
    } while (heap != NULL);
    thread_lock();
    front_end_lock_numbers();
    for (heap = registry_next(NULL); heap != NULL; heap = heap->next) {
        if (front_end_of(heap) != NULL)
            front_end_lock(front_end_of(heap));
    }
    meta_lock();
    arena_lock();
}

static void unlock_everything(void)
{
    cleaner_let_in();
    if (fork_interrupts_a_call())
        return;
    arena_unlock();
    meta_unlock();
    for (struct heap *heap = registry_next(NULL); heap != NULL; heap = heap->next) {
        if (front_end_of(heap) != NULL)
            front_end_unlock(front_end_of(heap));
    }
    front_end_unlock_numbers();
    thread_unlock();
    unlock_heaps_before(NULL);
}

/* The child has one thread, to which all that the others had falls. */
static void start_child(void)
{
    cleaner_forget();
    if (fork_interrupts_a_call())
        return;
    for (struct heap *heap = registry_next(NULL); heap != NULL; heap = heap->next) {
        if (front_end_of(heap) != NULL)
            front_end_free_places(front_end_of(heap));
    }
    unlock_everything();
    thread_adopt_all();
}

/* A heap as this process has them: with the hooks that it asks for. */
static struct heap *create(const struct heap_parameters *parameters)
{
    struct heap *heap = heap_create(parameters);
    if (heap == NULL || hooks_attach(heap))
        return heap;
    heap_destroy(heap);
    return NULL;
}

/* --- the default heap -----------------------------------------------------------------------------------------------
 */

static NOINLINE struct heap *create_default_heap(void)
{
    registry_lock();
    struct heap *heap = atomic_load_explicit(&registry.default_heap, memory_order_relaxed);
    if (heap == NULL) {
        heap = create(&(struct heap_parameters){.flags = HEAP_GROWABLE});
        if (heap != NULL) {
            heap->fills = false; /* it is never destroyed */
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
SHARE(registry_default_heap);

/* A program that never asks for its default heap has one all the same, and finds it first in the list. */
__attribute__((constructor(101))) static void start(void)
{
    registry_default_heap();
    if (!os_on_fork(lock_everything, unlock_everything, start_child) || !thread_start())
        os_abort();
}

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

/* --- private heaps --------------------------------------------------------------------------------------------------
 */

struct heap *registry_create_heap(const struct heap_parameters *parameters)
{
    if (registry_default_heap() == NULL)
        return NULL;
    if (parameters->caller_memory == NULL) {
        struct heap *heap = create(parameters);
        registry_lock();
        if (heap != NULL)
            append(heap);
        registry_unlock();
        return heap;
    }

    /* Memory that is a heap already is not made one again. */
    struct heap *heap = NULL;
    registry_lock();
    if (find_in_caller_memory(parameters->caller_memory) == NULL)
        heap = create(parameters);
    if (heap != NULL)
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

/* --- handles and the list -------------------------------------------------------------------------------------------
 */

struct heap *registry_find_slowly(const void *handle)
{
    struct arena *arena = arena_of(handle);
    if (arena != NULL && is_aligned((uintptr_t)handle, UNIT_SIZE) &&
        unit_owner(&arena->units[arena_unit_index(arena, handle)]) == owner_word(handle, RUN_SEGMENT))
        return (struct heap *)(uintptr_t)handle;
    /* The caller's memory may be a block of another heap, so it may lie in an arena too. */
    return find_in_caller_memory(handle);
}

struct heap *registry_next(const struct heap *heap)
{
    return heap != NULL ? heap->next : atomic_load_explicit(&registry.default_heap, memory_order_relaxed);
}

struct heap *registry_first_behind(uint64_t serial)
{
    struct heap *heap = registry_next(NULL);
    while (heap != NULL && heap->serial <= serial)
        heap = heap->next;
    return heap;
}

uint64_t registry_last_serial(void)
{
    return registry.last_serial;
}

unsigned registry_count(void)
{
    return registry.count;
}
