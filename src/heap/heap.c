#include "heap/heap.h"

#include "base/assert.h"
#include "heap/back.h"
#include "heap/block.h"
#include "heap/bump.h"
#include "heap/extra.h"
#include "heap/front_end.h"
#include "heap/hooks.h"
#include "heap/large.h"
#include "heap/protect.h"
#include "heap/tag.h"

#include <string.h>
#include <winnt.h>

/* Bytes that a fresh heap has committed where nothing was asked for, and to which a fixed size is rounded up
 * (win32-heap.md 3.3, 4.2). */
#define FIRST_COMMIT (0x400 * sizeof(void *))

#define DEFAULT_SEGMENT_RESERVE ((size_t)0x100000)
#define DEFAULT_SEGMENT_COMMIT ((size_t)0x2000)
#define LARGEST_SEGMENT_RESERVE ((size_t)1 << 32)
#define LARGEST_LARGE_THRESHOLD (0x20000 * sizeof(void *) - 0x1000)

#define DEFAULT_DECOMMIT_TOTAL ((size_t)0x10000)

/* --- creating -------------------------------------------------------------------------------------------------------
 */

static size_t or_default(size_t value, size_t default_value)
{
    return value != 0 ? value : default_value;
}

static uint64_t new_key(void)
{
    static _Atomic uint64_t state;
    uint64_t previous = atomic_load_explicit(&state, memory_order_relaxed);
    if (previous == 0)
        atomic_compare_exchange_strong(&state, &previous, os_random() | 1);

    /* Steps of a counter that starts at a secret, mixed so that a key does not tell the next one (splitmix64). */
    uint64_t key = atomic_fetch_add_explicit(&state, 0x9E3779B97F4A7C15u, memory_order_relaxed);
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9u;
    key = (key ^ (key >> 27)) * 0x94D049BB133111EBu;
    return key ^ (key >> 31);
}

/* The sizes of the first segment, from what was asked for. */
struct layout {
    size_t reserved;
    size_t committed;
    size_t guard;
};

static bool lay_out_growable(const struct heap_parameters *parameters, struct layout *layout)
{
    size_t page = os_page_size();
    size_t commit, reserve;

    if (!align_up_checked(parameters->commit, page, &commit))
        return false;
    layout->guard = page;
    reserve = parameters->reserve;
    if (reserve == 0 && __builtin_add_overflow(commit, UNIT_SIZE, &reserve))
        return false;
    if (!align_up_checked(size_max(reserve, FIRST_COMMIT + 2 * page), UNIT_SIZE, &layout->reserved))
        return false;
    layout->committed = size_min(size_max(commit, align_up(FIRST_COMMIT, page)), layout->reserved - page);
    return true;
}

static bool lay_out_fixed(const struct heap_parameters *parameters, struct layout *layout)
{
    size_t page = os_page_size();
    size_t commit;

    if (!align_up_checked(parameters->commit, page, &commit))
        return false;
    if (!align_up_checked(size_max(parameters->reserve, commit), size_max(FIRST_COMMIT, page), &layout->reserved))
        return false;
    layout->guard = 0;
    layout->committed = size_min(size_max(commit, align_up(FIRST_COMMIT, page)), layout->reserved);
    return true;
}

static bool lay_out_caller_memory(const struct heap_parameters *parameters, struct layout *layout)
{
    size_t page = os_page_size();
    size_t commit;

    if (!is_aligned((uintptr_t)parameters->caller_memory, page))
        return false;
    if (!align_up_checked(parameters->commit, page, &commit))
        return false;
    layout->reserved = align_down(parameters->reserve, page);
    layout->guard = 0;
    layout->committed = size_min(size_max(commit, page), layout->reserved);
    return layout->reserved >= align_up(sizeof(struct heap), GRANULE_SIZE) + block_bytes(BLOCK_MIN_GRANULES + 1);
}

