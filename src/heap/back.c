#include "heap/back.h"

#include "base/assert.h"
#include "heap/block.h"
#include "heap/bump.h"
#include "heap/top.h"

#include <winnt.h>

/* Commits grow with the heap, so that their number stays small, up to this. */
#define LARGEST_COMMIT_STEP ((size_t)256 << 10)

/* Whoever asks for so much at once, for a block, or for one that holds others, will use most of it. */
#define USED_SOON ((size_t)16 << 10)
#define USED_SOON_TOGETHER ((size_t)64 << 10)

/* --- neighbours -----------------------------------------------------------------------------------------------------
 */

static uintptr_t next_data(uintptr_t data, size_t size)
{
    return data + block_bytes(size);
}

static uint8_t granule_at(const struct segment *segment, uintptr_t data)
{
    return *segment_granule(segment, data);
}

/* A block before or behind another. What is busy is not touched, since it need not be: its sizes are not known then. */
struct neighbour {
    uintptr_t data;
    size_t size;
    size_t previous;
    uint8_t granule; /* GRANULE_NONE: there is no block */
};

static bool is_free(const struct neighbour *neighbour)
{
    return granule_is_free(neighbour->granule);
}

/* Reads the header of a block that is to change. False: it is damaged. */
static bool read_neighbour(const struct heap *heap, struct neighbour *neighbour)
{
    struct block_header header;
    bool whole = block_read(heap, neighbour->data, &header);
    neighbour->size = header.size;
    neighbour->previous = header.previous;
    return whole;
}

/* Looks at the block behind one of `size`. False: that is not its size, or the block behind is damaged. */
static ALWAYS_INLINE bool find_next(const struct segment *segment, uintptr_t data, size_t size, struct neighbour *next)
{
    if (UNLIKELY(size < BLOCK_MIN_GRANULES || size > (segment->end - data) >> GRANULE_SHIFT))
        return false;
    next->data = next_data(data, size);
    next->granule = GRANULE_NONE;
    if (next->data == segment->end)
        return true;
    next->granule = granule_at(segment, next->data);
    if (!granule_is_free(next->granule))
        return LIKELY(next->granule != GRANULE_NONE);
    return read_neighbour(segment->heap, next) && next->previous == size;
}

/* Looks at the block before. False as above. */
static ALWAYS_INLINE bool find_previous(const struct segment *segment, uintptr_t data, size_t previous,
                                        struct neighbour *before)
{
    before->granule = GRANULE_NONE;
    if (previous == 0)
        return data == segment->first;
    if (UNLIKELY(previous > (data - segment->first) >> GRANULE_SHIFT))
        return false;
    before->data = data - block_bytes(previous);
    before->granule = granule_at(segment, before->data);
    if (!granule_is_free(before->granule))
        return LIKELY(before->granule != GRANULE_NONE);
    return read_neighbour(segment->heap, before) && before->size == previous;
}

/* Makes sure that the block behind one of `size` can be told of a change of that. Free ones have been read already. */
static bool can_tell(const struct segment *segment, struct neighbour *behind, size_t size)
{
    if (behind->granule == GRANULE_NONE || is_free(behind))
        return true;
    return read_neighbour(segment->heap, behind) && behind->previous == size;
}

/* Tells a block how large the one before it now is. */
static void tell(const struct segment *segment, const struct neighbour *behind, size_t previous)
{
    if (behind->granule != GRANULE_NONE)
        block_write(segment->heap, behind->data, behind->size, previous);
}

/* --- finding --------------------------------------------------------------------------------------------------------
 */

static ALWAYS_INLINE enum outcome find(const struct heap *heap, uintptr_t address, struct back_block *block)
{
    struct segment *segment = segment_of(heap, address);
    if (UNLIKELY(segment == NULL || !is_aligned(address, GRANULE_SIZE)))
        return OUTCOME_NOT_A_BLOCK;

    uint8_t granule = granule_at(segment, address);
    if (UNLIKELY(!granule_is_busy(granule)))
        return granule_is_free(granule) ? OUTCOME_ALREADY_FREE : OUTCOME_NOT_A_BLOCK;

    struct block_header header;
    size_t not_asked_for = (size_t)granule - GRANULE_BUSY;
    if (UNLIKELY(!block_read(heap, address, &header) || header.size < BLOCK_MIN_GRANULES ||
                 header.size > (segment->end - address) >> GRANULE_SHIFT ||
                 not_asked_for > block_capacity(header.size)))
        return OUTCOME_BLOCK_DAMAGED;
    *block = (struct back_block){
        .segment = segment,
        .data = address,
        .size = header.size,
        .previous = header.previous,
        .requested = block_capacity(header.size) - not_asked_for,
    };
    return OUTCOME_OK;
}

