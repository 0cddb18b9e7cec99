/*
 * Commit routines of programs, called from the middle of a heap: its lock is held, and its blocks are between two
 * states.
 *
 * So an exception does not leave such a routine. It is kept, the routine counts as one that has failed, and when the
 * call that needed the memory has undone all and holds nothing, the exception is raised there. Whoever looks at
 * exceptions before they are handled sees it twice.
 */
#ifndef CAIRN_NT_COMMIT_H
#define CAIRN_NT_COMMIT_H

#include <ntifs.h>
#include <stdbool.h>
#include <stddef.h>

/* What the core has as commit_context: the routine's address. */
void *commit_context(PRTL_HEAP_COMMIT_ROUTINE routine);

/* The core's commit_routine. */
bool commit_call(void *context, void *base, void **address, size_t *size);

/* Raises what the calling thread has kept. It returns if there is nothing, or a handler has it go on. */
void commit_raise_kept(void);

#endif