static bool lay_out(const struct heap_parameters *parameters, struct layout *layout)
{
    if (parameters->caller_memory != NULL)
        return lay_out_caller_memory(parameters, layout);
    if (parameters->flags & HEAP_GROWABLE)
        return lay_out_growable(parameters, layout);
    return lay_out_fixed(parameters, layout);
}

/* Commits caller memory that no routine was given for: it is made accessible, which it often is already. */
static bool commit_directly(void *context, void *base, void **address, size_t *size)
{
    (void)context;
    return os_commit(*address, *size, ((const struct heap *)base)->access);
}

static enum os_access access_for(const struct heap_parameters *parameters)
{
    return parameters->flags & HEAP_CREATE_ENABLE_EXECUTE ? OS_READ_WRITE_EXECUTE : OS_READ_WRITE;
}

/* Fills in everything but the segment, in memory that may hold anything. */
static void initialise(struct heap *heap, const struct heap_parameters *parameters)
{
    *heap = (struct heap){
        .first =
            {
                .signature = SEGMENT_SIGNATURE,
                .segment_flags = parameters->flags & HEAP_GROWABLE,
                .heap = heap,
            },
        .flags = parameters->flags,
        .force_flags = parameters->force_flags,
        .access = access_for(parameters),
        .key = new_key(),
        .owns_memory = parameters->caller_memory == NULL,
        /* The front end has locks of its own, which a thread that holds the program's would not hold. */
        .no_front_end = parameters->no_front_end || parameters->lock != NULL,
        .lock = parameters->lock != NULL ? parameters->lock : &heap->own_lock,
        .calls_back = parameters->commit_routine != NULL,
        .fills = true,
        .next_segment_size = align_up(
            size_min(or_default(parameters->segment_reserve, DEFAULT_SEGMENT_RESERVE), LARGEST_SEGMENT_RESERVE),
            UNIT_SIZE),
        .commit_step = or_default(size_min(parameters->segment_commit, SIZE_MAX / 4), DEFAULT_SEGMENT_COMMIT),
        .decommit_block_threshold = or_default(parameters->decommit_block_threshold, os_page_size()),
        .decommit_total_threshold = or_default(parameters->decommit_total_threshold, DEFAULT_DECOMMIT_TOTAL),
        .maximum_allocation = or_default(parameters->maximum_allocation, SIZE_MAX / 2),
        .large_threshold = size_min(or_default(parameters->large_threshold, LARGEST_LARGE_THRESHOLD),
                                    LARGEST_LARGE_THRESHOLD),
        .limits = {.committed = SIZE_MAX, .size = SIZE_MAX},
        .decommit_worth = DECOMMIT_WORTH,
        .decommits_reluctantly = parameters->decommit_block_threshold == 0 && parameters->decommit_total_threshold == 0,
        .commit_routine = parameters->commit_routine != NULL ? parameters->commit_routine : commit_directly,
        .commit_context = parameters->commit_context,
    };
    size_t largest_data = heap->large_threshold - size_min(heap->large_threshold, BLOCK_HEADER_SIZE);
    heap->normal_limit = size_min(largest_data, heap->maximum_allocation);
}

static struct heap *create_in_arena(const struct heap_parameters *parameters, const struct layout *layout)
{
    struct heap *heap = arena_take(layout->reserved, NULL, RUN_SEGMENT);
    if (heap == NULL)
        return NULL;

    if (!arena_commit(heap, heap, layout->committed, access_for(parameters), ARENA_ANYTHING)) {
        arena_give_back(heap, false);
        return NULL;
    }
    initialise(heap, parameters);
    heap->first.granules = arena_granule(arena_of(heap), heap);
    heap->first.committed = layout->committed;
    heap->committed_bytes = layout->committed;
    if (segment_start_first(heap, layout->reserved, layout->guard))
        return heap;
    heap_destroy(heap);
    return NULL;
}

/* Caller memory is in no arena, so the heap gets a granule map of its own. */
static size_t own_map_size(size_t reserved)
{
    return align_up(reserved >> GRANULE_SHIFT, os_page_size());
}