enum outcome back_find(struct heap *heap, uintptr_t address, struct back_block *block)
{
    bump_settle(heap);
    return find(heap, address, block);
}

bool back_size(const struct heap *heap, uintptr_t address, size_t *requested)
{
    struct segment *segment = segment_of(heap, address);
    if (UNLIKELY(segment == NULL || !is_aligned(address, GRANULE_SIZE)))
        return false;
    uint8_t granule = granule_at(segment, address);
    if (UNLIKELY(!granule_is_busy(granule)))
        return false;
    size_t size = segment_next_start(segment, address);
    *requested = block_capacity(size) - ((size_t)granule - GRANULE_BUSY);
    return size != 0;
}

enum outcome back_check(const struct back_block *block)
{
    struct neighbour next, before;
    const struct segment *segment = block->segment;
    bool whole = find_next(segment, block->data, block->size, &next) && can_tell(segment, &next, block->size) &&
                 find_previous(segment, block->data, block->previous, &before) &&
                 (before.granule == GRANULE_NONE ||
                  (read_neighbour(segment->heap, &before) && before.size == block->previous));
    return whole ? OUTCOME_OK : OUTCOME_BLOCK_DAMAGED;
}

static void make_busy(struct segment *segment, uintptr_t data, size_t size, size_t requested)
{
    size_t not_asked_for = block_capacity(size) - requested;
    ASSERT(not_asked_for <= GRANULE_BUSY_LAST - GRANULE_BUSY);
    *segment_granule(segment, data) = (uint8_t)(GRANULE_BUSY + not_asked_for);
    top_note_use(segment->heap, segment, data + block_bytes(size));
}

/* Goes through all blocks by their headers, and puts the free ones into the bins if asked to. False: one is damaged. */
static bool for_each_free(struct heap *heap, bool insert)
{
    for (struct segment *segment = &heap->first; segment != NULL; segment = segment->next) {
        struct block_header header;
        struct neighbour next;
        for (uintptr_t data = segment->first; data < segment->end; data = next_data(data, header.size)) {
            if (!block_read(heap, data, &header) || !find_next(segment, data, header.size, &next))
                return false;
            if (insert && granule_is_free(granule_at(segment, data)))
                bins_insert(heap, data, header.size);
        }
    }
    return true;
}

/* A damaged free list is made anew from the headers and the granule map, which say the same. False: they are damaged.
 */
static NOINLINE bool rebuild_bins(struct heap *heap)
{
    heap->found_damage = true;
    if (!for_each_free(heap, false))
        return false;
    bins_clear(heap);
    return for_each_free(heap, true);
}

static NOINLINE bool can_take_from_bin(struct heap *heap, uintptr_t data, size_t size)
{
    return LIKELY(bins_can_remove(heap, data, size)) || (rebuild_bins(heap) && bins_can_remove(heap, data, size));
}

/* As bins_find, where that failed: mends damaged bins, adds a segment, or looks more closely. */
static NOINLINE enum outcome find_free_slowly(struct heap *heap, size_t size, uintptr_t *data,
                                              struct block_header *header)
{
    if (!bins_find(heap, size, data, header) && (!rebuild_bins(heap) || !bins_find(heap, size, data, header)))
        return OUTCOME_FREE_LIST_DAMAGED;
    if (*data != 0)
        return OUTCOME_OK;
    if (segment_add(heap, block_bytes(size)))
        return bins_find(heap, size, data, header) && *data != 0 ? OUTCOME_OK : OUTCOME_FREE_LIST_DAMAGED;
    if (!bins_find_thoroughly(heap, size, data, header) &&
        (!rebuild_bins(heap) || !bins_find_thoroughly(heap, size, data, header)))
        return OUTCOME_FREE_LIST_DAMAGED;
    return *data != 0 ? OUTCOME_OK : OUTCOME_NO_MEMORY;
}

/* Whether a free block can be taken out of the bins, which are rebuilt if they are damaged. */
static ALWAYS_INLINE bool can_take(struct heap *heap, uintptr_t data, size_t size)
{
    return top_is(heap, data) || can_take_from_bin(heap, data, size);
}

/* Puts a free block into the place of another (bins_replace). */
static ALWAYS_INLINE void replace(struct heap *heap, const struct neighbour *old, uintptr_t data, size_t size)
{
    if (!top_replace(heap, old->data, data, size))
        bins_replace(heap, old->data, old->size, data, size);
}

/* --- committing -----------------------------------------------------------------------------------------------------
 */

