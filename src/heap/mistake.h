/*
 * The one line that names a mistake or damage, on standard error. Whether it is written, and what comes after it, is
 * for those above to decide.
 */
#ifndef CAIRN_HEAP_MISTAKE_H
#define CAIRN_HEAP_MISTAKE_H

#include "base/compiler.h"
#include "heap/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a failure is a mistake of the program or damage, and not just a lack of memory or space. */
bool outcome_is_mistake(enum outcome outcome) SHARED_AS("outcome_is_mistake");

/*
 * Writes
 *
 *     cairn: <function>: <what>: block <address>, heap <handle>
 *
 * where a block or heap that is NULL is left out. `function`: the name that the program knows. What is not the handle
 * of a memory object is no block either, and called a handle.
 */
void mistake_write_line(const char *function, enum outcome outcome, const void *block, const void *heap)
    SHARED_AS("mistake_write_line");

/*
 * What a debug heap knows of a mistake beyond the outcome. It is noted for the calling thread before the call with that
 * outcome ends, and told by the line about it, which then has
 *
 *     ...: block <address>, heap <handle>, size <bytes>, byte <offset> is 0x<found>
 */
#define FINDING_NO_SIZE ((size_t)-1)

struct finding {
    enum outcome what;
    const void *asked; /* the block that the call was about; NULL: none */
    const void *block; /* the one that is wrong */
    size_t size;       /* FINDING_NO_SIZE: unknown */
    bool knows_byte;   /* what is in the two that follow is known */
    size_t offset;
    uint8_t found;
    unsigned allocated_at; /* traces (debug/stack.h); 0: unknown */
    unsigned freed_at;
    void (*tell_traces)(const struct finding *finding); /* NULL: nothing is known */
};

void finding_note(const struct finding *finding);

#endif
