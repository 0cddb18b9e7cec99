/*
 * The debug heap: what the hooks of a heap do that checks (heap/hooks.h, docs/debug-heap.md).
 *
 *     busy block   data | bytes asked for, 0xBAADF00D at first | tail of 0xAB | room for a value | 0 ...
 *     free block   two links | 0xFEEEFEEE ...                   as far as it was freed, and not used since (marks.h)
 *
 * It has no front end and keeps the memory of its free blocks, so what it has once filled stays there to be checked.
 * All of its blocks are the back end's, or large; large ones have neither tail nor pattern, as on Windows.
 */
#include "debug/freed.h"
#include "debug/marks.h"
#include "debug/origin.h"
#include "debug/pseudo.h"
#include "heap/back.h"
#include "heap/block.h"
#include "heap/enter.h"
#include "heap/extra.h"
#include "heap/front.h"
#include "heap/gflags.h"
#include "heap/hooks.h"
#include "heap/meta.h"
#include "heap/mistake.h"
#include "heap/padded.h"

#include <string.h>
#include <winnt.h>

#define TAIL_BYTE 0xABu
#define TAIL_SIZE ((size_t)16)
#define NEW_PATTERN 0xBAADF00Du
#define VALUE_ROOM ((size_t)16) /* extra.h */

struct debug {
    struct marks marks;
    struct freed_list freed;
    const void *asked; /* the block that the operation under way is about */
};

static bool has_flag(const struct heap *heap, uint32_t flag)
{
    return (heap->flags & flag) != 0;
}

/* --- blocks ---------------------------------------------------------------------------------------------------------
 */

/* A busy block of a segment. */
struct place {
    uintptr_t data;
    uintptr_t end; /* of the block, where the next one's data minus 16 is; 0: it is large, or none */
    size_t size;
};

static uintptr_t end_of(const struct back_block *block)
{
    return block->data + block_bytes(block->size);
}

static struct place find_place(struct heap *heap, const void *block)
{
    struct back_block back;
    size_t size = 0;
    if (back_find(heap, (uintptr_t)block, &back) != OUTCOME_OK) {
        heap_size(heap, block, &size);
        return (struct place){(uintptr_t)block, 0, size};
    }
    return (struct place){back.data, end_of(&back), back.requested};
}

/* 0: it is large. */
static size_t granules_of(const struct place *place)
{
    return place->end != 0 ? (place->end - place->data) >> GRANULE_SHIFT : 0;
}

static bool has_tail(const struct heap *heap, const struct place *place)
{
    return place->end != 0 && heap->tail != 0 && padded_fits(heap, place->size, heap->padding);
}

/* Bytes behind the tail that are the value's. */
static size_t room_of(struct heap *heap, const struct place *place)
{
    struct extra_info info;
    if (!extra_is_used(heap) || extra_get(heap, (void *)place->data, &info) != OUTCOME_OK)
        return 0;
    bool has_value = (info.user_flags & HEAP_SETTABLE_USER_VALUE) != 0;
    return has_value && padded_fits(heap, place->size, heap->padding + VALUE_ROOM) ? VALUE_ROOM : 0;
}

/* Writes what is behind the data. */
static void write_tail(struct heap *heap, const struct place *place)
{
    if (!has_tail(heap, place))
        return;
    uintptr_t tail = place->data + place->size;
    uintptr_t rest = tail + heap->tail + room_of(heap, place);
    memset((void *)tail, TAIL_BYTE, heap->tail);
    memset((void *)rest, 0, place->end - BLOCK_HEADER_SIZE - rest);
}

/* Whole words from the first one behind `from`; the bytes beside them stay what they are (nt-heap.md 15.3). */
static void fill_new(void *block, size_t from, size_t size)
{
    const uint32_t pattern = NEW_PATTERN;
    for (size_t at = (from + 3) & ~(size_t)3; at + sizeof pattern <= size; at += sizeof pattern)
        memcpy((char *)block + at, &pattern, sizeof pattern);
}

/* --- what is found --------------------------------------------------------------------------------------------------
 */