#define DECOMMIT_WORTH_AT_MOST ((size_t)2 << 20)

/* How much a heap commits beyond what it needs at once. */
static size_t commit_step(const struct heap *heap)
{
    return size_max(heap->commit_step, size_min(heap->committed_bytes, LARGEST_COMMIT_STEP));
}

/* Memory is committed again: was it worth it to give it back? */
static void judge_decommitting(struct heap *heap)
{
    if (heap->has_decommitted)
        heap->decommit_worth = size_min(2 * heap->decommit_worth, DECOMMIT_WORTH_AT_MOST);
    heap->has_decommitted = false;
}

/*
 * Commits the front of a hollow block, so that `size` granules can be cut from it and what is left can be a free block.
 * A little more is committed than needed, if there is the memory. *granule becomes what the block is then. False: no
 * memory.
 */
static NOINLINE bool commit_front(struct segment *segment, const struct neighbour *block, size_t size, bool used_soon,
                                  uint8_t *granule)
{
    struct bins *bins = &segment->heap->bins;
    uintptr_t start = block->data - BLOCK_DATA_OFFSET;
    uintptr_t block_end = start + block_bytes(block->size);
    uintptr_t needed = size_min(start + block_bytes(size) + BLOCK_HEAD_SIZE, block_end);
    uintptr_t missing = segment_find_page(segment, start, needed, false);

    if (missing != needed) {
        judge_decommitting(segment->heap);
        uintptr_t wanted = size_min(size_max(needed, missing + commit_step(segment->heap)), block_end);
        if (!segment_commit(segment, start, wanted, used_soon) && !segment_commit(segment, start, needed, used_soon))
            return false;
    }
    uintptr_t ready = segment_find_page(segment, needed, block_end, false);
    if (ready == block_end)
        *granule = GRANULE_FREE;
    if (block->data == bins->top)
        bins->top_ready = ready;
    return true;
}

/* The same, if there is anything to do; the top of a heap, from which most blocks are cut, is known to be ready. */
static ALWAYS_INLINE bool make_ready(struct segment *segment, const struct neighbour *block, size_t size,
                                     bool used_soon, uint8_t *granule)
{
    const struct bins *bins = &segment->heap->bins;

    if (block->granule == GRANULE_FREE)
        return true;
    if (LIKELY(block->data == bins->top && block->data + block_bytes(size) + BLOCK_HEAD_SIZE <= bins->top_ready))
        return true;
    return commit_front(segment, block, size, used_soon, granule);
}

bool back_commit_top(struct heap *heap, size_t granules)
{
    bump_settle(heap);
    uintptr_t top = heap->bins.top;
    struct block_header header;
    if (top == 0 || !block_read(heap, top, &header) || header.size < granules + BLOCK_MIN_GRANULES)
        return false;
    struct segment *segment = segment_of(heap, top);
    uint8_t *granule = segment_granule(segment, top);
    struct neighbour block = {.data = top, .size = header.size, .granule = *granule};
    return commit_front(segment, &block, granules, true, granule);
}

/* A commit routine that uses the heap it commits for changes it under the call that it is part of; that call then
 * fails. */
static ALWAYS_INLINE bool is_unchanged(const struct segment *segment, const struct neighbour *block)
{
    struct block_header header;
    return LIKELY(!segment->heap->calls_back) ||
           (granule_is_free(granule_at(segment, block->data)) && block_read(segment->heap, block->data, &header) &&
            header.size == block->size);
}

/* --- allocating -----------------------------------------------------------------------------------------------------
 */

/*
 * Makes the first `size` of `whole` granules at `data` one block, and the rest a free block, or part of the first where
 * it is too small for one. All of it ends with a free block, `old`, that is still in its bin and can be taken out;
 * `behind` is the block behind, and can be told. Returns the size of the first.
 */
static ALWAYS_INLINE size_t cut(struct segment *segment, uintptr_t data, const struct block_header *whole,
                                const struct neighbour *old, const struct neighbour *behind, size_t size)
{
    struct heap *heap = segment->heap;
    size_t rest = whole->size - size;

    if (rest < BLOCK_MIN_GRANULES) {
        bins_remove(heap, old->data, old->size);
        block_write(heap, data, whole->size, whole->previous);
        tell(segment, behind, whole->size);
        return whole->size;
    }
    uintptr_t rest_data = next_data(data, size);
    replace(heap, old, rest_data, rest);
    block_write(heap, data, size, whole->previous);
    block_write(heap, rest_data, rest, size);
    tell(segment, behind, rest);
    *segment_granule(segment, rest_data) = old->granule;
    return size;
}

