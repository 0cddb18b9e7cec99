/*
 * Bins: the free blocks of a heap by size, so that one that fits is found in constant time.
 *
 * The free block at the end of the newest segment, from which a growing heap lives, is in no bin: it is the top, used
 * when no bin has a block that fits.
 *
 * Sizes are in granules. Below 32 each size has a bin; above, each doubling is cut in 8. A bitmap says which bins hold
 * anything. The links lie in the free blocks themselves, masked with the heap's key; since a program can overwrite a
 * block that it has freed, no link is followed before the granule map has confirmed that a free block of this heap
 * starts where it points, and that this block points back.
 */
#ifndef CAIRN_HEAP_BINS_H
#define CAIRN_HEAP_BINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap;
struct block_header;

#define BIN_EXACT_LIMIT 32
#define BIN_EXACT_LOG 5
#define BIN_STEPS_LOG 3
#define BIN_COUNT (BIN_EXACT_LIMIT + ((28 - BIN_EXACT_LOG) << BIN_STEPS_LOG))
#define BIN_WORDS ((BIN_COUNT + 63) / 64)

struct bins {
    uint64_t filled[BIN_WORDS]; /* a bit a bin */
    unsigned filled_words;      /* a bit a word of that */
    uintptr_t top;              /* data address of the top; 0: there is none */
    uintptr_t top_ready; /* the top is committed up to here at least; 0: unknown. What is merged in front of it was
                            busy, so committed; any other change of the top makes it unknown */
    uintptr_t
        pristine; /* from here on the newest segment was never written to: what is committed of it reads as zero */
    uintptr_t heads[BIN_COUNT]; /* data address of the first free block; 0: none */
};

/* Puts a free block, which is in no bin, into its bin, or makes it the top. */
void bins_insert(struct heap *heap, uintptr_t data, size_t size);

/* Puts the top into a bin, before another segment becomes the newest. */
void bins_retire_top(struct heap *heap);

/* Whether the links of a free block, and those of its neighbours in the bin that lead to it, are whole. */
bool bins_can_remove(const struct heap *heap, uintptr_t data, size_t size);

/* Takes a free block out of its bin; bins_can_remove has said yes. */
void bins_remove(struct heap *heap, uintptr_t data, size_t size);

/*
 * Puts a free block into the place of another, which is the same memory with one end moved; bins_can_remove has said
 * yes for the old one, whose links are still whole.
 */
void bins_replace(struct heap *heap, uintptr_t old_data, size_t old_size, uintptr_t data, size_t size);

/* Finds a free block of at least `size`, and reads its header. 0: there is none. False: a link or header was
 * overwritten. */
bool bins_find(struct heap *heap, size_t size, uintptr_t *data, struct block_header *header);

/* What a block must have room for: so many granules from an address on that is aligned, `offset` bytes behind it. */
struct placement {
    size_t size;
    size_t alignment;
    size_t offset;
};

/* The first address at or behind a block's data that is aligned as asked for, and leaves in front of it nothing or a
 * block. */
uintptr_t placement_in(const struct placement *placement, uintptr_t data);

/* As bins_find, of a few blocks that are not much larger than the size, for one that has room for the placement. */
bool bins_find_placed(struct heap *heap, const struct placement *placement, uintptr_t *data,
                      struct block_header *header);

/* A size for which, as for any above it, no block in a bin is large enough. */
size_t bins_limit(const struct heap *heap);

/* Calls for every free block, first the top, then from the largest bin down, until `visit` says false. False: a link
 * was overwritten. */
bool bins_visit(struct heap *heap, bool (*visit)(struct heap *heap, uintptr_t data, void *context), void *context);

/* As bins_find, of all blocks in the bin of that size, in the time that takes: before a heap is found to be full. */
bool bins_find_thoroughly(struct heap *heap, size_t size, uintptr_t *data, struct block_header *header);

/*
 * Checking all links without following any: every free block in a bin is pointed at once, by the bin or by the block
 * before it, and once by the block behind it, or it is the last. So sums over all blocks of a hash of where they are,
 * and of where their links point, must agree. The caller adds every free block, in any order.
 */
struct bins_sums {
    uint64_t blocks;   /* of the blocks */
    uint64_t nexts;    /* of the blocks that links to the next point at */
    uint64_t previous; /* of the blocks that links to the one before point at */
    uint64_t last;     /* of the blocks without a next */
    bool damaged;
};

void bins_add_block(const struct heap *heap, uintptr_t data, size_t size, struct bins_sums *sums);

/* Whether the bins hold just the blocks that were added, each in the bin of its size. */
bool bins_are_whole(const struct heap *heap, const struct bins_sums *sums);

/* Forgets every free block. */
void bins_clear(struct heap *heap);

#endif
