#include "heap/back.h"

#include "base/assert.h"
#include "heap/block.h"

/* Commits grow with the segment, so that their number stays small, up to this. */
#define LARGEST_COMMIT_STEP ((size_t)256 << 10)

/* --- neighbours ----------------------------------------------------------------------------------------------------- */

static uintptr_t next_data(uintptr_t data, size_t size)
{
    return data + block_bytes(size);
}

static uint8_t granule_at(const struct segment *segment, uintptr_t data)
{
    return *segment_granule(segment, data);
}

/* Whether the block behind, if there is one, is whole and agrees on the size of this one. */
static bool next_agrees(const struct segment *segment, uintptr_t data, size_t size)
{
    if (size < BLOCK_MIN_GRANULES || size > (segment->end - data) >> GRANULE_SHIFT)
        return false;
    uintptr_t next = next_data(data, size);
    if (next == segment->end)
        return true;

    struct block_header header;
    return granule_at(segment, next) != GRANULE_NONE && block_read(segment->heap, next, &header) &&
           header.previous == size;
}

/* Whether the block before, if there is one, is whole and ends where this one starts. */
static bool previous_agrees(const struct segment *segment, uintptr_t data, size_t previous)
{
    if (previous == 0)
        return data == segment->first;
    if (previous > (data - segment->first) >> GRANULE_SHIFT)
        return false;

    uintptr_t before = data - block_bytes(previous);
    struct block_header header;
    return granule_at(segment, before) != GRANULE_NONE && block_read(segment->heap, before, &header) &&
           header.size == previous;
}

/* Tells the block behind, if there is one, how large the block before it now is. */
static void set_next_previous(const struct segment *segment, uintptr_t data, size_t size)
{
    uintptr_t next = next_data(data, size);
    if (next == segment->end)
        return;

    struct block_header header;
    bool intact = block_read(segment->heap, next, &header);
    ASSERT(intact);
    (void)intact;
    block_write(segment->heap, next, header.size, size);
}

/* --- finding -------------------------------------------------------------------------------------------------------- */

static enum outcome why_not_busy(uint8_t granule)
{
    return granule_is_free(granule) ? OUTCOME_ALREADY_FREE : OUTCOME_NOT_A_BLOCK;
}

enum outcome back_find(const struct heap *heap, uintptr_t address, struct back_block *block)
{
    struct segment *segment = segment_of(heap, address);
    if (UNLIKELY(segment == NULL || !is_aligned(address, GRANULE_SIZE)))
        return OUTCOME_NOT_A_BLOCK;

    uint8_t granule = granule_at(segment, address);
    if (UNLIKELY(!granule_is_busy(granule)))
        return why_not_busy(granule);

    struct block_header header;
    if (UNLIKELY(!block_read(heap, address, &header) || !next_agrees(segment, address, header.size)))
        return OUTCOME_BLOCK_DAMAGED;
    *block = (struct back_block){segment, address, header.size, header.previous};
    return OUTCOME_OK;
}

size_t back_requested(const struct back_block *block)
{
    size_t not_asked_for = (size_t)granule_at(block->segment, block->data) - GRANULE_BUSY;
    return block_capacity(block->size) - not_asked_for;
}

/* --- the two states of a block -------------------------------------------------------------------------------------- */

static void make_busy(struct segment *segment, uintptr_t data, size_t size, size_t requested)
{
    size_t not_asked_for = block_capacity(size) - requested;
    ASSERT(not_asked_for <= GRANULE_BUSY_LAST - GRANULE_BUSY);
    *segment_granule(segment, data) = (uint8_t)(GRANULE_BUSY + not_asked_for);
}

/* Puts a block, whose header is written, into the bins, as free or hollow. */
static void make_free(struct segment *segment, uintptr_t data, size_t size, uint8_t granule)
{
    *segment_granule(segment, data) = granule;
    bins_insert(segment->heap, data, size);
}

/* What a block cut from the end of a free block is: only the end of a hollow block needs a look at its pages. */
static uint8_t granule_of_rest(const struct segment *segment, uintptr_t data, size_t size, uint8_t whole)
{
    uintptr_t start = data - BLOCK_DATA_OFFSET;
    uintptr_t end = start + block_bytes(size);
    if (whole == GRANULE_HOLLOW && segment_find_page(segment, start, end, false) != end)
        return GRANULE_HOLLOW;
    return GRANULE_FREE;
}

