/*
 * The back end: blocks of every size cut from the segments of a heap.
 *
 * Allocation takes a free block that fits well from the bins and cuts what is needed from its front; freeing merges
 * with the free neighbours at once. Both are O(1), but for commits. Every header that an operation relies on is checked
 * before anything is changed, against the granule map and against the header on the other side.
 */
#ifndef CAIRN_HEAP_BACK_H
#define CAIRN_HEAP_BACK_H

#include "heap/heap.h"

/* A busy block, found and checked. */
struct back_block {
    struct segment *segment;
    uintptr_t data;
    size_t size;      /* granules */
    size_t previous;  /* granules of the block before, 0: none */
    size_t requested; /* bytes asked for when it was allocated or last resized */
};

/* Looks an untrusted address up. OUTCOME_OK: it is the data of a busy block of this heap, whose header is whole. */
enum outcome back_find(struct heap *heap, uintptr_t address, struct back_block *block);

/* Bytes asked for of the busy block at an untrusted address, if the granule map alone can tell; else false. */
bool back_size(const struct heap *heap, uintptr_t address, size_t *requested);

/* Whether the blocks beside it agree with what the block's header says. */
enum outcome back_check(const struct back_block *block);

enum outcome back_allocate(struct heap *heap, size_t size, uintptr_t *data);
enum outcome back_free(struct heap *heap, const struct back_block *block);

/* As back_allocate, with the address `offset` bytes behind the data a multiple of `alignment`; both are multiples of
 * the granule, the latter a power of two. size + 2 * alignment is a size that a block can have. */
enum outcome back_allocate_aligned(struct heap *heap, size_t size, size_t alignment, size_t offset, uintptr_t *data);

/* Commits so much of the top that a block of so many granules can be cut from it. False: it is too small, or there is
 * no memory. */
bool back_commit_top(struct heap *heap, size_t granules);

/* back_find and back_free in one. *requested: the size that it had. */
enum outcome back_free_at(struct heap *heap, uintptr_t address, size_t *requested);

/* A block that holds a span instead of what a program asked for: it counts as busy, and nothing in it as requested. */
enum outcome back_allocate_span(struct heap *heap, size_t size, size_t alignment, size_t offset, uintptr_t *data);
enum outcome back_free_span(struct heap *heap, uintptr_t data);

/* Changes the size without moving the data; the bytes keep what they held. OUTCOME_CANNOT_RESIZE: there is no room. */
enum outcome back_resize(struct heap *heap, const struct back_block *block, size_t size);

/* Changes what counts as asked for of a busy block, and nothing else. */
void back_set_requested(struct heap *heap, uintptr_t data, size_t requested);

/* Takes the memory of whole free pages away, from every free block. */
void back_trim(struct heap *heap);

/* Calls for every segment but the first in which nothing is busy, when it is the heap's no longer. */
void back_part_with_segments(struct heap *heap, void (*give_back)(struct segment *segment));

/* Free memory that it is worth a system call to give back, in bytes, as long as a heap does not commit it again. */
#define DECOMMIT_WORTH ((size_t)64 << 10)

/* Forgets that it did lately, and gives back what was kept for that. */
void back_forget_habits(struct heap *heap);

/* Merges the free blocks of a heap that leaves them apart when they are freed. Returns whether there were any. */
bool back_coalesce(struct heap *heap);

/* Bytes that fit into the largest run of committed memory in a free block. */
size_t back_largest_free(struct heap *heap);

#endif
