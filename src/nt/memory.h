/*
 * Questions about memory that may be none of ours.
 */
#ifndef CAIRN_NT_MEMORY_H
#define CAIRN_NT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Whether all of these bytes lie in committed pages of a heap, and so can be read; memory that a program supplied for a
 * heap does not count. Hold the heap that they may belong to. */
bool memory_is_committed(const void *address, size_t size);

/* Faults where a byte cannot be written, which so does not happen later, while a lock is held. Changes none. */
void memory_probe_for_write(void *address, size_t size);

#endif