/* A damaged free list is made anew from the headers and the granule map, which say the same. False: they are damaged. */
static NOINLINE bool rebuild_bins(struct heap *heap)
{
    heap->found_damage = true;
    bins_clear(heap);
    for (struct segment *segment = &heap->first; segment != NULL; segment = segment->next) {
        struct block_header header;
        for (uintptr_t data = segment->first; data < segment->end; data = next_data(data, header.size)) {
            if (!block_read(heap, data, &header) || !next_agrees(segment, data, header.size))
                return false;
            if (granule_is_free(granule_at(segment, data)))
                bins_insert(heap, data, header.size);
        }
    }
    return true;
}

/* Whether a free block can be taken out of the bins, which are rebuilt if they are damaged. */
static bool can_take(struct heap *heap, uintptr_t data, size_t size)
{
    return LIKELY(bins_can_remove(heap, data, size)) || (rebuild_bins(heap) && bins_can_remove(heap, data, size));
}

/* --- committing ----------------------------------------------------------------------------------------------------- */

/* How much a segment commits beyond what it needs at once. */
static size_t commit_step(const struct segment *segment)
{
    return size_max(segment->heap->commit_step, size_min(segment->committed / 2, LARGEST_COMMIT_STEP));
}

/*
 * Commits the front of a free block, so that `size` granules can be cut from it and what is left can be a free block. A
 * little more is committed than needed, if there is the memory.
 */
static bool commit_front(struct segment *segment, uintptr_t data, size_t block_size, size_t size)
{
    uintptr_t start = data - BLOCK_DATA_OFFSET;
    uintptr_t block_end = start + block_bytes(block_size);
    uintptr_t needed = size_min(start + block_bytes(size) + BLOCK_HEAD_SIZE, block_end);
    uintptr_t missing = segment_find_page(segment, start, needed, false);
    if (missing == needed)
        return true;

    uintptr_t wanted = size_min(size_max(needed, missing + commit_step(segment)), block_end);
    return segment_commit(segment, start, wanted) || segment_commit(segment, start, needed);
}

/* --- allocating ----------------------------------------------------------------------------------------------------- */

/*
 * Makes the first `size` of `total` granules one block, and the rest a free block, or part of the first where it is too
 * small for one. `whole`: what the memory that the rest comes from was. It is in no bin. Returns the size of the first.
 */
static size_t cut(struct segment *segment, uintptr_t data, const struct block_header *header, size_t size, uint8_t whole)
{
    struct heap *heap = segment->heap;
    size_t rest = header->size - size;

    if (rest < BLOCK_MIN_GRANULES) {
        block_write(heap, data, header->size, header->previous);
        set_next_previous(segment, data, header->size);
        return header->size;
    }
    uintptr_t rest_data = next_data(data, size);
    block_write(heap, data, size, header->previous);
    block_write(heap, rest_data, rest, size);
    set_next_previous(segment, rest_data, rest);
    make_free(segment, rest_data, rest, granule_of_rest(segment, rest_data, rest, whole));
    return size;
}

/* A free block of at least `size` granules; it is still in the bins. */
static enum outcome find_free(struct heap *heap, size_t size, uintptr_t *data)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        if (UNLIKELY(!bins_find(heap, size, data))) {
            if (!rebuild_bins(heap))
                return OUTCOME_FREE_LIST_DAMAGED;
            continue;
        }
        if (*data != 0)
            return OUTCOME_OK;
        if (!segment_add(heap, block_bytes(size)))
            return OUTCOME_NO_MEMORY;
    }
    return bins_find(heap, size, data) && *data != 0 ? OUTCOME_OK : OUTCOME_FREE_LIST_DAMAGED;
}

enum outcome back_allocate(struct heap *heap, size_t size, uintptr_t *allocated)
{
    size_t granules = block_granules_for(size);
    uintptr_t data;
    enum outcome outcome = find_free(heap, granules, &data);
    if (UNLIKELY(outcome != OUTCOME_OK))
        return outcome;

    struct segment *segment = segment_of(heap, data);
    struct block_header header;
    if (UNLIKELY(!block_read(heap, data, &header) || header.size < granules ||
                 !next_agrees(segment, data, header.size)))
        return OUTCOME_FREE_LIST_DAMAGED;
    uint8_t granule = granule_at(segment, data);
    if (granule == GRANULE_HOLLOW && !commit_front(segment, data, header.size, granules))
        return OUTCOME_NO_MEMORY;
    if (UNLIKELY(!can_take(heap, data, header.size)))
        return OUTCOME_FREE_LIST_DAMAGED;