static void tell_traces(const struct finding *finding)
{
    origin_tell(finding->allocated_at, finding->freed_at);
}

static enum outcome find_fault(const struct heap *heap, struct finding *finding)
{
    finding->asked = heap->debug->asked;
    finding->tell_traces = tell_traces;
    finding_note(finding);
    return finding->what;
}

/* OUTCOME_END_OVERWRITTEN: a byte of the tail changed. */
static enum outcome check_tail(struct heap *heap, const struct place *place)
{
    struct extra_info info = {0, 0, 0, 0};
    const uint8_t *data = (const uint8_t *)place->data;
    if (!has_tail(heap, place))
        return OUTCOME_OK;
    size_t at = place->size;
    while (at < place->size + heap->tail && data[at] == TAIL_BYTE)
        at++;
    if (at == place->size + heap->tail)
        return OUTCOME_OK;
    if (extra_is_used(heap))
        extra_get(heap, data, &info);
    return find_fault(heap, &(struct finding){
                                .what = OUTCOME_END_OVERWRITTEN,
                                .block = data,
                                .size = place->size,
                                .knows_byte = true,
                                .offset = at,
                                .found = data[at],
                                .allocated_at = info.trace,
                            });
}

/* Tells of a wrong byte in free memory, with what is known of the block that was there. */
static enum outcome tell_of_free(struct heap *heap, uintptr_t damaged)
{
    const struct freed *freed = freed_find(&heap->debug->freed, damaged);
    uintptr_t block = freed != NULL ? freed->data : align_down(damaged, GRANULE_SIZE);
    return find_fault(heap, &(struct finding){
                                .what = OUTCOME_WRITTEN_WHEN_FREE,
                                .block = (const void *)block,
                                .size = freed != NULL ? freed->size : FINDING_NO_SIZE,
                                .knows_byte = true,
                                .offset = damaged - block,
                                .found = *(const uint8_t *)damaged,
                                .allocated_at = freed != NULL ? freed->allocated_at : 0,
                                .freed_at = freed != NULL ? freed->freed_at : 0,
                            });
}

/* A mistake that every heap finds; this one knows more of the block, if that was freed not long ago. */
static enum outcome tell_of_bad_block(struct heap *heap, enum outcome outcome, const void *block)
{
    const struct freed *freed = outcome == OUTCOME_ALREADY_FREE || outcome == OUTCOME_NOT_A_BLOCK
                                    ? freed_find(&heap->debug->freed, (uintptr_t)block)
                                    : NULL;
    if (freed == NULL || freed->data != (uintptr_t)block)
        return outcome;
    /* Merged with the block before, it is no block of its own any more. */
    return find_fault(heap, &(struct finding){
                                .what = OUTCOME_ALREADY_FREE,
                                .block = block,
                                .size = freed->size,
                                .allocated_at = freed->allocated_at,
                                .freed_at = freed->freed_at,
                            });
}

/* --- free memory ----------------------------------------------------------------------------------------------------
 */

static bool is_nothing(const struct segment *segment, uintptr_t data)
{
    return *segment_granule(segment, data) == GRANULE_NONE;
}

/*
 * Fills what was a block, or the end of one, and is free now. The two links of a free block are not filled; what were
 * the headers between blocks that are one now, and the links behind one of them, are.
 */
static void fill_freed(struct heap *heap, uintptr_t data, uintptr_t end)
{
    const struct segment *segment = segment_of(heap, data);
    uintptr_t from = is_nothing(segment, data) ? data - GRANULE_SIZE : data + GRANULE_SIZE;
    uintptr_t to = end != segment->end && is_nothing(segment, end) ? end + GRANULE_SIZE : end - GRANULE_SIZE;
    if (has_flag(heap, HEAP_FREE_CHECKING_ENABLED))
        marks_fill(&heap->debug->marks, from, to);
}

