/*
 * The debug heap: what the hooks of a heap do that checks (heap/hooks.h, docs/debug-heap.md).
 *
 * It has no front end and keeps the memory of its free blocks, so what it has once filled stays there to be checked.
 * All of its blocks are the back end's, or large.
 */
#include "debug/check.h"
#include "debug/origin.h"
#include "debug/pseudo.h"
#include "heap/block.h"
#include "heap/enter.h"
#include "heap/extra.h"
#include "heap/front.h"
#include "heap/gflags.h"
#include "heap/hooks.h"
#include "heap/meta.h"
#include "heap/padded.h"

#include <string.h>
#include <winnt.h>

/* --- operations; the caller has the heap to itself ------------------------------------------------------------------
 */

static bool must_be_zero(const struct heap *heap, uint32_t flags, size_t size)
{
    return (flags & HEAP_ZERO_MEMORY) || (size > heap->normal_limit && !(flags & FRONT_ANY_CONTENTS));
}

static bool has_tag(struct heap *heap, const void *block)
{
    struct extra_info info;
    return extra_is_used(heap) && extra_get(heap, block, &info) == OUTCOME_OK && info.tag != 0;
}

static enum outcome allocate_once(struct heap *heap, uint32_t flags, size_t size, size_t alignment, bool has_extra,
                                  void **block)
{
    bool zero = must_be_zero(heap, flags, size);
    return has_extra ? extra_allocate(heap, flags, size, alignment, zero, block)
                     : padded_allocate(heap, size, heap->padding, alignment, zero, block);
}

static enum outcome allocate(struct heap *heap, uint32_t flags, size_t size, size_t alignment,
                             const struct origin *origin, void **block)
{
    bool zero = must_be_zero(heap, flags, size);
    bool has_extra = origin->trace != 0 || extra_is_wanted(heap, flags);
    enum outcome outcome = allocate_once(heap, flags, size, alignment, has_extra, block);
    if (outcome == OUTCOME_NO_MEMORY && heap_coalesce(heap)) /* then a larger free block may be there */
        outcome = allocate_once(heap, flags, size, alignment, has_extra, block);
    if (outcome != OUTCOME_OK)
        return outcome;
    extra_set_trace(heap, *block, origin->trace);
    struct place place = place_find(heap, *block);
    if (place.end != 0 && !zero && debug_has_flag(heap, HEAP_FREE_CHECKING_ENABLED))
        place_fill_new(*block, 0, size);
    place_write_tail(heap, &place);
    if (!has_tag(heap, *block))
        pseudo_count_allocation(heap, place_granules(&place), size);
    return OUTCOME_OK;
}

/* What was a block of a segment is free now. */
static void leave(struct heap *heap, const struct place *place, unsigned allocated_at, const struct origin *origin)
{
    struct freed freed = {place->data, place->end, place->size, allocated_at, origin->trace};
    place_fill_freed(heap, place->data, place->end);
    freed_note(&heap->debug->freed, &freed);
}

static enum outcome free_block(struct heap *heap, void *block, const struct origin *origin)
{
    struct extra_info info = {0, 0, 0, 0};
    struct place place = place_find(heap, block);
    enum outcome outcome = check_tail(heap, &place);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (extra_is_used(heap))
        extra_get(heap, block, &info);
    outcome = extra_free(heap, block);
    if (outcome != OUTCOME_OK)
        return check_bad_block(heap, outcome, block);
    if (info.tag == 0)
        pseudo_count_free(heap, place_granules(&place), place.size);
    if (place.end == 0)
        return OUTCOME_OK;
    leave(heap, &place, info.trace, origin);
    return OUTCOME_OK;
}

/* To other memory, and to an extra if the flags ask for one. */
static enum outcome move(struct heap *heap, uint32_t flags, void *block, size_t old_size, size_t size,
                         const struct origin *origin, void **moved)
{
    enum outcome outcome = allocate(heap, flags, size, 1, origin, moved);
    if (outcome != OUTCOME_OK)
        return outcome;
    memcpy(*moved, block, size_min(size, old_size));
    outcome = free_block(heap, block, origin);
    if (outcome != OUTCOME_OK)
        free_block(heap, *moved, origin);
    return outcome;
}