    bins_remove(heap, data, header.size);
    granules = cut(segment, data, &header, granules, granule);
    make_busy(segment, data, granules, size);
    heap->busy_bytes += block_bytes(granules);
    heap->requested_bytes += size;
    *allocated = data;
    return OUTCOME_OK;
}

/* --- freeing -------------------------------------------------------------------------------------------------------- */

/* A free block beside a busy one, with which it will be merged; size 0: there is none. */
struct neighbour {
    uintptr_t data;
    size_t size;
    size_t previous;
};

/* Looks at the block behind. False: a header is damaged. */
static bool find_free_next(const struct back_block *block, struct neighbour *next)
{
    const struct segment *segment = block->segment;
    uintptr_t data = next_data(block->data, block->size);
    struct block_header header;

    *next = (struct neighbour){0};
    if (data == segment->end || !granule_is_free(granule_at(segment, data)))
        return true;
    if (!block_read(segment->heap, data, &header) || !next_agrees(segment, data, header.size))
        return false;
    *next = (struct neighbour){data, header.size, header.previous};
    return true;
}

/* Looks at the block before. False: a header is damaged. */
static bool find_free_previous(const struct back_block *block, struct neighbour *before)
{
    const struct segment *segment = block->segment;
    uintptr_t data = block->data - block_bytes(block->previous);
    struct block_header header;

    *before = (struct neighbour){0};
    if (!previous_agrees(segment, block->data, block->previous))
        return false;
    if (block->previous == 0 || !granule_is_free(granule_at(segment, data)))
        return true;
    if (!block_read(segment->heap, data, &header))
        return false;
    *before = (struct neighbour){data, header.size, header.previous};
    return true;
}

/* Finds both, and makes sure that they can be taken out of the bins; before this nothing is changed, after it all can be. */
static enum outcome find_neighbours(const struct back_block *block, struct neighbour *before, struct neighbour *next)
{
    struct heap *heap = block->segment->heap;

    if (UNLIKELY(!find_free_next(block, next) || !find_free_previous(block, before)))
        return OUTCOME_BLOCK_DAMAGED;
    if (UNLIKELY((next->size != 0 && !can_take(heap, next->data, next->size)) ||
                 (before->size != 0 && !can_take(heap, before->data, before->size))))
        return OUTCOME_FREE_LIST_DAMAGED;
    return OUTCOME_OK;
}

/* The whole pages inside a free block that it can do without; false: none. */
static bool inner_pages(uintptr_t data, size_t size, uintptr_t segment_end, uintptr_t *from, uintptr_t *end)
{
    size_t page = os_page_size();
    uintptr_t start = data - BLOCK_DATA_OFFSET;
    uintptr_t block_end = start + block_bytes(size);
    /* A walk reports the committed end of the block as a free block of its own, which has 32 bytes at least. */
    uintptr_t tail = data + block_bytes(size) == segment_end ? 0 : 2 * GRANULE_SIZE;

    *from = align_up(start + BLOCK_HEAD_SIZE, page);
    *end = align_down(block_end - tail, page);
    if (is_aligned(block_end, page))
        *end = block_end;
    return *from < *end;
}

/* Whether a block that becomes free is large, and its heap has enough free memory already, to give its pages back. */
static bool should_decommit(const struct heap *heap, size_t size)
{
    return heap->owns_memory && block_bytes(size) >= heap->decommit_block_threshold &&
           heap->committed_bytes - heap->busy_bytes > heap->decommit_total_threshold;
}

/* Takes a neighbour out of the bins and forgets that a block starts there. Says whether it was hollow. */
static bool swallow(struct segment *segment, const struct neighbour *neighbour)
{
    uint8_t *granule = segment_granule(segment, neighbour->data);
    bool hollow = *granule == GRANULE_HOLLOW;
    bins_remove(segment->heap, neighbour->data, neighbour->size);
    *granule = GRANULE_NONE;
    return hollow;
}

