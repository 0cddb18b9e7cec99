/*
 * Where a call comes from, as far as the global flags want it known: its stack (ust), and a tag of the process that is
 * named like the file of the function that called (htd).
 */
#ifndef CAIRN_DEBUG_ORIGIN_H
#define CAIRN_DEBUG_ORIGIN_H

#include <stdint.h>

struct origin {
    unsigned trace; /* 0: unknown */
    unsigned tag;   /* 0: none */
};

/* Of the call that is under way. No heap may be locked but by the program itself: this may wait for the loader. */
struct origin origin_of_call(void);

/* The flags of a call, with the tag unless it brings one. */
uint32_t origin_flags(const struct origin *origin, uint32_t flags);

/* Writes where a block was allocated, and freed, to standard error. */
void origin_tell(unsigned allocated_at, unsigned freed_at);

#endif
