/*
 * A stock of a bucket: a stack of free blocks that were not put into the bits of their spans.
 *
 * What a thread frees at a time it often allocates again. So what does not fit into magazines is kept as it comes,
 * which costs a copy of its address; finding its span and its bit costs five times that, twice. All stocks of the
 * process together are bounded, and the cleaner empties those of buckets that are not used. The caller holds the
 * bucket.
 */
#ifndef CAIRN_HEAP_STOCK_H
#define CAIRN_HEAP_STOCK_H

#include <stddef.h>

#define STOCK_PIECE_BLOCKS 62

struct stock_piece {
    struct stock_piece *next;
    size_t count;
    void *blocks[STOCK_PIECE_BLOCKS];
};
_Static_assert(sizeof(void *) != 8 || sizeof(struct stock_piece) == 512, "nothing is lost in the meta heap");

struct stock {
    struct stock_piece *first; /* has the blocks that were put last */
    struct stock_piece *unused;
};

/* Puts blocks of this size into the stock, the last one on top. Returns how many of them, from the end, were left out:
 * there are too many spare ones already, or there is no memory. */
unsigned stock_put(struct stock *stock, size_t size, unsigned count, void *const *blocks);

/* Takes at most `limit` blocks from the top; blocks[0] was put first. Returns how many. */
unsigned stock_take(struct stock *stock, size_t size, unsigned limit, void **blocks);

/* Frees the memory of pieces that hold nothing. */
void stock_free_unused(struct stock *stock);

/* Forgets the blocks, whose memory is gone, and frees the stock's own. */
void stock_forget(struct stock *stock, size_t size);

#endif
