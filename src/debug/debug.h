/*
 * What a debug heap knows beyond what every heap does.
 */
#ifndef CAIRN_DEBUG_DEBUG_H
#define CAIRN_DEBUG_DEBUG_H

#include "debug/freed.h"
#include "debug/marks.h"
#include "heap/heap.h"

struct debug {
    struct marks marks;
    struct freed_list freed;
    const void *asked; /* the block that the operation under way is about */
};

static inline bool debug_has_flag(const struct heap *heap, uint32_t flag)
{
    return (heap->flags & flag) != 0;
}

#endif
