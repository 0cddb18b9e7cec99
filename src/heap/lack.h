/*
 * A lack of memory, for what can do without: whoever was refused asks again only after a while, since each refusal
 * costs several calls of the system, and near the end of memory every allocation would pay them.
 */
#ifndef CAIRN_HEAP_LACK_H
#define CAIRN_HEAP_LACK_H

#include <stdbool.h>
#include <stdint.h>

struct lack {
    uint8_t refusals; /* in a row */
    uint8_t to_skip;  /* requests that are not to be tried */
};

#define LACK_REFUSALS_AT_MOST 7

/* Whether this request is to be left out. */
static inline bool lack_skips(struct lack *lack)
{
    if (lack->to_skip == 0)
        return false;
    lack->to_skip--;
    return true;
}

/* Notes how a request ended: the more were refused in a row, the more are left out. */
static inline void lack_note(struct lack *lack, bool refused)
{
    if (!refused)
        lack->refusals = 0;
    else if (lack->refusals < LACK_REFUSALS_AT_MOST)
        lack->refusals++;
    lack->to_skip = (uint8_t)(refused ? 1u << lack->refusals : 0);
}

#endif