static struct heap *create_in_caller_memory(const struct heap_parameters *parameters, const struct layout *layout)
{
    struct heap *heap = parameters->caller_memory;
    size_t committed = layout->committed;

    /* With a routine, the caller has committed that much himself. */
    if (parameters->commit_routine == NULL && !os_commit(heap, committed, access_for(parameters)))
        return NULL;
    uint8_t *map = os_map_zeros(own_map_size(layout->reserved));
    if (map == NULL)
        return NULL;

    initialise(heap, parameters);
    heap->first.granules = map;
    heap->first.committed = committed;
    heap->first.committed_end = (uintptr_t)heap + committed;
    heap->committed_bytes = committed;
    if (segment_start_first(heap, layout->reserved, layout->guard))
        return heap;
    heap_destroy(heap);
    return NULL;
}

struct heap *heap_create(const struct heap_parameters *parameters)
{
    struct layout layout;
    if (!lay_out(parameters, &layout))
        return NULL;
    if (parameters->caller_memory != NULL)
        return create_in_caller_memory(parameters, &layout);
    return create_in_arena(parameters, &layout);
}

/* --- destroying -----------------------------------------------------------------------------------------------------
 */

/* Forgets the spans in [from, end), a committed part of a segment. */
static void clear_slices(uintptr_t from, uintptr_t end)
{
    struct arena *arena = arena_of((void *)from);
    size_t first = arena_slice_index(arena, (void *)from);
    size_t count = arena_slice_index(arena, (void *)(end - 1)) + 1 - first;
    memset(&arena->tags[first], 0, count * sizeof arena->tags[0]);
    memset(&arena->spans[first], 0, count * sizeof(void *));
}

/* No block starts behind this address of a segment: the top of the heap, if it is in there, is the last. */
static uintptr_t starts_end(const struct segment *segment)
{
    const struct heap *heap = segment->heap;
    uintptr_t top = bump_is_on(heap) ? heap->bump.next : heap->bins.top;
    if (segment == heap->last_segment && top != 0)
        return top + GRANULE_SIZE;
    return (uintptr_t)segment + segment->reserved;
}

/* Clears the tables for the segment's committed pages; elsewhere no block starts. */
static void clear_tables(struct segment *segment)
{
    uintptr_t end = starts_end(segment);
    uintptr_t from = (uintptr_t)segment;

    for (;;) {
        from = segment_find_page(segment, from, end, true);
        if (from == end)
            return;
        uintptr_t span_end = segment_find_page(segment, from, end, false);
        uint8_t *granules = segment_granule(segment, from);
        size_t count = (span_end - from) >> GRANULE_SHIFT;
        size_t page = os_page_size();
        if (count >= 16 * page) {
            /* Whole pages of the map go back; they read as zero again. */
            uint8_t *first_page = (uint8_t *)align_up((uintptr_t)granules, page);
            uint8_t *last_page = (uint8_t *)align_down((uintptr_t)granules + count, page);
            os_discard(first_page, (size_t)(last_page - first_page));
            memset(granules, 0, (size_t)(first_page - granules));
            memset(last_page, 0, (size_t)(granules + count - last_page));
        } else {
            memset(granules, 0, count);
        }
        clear_slices(from, span_end);
        from = span_end;
    }
}

static void give_segment_back(struct segment *segment, bool keep_warm)
{
    clear_tables(segment);
    arena_give_back(segment, keep_warm);
}

