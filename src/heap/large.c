#include "heap/large.h"

#include "base/assert.h"
#include "heap/block.h"

#include <string.h>

static struct arena *arena_of_unit(const struct unit *unit)
{
    unsigned count = atomic_load_explicit(&arena_count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++) {
        if ((size_t)(unit - arenas[i].units) < arenas[i].unit_count)
            return &arenas[i];
    }
    return NULL;
}

static char *run_of(const struct unit *unit)
{
    return arena_unit_address(arena_of_unit(unit), unit->run_first);
}

void *large_data(const struct unit *unit)
{
    return run_of(unit) + LARGE_DATA_OFFSET;
}

struct unit *large_find(const struct heap *heap, const void *address)
{
    struct arena *arena = arena_of(address);
    if (arena == NULL || ((uintptr_t)address & (UNIT_SIZE - 1)) != LARGE_DATA_OFFSET)
        return NULL;
    struct unit *unit = &arena->units[arena_unit_index(arena, address)];
    return unit_owner(unit) == owner_word(heap, RUN_LARGE) ? unit : NULL;
}

static void append(struct heap *heap, struct unit *unit)
{
    unit->large_next = NULL;
    unit->large_previous = heap->last_large;
    if (heap->last_large != NULL)
        heap->last_large->large_next = unit;
    else
        heap->first_large = unit;
    heap->last_large = unit;
}

static void unlink_unit(struct heap *heap, struct unit *unit)
{
    if (unit->large_previous != NULL)
        unit->large_previous->large_next = unit->large_next;
    else
        heap->first_large = unit->large_next;
    if (unit->large_next != NULL)
        unit->large_next->large_previous = unit->large_previous;
    else
        heap->last_large = unit->large_previous;
}

static size_t run_bytes(const struct unit *unit)
{
    return (size_t)unit->run_length << UNIT_SHIFT;
}

/* Bytes to commit for a block of `size`; false: no address space holds it. */
static bool committed_for(size_t size, size_t *committed)
{
    return !__builtin_add_overflow(size, LARGE_DATA_OFFSET, &size) && align_up_checked(size, os_page_size(), committed);
}

enum outcome large_allocate(struct heap *heap, size_t size, void **data)
{
    size_t committed;
    if (!committed_for(size, &committed))
        return OUTCOME_NO_MEMORY;

    char *run = arena_take(committed, heap, RUN_LARGE);
    if (run == NULL)
        return OUTCOME_NO_MEMORY;
    if (!arena_commit(run, run, committed, heap->access, true)) {
        arena_give_back(run, false);
        return OUTCOME_NO_MEMORY;
    }

    struct arena *arena = arena_of(run);
    struct unit *unit = &arena->units[arena_unit_index(arena, run)];
    unit->large_size = size;
    unit->large_committed = committed;
    append(heap, unit);
    heap->requested_bytes += size;
    heap->large_committed += committed;
    heap->large_reserved += run_bytes(unit);
    *data = run + LARGE_DATA_OFFSET;
    return OUTCOME_OK;
}

void large_free(struct heap *heap, struct unit *unit)
{
    unlink_unit(heap, unit);
    heap->requested_bytes -= unit->large_size;
    heap->large_committed -= unit->large_committed;
    heap->large_reserved -= run_bytes(unit);
    arena_give_back(run_of(unit), heap->access == OS_READ_WRITE);
}

/* Gives the pages and units that a smaller block does not need back at once: it cannot grow into them again. */
static void shrink(struct heap *heap, struct unit *unit, size_t committed)
{
    char *run = run_of(unit);

    arena_decommit(run, run + committed, unit->large_committed - committed, heap->access == OS_READ_WRITE);
    heap->large_committed -= unit->large_committed - committed;
    unit->large_committed = committed;

    heap->large_reserved -= run_bytes(unit);
    arena_trim(run, committed);
    heap->large_reserved += run_bytes(unit);
}

enum outcome large_resize(struct heap *heap, struct unit *unit, size_t size, bool zero)
{
    char *data = large_data(unit);
    size_t committed;

    if (!committed_for(size, &committed) || committed > unit->large_committed)
        return OUTCOME_CANNOT_RESIZE;
    if (committed < unit->large_committed)
        shrink(heap, unit, committed);
    if (zero && size > unit->large_size)
        memset(data + unit->large_size, 0, size - unit->large_size);
    heap->requested_bytes += size - unit->large_size;
    unit->large_size = size;
    return OUTCOME_OK;
}
