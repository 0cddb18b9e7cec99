/*
 * The spans of one bucket: a list of those that have free blocks. The caller holds the bucket.
 *
 * Each span has an owner, the front that took blocks from it last. A front takes from its own spans as long as that
 * does not leave too much of the others' idle: so threads do not write to the same cache lines, of blocks and of the
 * map.
 */
#ifndef CAIRN_HEAP_SPAN_LIST_H
#define CAIRN_HEAP_SPAN_LIST_H

#include "heap/span.h"

struct span_list {
    struct span *first;
    struct span *last;
    unsigned empty_spans; /* spans in the list all of whose blocks are free */
    size_t free_count;    /* blocks that are free in the list's spans */
    size_t count;         /* blocks of all the bucket's spans, those in the list and others */
};

/* Takes free blocks for an owner, at most `limit`: blocks[0] is the last to be used. 0: there are none, or the owner
 * had better get a span of its own, since no more than `idle` bytes and an eighth of all blocks are free in those of
 * others.
 */
unsigned span_list_take(struct span_list *list, unsigned owner, size_t idle, unsigned limit, void **blocks);

/* Whether so many free blocks are more than may lie idle for other owners: no more than `idle` bytes and an eighth of
 * all blocks. */
bool span_list_is_plenty(const struct span_list *list, size_t free_count, size_t block_size, size_t idle);

/* Gives blocks back to their spans. Those that get empty are put in front of `emptied` and are the bucket's no more,
 * but for the first one, and for as many as span_list_take would open spans in vain without. */
void span_list_put(struct span_list *list, size_t idle, unsigned count, void *const *blocks, struct span **emptied);

/* Takes in a span that is empty, to be used next or last. */
void span_list_add(struct span_list *list, struct span *span, bool next);

/* Takes all empty spans out. They are the bucket's no more. */
struct span *span_list_take_empty(struct span_list *list);

#endif
