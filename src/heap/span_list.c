#include "heap/span_list.h"

#include "base/align.h"
#include "base/assert.h"

#include <string.h>

static bool is_empty(const struct span *span)
{
    return span->free_count == span->count;
}

static void link_first(struct span_list *list, struct span *span)
{
    span->previous = NULL;
    span->next = list->first;
    if (list->first != NULL)
        list->first->previous = span;
    else
        list->last = span;
    list->first = span;
    span->is_listed = true;
}

static void link_last(struct span_list *list, struct span *span)
{
    span->next = NULL;
    span->previous = list->last;
    if (list->last != NULL)
        list->last->next = span;
    else
        list->first = span;
    list->last = span;
    span->is_listed = true;
}

static void unlink_span(struct span_list *list, struct span *span)
{
    if (span->previous != NULL)
        span->previous->next = span->next;
    else
        list->first = span->next;
    if (span->next != NULL)
        span->next->previous = span->previous;
    else
        list->last = span->previous;
    span->is_listed = false;
}

/* Takes an empty span out, which was listed or has just been emptied. */
static void drop(struct span_list *list, struct span *span, struct span **emptied)
{
    if (span->is_listed)
        unlink_span(list, span);
    list->free_count -= span->count;
    list->count -= span->count;
    span->next = *emptied;
    *emptied = span;
}

/* Part of a bucket's blocks that may lie idle in spans of other owners, beside so many bytes. */
#define IDLE_SHARE 8

bool span_list_is_plenty(const struct span_list *list, size_t free_count, size_t block_size, size_t idle)
{
    return idle == 0 || free_count > idle / block_size + list->count / IDLE_SHARE;
}

#define SPANS_IN_REACH 16u

/* The span to take blocks from: of the owner's the fullest, so that others get empty, or if none is in reach, one that
 * nobody uses. NULL: neither. */
static struct span *find_own(const struct span_list *list, unsigned owner)
{
    struct span *own = NULL, *idle = NULL;
    unsigned looked_at = 0;
    for (struct span *span = list->first; span != NULL && looked_at < SPANS_IN_REACH; span = span->next, looked_at++) {
        if (is_empty(span))
            idle = span;
        else if (span->owner == owner && (own == NULL || span->free_count < own->free_count))
            own = span;
    }
    return own != NULL ? own : idle;
}

unsigned span_list_take(struct span_list *list, unsigned owner, size_t idle, unsigned limit, void **blocks)
{
    unsigned count = 0;

    while (count < limit && list->first != NULL) {
        struct span *span = find_own(list, owner);
        /* Where little is free the owner has another span opened for it. */
        if (span == NULL && !span_list_is_plenty(list, list->free_count, list->first->block_size, idle))
            break;
        if (span == NULL)
            span = list->first;
        __atomic_store_n(&span->owner, (uint8_t)owner, __ATOMIC_RELAXED);
        /* blocks[0] is used last, and addresses are best used in ascending order: so each span's go in front. */
        if (count != 0)
            memmove(blocks + size_min(limit - count, span->free_count), blocks, count * sizeof *blocks);
        list->empty_spans -= is_empty(span);
        unsigned taken = span_take(span, limit - count, blocks);
        list->free_count -= taken;
        count += taken;
        if (span->free_count == 0)
            unlink_span(list, span);
    }
    return count;
}

/* Has a span to which blocks were given back where it belongs: in the list, or if it is empty, and there are another
 * such one and enough free blocks, in none. */
static void sort_in(struct span_list *list, struct span *span, size_t idle, struct span **emptied)
{
    if (is_empty(span) && list->empty_spans != 0 &&
        span_list_is_plenty(list, (list->free_count - span->count) / 2, span->block_size, idle)) {
        drop(list, span, emptied);
        return;
    }
    list->empty_spans += is_empty(span);
    if (!span->is_listed)
        link_last(list, span);
}

/* Blocks that were freed one after another often lie in one span, so it is looked for only where another begins. */
void span_list_put(struct span_list *list, size_t idle, unsigned count, void *const *blocks, struct span **emptied)
{
    for (unsigned i = 0; i < count;) {
        struct span *span = span_of(blocks[i]);
        ASSERT(span != NULL);
        bool was_empty = is_empty(span);
        unsigned free_before = span->free_count;
        i += span_put(span, count - i, blocks + i);
        list->free_count += span->free_count - free_before;
        if (!was_empty)
            sort_in(list, span, idle, emptied);
    }
}

void span_list_add(struct span_list *list, struct span *span, bool next)
{
    ASSERT(is_empty(span));
    list->empty_spans++;
    list->free_count += span->count;
    list->count += span->count;
    if (next)
        link_first(list, span);
    else
        link_last(list, span);
}

struct span *span_list_take_empty(struct span_list *list)
{
    struct span *emptied = NULL;
    for (struct span *span = list->first, *next; span != NULL && list->empty_spans != 0; span = next) {
        next = span->next;
        if (!is_empty(span))
            continue;
        list->empty_spans--;
        drop(list, span, &emptied);
    }
    return emptied;
}
