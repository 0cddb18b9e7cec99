/*
 * Traces: from where in the program a block was allocated or freed, with the global flag ust. Each stack is kept once,
 * for the life of the process, and known by a number that fits the 16 bits that Windows' records have for it.
 */
#ifndef CAIRN_DEBUG_STACK_H
#define CAIRN_DEBUG_STACK_H

#include <stdint.h>

#define STACK_DEPTH 24

/* The stack of the caller, without the library's own functions. Before the program's constructors run, within itself,
 * and once there are 65535 different ones: none, 0. Any thread; no lock may be held that a signal handler needs. */
unsigned stack_note(void);

/* The file of the function that called the library, without folders; NULL: unknown. */
const char *stack_calling_module(void);

/* Writes the lines of a trace to standard error, under "cairn:   <what>:". Nothing for 0. */
void stack_tell(const char *what, unsigned trace);

#endif
