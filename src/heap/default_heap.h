/*
 * The default heap as a whole, for those above who have no handle: each locks what it needs.
 */
#ifndef CAIRN_HEAP_DEFAULT_HEAP_H
#define CAIRN_HEAP_DEFAULT_HEAP_H

#include "heap/heap.h"

/* Sums over the default heap; zeros when there is no memory for one. */
void default_heap_sum(struct heap_totals *totals) SHARED_AS("default_heap_sum");

/* Gives all memory that no block needs back to the system, other heaps' warm memory too. Whether there was any. */
bool default_heap_trim(void) SHARED_AS("default_heap_trim");

#endif
