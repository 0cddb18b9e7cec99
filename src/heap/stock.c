#include "heap/stock.h"

#include "base/align.h"
#include "heap/meta.h"
#include "heap/spare.h"

#include <string.h>

/* Small blocks count as more than they are: a stock takes an address for each. */
#define COUNTED_AT_LEAST ((size_t)64)

static size_t counted(size_t size, size_t count)
{
    return count * size_max(size, COUNTED_AT_LEAST);
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
    if (!spare_take(counted(size, count)))
        return count;
    unsigned put = 0;
    struct stock_piece *piece;
    while (put < count && (piece = piece_with_room(stock)) != NULL) {
        size_t part = size_min(count - put, STOCK_PIECE_BLOCKS - piece->count);
        memcpy(&piece->blocks[piece->count], blocks + put, part * sizeof *blocks);
        piece->count += part;
        put += (unsigned)part;
    }
    spare_give_back(counted(size, count - put));
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
    spare_give_back(counted(size, count));
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
