#include "heap/large.h"

#include "base/assert.h"
#include "heap/block.h"
#include "heap/limit.h"

#include <string.h>

static struct arena *arena_of_unit(const struct unit *unit)
{
    unsigned count = atomic_load_explicit(&arena_count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++) {
        if ((size_t)(unit - arenas[i].units) < arenas[i].unit_limit)
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
    return run_of(unit) + unit->large_offset;
}

size_t large_capacity(const struct unit *unit)
{
    return unit->large_committed - unit->large_offset;
}

void large_set_requested(struct heap *heap, struct unit *unit, size_t size)
{
    heap->requested_bytes += size - unit->large_size;
    unit->large_size = size;
}

struct unit *large_find(const struct heap *heap, const void *address)
{
    struct arena *arena = arena_of(address);
    if (arena == NULL)
        return NULL;
    struct unit *unit = &arena->units[arena_unit_index(arena, address)];
    if (unit_owner(unit) != owner_word(heap, RUN_LARGE))
        return NULL;
    struct unit *first = &arena->units[unit->run_first];
    return (char *)arena_unit_address(arena, unit->run_first) + first->large_offset == address ? first : NULL;
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

/* Bytes to commit for a block of `size` whose data starts at an offset; false: no address space holds it. */
static bool committed_for(size_t size, size_t offset, size_t *committed)
{
    return !__builtin_add_overflow(size_max(size, 1), offset, &size) &&
           align_up_checked(size, os_page_size(), committed);
}

/* The pages in front of an aligned block's are not committed. */
static size_t not_committed_in_front(size_t offset)
{
    return align_down(offset - LARGE_DATA_OFFSET, os_page_size());
}

void large_pages(const struct unit *unit, uintptr_t *from, uintptr_t *end)
{
    uintptr_t run = (uintptr_t)run_of(unit);
    *from = run + not_committed_in_front(unit->large_offset);
    *end = run + unit->large_committed;
}

static size_t committed_bytes(const struct unit *unit)
{
    return unit->large_committed - not_committed_in_front(unit->large_offset);
}

/* Makes a run that was taken for a block the block's; its data is the first that is aligned. False: no memory. */
static bool set_up(struct heap *heap, char *run, size_t size, size_t alignment, bool zero, void **data)
{
    *data = (void *)align_up((uintptr_t)run + LARGE_DATA_OFFSET, alignment);
    size_t offset = (size_t)((char *)*data - run);
    size_t from = not_committed_in_front(offset);
    size_t committed;
    if (!committed_for(size, offset, &committed) || !limit_allows_commit(heap, committed - from) ||
        !arena_commit(run, run + from, committed - from, heap->access, zero ? ARENA_ZEROS : ARENA_ANYTHING) ||
        !arena_mark(run, *data))
        return false;

    struct arena *arena = arena_of(run);
    struct unit *unit = &arena->units[arena_unit_index(arena, run)];
    unit->large_size = size;
    unit->large_committed = committed;
    unit->large_offset = offset;
    arena_trim(run, committed);
    append(heap, unit);
    heap->requested_bytes += size;
    heap->large_committed += committed_bytes(unit);
    heap->large_reserved += run_bytes(unit);
    return true;
}

enum outcome large_allocate_aligned(struct heap *heap, size_t size, size_t alignment, bool zero, void **data)
{
    size_t reserved;
    if (__builtin_add_overflow(size, LARGE_DATA_OFFSET, &reserved))
        return OUTCOME_NO_MEMORY;
    if (alignment > LARGE_DATA_OFFSET && __builtin_add_overflow(reserved, alignment, &reserved))
        return OUTCOME_NO_MEMORY;

    char *run = arena_take(reserved, heap, RUN_LARGE);
    if (run == NULL)
        return OUTCOME_NO_MEMORY;
    if (set_up(heap, run, size, alignment, zero, data))
        return OUTCOME_OK;
    arena_give_back(run, false);
    return OUTCOME_NO_MEMORY;
}

enum outcome large_allocate(struct heap *heap, size_t size, bool zero, void **data)
{
    return large_allocate_aligned(heap, size, GRANULE_SIZE, zero, data);
}

void large_free(struct heap *heap, struct unit *unit)
{
    unlink_unit(heap, unit);
    heap->requested_bytes -= unit->large_size;
    heap->large_committed -= committed_bytes(unit);
    heap->large_reserved -= run_bytes(unit);
    arena_give_back(run_of(unit), heap->access == OS_READ_WRITE);
}

void large_cool(const struct unit *unit)
{
    char *run = run_of(unit);
    arena_cool(run, run, run_bytes(unit));
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

/* Commits more behind a block; the new pages are zero, if asked for. */
static bool extend(struct heap *heap, struct unit *unit, size_t committed, bool zero)
{
    char *run = run_of(unit);
    size_t more = committed - unit->large_committed;
    if (!limit_allows_commit(heap, more))
        return false;
    if (committed > run_bytes(unit)) {
        heap->large_reserved -= run_bytes(unit);
        bool extended = arena_extend(run, committed);
        heap->large_reserved += run_bytes(unit);
        if (!extended)
            return false;
    }
    if (!arena_commit(run, run + unit->large_committed, more, heap->access, zero ? ARENA_ZEROS : ARENA_ANYTHING))
        return false;
    unit->large_committed = committed;
    heap->large_committed += more;
    return true;
}

enum outcome large_resize(struct heap *heap, struct unit *unit, size_t size, bool zero, bool may_extend)
{
    char *data = large_data(unit);
    size_t committed;

    if (!committed_for(size, unit->large_offset, &committed))
        return OUTCOME_CANNOT_RESIZE;
    size_t zeros_from = large_capacity(unit);
    if (committed > unit->large_committed && (!may_extend || !extend(heap, unit, committed, zero)))
        return OUTCOME_CANNOT_RESIZE;
    if (committed < unit->large_committed)
        shrink(heap, unit, committed);
    if (zero && size > unit->large_size)
        memset(data + unit->large_size, 0, size_min(size, zeros_from) - unit->large_size);
    heap->requested_bytes += size - unit->large_size;
    unit->large_size = size;
    return OUTCOME_OK;
}