/* A free block of at least `size` granules; it is still in the bins. */
static ALWAYS_INLINE enum outcome find_free(struct heap *heap, size_t size, uintptr_t *data,
                                            struct block_header *header)
{
    if (top_find(heap, size, data, header) || LIKELY(bins_find(heap, size, data, header) && *data != 0))
        return OUTCOME_OK;
    return find_free_slowly(heap, size, data, header);
}

/* Makes a busy block for `size` bytes of the first granules of a free block, with this header. */
static ALWAYS_INLINE enum outcome take(struct heap *heap, uintptr_t data, const struct block_header *header,
                                       size_t granules, size_t size, bool used_soon)
{
    struct segment *segment = segment_of(heap, data);
    struct neighbour block = {.data = data, .size = header->size, .granule = granule_at(segment, data)};
    struct neighbour behind;
    if (UNLIKELY(!find_next(segment, block.data, block.size, &behind) || !can_tell(segment, &behind, block.size) ||
                 !can_take(heap, block.data, block.size)))
        return OUTCOME_FREE_LIST_DAMAGED;
    if (!make_ready(segment, &block, granules, used_soon, &block.granule) || !is_unchanged(segment, &block))
        return OUTCOME_NO_MEMORY;

    granules = cut(segment, data, header, &block, &behind, granules);
    make_busy(segment, data, granules, size);
    heap->busy_bytes += block_bytes(granules);
    heap->requested_bytes += size;
    return OUTCOME_OK;
}

static ALWAYS_INLINE enum outcome allocate(struct heap *heap, size_t size, bool used_soon, uintptr_t *allocated)
{
    size_t granules = block_granules_for(size);
    struct block_header header;
    bump_settle(heap);
    enum outcome outcome = find_free(heap, granules, allocated, &header);
    return LIKELY(outcome == OUTCOME_OK) ? take(heap, *allocated, &header, granules, size, used_soon) : outcome;
}

enum outcome back_allocate(struct heap *heap, size_t size, uintptr_t *allocated)
{
    return allocate(heap, size, size <= USED_SOON, allocated);
}

/* --- freeing --------------------------------------------------------------------------------------------------------
 */

/* What surrounds a block that is to be merged with its free neighbours. */
struct surroundings {
    struct neighbour before;
    struct neighbour next;
    struct neighbour behind; /* behind `next`, where that is free */
};

/* Looks at the block behind, and if it is free makes sure that it can be merged. */
static ALWAYS_INLINE enum outcome look_behind(const struct back_block *block, struct surroundings *around)
{
    const struct segment *segment = block->segment;
    struct neighbour *next = &around->next, *behind = &around->behind;

    if (UNLIKELY(!find_next(segment, block->data, block->size, next)))
        return OUTCOME_BLOCK_DAMAGED;
    if (!is_free(next))
        return OUTCOME_OK;
    if (UNLIKELY(!find_next(segment, next->data, next->size, behind) || !can_tell(segment, behind, next->size)))
        return OUTCOME_BLOCK_DAMAGED;
    return LIKELY(can_take(segment->heap, next->data, next->size)) ? OUTCOME_OK : OUTCOME_FREE_LIST_DAMAGED;
}

/* The same for the block before. */
static ALWAYS_INLINE enum outcome look_before(const struct back_block *block, struct surroundings *around)
{
    struct neighbour *before = &around->before;

    if (UNLIKELY(!find_previous(block->segment, block->data, block->previous, before)))
        return OUTCOME_BLOCK_DAMAGED;
    if (!is_free(before))
        return OUTCOME_OK;
    /* The block behind is told of the merged size, also where it is not free itself. */
    if (UNLIKELY(!can_tell(block->segment, &around->next, block->size)))
        return OUTCOME_BLOCK_DAMAGED;
    return LIKELY(can_take(block->segment->heap, before->data, before->size)) ? OUTCOME_OK : OUTCOME_FREE_LIST_DAMAGED;
}

/* The whole pages inside a free block that it can do without; false: none. */
static bool inner_pages(const struct segment *segment, uintptr_t data, size_t size, uintptr_t *from, uintptr_t *end)
{
    size_t page = os_page_size();
    uintptr_t start = data - BLOCK_DATA_OFFSET;
    uintptr_t block_end = start + block_bytes(size);

    *from = align_up(start + BLOCK_HEAD_SIZE, page);
    if (data + block_bytes(size) == segment->end)
        *end = align_down(segment->end, page);
    else if (is_aligned(block_end, page))
        *end = block_end;
    else
        /* A walk reports the committed end of the block as a free block of its own, which has 32 bytes at least. */
        *end = align_down(block_end - 2 * GRANULE_SIZE, page);
    return *from < *end;
}