void heap_destroy(struct heap *heap)
{
    bool keep_warm = heap->access == OS_READ_WRITE;
    struct front_end *end = front_end_of(heap);

    /* What goes back to the arena is writable there. The mappings are those that were made read-only, so that no room
     * for others is needed, which alone could be lacking. */
    enum outcome writable = protect_set(heap, false);
    ASSERT(writable == OUTCOME_OK);
    (void)writable;
    if (heap->hooks != NULL)
        heap->hooks->end(heap);
    extra_forget_all(heap);
    tag_forget_all(heap);
    thread_forget_heap(heap);
    if (end != NULL)
        thread_forget(end);

    while (heap->first_large != NULL)
        large_free(heap, heap->first_large);
    if (!heap->owns_memory) {
        os_release(heap->first.granules, own_map_size(heap->first.reserved));
        heap->first.signature = 0;
        return;
    }
    for (struct segment *segment = heap->first.next; segment != NULL;) {
        struct segment *next = segment->next;
        give_segment_back(segment, keep_warm);
        segment = next;
    }
    give_segment_back(&heap->first, keep_warm);
    if (end != NULL)
        front_end_destroy(end);
}

/* --- blocks ---------------------------------------------------------------------------------------------------------
 */

/* Whether the heap may have a block of a size above its normal limit. */
static bool may_be_large(const struct heap *heap, size_t size)
{
    return size <= heap->maximum_allocation && size <= SIZE_MAX / 2 && (heap->flags & HEAP_GROWABLE);
}

bool heap_may_have(const struct heap *heap, size_t size)
{
    return size <= heap->normal_limit || may_be_large(heap, size);
}

/* What of the newest segment is pristine, before a block is allocated that is to be zero. */
struct pristine {
    const struct segment *segment;
    uintptr_t from;
};

static struct pristine pristine_of(struct heap *heap)
{
    bump_settle(heap);
    return (struct pristine){heap->last_segment, heap->bins.pristine};
}

/* Makes a new block zero, and leaves the pages alone that are: a program that asks for much may use little of it. */
static void zero_new(const struct heap *heap, const struct pristine *before, void *block, size_t size)
{
    uintptr_t data = (uintptr_t)block;
    size_t used = size;
    if (segment_of(heap, data) == before->segment)
        used = before->from <= data ? 0 : size_min(size, before->from - data);
    memset(block, 0, used);
}

enum outcome heap_allocate(struct heap *heap, size_t size, bool zero, void **block)
{
    if (UNLIKELY(size > heap->normal_limit))
        return may_be_large(heap, size) ? large_allocate(heap, size, zero, block) : OUTCOME_NO_MEMORY;

    struct pristine before = {NULL, 0};
    if (zero)
        before = pristine_of(heap);
    uintptr_t data;
    enum outcome outcome = back_allocate(heap, size, &data);
    if (LIKELY(outcome == OUTCOME_OK)) {
        *block = (void *)data;
        if (zero)
            zero_new(heap, &before, *block, size);
    }
    return outcome;
}

enum outcome heap_allocate_aligned(struct heap *heap, size_t size, size_t alignment, bool zero, void **block)
{
    size_t with_slack;
    if (__builtin_add_overflow(size, 2 * alignment, &with_slack))
        return OUTCOME_NO_MEMORY;
    if (with_slack > heap->normal_limit)
        return may_be_large(heap, with_slack) ? large_allocate_aligned(heap, size, alignment, zero, block)
                                              : OUTCOME_NO_MEMORY;

    struct pristine before = pristine_of(heap);
    uintptr_t data;
    enum outcome outcome = back_allocate_aligned(heap, size, alignment, 0, &data);
    if (outcome == OUTCOME_OK) {
        *block = (void *)data;
        if (zero)
            zero_new(heap, &before, *block, size);
    }
    return outcome;
}

/* What an address is that no block of the heap starts at. */
static enum outcome why_not_found(const struct heap *heap, const void *address, enum outcome in_heap)
{
    struct arena *arena = arena_of(address);
    if (arena == NULL)
        return segment_of(heap, (uintptr_t)address) != NULL ? in_heap : OUTCOME_OUTSIDE;

    uintptr_t owner = align_down(unit_owner(&arena->units[arena_unit_index(arena, address)]), UNIT_SIZE);
    return owner != 0 && owner != (uintptr_t)heap ? OUTCOME_FOREIGN : in_heap;
}

/* A busy block of either kind. */
struct found {
    struct unit *large; /* NULL: it is a block of a segment */
    struct back_block back;
    size_t requested;
};

