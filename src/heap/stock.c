#include "heap/stock.h"

#include "base/align.h"
#include "heap/arena.h"
#include "heap/meta.h"

#include <string.h>

/* Bytes of blocks that all stocks may have: so many, and a share of the memory in use. */
#define STOCK_BYTES ((size_t)2 << 20)
#define STOCK_SHARE 32

static atomic_size_t stock_bytes;

/* Counts so many bytes for a stock. False: there are too many already. */
static bool may_have(size_t bytes)
{
    size_t limit = STOCK_BYTES + arena_committed_bytes() / STOCK_SHARE;
    if (atomic_fetch_add_explicit(&stock_bytes, bytes, memory_order_relaxed) + bytes <= limit)
        return true;
    atomic_fetch_sub_explicit(&stock_bytes, bytes, memory_order_relaxed);
    return false;
}

static void have_less(size_t bytes)
{
    atomic_fetch_sub_explicit(&stock_bytes, bytes, memory_order_relaxed);
}

/* A piece on top that has room; NULL: no memory. */
static struct stock_piece *piece_with_room(struct stock *stock)
{
    if (stock->first != NULL && stock->first->count < STOCK_PIECE_BLOCKS)
        return stock->first;
    struct stock_piece *piece = stock->unused;
    if (piece != NULL)
        stock->unused = piece->next;
    else if ((piece = meta_allocate(sizeof *piece)) == NULL)
        return NULL;
    piece->next = stock->first;
    piece->count = 0;
    stock->first = piece;
    return piece;
}

unsigned stock_put(struct stock *stock, size_t size, unsigned count, void *const *blocks)
{
    if (!may_have(count * size))
        return count;
    unsigned put = 0;
    struct stock_piece *piece;
    while (put < count && (piece = piece_with_room(stock)) != NULL) {
        size_t part = size_min(count - put, STOCK_PIECE_BLOCKS - piece->count);
        memcpy(&piece->blocks[piece->count], blocks + put, part * sizeof *blocks);
        piece->count += part;
        put += (unsigned)part;
    }
    have_less((count - put) * size);
    return count - put;
}

unsigned stock_take(struct stock *stock, size_t size, unsigned limit, void **blocks)
{
    unsigned count = 0;
    for (struct stock_piece *piece; count < limit && (piece = stock->first) != NULL;) {
        size_t part = size_min(limit - count, piece->count);
        piece->count -= part;
        memmove(blocks + part, blocks, count * sizeof *blocks);
        memcpy(blocks, &piece->blocks[piece->count], part * sizeof *blocks);
        count += (unsigned)part;
        if (piece->count == 0) {
            stock->first = piece->next;
            piece->next = stock->unused;
            stock->unused = piece;
        }
    }
    have_less(count * size);
    return count;
}

void stock_free_unused(struct stock *stock)
{
    while (stock->unused != NULL) {
        struct stock_piece *next = stock->unused->next;
        meta_free(stock->unused);
        stock->unused = next;
    }
}

void stock_forget(struct stock *stock, size_t size)
{
    void *forgotten[STOCK_PIECE_BLOCKS];
    while (stock_take(stock, size, STOCK_PIECE_BLOCKS, forgotten) != 0)
        continue;
    stock_free_unused(stock);
}