/*
 * Without thresholds asked for, a heap gives memory back only in pieces worth it, keeps what it would commit again at
 * one step, and looks for more only once as much was freed again, or a whole segment became free: else a program that
 * frees many small blocks pays a call for each few pages, and one that frees a larger one and allocates it again for
 * each. What is worth it doubles when memory is committed after some was given back, until the cleaner comes by.
 */
static bool is_worth_decommitting(struct heap *heap, const struct segment *segment, uintptr_t from, uintptr_t end)
{
    size_t worth = heap->decommit_worth;
    if (end - from < worth)
        return false;
    bool is_whole_segment = from < segment->first + os_page_size() && end == align_down(segment->end, os_page_size());
    bool is_much = heap->committed_bytes - heap->busy_bytes >= worth + commit_step(heap);
    if (!is_whole_segment && (heap->freed_bytes < worth || !is_much))
        return false;
    heap->freed_bytes = 0;
    heap->has_decommitted = segment_committed_bytes(segment, from, end) >= worth;
    return heap->has_decommitted;
}

/* Whether the heap has enough free memory, in a large enough block, to think of giving some back. */
static ALWAYS_INLINE bool is_above_thresholds(const struct heap *heap, size_t size)
{
    return block_bytes(size) >= heap->decommit_block_threshold &&
           heap->committed_bytes - heap->busy_bytes > heap->decommit_total_threshold;
}

/* Decommits the inner pages of a block that becomes free, if that is worth it. */
static NOINLINE bool decommit_inside(struct segment *segment, const struct neighbour *block)
{
    struct heap *heap = segment->heap;
    uintptr_t from, end;

    if (!heap->owns_memory || !inner_pages(segment, block->data, block->size, &from, &end))
        return false;
    if (heap->decommits_reluctantly && !is_worth_decommitting(heap, segment, from, end))
        return false;
    /* What stays warm the cleaner takes away later, for which it must be able to lock the heap. */
    segment_decommit(segment, from, end, heap->access == OS_READ_WRITE && !(heap->flags & HEAP_NO_SERIALIZE));
    heap->bins.top_ready = 0;
    return true;
}

/* Takes a free block out of the tiling: it is part of another from here on. */
static void forget(const struct segment *segment, const struct neighbour *block)
{
    *segment_granule(segment, block->data) = GRANULE_NONE;
}

/*
 * Takes both neighbours out of the bins. Each could be taken by itself, but in a list that was made a circle, taking
 * one can damage the other; nothing else has been changed yet, so the bins can be made anew.
 */
static NOINLINE void take_both(struct heap *heap, const struct neighbour *before, const struct neighbour *next)
{
    bins_remove(heap, next->data, next->size);
    if (UNLIKELY(!bins_can_remove(heap, before->data, before->size))) {
        if (!rebuild_bins(heap)) {
            bins_clear(heap);
            return;
        }
        bins_remove(heap, next->data, next->size);
    }
    bins_remove(heap, before->data, before->size);
}

/* Makes a block and its free neighbours one free block. All of it was looked at before. */
static ALWAYS_INLINE void merge(const struct back_block *block, const struct surroundings *around)
{
    struct segment *segment = block->segment;
    struct heap *heap = segment->heap;
    const struct neighbour *before = &around->before, *next = &around->next;
    struct neighbour merged = {block->data, block->size, block->previous, GRANULE_FREE};
    bool takes_next = is_free(next) && merged.size + next->size <= BLOCK_MAX_GRANULES;
    size_t size_with_next = merged.size + (takes_next ? next->size : 0);
    bool takes_before = is_free(before) && size_with_next + before->size <= BLOCK_MAX_GRANULES;

    if (takes_next && takes_before)
        take_both(heap, before, next);
    *segment_granule(segment, block->data) = GRANULE_NONE;
    merged.size = size_with_next;
    if (takes_next) {
        merged.granule = next->granule;
        forget(segment, next);
    }
    if (takes_before)
        merged = (struct neighbour){before->data, before->size + merged.size, before->previous,
                                    (uint8_t)(merged.granule & before->granule)};

    if (takes_next == takes_before)
        bins_insert(heap, merged.data, merged.size);
    else if (takes_next)
        replace(heap, next, merged.data, merged.size);
    else
        replace(heap, before, merged.data, merged.size);
    block_write(heap, merged.data, merged.size, merged.previous);
    if (takes_next)
        tell(segment, &around->behind, merged.size);
    else if (takes_before)
        tell(segment, next, merged.size);

    heap->freed_bytes += block_bytes(block->size);
    if (UNLIKELY(is_above_thresholds(heap, merged.size)) && decommit_inside(segment, &merged))
        merged.granule = GRANULE_HOLLOW;
    *segment_granule(segment, merged.data) = merged.granule;
}
_Static_assert((GRANULE_HOLLOW & GRANULE_FREE) == GRANULE_HOLLOW, "a block merged from a hollow one is hollow");

