/*
 * The blocks that were freed last, so that a report can say which one it was that was written to, or freed again.
 */
#ifndef CAIRN_DEBUG_FREED_H
#define CAIRN_DEBUG_FREED_H

#include <stddef.h>
#include <stdint.h>

#define FREED_COUNT 1024u

struct freed {
    uintptr_t data;
    uintptr_t end;
    size_t size;
    unsigned allocated_at; /* traces (stack.h) */
    unsigned freed_at;
};

struct freed_list {
    struct freed *last; /* FREED_COUNT of them, in a ring; NULL: none yet, or no memory */
    unsigned next;
};

void freed_note(struct freed_list *list, const struct freed *freed);

/* The block in which the address lay, if it is one of these: the one freed last, if several were there. */
const struct freed *freed_find(const struct freed_list *list, uintptr_t address);

void freed_forget(struct freed_list *list);

#endif
