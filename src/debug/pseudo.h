/*
 * Pseudo tags: with the global flag htg, what a heap counts of its blocks of each size that have no tag of their own.
 * They are found like tags, under TAG_PSEUDO and the block's size in granules, header included (heap/tag.h).
 */
#ifndef CAIRN_DEBUG_PSEUDO_H
#define CAIRN_DEBUG_PSEUDO_H

#include "heap/heap.h"

/* Gives a heap its pseudo tags. False: no memory. */
bool pseudo_make(struct heap *heap);

/* Counts a block of so many granules, 0 if it is large, and of which so many bytes were asked for. A heap without
 * pseudo tags counts nothing. */
void pseudo_count_allocation(struct heap *heap, size_t granules, size_t size);
void pseudo_count_free(struct heap *heap, size_t granules, size_t size);

void pseudo_forget(struct heap *heap);

#endif
