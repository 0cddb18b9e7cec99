/*
 * Clearing what programs have freed.
 */
#ifndef CAIRN_HEAP_ZERO_H
#define CAIRN_HEAP_ZERO_H

#include "heap/heap.h"

/*
 * Makes all free committed memory of the heap zero, but for the library's links in it, and for blocks that other
 * threads keep at hand. OUTCOME_BLOCK_DAMAGED: a block header was overwritten; what was in front of it is zero. The
 * caller has the heap to itself.
 */
enum outcome zero_free_memory(struct heap *heap);

#endif