/* Whether free blocks stay apart from their free neighbours. */
static bool never_merges(const struct heap *heap)
{
    return UNLIKELY(heap->flags & HEAP_DISABLE_COALESCE_ON_FREE);
}

static ALWAYS_INLINE enum outcome free_found(struct heap *heap, const struct back_block *block)
{
    struct surroundings around = {0};
    enum outcome outcome = OUTCOME_OK;
    if (!never_merges(heap)) {
        outcome = look_behind(block, &around);
        if (LIKELY(outcome == OUTCOME_OK))
            outcome = look_before(block, &around);
    }
    if (UNLIKELY(outcome != OUTCOME_OK))
        return outcome;

    heap->requested_bytes -= block->requested;
    heap->busy_bytes -= block_bytes(block->size);
    merge(block, &around);
    return OUTCOME_OK;
}

enum outcome back_free(struct heap *heap, const struct back_block *block)
{
    return free_found(heap, block);
}

enum outcome back_free_at(struct heap *heap, uintptr_t address, size_t *requested)
{
    struct back_block block;
    bump_settle(heap);
    enum outcome outcome = find(heap, address, &block);
    if (UNLIKELY(outcome != OUTCOME_OK))
        return outcome;
    *requested = block.requested;
    return free_found(heap, &block);
}

/* --- resizing -------------------------------------------------------------------------------------------------------
 */

/* Makes the block larger by the free block behind it. *size: granules wanted, then granules that it has. */
static enum outcome grow(const struct back_block *block, size_t *size)
{
    struct segment *segment = block->segment;
    struct surroundings around = {0};
    struct neighbour *next = &around.next;
    enum outcome outcome = look_behind(block, &around);

    if (UNLIKELY(outcome != OUTCOME_OK))
        return outcome;
    if (!is_free(next) || block->size + next->size < *size)
        return OUTCOME_CANNOT_RESIZE;
    if (!make_ready(segment, next, *size - block->size, true, &next->granule) || !is_unchanged(segment, next))
        return OUTCOME_NO_MEMORY;

    struct block_header whole = {block->size + next->size, block->previous};
    forget(segment, next);
    *size = cut(segment, block->data, &whole, next, &around.behind, *size);
    segment->heap->busy_bytes += block_bytes(*size - block->size);
    return OUTCOME_OK;
}

/* Makes a free block of the end of the block, if it is large enough for one. *size as for grow. */
static enum outcome shrink(const struct back_block *block, size_t *size)
{
    struct surroundings around = {0};

    if (block->size - *size < BLOCK_MIN_GRANULES) {
        *size = block->size;
        return OUTCOME_OK;
    }
    enum outcome outcome = look_behind(block, &around);
    if (UNLIKELY(outcome != OUTCOME_OK))
        return outcome;

    struct back_block rest = {
        .segment = block->segment,
        .data = next_data(block->data, *size),
        .size = block->size - *size,
        .previous = *size,
    };
    /* The rest starts anew: the block behind it is told of it even where nothing is merged. */
    if (UNLIKELY(!can_tell(block->segment, &around.next, block->size)))
        return OUTCOME_BLOCK_DAMAGED;
    around.before = (struct neighbour){.granule = GRANULE_NONE};
    block_write(block->segment->heap, block->data, *size, block->previous);
    tell(block->segment, &around.next, rest.size);
    if (never_merges(block->segment->heap))
        around.next.granule = GRANULE_NONE;
    block->segment->heap->busy_bytes -= block_bytes(rest.size);
    merge(&rest, &around);
    return OUTCOME_OK;
}

enum outcome back_resize(struct heap *heap, const struct back_block *block, size_t size)
{
    size_t granules = block_granules_for(size);
    enum outcome outcome = granules > block->size ? grow(block, &granules) : shrink(block, &granules);
    if (outcome != OUTCOME_OK)
        return outcome;

    make_busy(block->segment, block->data, granules, size);
    heap->requested_bytes += size - block->requested;
    return OUTCOME_OK;
}

void back_set_requested(struct heap *heap, uintptr_t data, size_t requested)
{
    struct back_block block;
    bump_settle(heap);
    if (find(heap, data, &block) != OUTCOME_OK)
        return; /* overwritten just now */
    make_busy(block.segment, data, block.size, requested);
    heap->requested_bytes += requested - block.requested;
}