/* In front of [from, end) lies a header, behind it a header and perhaps two links. */
static enum outcome take(struct heap *heap, uintptr_t from, uintptr_t end)
{
    struct marks *marks = &heap->debug->marks;
    uintptr_t damaged = marks_find_damage(marks, from, end - GRANULE_SIZE);
    enum outcome outcome = damaged != 0 ? tell_of_free(heap, damaged) : OUTCOME_OK;
    marks_clear(marks, from - GRANULE_SIZE, end + GRANULE_SIZE);
    return outcome;
}

static void forget_free(struct heap *heap)
{
    marks_forget(&heap->debug->marks);
}

/* --- the whole heap -------------------------------------------------------------------------------------------------
 */

/* heap_validate was here before, so the headers lead from block to block. */
static enum outcome check_tails(struct heap *heap)
{
    for (const struct segment *segment = &heap->first; segment != NULL; segment = segment->next) {
        struct block_header header;
        for (uintptr_t data = segment->first; data != segment->end; data += block_bytes(header.size)) {
            struct back_block back;
            if (!block_read(heap, data, &header))
                return OUTCOME_BLOCK_DAMAGED;
            if (back_find(heap, data, &back) != OUTCOME_OK)
                continue;
            struct place place = {data, end_of(&back), back.requested};
            enum outcome outcome = check_tail(heap, &place);
            if (outcome != OUTCOME_OK)
                return outcome;
        }
    }
    return OUTCOME_OK;
}

static enum outcome check_contents(struct heap *heap)
{
    enum outcome outcome = check_tails(heap);
    if (outcome != OUTCOME_OK)
        return outcome;
    uintptr_t damaged = marks_find_any_damage(&heap->debug->marks);
    return damaged != 0 ? tell_of_free(heap, damaged) : OUTCOME_OK;
}

static bool validate(struct heap *heap, struct damage *damage)
{
    *damage = (struct damage){check_contents(heap), 0};
    return damage->what == OUTCOME_OK;
}

static enum outcome check_block(struct heap *heap, const void *block)
{
    struct place place = find_place(heap, block);
    heap->debug->asked = block;
    enum outcome outcome = check_tail(heap, &place);
    heap->debug->asked = NULL;
    return outcome;
}

/* With full validation, every call looks at the whole heap first. */
static enum outcome check_all(struct heap *heap)
{
    struct damage damage;
    if (!has_flag(heap, HEAP_VALIDATE_ALL_ENABLED) || heap_validate(heap, &damage))
        return OUTCOME_OK;
    if (damage.what == OUTCOME_END_OVERWRITTEN || damage.what == OUTCOME_WRITTEN_WHEN_FREE)
        return damage.what;
    return find_fault(
        heap, &(struct finding){.what = damage.what, .block = (const void *)damage.data, .size = FINDING_NO_SIZE});
}

/* Begins an operation that is about a block, or none. */
static enum outcome begin(struct heap *heap, const void *block)
{
    heap->debug->asked = block;
    return check_all(heap);
}

static void finish(struct heap *heap)
{
    heap->debug->asked = NULL;
}

static enum outcome enter(struct heap *heap, const void *block)
{
    enum outcome outcome = begin(heap, block);
    finish(heap);
    return outcome;
}

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

static enum outcome allocate(struct heap *heap, uint32_t flags, size_t size, size_t alignment,
                             const struct origin *origin, void **block)
{
    bool zero = must_be_zero(heap, flags, size);
    bool has_extra = origin->trace != 0 || extra_is_wanted(heap, flags);
    enum outcome outcome = has_extra ? extra_allocate(heap, flags, size, alignment, zero, block)
                                     : padded_allocate(heap, size, heap->padding, alignment, zero, block);
    if (outcome != OUTCOME_OK)
        return outcome;
    extra_set_trace(heap, *block, origin->trace);
    struct place place = find_place(heap, *block);
    if (place.end != 0 && !zero && has_flag(heap, HEAP_FREE_CHECKING_ENABLED))
        fill_new(*block, 0, size);
    write_tail(heap, &place);
    if (!has_tag(heap, *block))
        pseudo_count_allocation(heap, granules_of(&place), size);
    return OUTCOME_OK;
}

