/*
 * What a user can choose from outside, by CAIRN_OPTIONS=key=value,... in the environment: one table, read once.
 *
 * It is read before constructors of programs run, as soon as the C library has the environment; until then the defaults
 * hold. A process that has rights which who started it lacks (set-uid) reads nothing. A key alone means "on". What is
 * not understood is named on standard error and left out; of two values the later one counts.
 */
#ifndef CAIRN_HEAP_OPTIONS_H
#define CAIRN_HEAP_OPTIONS_H

#include "base/compiler.h"

enum option {
    OPTION_HELP,     /* 0, 1 */
    OPTION_ON_ERROR, /* enum on_error */
    OPTION_DECAY,    /* milliseconds */
    OPTION_CLEANER,  /* 0, 1 */
    OPTION_GFLAGS,   /* FLG_* */
    OPTION_STATS,    /* 0, 1 */
    OPTION_COUNT,
};

enum on_error {
    ON_ERROR_ABORT,
    ON_ERROR_CONTINUE,
};

/* The value: a number, or the index of a word in the table's row. Any thread, any time. */
unsigned option_value(enum option option) SHARED_AS("option_value");

/* Reads `text` as if it were the variable's value, over what was read before; for tests. */
void options_parse(const char *text);

#endif