/* Makes a block that is busy no more, and its free neighbours, one free block. */
static void merge(const struct back_block *block, const struct neighbour *before, const struct neighbour *next)
{
    struct segment *segment = block->segment;
    uintptr_t data = block->data;
    size_t size = block->size;
    size_t previous = block->previous;
    bool hollow = false;

    if (next->size != 0 && size + next->size <= BLOCK_MAX_GRANULES) {
        hollow |= swallow(segment, next);
        size += next->size;
    }
    if (before->size != 0 && size + before->size <= BLOCK_MAX_GRANULES) {
        hollow |= swallow(segment, before);
        data = before->data;
        size += before->size;
        previous = before->previous;
    }
    block_write(segment->heap, data, size, previous);
    set_next_previous(segment, data, size);

    uintptr_t from, end;
    if (should_decommit(segment->heap, size) && inner_pages(data, size, segment->end, &from, &end)) {
        segment_decommit(segment, from, end, segment->heap->access == OS_READ_WRITE);
        hollow = true;
    }
    make_free(segment, data, size, hollow ? GRANULE_HOLLOW : GRANULE_FREE);
}

enum outcome back_free(struct heap *heap, const struct back_block *block)
{
    struct neighbour before, next;
    enum outcome outcome = find_neighbours(block, &before, &next);
    if (UNLIKELY(outcome != OUTCOME_OK))
        return outcome;

    heap->requested_bytes -= back_requested(block);
    heap->busy_bytes -= block_bytes(block->size);
    *segment_granule(block->segment, block->data) = GRANULE_NONE;
    merge(block, &before, &next);
    return OUTCOME_OK;
}

/* --- resizing ------------------------------------------------------------------------------------------------------- */

/* Makes the block larger by the free block behind it. *size: granules wanted, then granules that it has. */
static enum outcome grow(const struct back_block *block, size_t *size)
{
    struct segment *segment = block->segment;
    struct neighbour next;

    if (UNLIKELY(!find_free_next(block, &next)))
        return OUTCOME_BLOCK_DAMAGED;
    if (next.size == 0 || block->size + next.size < *size)
        return OUTCOME_CANNOT_RESIZE;
    uint8_t granule = granule_at(segment, next.data);
    if (granule == GRANULE_HOLLOW && !commit_front(segment, next.data, next.size, *size - block->size))
        return OUTCOME_NO_MEMORY;
    if (UNLIKELY(!can_take(segment->heap, next.data, next.size)))
        return OUTCOME_FREE_LIST_DAMAGED;

    swallow(segment, &next);
    struct block_header whole = {block->size + next.size, block->previous};
    *size = cut(segment, block->data, &whole, *size, granule);
    return OUTCOME_OK;
}

/* Makes a free block of the end of the block, if it is large enough for one. *size as for grow. */
static enum outcome shrink(const struct back_block *block, size_t *size)
{
    struct segment *segment = block->segment;
    struct neighbour none = {0}, next;

    if (block->size - *size < BLOCK_MIN_GRANULES) {
        *size = block->size;
        return OUTCOME_OK;
    }
    if (UNLIKELY(!find_free_next(block, &next)))
        return OUTCOME_BLOCK_DAMAGED;
    if (UNLIKELY(next.size != 0 && !can_take(segment->heap, next.data, next.size)))
        return OUTCOME_FREE_LIST_DAMAGED;

    struct back_block rest = {segment, next_data(block->data, *size), block->size - *size, *size};
    block_write(segment->heap, block->data, *size, block->previous);
    merge(&rest, &none, &next);
    return OUTCOME_OK;
}

enum outcome back_resize(struct heap *heap, const struct back_block *block, size_t size)
{
    size_t granules = block_granules_for(size);
    size_t old_requested = back_requested(block);
    enum outcome outcome = granules > block->size ? grow(block, &granules) : shrink(block, &granules);
    if (outcome != OUTCOME_OK)
        return outcome;

    make_busy(block->segment, block->data, granules, size);
    heap->busy_bytes += block_bytes(granules) - block_bytes(block->size);
    heap->requested_bytes += size - old_requested;
    return OUTCOME_OK;
}

/* --- looking at all free blocks ------------------------------------------------------------------------------------- */

static bool trim_block(struct heap *heap, uintptr_t data, void *context)
{
    struct segment *segment = segment_of(heap, data);
    struct block_header header;
    (void)context;
    if (!block_read(heap, data, &header) || !next_agrees(segment, data, header.size))
        return true;

    uintptr_t from, end;
    if (inner_pages(data, header.size, segment->end, &from, &end)) {
        segment_decommit(segment, from, end, false);
        *segment_granule(segment, data) = GRANULE_HOLLOW;
    }
    return true;
}

void back_trim(struct heap *heap)
{
    if (heap->owns_memory && !bins_visit(heap, trim_block, NULL))
        rebuild_bins(heap);
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
    bins_visit(heap, measure_block, &largest);
    return largest;
}