/* Where the block is, or to where an extra takes it. `has_extra`: it has one. */
static enum outcome resize(struct heap *heap, uint32_t flags, void *block, size_t size, bool has_extra, void **resized)
{
    enum outcome outcome;
    bool insists = (flags & HEAP_REALLOC_IN_PLACE_ONLY) != 0;
    bool zero = must_be_zero(heap, flags, size);
    if (has_extra && extra_reallocate(heap, flags, block, size, zero, resized, &outcome))
        return outcome;
    *resized = block;
    return padded_resize(heap, block, size, heap->padding, zero, insists);
}

/* After a resize: the new bytes, the tail, and what the block left behind. */
static void after_resize(struct heap *heap, uint32_t flags, const struct place *old, void *resized, unsigned old_trace,
                         const struct origin *origin)
{
    struct place place = place_find(heap, resized);
    if (place.end != 0 && !(flags & HEAP_ZERO_MEMORY) && debug_has_flag(heap, HEAP_FREE_CHECKING_ENABLED))
        place_fill_new(resized, old->size, place.size);
    place_write_tail(heap, &place);
    if (!has_tag(heap, resized)) {
        pseudo_count_free(heap, place_granules(old), old->size);
        pseudo_count_allocation(heap, place_granules(&place), place.size);
    }
    if (old->end == 0)
        return;
    if (place.data != old->data)
        leave(heap, old, old_trace, origin);
    else if (place.end < old->end)
        place_fill_freed(heap, place.end, old->end);
}

static enum outcome reallocate(struct heap *heap, uint32_t flags, void *block, size_t size, const struct origin *origin,
                               void **resized)
{
    struct extra_info info;
    struct place old = place_find(heap, block);
    size_t old_size;
    enum outcome outcome = heap_size(heap, block, &old_size);
    if (outcome != OUTCOME_OK)
        return check_bad_block(heap, outcome, block);
    outcome = check_tail(heap, &old);
    if (outcome == OUTCOME_OK)
        outcome = extra_get(heap, block, &info);
    if (outcome != OUTCOME_OK)
        return outcome;

    bool insists = (flags & HEAP_REALLOC_IN_PLACE_ONLY) != 0;
    bool has_extra = info.user_flags != 0 || info.tag != 0 || info.trace != 0;
    uint32_t move_flags = flags & HEAP_TAG_MASK ? flags : flags | info.tag << HEAP_TAG_SHIFT;
    if ((flags & EXTRA_USER_FLAGS) && info.user_flags == 0 && !insists)
        return move(heap, move_flags, block, old_size, size, origin, resized);
    uint32_t resize_flags = info.user_flags != 0 ? flags : flags & ~EXTRA_USER_FLAGS;
    outcome = resize(heap, resize_flags, block, size, has_extra, resized);
    if (outcome == OUTCOME_OK) {
        extra_set_trace(heap, *resized, origin->trace);
        after_resize(heap, flags, &old, *resized, info.trace, origin);
        return OUTCOME_OK;
    }
    bool may_move = outcome == OUTCOME_CANNOT_RESIZE || outcome == OUTCOME_NO_MEMORY;
    if (!may_move || insists || has_extra || !heap_may_have(heap, size))
        return outcome;
    return move(heap, move_flags, block, old_size, size, origin, resized);
}

/* --- the hooks ------------------------------------------------------------------------------------------------------
 */

static enum outcome debug_allocate(struct heap *heap, uint32_t flags, size_t size, size_t alignment, void **block)
{
    struct origin origin = origin_of_call();
    bool locked = heap_enter(heap, flags);
    enum outcome outcome = check_begin(heap, NULL);
    if (outcome == OUTCOME_OK)
        outcome = allocate(heap, origin_flags(&origin, flags), size, alignment, &origin, block);
    check_finish(heap);
    heap_leave(heap, locked);
    return outcome;
}

