#include "debug/place.h"

#include "heap/block.h"
#include "heap/extra.h"
#include "heap/padded.h"

#include <string.h>
#include <winnt.h>

#define NEW_PATTERN 0xBAADF00Du
#define VALUE_ROOM ((size_t)16) /* extra.h */

uintptr_t place_end(const struct back_block *block)
{
    return block->data + block_bytes(block->size);
}

struct place place_find(struct heap *heap, const void *block)
{
    struct back_block back;
    size_t size = 0;
    if (back_find(heap, (uintptr_t)block, &back) != OUTCOME_OK) {
        heap_size(heap, block, &size);
        return (struct place){(uintptr_t)block, 0, size};
    }
    return (struct place){back.data, place_end(&back), back.requested};
}

size_t place_granules(const struct place *place)
{
    return place->end != 0 ? (place->end - place->data) >> GRANULE_SHIFT : 0;
}

bool place_has_tail(const struct heap *heap, const struct place *place)
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

void place_write_tail(struct heap *heap, const struct place *place)
{
    if (place->end == 0 || !padded_fits(heap, place->size, heap->padding))
        return;
    uintptr_t tail = place->data + place->size;
    uintptr_t rest = tail + heap->tail + room_of(heap, place);
    memset((void *)tail, TAIL_BYTE, heap->tail);
    memset((void *)rest, 0, place->end - BLOCK_HEADER_SIZE - rest);
}

void place_fill_new(void *block, size_t from, size_t size)
{
    const uint32_t pattern = NEW_PATTERN;
    for (size_t at = (from + 3) & ~(size_t)3; at + sizeof pattern <= size; at += sizeof pattern)
        memcpy((char *)block + at, &pattern, sizeof pattern);
}

static bool is_nothing(const struct segment *segment, uintptr_t data)
{
    return *segment_granule(segment, data) == GRANULE_NONE;
}

void place_fill_freed(struct heap *heap, uintptr_t data, uintptr_t end)
{
    const struct segment *segment = segment_of(heap, data);
    uintptr_t from = is_nothing(segment, data) ? data - GRANULE_SIZE : data + GRANULE_SIZE;
    uintptr_t to = end != segment->end && is_nothing(segment, end) ? end + GRANULE_SIZE : end - GRANULE_SIZE;
    if (debug_has_flag(heap, HEAP_FREE_CHECKING_ENABLED))
        marks_fill(&heap->debug->marks, from, to);
}
