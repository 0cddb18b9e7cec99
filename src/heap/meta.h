/*
 * The library's own memory: what describes the front ends, in a heap that is in no list, out of every program's reach.
 */
#ifndef CAIRN_HEAP_META_H
#define CAIRN_HEAP_META_H

#include <stddef.h>

/* Zeroed memory; NULL: none. Any thread; the lock is a leaf but for the arenas'. */
void *meta_allocate(size_t size);
void meta_free(void *memory);

/* The same, on cache lines that hold nothing else: for what one thread writes often. */
void *meta_allocate_apart(size_t size);

/* Bytes of address space, and of memory, that the library's own heap has. */
size_t meta_reserved(void);
size_t meta_committed(void);

/* Takes the memory of its warm pages away. */
void meta_cool(void);

/* Around a fork. */
void meta_lock(void);
void meta_unlock(void);

#endif
