/* What the tables of all arenas say, added up and checked against each other: for tests that link the library's
 * objects. No other thread may be using a heap. */
#ifndef CAIRN_TESTS_ARENA_STATE_H
#define CAIRN_TESTS_ARENA_STATE_H

#include "heap/arena.h"
#include "heap/meta.h"
#include "heap/registry.h"

#include "check.h"

struct arena_state {
    size_t used_units;
    size_t committed_pages;
    size_t warm_pages; /* accessible and not committed */
};

/* The most that may be warm when nothing is in use; generous, the exact bound is the arenas' own business. */
#define WARM_PAGES_AT_MOST ((size_t)80 << 20 >> os_page_shift())

static inline bool granules_are_zero(const struct arena *arena, size_t unit)
{
    const uint8_t *granules = arena->granules + unit * GRANULES_PER_UNIT;
    for (size_t i = 0; i < GRANULES_PER_UNIT; i++) {
        if (granules[i] != 0) {
            return false;
        }
    }
    return true;
}

/* A unit that belongs to no run: nobody's, nothing committed, no block in it. */
static inline bool free_unit_is_clean(const struct arena *arena, size_t unit)
{
    return CHECK_EQ_UINT(unit_owner(&arena->units[unit]), 0) &&
           CHECK_EQ_UINT(*arena_row(arena, ARENA_COMMITTED, unit), 0) && CHECK(granules_are_zero(arena, unit));
}

/* False, with a message, if the tables contradict each other. */
static inline bool arena_state_take(struct arena_state *state)
{
    bool ok = true;
    memset(state, 0, sizeof(*state));
    /* These keep the cleaner out. */
    registry_lock();
    arena_lock();
    for (unsigned a = 0; ok && a < atomic_load(&arena_count); a++) {
        const struct arena *arena = &arenas[a];
        size_t touched = atomic_load(&arena->touched);
        ok = CHECK(touched <= arena->unit_count);
        for (size_t i = 0; ok && i < touched; i++) {
            bool used = (arena->used[i / 64] >> (i % 64) & 1) != 0;
            unsigned accessible = *arena_row(arena, ARENA_ACCESSIBLE, i);
            unsigned committed = *arena_row(arena, ARENA_COMMITTED, i);
            state->used_units += used;
            state->committed_pages += (size_t)__builtin_popcount(committed);
            state->warm_pages += (size_t)__builtin_popcount(accessible & ~committed);
            ok = CHECK_EQ_UINT(committed & ~accessible, 0) && (used || free_unit_is_clean(arena, i));
        }
        for (size_t i = touched; ok && i < arena->unit_count; i++) {
            state->used_units += arena->used[i / 64] >> (i % 64) & 1;
        }
    }
    arena_unlock();
    registry_unlock();
    /* What describes the front ends of the heaps stays for the next ones. */
    state->used_units -= meta_reserved() >> UNIT_SHIFT;
    state->committed_pages -= meta_committed() >> os_page_shift();
    return ok && CHECK(state->warm_pages <= WARM_PAGES_AT_MOST);
}

/* Whether as much is in use as was before: nothing leaked. */
static inline bool arena_state_is(const struct arena_state *before)
{
    struct arena_state now;
    return arena_state_take(&now) && CHECK_EQ_UINT(now.used_units, before->used_units) &&
           CHECK_EQ_UINT(now.committed_pages, before->committed_pages);
}

#endif
