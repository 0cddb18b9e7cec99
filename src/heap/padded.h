/*
 * Padded blocks: blocks of segments that have room behind their data which does not count as asked for. In a debug heap
 * all have it, in others those with a value of the program's, and those that a call wants further apart.
 *
 *     data | bytes asked for | tail | room | padding ...
 *
 * A block that would become large by it, or that is large, has none.
 */
#ifndef CAIRN_HEAP_PADDED_H
#define CAIRN_HEAP_PADDED_H

#include "heap/heap.h"

/* Whether a block of a segment can hold so much behind `size` bytes. */
bool padded_fits(const struct heap *heap, size_t size, size_t padding);

/* As heap_allocate_aligned, with `padding` bytes more than are asked for if padded_fits. */
enum outcome padded_allocate(struct heap *heap, size_t size, size_t padding, size_t alignment, bool zero, void **block);

/* As heap_resize, for a block that was allocated so. */
enum outcome padded_resize(struct heap *heap, void *block, size_t size, size_t padding, bool zero, bool insists);

#endif
