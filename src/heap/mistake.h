/*
 * The one line that names a mistake or damage, on standard error. Whether it is written, and what comes after it, is
 * for those above to decide.
 */
#ifndef CAIRN_HEAP_MISTAKE_H
#define CAIRN_HEAP_MISTAKE_H

#include "base/compiler.h"
#include "heap/outcome.h"

#include <stdbool.h>

/* Whether a failure is a mistake of the program or damage, and not just a lack of memory or space. */
bool outcome_is_mistake(enum outcome outcome) SHARED_AS("outcome_is_mistake");

/*
 * Writes
 *
 *     cairn: <function>: <what>: block <address>, heap <handle>
 *
 * where a block or heap that is NULL is left out. `function`: the name that the program knows.
 */
void mistake_write_line(const char *function, enum outcome outcome, const void *block, const void *heap)
    SHARED_AS("mistake_write_line");

#endif
