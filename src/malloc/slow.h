/*
 * The one way to the heap for every form of allocating and freeing, once the thread's magazines could not serve it.
 */
#ifndef CAIRN_MALLOC_SLOW_H
#define CAIRN_MALLOC_SLOW_H

#include "heap/front.h"
#include "malloc/exports.h"

/* The thread's front of the default heap. */
static ALWAYS_INLINE struct front *own_front(void)
{
    return thread_fronts.default_front;
}

/* A block, zeroed if asked for, aligned to a power of two. NULL: no memory; errno is left alone. Mistakes and damage go
 * by the name `function`. */
void *slow_try(const char *function, size_t size, size_t alignment, bool zero);

/* The same for the C forms: NULL goes with ENOMEM. */
void *slow_allocate(const char *function, size_t size, size_t alignment, bool zero);

/* Frees a block, or ignores NULL and early ones, or complains. Keeps errno. */
void slow_free(const char *function, void *block);

/* The size that was asked for. False: `block` is none of ours, and was complained about. */
bool slow_size(const char *function, const void *block, size_t *size);

/* Refuses: sets errno, returns NULL. */
void *slow_fail(int error);

#endif
