/*
 * The process's default heap, which NT code reads from the process environment block.
 */
#ifndef CAIRN_NT_PROCESS_H
#define CAIRN_NT_PROCESS_H

#include <winnt.h>

/* The default heap's handle; NULL, with the last error set, when there was no memory for it. */
PVOID process_heap(void);

#endif