static enum outcome debug_reallocate(struct heap *heap, uint32_t flags, void *block, size_t size, void **resized)
{
    struct origin origin = origin_of_call();
    bool locked = heap_enter(heap, flags);
    enum outcome outcome = check_begin(heap, block);
    if (outcome == OUTCOME_OK)
        outcome = reallocate(heap, flags, block, size, &origin, resized);
    check_finish(heap);
    heap_leave(heap, locked);
    return outcome;
}

static enum outcome debug_free(struct heap *heap, uint32_t flags, void *block)
{
    struct origin origin = origin_of_call();
    bool locked = heap_enter(heap, flags);
    enum outcome outcome = check_begin(heap, block);
    if (outcome == OUTCOME_OK)
        outcome = free_block(heap, block, &origin);
    check_finish(heap);
    heap_leave(heap, locked);
    return outcome;
}

static enum outcome debug_size(struct heap *heap, uint32_t flags, const void *block, size_t *size)
{
    bool locked = heap_enter(heap, flags);
    enum outcome outcome = check_begin(heap, block);
    if (outcome == OUTCOME_OK) {
        outcome = heap_size(heap, block, size);
        if (outcome != OUTCOME_OK || debug_has_flag(heap, HEAP_VALIDATE_PARAMETERS_ENABLED))
            outcome = check_block(heap, block, outcome);
    }
    check_finish(heap);
    heap_leave(heap, locked);
    return outcome;
}

static void forget_free(struct heap *heap)
{
    marks_forget(&heap->debug->marks);
}

static void end(struct heap *heap)
{
    marks_forget(&heap->debug->marks);
    freed_forget(&heap->debug->freed);
    pseudo_forget(heap);
    meta_free(heap->debug);
    heap->hooks = NULL;
}

static const struct heap_hooks hooks = {
    .allocate = debug_allocate,
    .reallocate = debug_reallocate,
    .free = debug_free,
    .size = debug_size,
    .enter = check_enter,
    .take = check_take,
    .validate = check_validate,
    .check_block = check_block,
    .forget_free = forget_free,
    .end = end,
};

/* --- creation -------------------------------------------------------------------------------------------------------
 */

#define CHECKING_BITS                                                                                                  \
    (HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED | HEAP_DISABLE_COALESCE_ON_FREE |                         \
     HEAP_VALIDATE_ALL_ENABLED | HEAP_VALIDATE_PARAMETERS_ENABLED)
#define RECORDING_FLAGS (FLG_USER_STACK_TRACE_DB | FLG_HEAP_ENABLE_TAG_BY_DLL | FLG_HEAP_ENABLE_TAGGING)

/* Bytes behind the data; with the 8 of a header that every block has, they give Windows' distances (nt-heap.md 15.5).
 */
static void lay_out(struct heap *heap)
{
    bool validates = debug_has_flag(heap, HEAP_VALIDATE_ALL_ENABLED | HEAP_VALIDATE_PARAMETERS_ENABLED);
    heap->tail = debug_has_flag(heap, HEAP_TAIL_CHECKING_ENABLED) ? TAIL_SIZE : 0;
    heap->padding = BLOCK_HEADER_SIZE + heap->tail + (validates ? 2 * sizeof(void *) : 0);
}

/* The force flags have what a heap of this process is made to have, and what its maker asked for, but for some
 * (nt-heap.md 14). */
static void set_flags(struct heap *heap)
{
    heap->force_flags |= gflags_heap_bits() & ~(uint32_t)HEAP_DISABLE_COALESCE_ON_FREE;
    heap->flags |= gflags_heap_bits() | gflags_tagging_bit();
}

bool hooks_attach(struct heap *heap)
{
    set_flags(heap);
    if (!debug_has_flag(heap, CHECKING_BITS) && (gflags() & RECORDING_FLAGS) == 0)
        return true;
    heap->debug = meta_allocate(sizeof *heap->debug);
    if (heap->debug == NULL || ((gflags() & FLG_HEAP_ENABLE_TAGGING) && !pseudo_make(heap))) {
        meta_free(heap->debug);
        return false;
    }
    lay_out(heap);
    heap->decommit_block_threshold = SIZE_MAX;
    heap->hooks = &hooks;
    return true;
}
