/*
 * Tags: names under which a program counts what it allocates. A heap has its own, from 1 up; those of the process have
 * TAG_GLOBAL in their index. A tag is never taken away but with its heap, so its name can be handed out.
 */
#ifndef CAIRN_HEAP_TAG_H
#define CAIRN_HEAP_TAG_H

#include "heap/heap.h"

#define TAG_GLOBAL 0x800u
#define TAG_LIMIT 0x800u /* indexes below this, of a heap or of the process */
#define TAG_NAME_SIZE 24 /* 16-bit characters, the final zero among them */

struct tag {
    atomic_uint allocations;
    atomic_uint frees;
    atomic_size_t bytes; /* of the blocks that have the tag now */
    uint16_t name[TAG_NAME_SIZE];
};

struct tag_table {
    atomic_uint count; /* the tags below this are there; 0 is none */
    struct tag *tags[TAG_LIMIT];
};

/* Pseudo tags, of debug heaps: TAG_PSEUDO and the size of a block in granules, 0 for large ones, the last one for all
 * that are larger than the others. */
#define TAG_PSEUDO 0x8000u
#define TAG_PSEUDO_COUNT 129u

/* Counts a block of so many bytes that gets, or loses, the tag. */
static inline void tag_count_allocation(struct tag *tag, size_t size)
{
    atomic_fetch_add_explicit(&tag->allocations, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&tag->bytes, size, memory_order_relaxed);
}

static inline void tag_count_free(struct tag *tag, size_t size)
{
    atomic_fetch_add_explicit(&tag->frees, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&tag->bytes, size, memory_order_relaxed);
}

/* The tag with this index, 0 or unknown: NULL. Any thread. */
struct tag *tag_find(const struct heap *heap, unsigned index);

/* How many tags of the process, or of a heap, can be found, the one that is none included; 0: there are none. */
unsigned tag_count(const struct heap *heap);

/*
 * Adds a tag to a heap, or to the process for NULL; returns its index. 0: no memory, or there are TAG_LIMIT. The caller
 * has the heap to itself, or holds the registry.
 */
unsigned tag_add(struct heap *heap, const uint16_t name[TAG_NAME_SIZE]);

/* Forgets the tags of a heap that goes. */
void tag_forget_all(struct heap *heap);

#endif
