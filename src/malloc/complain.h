/*
 * What becomes of a call of malloc's family that is a mistake, or that finds damage: one line on standard error, then
 * the end of the process or, with CAIRN_OPTIONS=on_error=continue, a call without effect.
 */
#ifndef CAIRN_MALLOC_COMPLAIN_H
#define CAIRN_MALLOC_COMPLAIN_H

#include "heap/options.h"
#include "heap/outcome.h"

/* Returns only where going on was asked for. `function`: as the program calls it; `block` may be NULL. Keeps errno. */
void complain(const char *function, enum outcome outcome, const void *block);

/* Overrides the option from now on. */
void complain_then(enum on_error answer);

#endif