/* --- aligned blocks -------------------------------------------------------------------------------------------------
 */

/* Makes the first granules of a busy block, which can be a block, free: what is left starts `lead` later. */
static enum outcome cut_front(struct heap *heap, const struct back_block *block, size_t lead)
{
    struct segment *segment = block->segment;
    struct neighbour next;
    size_t left = block->size - lead;
    uintptr_t data = next_data(block->data, lead);
    struct back_block front = *block;

    if (UNLIKELY(!find_next(segment, block->data, block->size, &next) || !can_tell(segment, &next, block->size)))
        return OUTCOME_BLOCK_DAMAGED;
    front.size = lead;
    front.requested = block_capacity(lead);
    block_write(heap, front.data, lead, front.previous);
    block_write(heap, data, left, lead);
    tell(segment, &next, left);
    make_busy(segment, front.data, lead, front.requested);
    make_busy(segment, data, left, block_capacity(left));
    heap->requested_bytes += front.requested + block_capacity(left) - block->requested;
    return free_found(heap, &front);
}

/* A block that has room for the placement: a free one where it fits just so, such as another of the same placement has
 * left, or one with room to spare. */
static enum outcome allocate_around(struct heap *heap, const struct placement *placement, uintptr_t *start)
{
    struct block_header header;
    bool used_soon = block_bytes(placement->size) <= USED_SOON_TOGETHER;
    bump_settle(heap);
    if (bins_find_placed(heap, placement, start, &header) && *start != 0) {
        uintptr_t lead = placement_in(placement, *start) - *start;
        size_t granules = (lead >> GRANULE_SHIFT) + placement->size;
        return take(heap, *start, &header, granules, block_capacity(granules), used_soon);
    }
    size_t granules = placement->size + (placement->alignment >> GRANULE_SHIFT) + 1;
    return allocate(heap, block_capacity(granules), used_soon, start);
}

enum outcome back_allocate_aligned(struct heap *heap, size_t size, size_t alignment, size_t offset, uintptr_t *data)
{
    struct placement placement = {block_granules_for(size), alignment, offset};
    struct back_block block;
    uintptr_t start;
    enum outcome outcome = allocate_around(heap, &placement, &start);
    if (outcome == OUTCOME_OK)
        outcome = find(heap, start, &block);
    if (UNLIKELY(outcome != OUTCOME_OK))
        return outcome;

    *data = placement_in(&placement, start);
    if (*data != start)
        outcome = cut_front(heap, &block, (*data - start) >> GRANULE_SHIFT);
    if (outcome == OUTCOME_OK)
        outcome = find(heap, *data, &block);
    return outcome == OUTCOME_OK ? back_resize(heap, &block, size) : outcome;
}

enum outcome back_allocate_span(struct heap *heap, size_t size, size_t alignment, size_t offset, uintptr_t *data)
{
    enum outcome outcome = back_allocate_aligned(heap, size, alignment, offset, data);
    if (outcome != OUTCOME_OK)
        return outcome;
    heap->requested_bytes -= size;
    *segment_granule(segment_of(heap, *data), *data) = GRANULE_SPAN;
    return OUTCOME_OK;
}

enum outcome back_free_span(struct heap *heap, uintptr_t data)
{
    struct segment *segment = segment_of(heap, data);
    struct back_block block;

    *segment_granule(segment, data) = GRANULE_BUSY;
    bump_settle(heap);
    enum outcome outcome = find(heap, data, &block);
    if (outcome != OUTCOME_OK)
        return outcome;
    heap->requested_bytes += block.requested;
    return free_found(heap, &block);
}

/* --- looking at all free blocks -------------------------------------------------------------------------------------
 */

static bool trim_block(struct heap *heap, uintptr_t data, void *context)
{
    struct segment *segment = segment_of(heap, data);
    struct block_header header;
    struct neighbour next;
    size_t least = *(const size_t *)context;
    if (!block_read(heap, data, &header) || !find_next(segment, data, header.size, &next))
        return true;

    uintptr_t from, end;
    if (inner_pages(segment, data, header.size, &from, &end) && end - from >= least) {
        segment_decommit(segment, from, end, false);
        heap->bins.top_ready = 0;
        *segment_granule(segment, data) = GRANULE_HOLLOW;
    }
    return true;
}

static void trim_from(struct heap *heap, size_t least)
{
    bump_settle(heap);
    if (heap->owns_memory && !bins_visit(heap, trim_block, &least))
        rebuild_bins(heap);
}

void back_trim(struct heap *heap)
{
    trim_from(heap, 0);
}

