/*
 * Large blocks: above the large threshold a block has a run of units of its own.
 *
 *     run | 64 bytes not used, or more in front of an aligned block | bytes asked for | zeros to the page's end | ...
 *
 * What describes it lies in the unit table, out of a program's reach. A heap keeps its large blocks in a list, in the
 * order of allocation, because that is the order in which a walk reports them.
 */
#ifndef CAIRN_HEAP_LARGE_H
#define CAIRN_HEAP_LARGE_H

#include "heap/heap.h"

/* Offset of the data in its run: a large block is aligned to this, and not to more, unless it was asked for
 * (win32-heap.md 1.5). */
#define LARGE_DATA_OFFSET (8 * sizeof(void *))

/* The unit of the heap's large block whose data starts at the address; NULL: there is none. */
struct unit *large_find(const struct heap *heap, const void *address);

void *large_data(const struct unit *unit);

/* The pages that are committed for it. */
void large_pages(const struct unit *unit, uintptr_t *from, uintptr_t *end);
/* Bytes that the block can have without another page. */
size_t large_capacity(const struct unit *unit);

/* Changes what counts as asked for, and nothing else. */
void large_set_requested(struct heap *heap, struct unit *unit, size_t size);

/* `zero`: the data is to be zero; else it may hold anything. */
enum outcome large_allocate(struct heap *heap, size_t size, bool zero, void **data);
enum outcome large_allocate_aligned(struct heap *heap, size_t size, size_t alignment, bool zero, void **data);
void large_free(struct heap *heap, struct unit *unit);

/* Takes the memory of warm pages away. */
void large_cool(const struct unit *unit);

/* Changes the size without moving: down always, up within the committed pages, or if `may_extend` and the address space
 * behind the block is free, beyond. */
enum outcome large_resize(struct heap *heap, struct unit *unit, size_t size, bool zero, bool may_extend);

#endif
