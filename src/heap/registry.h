/*
 * The registry: all heaps of the process, the default heap first, the others in the order of their creation.
 *
 * It is where a handle becomes a heap: an address that is in no arena, or where no heap starts, is told from a handle
 * without touching the memory there.
 */
#ifndef CAIRN_HEAP_REGISTRY_H
#define CAIRN_HEAP_REGISTRY_H

#include "heap/heap.h"

/* The default heap, made by the first call from wherever it comes, at the latest before main. NULL: no memory. */
struct heap *registry_default_heap(void) SHARED_AS("registry_default_heap");

/* Creates a heap and appends it. NULL: no memory. */
struct heap *registry_create_heap(const struct heap_parameters *parameters);

/* Removes a heap, which is not the default heap, from the list and destroys it. */
void registry_destroy_heap(struct heap *heap);

/* The heap whose handle this is; NULL for any other address. Handles are untrusted. */
struct heap *registry_find_slowly(const void *handle);

/* Whether it is one in the first arena. */
static ALWAYS_INLINE bool registry_has_in_front(const void *handle)
{
    uintptr_t offset = (uintptr_t)handle - arenas[0].base;

    /* A heap in an arena starts a run, and owns the unit at which it starts, as itself. */
    return LIKELY(offset < arenas[0].size && (offset & (UNIT_SIZE - 1)) == 0) &&
           LIKELY(unit_owner(&arenas[0].units[offset >> UNIT_SHIFT]) == owner_word(handle, RUN_SEGMENT));
}

static inline struct heap *unsafe_heap_from_handle(const void *handle)
{
    return LIKELY(registry_has_in_front(handle)) ? (struct heap *)(uintptr_t)handle : registry_find_slowly(handle);
}

/*
 * Holds the list as it is; may be nested. A thread that holds a heap's lock may take it, so who has it must not wait
 * for a heap: lock_try.
 */
void registry_lock(void);

/* The same, unless another thread has the lock. */
bool registry_try_lock(void);
void registry_unlock(void);

/* The heap behind `heap` in the list, the first for NULL; NULL at the end. The caller holds the registry. */
struct heap *registry_next(const struct heap *heap);
unsigned registry_count(void);

/* The serial of the heap that was created last. The caller holds the registry. */
uint64_t registry_last_serial(void);

/* The first heap that was created after the one with this serial; NULL: none. For loops in which heaps may be
 * destroyed. */
struct heap *registry_first_behind(uint64_t serial);

#endif
