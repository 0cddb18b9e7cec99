/*
 * The top: the free block at the end of the newest segment, which is in no bin (bins.h). The short ways for it, inline,
 * since a heap without holes lives from the top alone.
 */
#ifndef CAIRN_HEAP_TOP_H
#define CAIRN_HEAP_TOP_H

#include "heap/block.h"

static ALWAYS_INLINE bool top_is(const struct heap *heap, uintptr_t data)
{
    return data == heap->bins.top;
}

/* Where the bins are empty, finds the top if it has `size` granules, and reads its header. False: bins_find must look.
 */
static ALWAYS_INLINE bool top_find(const struct heap *heap, size_t size, uintptr_t *data, struct block_header *header)
{
    *data = heap->bins.top;
    return heap->bins.filled_words == 0 && *data != 0 && LIKELY(block_read(heap, *data, header)) &&
           LIKELY(header->size >= size);
}

/* Notes that memory of a segment up to an address is in use: it is pristine no longer. */
static ALWAYS_INLINE void top_note_use(struct heap *heap, const struct segment *segment, uintptr_t end)
{
    if (segment == heap->last_segment && end > heap->bins.pristine)
        heap->bins.pristine = end;
}

/* Moves the start of the top, if `old` is it and the block that takes its place ends where it does. */
static ALWAYS_INLINE bool top_replace(struct heap *heap, uintptr_t old, uintptr_t data, size_t size)
{
    if (old != heap->bins.top || data + block_bytes(size) != heap->last_segment->end)
        return false;
    heap->bins.top = data;
    return true;
}

#endif
