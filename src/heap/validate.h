/*
 * Validating a whole heap: does everything that the core relies on hold? It reads only what is the heap's, whatever the
 * heap holds, and changes nothing. The caller holds the heap's lock.
 */
#ifndef CAIRN_HEAP_VALIDATE_H
#define CAIRN_HEAP_VALIDATE_H

#include "heap/heap.h"

/* Where a heap was found damaged. */
struct damage {
    enum outcome what; /* OUTCOME_OK: nowhere */
    uintptr_t data;    /* the block whose header, links or list entry is wrong */
};

/* Checks every segment, block, free-list entry and large block. True: all is as it must be. */
bool heap_validate(struct heap *heap, struct damage *damage);

#endif