/* By the granule map and the headers, which were found to be whole. */
static bool is_vacant(const struct segment *segment)
{
    struct block_header header;
    for (uintptr_t data = segment->first; data < segment->end; data = next_data(data, header.size)) {
        if (!granule_is_free(granule_at(segment, data)) || !block_read(segment->heap, data, &header))
            return false;
    }
    return true;
}

static void unlink_segment(struct segment *previous, struct segment *segment)
{
    struct heap *heap = segment->heap;
    previous->next = segment->next;
    if (heap->last_segment == segment) {
        heap->last_segment = previous;
        heap->bins.pristine = previous->end;
    }
    heap->segment_count--;
    heap->reserved_bytes -= segment->reserved;
    heap->committed_bytes -= segment->committed;
}

void back_part_with_segments(struct heap *heap, void (*give_back)(struct segment *segment))
{
    struct segment *previous = &heap->first;
    uint32_t count = heap->segment_count;

    bump_settle(heap);
    if (previous->next == NULL || !for_each_free(heap, false))
        return;
    for (struct segment *segment = previous->next; segment != NULL; segment = previous->next) {
        if (is_vacant(segment)) {
            unlink_segment(previous, segment);
            give_back(segment);
        } else {
            segment->index = previous->index + 1;
            previous = segment;
        }
    }
    if (heap->segment_count != count) {
        bins_clear(heap);
        for_each_free(heap, true);
    }
}

void back_forget_habits(struct heap *heap)
{
    bool was_kept = heap->decommit_worth > DECOMMIT_WORTH;
    heap->decommit_worth = DECOMMIT_WORTH;
    heap->has_decommitted = false;
    if (was_kept && heap->hooks == NULL)
        trim_from(heap, DECOMMIT_WORTH);
}

/* Makes a free block that has all of its pages and the free one behind it one block, if they are neighbours. */
static bool merge_with_next(struct heap *heap, struct segment *segment, const struct block_header *header,
                            uintptr_t data)
{
    struct neighbour first = {data, header->size, header->previous, granule_at(segment, data)};
    struct back_block block = {.segment = segment, .data = data, .size = header->size, .previous = header->previous};
    struct surroundings around = {0};
    struct neighbour *next = &around.next;

    if (first.granule != GRANULE_FREE || look_behind(&block, &around) != OUTCOME_OK || !is_free(next))
        return false;
    if (first.size + next->size > BLOCK_MAX_GRANULES || !can_take(heap, data, first.size))
        return false;
    take_both(heap, &first, next);
    forget(segment, next);
    block_write(heap, data, first.size + next->size, first.previous);
    tell(segment, &around.behind, first.size + next->size);
    *segment_granule(segment, data) = next->granule;
    bins_insert(heap, data, first.size + next->size);
    return true;
}

bool back_coalesce(struct heap *heap)
{
    bool merged = false;
    if (!never_merges(heap))
        return false;
    bump_settle(heap);
    for (struct segment *segment = &heap->first; segment != NULL; segment = segment->next) {
        struct block_header header;
        struct neighbour next;
        for (uintptr_t data = segment->first; data < segment->end;) {
            if (!block_read(heap, data, &header) || !find_next(segment, data, header.size, &next))
                return merged;
            if (merge_with_next(heap, segment, &header, data))
                merged = true;
            else
                data = next_data(data, header.size);
        }
    }
    return merged;
}

/* Bytes that the largest committed part of a free block could hold as a block of its own. */
static size_t committed_capacity(const struct segment *segment, uintptr_t data, size_t size)
{
    uintptr_t from = data - BLOCK_DATA_OFFSET;
    uintptr_t end = from + block_bytes(size);
    size_t largest = 0;

    while (from < end) {
        uintptr_t part_end = segment_find_page(segment, from, end, false);
        size_t part = part_end - from - (part_end == end ? 0 : BLOCK_END_MARKER);
        if (part_end > from && part >= block_bytes(BLOCK_MIN_GRANULES))
            largest = size_max(largest, part - BLOCK_HEADER_SIZE);
        from = segment_find_page(segment, part_end, end, true);
    }
    return largest;
}

static bool measure_block(struct heap *heap, uintptr_t data, void *context)
{
    size_t *largest = context;
    struct block_header header;
    if (!block_read(heap, data, &header))
        return true;
    *largest = size_max(*largest, committed_capacity(segment_of(heap, data), data, header.size));
    return true;
}

size_t back_largest_free(struct heap *heap)
{
    size_t largest = 0;
    bump_settle(heap);
    if (!bins_visit(heap, measure_block, &largest) && rebuild_bins(heap))
        bins_visit(heap, measure_block, &largest);
    return largest;
}
