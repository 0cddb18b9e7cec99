#include "heap/padded.h"

#include "heap/back.h"
#include "heap/block.h"
#include "heap/hooks.h"
#include "heap/large.h"

#include <string.h>

bool padded_fits(const struct heap *heap, size_t size, size_t padding)
{
    return padding <= heap->normal_limit && size_max(size, GRANULE_SIZE) <= heap->normal_limit - padding;
}

static enum outcome allocate(struct heap *heap, size_t size, size_t alignment, bool zero, void **block)
{
    return alignment <= GRANULE_SIZE ? heap_allocate(heap, size, zero, block)
                                     : heap_allocate_aligned(heap, size, alignment, zero, block);
}

/* Tells the hooks that [from, the block's end) is no longer free; undone if they find that it was written to. */
static enum outcome take(struct heap *heap, void *block, uintptr_t from, size_t around)
{
    struct back_block back;
    if (heap->hooks == NULL || back_find(heap, (uintptr_t)block, &back) != OUTCOME_OK)
        return OUTCOME_OK;
    uintptr_t end = back.data + (back.size << GRANULE_SHIFT);
    return from < end ? heap->hooks->take(heap, from, end, around) : OUTCOME_OK;
}

/* Bytes that a block needs. The smallest ones are as large as if a granule had been asked for (nt-heap.md 15.5). */
static size_t size_with(const struct heap *heap, size_t size, size_t padding)
{
    return size_max(size + padding, GRANULE_SIZE + heap->padding);
}

/* Has a block be as large as was asked for, also where alignment made it a large one. */
static void set_requested(struct heap *heap, void *block, size_t size)
{
    struct unit *large = large_find(heap, block);
    if (large != NULL)
        large_set_requested(heap, large, size);
    else
        back_set_requested(heap, (uintptr_t)block, size);
}

enum outcome padded_allocate(struct heap *heap, size_t size, size_t padding, size_t alignment, bool zero, void **block)
{
    if (size > heap->normal_limit)
        return allocate(heap, size, alignment, zero, block);
    bool fits = padded_fits(heap, size, padding);
    enum outcome outcome = allocate(heap, fits ? size_with(heap, size, padding) : size, alignment, false, block);
    if (outcome != OUTCOME_OK)
        return outcome;
    /* An aligned block is cut out of a larger one, whose ends were written to. */
    size_t around = alignment > GRANULE_SIZE ? alignment + BLOCK_HEAD_SIZE : 0;
    outcome = take(heap, *block, (uintptr_t)*block, around);
    if (outcome != OUTCOME_OK) {
        heap_free(heap, *block);
        return outcome;
    }
    if (fits)
        set_requested(heap, *block, size);
    if (zero)
        memset(*block, 0, size);
    return OUTCOME_OK;
}

/* Where the block ends; 0: it is large. */
static uintptr_t end_of(struct heap *heap, void *block)
{
    struct back_block back;
    return back_find(heap, (uintptr_t)block, &back) == OUTCOME_OK ? back.data + (back.size << GRANULE_SHIFT) : 0;
}

enum outcome padded_resize(struct heap *heap, void *block, size_t size, size_t padding, bool zero, bool insists)
{
    size_t old_size, ignored;
    uintptr_t old_end = end_of(heap, block);
    if (old_end == 0)
        return heap_resize(heap, block, size, zero, insists, &old_size);
    if (!padded_fits(heap, size, padding))
        return heap_may_have(heap, size) ? OUTCOME_CANNOT_RESIZE : OUTCOME_NO_MEMORY;
    enum outcome outcome = heap_size(heap, block, &old_size);
    if (outcome == OUTCOME_OK)
        outcome = heap_resize(heap, block, size_with(heap, size, padding), false, insists, &ignored);
    if (outcome != OUTCOME_OK)
        return outcome;
    outcome = take(heap, block, old_end, 0);
    if (outcome != OUTCOME_OK) {
        size = old_size;
        heap_resize(heap, block, size_with(heap, size, padding), false, insists, &ignored);
    }
    back_set_requested(heap, (uintptr_t)block, size);
    if (zero && size > old_size)
        memset((char *)block + old_size, 0, size - old_size);
    return outcome;
}