/* What was a block of a segment is free now. */
static void leave(struct heap *heap, const struct place *place, unsigned allocated_at, const struct origin *origin)
{
    struct freed freed = {place->data, place->end, place->size, allocated_at, origin->trace};
    fill_freed(heap, place->data, place->end);
    freed_note(&heap->debug->freed, &freed);
}

static enum outcome free_block(struct heap *heap, void *block, const struct origin *origin)
{
    struct extra_info info = {0, 0, 0, 0};
    struct place place = find_place(heap, block);
    enum outcome outcome = check_tail(heap, &place);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (extra_is_used(heap))
        extra_get(heap, block, &info);
    outcome = extra_free(heap, block);
    if (outcome != OUTCOME_OK)
        return tell_of_bad_block(heap, outcome, block);
    if (info.tag == 0)
        pseudo_count_free(heap, granules_of(&place), place.size);
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
    struct place place = find_place(heap, resized);
    if (place.end != 0 && !(flags & HEAP_ZERO_MEMORY) && has_flag(heap, HEAP_FREE_CHECKING_ENABLED))
        fill_new(resized, old->size, place.size);
    write_tail(heap, &place);
    if (!has_tag(heap, resized)) {
        pseudo_count_free(heap, granules_of(old), old->size);
        pseudo_count_allocation(heap, granules_of(&place), place.size);
    }
    if (old->end == 0)
        return;
    if (place.data != old->data)
        leave(heap, old, old_trace, origin);
    else if (place.end < old->end)
        fill_freed(heap, place.end, old->end);
}

static enum outcome reallocate(struct heap *heap, uint32_t flags, void *block, size_t size, const struct origin *origin,
                               void **resized)
{
    struct extra_info info;
    struct place old = find_place(heap, block);
    size_t old_size;
    enum outcome outcome = heap_size(heap, block, &old_size);
    if (outcome != OUTCOME_OK)
        return tell_of_bad_block(heap, outcome, block);
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
    enum outcome outcome = begin(heap, NULL);
    if (outcome == OUTCOME_OK)
        outcome = allocate(heap, origin_flags(&origin, flags), size, alignment, &origin, block);
    finish(heap);
    heap_leave(heap, locked);
    return outcome;
}

static enum outcome debug_reallocate(struct heap *heap, uint32_t flags, void *block, size_t size, void **resized)
{
    struct origin origin = origin_of_call();
    bool locked = heap_enter(heap, flags);
    enum outcome outcome = begin(heap, block);
    if (outcome == OUTCOME_OK)
        outcome = reallocate(heap, flags, block, size, &origin, resized);
    finish(heap);
    heap_leave(heap, locked);
    return outcome;
}

static enum outcome debug_free(struct heap *heap, uint32_t flags, void *block)
{
    struct origin origin = origin_of_call();
    bool locked = heap_enter(heap, flags);
    enum outcome outcome = begin(heap, block);
    if (outcome == OUTCOME_OK)
        outcome = free_block(heap, block, &origin);
    finish(heap);
    heap_leave(heap, locked);
    return outcome;
}

static enum outcome debug_size(struct heap *heap, uint32_t flags, const void *block, size_t *size)
{
    bool locked = heap_enter(heap, flags);
    enum outcome outcome = begin(heap, block);
    if (outcome == OUTCOME_OK)
        outcome = heap_size(heap, block, size);
    if (outcome == OUTCOME_OK && has_flag(heap, HEAP_VALIDATE_PARAMETERS_ENABLED))
        outcome = check_block(heap, block);
    else if (outcome != OUTCOME_OK)
        outcome = tell_of_bad_block(heap, outcome, block);
    finish(heap);
    heap_leave(heap, locked);
    return outcome;
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
    .enter = enter,
    .take = take,
    .validate = validate,
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
    bool validates = has_flag(heap, HEAP_VALIDATE_ALL_ENABLED | HEAP_VALIDATE_PARAMETERS_ENABLED);
    heap->tail = has_flag(heap, HEAP_TAIL_CHECKING_ENABLED) ? TAIL_SIZE : 0;
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
    if (!has_flag(heap, CHECKING_BITS) && (gflags() & RECORDING_FLAGS) == 0)
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