static enum outcome find(struct heap *heap, const void *address, struct found *found)
{
    enum outcome outcome = back_find(heap, (uintptr_t)address, &found->back);
    if (LIKELY(outcome == OUTCOME_OK)) {
        found->large = NULL;
        found->requested = found->back.requested;
        return OUTCOME_OK;
    }
    found->large = large_find(heap, address);
    if (found->large == NULL)
        return why_not_found(heap, address, outcome);
    found->requested = found->large->large_size;
    return OUTCOME_OK;
}

enum outcome heap_check_block(struct heap *heap, const void *block)
{
    enum outcome hot_outcome;
    struct hot hot;
    if (hot_find(heap, block, &hot, &hot_outcome))
        return hot_outcome;
    struct found found;
    enum outcome outcome = find(heap, block, &found);
    if (outcome == OUTCOME_OK && found.large == NULL)
        outcome = back_check(&found.back);
    return heap->hooks != NULL ? heap->hooks->check_block(heap, block, outcome) : outcome;
}

enum outcome heap_size(struct heap *heap, const void *block, size_t *size)
{
    if (LIKELY(back_size(heap, (uintptr_t)block, size)))
        return OUTCOME_OK;

    struct found found;
    enum outcome outcome = find(heap, block, &found);
    if (outcome == OUTCOME_OK)
        *size = found.requested;
    return outcome;
}

enum outcome heap_measure(struct heap *heap, const void *block, size_t *size, size_t *capacity)
{
    struct hot hot;
    enum outcome outcome;
    if (hot_find(heap, block, &hot, &outcome)) {
        *size = hot.requested;
        *capacity = outcome == OUTCOME_OK ? bucket_size(hot.bucket) : 0;
        return outcome;
    }
    struct found found;
    outcome = find(heap, block, &found);
    if (outcome != OUTCOME_OK)
        return outcome;
    *size = found.requested;
    *capacity = found.large != NULL ? large_capacity(found.large) : block_capacity(found.back.size);
    return OUTCOME_OK;
}

static bool has_room(size_t capacity, size_t size, size_t room)
{
    return room <= capacity && size <= capacity - room;
}

enum outcome heap_set_requested(struct heap *heap, void *block, size_t size, size_t room)
{
    struct hot hot;
    enum outcome outcome;
    if (hot_find(heap, block, &hot, &outcome)) {
        if (outcome != OUTCOME_OK)
            return outcome;
        if (!has_room(bucket_size(hot.bucket), size, room))
            return OUTCOME_CANNOT_RESIZE;
        span_mark_resized(hot.bucket, block, size);
        return OUTCOME_OK;
    }
    struct found found;
    outcome = find(heap, block, &found);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (found.large != NULL) {
        if (!has_room(large_capacity(found.large), size, room))
            return OUTCOME_CANNOT_RESIZE;
        large_set_requested(heap, found.large, size);
        return OUTCOME_OK;
    }
    size_t capacity = block_capacity(found.back.size);
    if (!has_room(capacity, size, room) || capacity - size > GRANULE_BUSY_LAST - GRANULE_BUSY)
        return OUTCOME_CANNOT_RESIZE;
    back_set_requested(heap, (uintptr_t)block, size);
    return OUTCOME_OK;
}

static enum outcome free_found(struct heap *heap, const struct found *found)
{
    if (found->large == NULL)
        return back_free(heap, &found->back);
    large_free(heap, found->large);
    return OUTCOME_OK;
}

static NOINLINE void end_waiting(struct heap *heap)
{
    heap->fills = false;
    for (unsigned bucket = 1; bucket <= BUCKET_SMALL_COUNT; bucket++) {
        if (bucket_waits(bucket_use(&heap->uses[bucket])))
            bucket_set_use(&heap->uses[bucket], BUCKET_HAS_WAITED);
    }
}

void heap_stop_filling(struct heap *heap)
{
    if (UNLIKELY(heap->fills))
        end_waiting(heap);
}

enum outcome heap_free(struct heap *heap, void *block)
{
    size_t requested;
    struct found found;
    heap_stop_filling(heap);
    /* Nearly all are blocks of a segment: found and freed in one go. */
    enum outcome outcome = back_free_at(heap, (uintptr_t)block, &requested);
    if (outcome == OUTCOME_NOT_A_BLOCK) {
        outcome = find(heap, block, &found);
        if (outcome != OUTCOME_OK)
            return outcome;
        requested = found.requested;
        outcome = free_found(heap, &found);
    }
    if (LIKELY(outcome == OUTCOME_OK) && requested <= BUCKET_LIMIT)
        bucket_count_free(&heap->uses[bucket_of(requested)]);
    return outcome;
}

/* A large block stays large, a block of a segment stays one. */
enum outcome heap_resize(struct heap *heap, void *block, size_t size, bool zero, bool insists, size_t *old_size)
{
    struct found found;
    enum outcome outcome = find(heap, block, &found);
    if (UNLIKELY(outcome != OUTCOME_OK))
        return outcome;
    *old_size = found.requested;
    if (UNLIKELY(!heap_may_have(heap, size)))
        return OUTCOME_NO_MEMORY;
    if (found.large != NULL)
        return large_resize(heap, found.large, size, zero, !insists);
    if (size > heap->normal_limit)
        return OUTCOME_CANNOT_RESIZE;

    outcome = back_resize(heap, &found.back, size);
    if (outcome == OUTCOME_OK && zero && size > found.requested)
        memset((char *)block + found.requested, 0, size - found.requested);
    return outcome;
}

/* --- the whole heap -------------------------------------------------------------------------------------------------
 */

/* Bytes asked for of the blocks in a segment's spans. */
static size_t sum_spans(const struct segment *segment)
{
    uintptr_t end = (uintptr_t)segment + segment->reserved;
    uintptr_t from = (uintptr_t)segment;
    size_t sum = 0;

    while ((from = segment_find_page(segment, from, end, true)) != end) {
        uintptr_t committed_end = segment_find_page(segment, from, end, false);
        for (uintptr_t slice = align_up(from, SLICE_SIZE); slice < committed_end; slice += SLICE_SIZE) {
            const struct span *span = span_of((void *)slice);
            if (span != NULL && span->first == slice)
                sum += span_sum(span);
        }
        from = committed_end;
    }
    return sum;
}

void heap_sum(const struct heap *heap, struct heap_totals *totals)
{
    totals->requested = heap->requested_bytes;
    if (front_end_of(heap) != NULL) {
        for (const struct segment *segment = &heap->first; segment != NULL; segment = segment->next)
            totals->requested += sum_spans(segment);
    }
    totals->committed = heap->committed_bytes + heap->large_committed;
    totals->reserved = heap->reserved_bytes + heap->large_reserved;
}
SHARE(heap_sum);

void heap_cool(struct heap *heap)
{
    if (!heap->owns_memory)
        return;
    for (struct segment *segment = &heap->first; segment != NULL; segment = segment->next)
        arena_cool(segment, segment, segment->reserved);
    for (const struct unit *unit = heap->first_large; unit != NULL; unit = unit->large_next)
        large_cool(unit);
}

void heap_forget_habits(struct heap *heap)
{
    back_forget_habits(heap);
}

void heap_trim(struct heap *heap)
{
    back_trim(heap);
}

static void give_vacant_back(struct segment *segment)
{
    give_segment_back(segment, false);
}

void heap_give_segments_back(struct heap *heap)
{
    /* With hooks free memory is to stay as it is. */
    if (heap->owns_memory && (heap->flags & HEAP_GROWABLE) && heap->hooks == NULL)
        back_part_with_segments(heap, give_vacant_back);
}

bool heap_coalesce(struct heap *heap)
{
    return back_coalesce(heap);
}

size_t heap_largest_free(struct heap *heap)
{
    return back_largest_free(heap);
}
