#include "heap/span.h"

#include "base/align.h"
#include "base/assert.h"
#include "heap/back.h"
#include "heap/block.h"

#include <string.h>

/* Between two spans, side by side: the end of the one's back-end block, and the start of the next. */
#define SPAN_OVERHEAD (2 * GRANULE_SIZE)

#define BLOCKS_AT_FIRST ((size_t)4)
#define LARGE_BLOCKS_AT_FIRST ((size_t)2) /* above what Windows' front end serves */

static size_t slices_for(size_t bytes)
{
    return (bytes + SPAN_OVERHEAD + SLICE_SIZE - 1) >> SLICE_SHIFT;
}

static size_t count_in(unsigned bucket, unsigned slices)
{
    return size_min((((size_t)slices << SLICE_SHIFT) - SPAN_OVERHEAD) / bucket_size(bucket), SPAN_BLOCKS);
}

unsigned span_slices_at_first(unsigned bucket)
{
    size_t size = bucket_size(bucket);
    return (unsigned)slices_for((size <= BUCKET_WINDOWS_LIMIT ? BLOCKS_AT_FIRST : LARGE_BLOCKS_AT_FIRST) * size);
}

unsigned span_slices_at_most(unsigned bucket)
{
    size_t size = bucket_size(bucket);
    size_t largest = size <= 4096 ? 16 : size <= 8192 ? 32 : 64;
    /* Rounded down: what is left of the last slice is too little for another span. */
    size_t holding_all = (SPAN_BLOCKS * size + SPAN_OVERHEAD) >> SLICE_SHIFT;
    unsigned most = (unsigned)size_max(size_min(holding_all, largest), slices_for(BLOCKS_AT_FIRST * size));

    /* The number of slices, of those not much smaller, of which blocks fill the most. */
    unsigned best = most;
    for (unsigned slices = most; slices > most / 2; slices--) {
        if (count_in(bucket, slices) * best > count_in(bucket, best) * slices)
            best = slices;
    }
    return best;
}

/* Lays the span's slices down in the tables, or takes them out. */
static void mark_slices(const struct span *span, struct span *entry, uint32_t tag)
{
    struct arena *arena = &arenas[0];
    size_t first = arena_slice_index(arena, (void *)span->first);
    for (size_t i = first; i < first + span->slices; i++) {
        __atomic_store_n(&arena->spans[i], entry, __ATOMIC_RELEASE);
        __atomic_store_n(&arena->tags[i], tag, __ATOMIC_RELAXED);
    }
}

static void set_all_free(struct span *span)
{
    unsigned count = span->count;
    for (unsigned word = 0; word < SPAN_WORDS; word++) {
        unsigned bits = count < 64 ? count : 64;
        span->free[word] = bits == 0 ? 0 : ~(uint64_t)0 >> (64 - bits);
        count -= bits;
    }
    span->free_count = span->count;
}

bool span_open(struct heap *heap, struct span *span, unsigned bucket, unsigned slices, uint32_t tag)
{
    size_t size = bucket_size(bucket);
    size_t count = count_in(bucket, slices);
    uintptr_t data;
    if (back_allocate_span(heap, SPAN_OFFSET + count * size, SLICE_SIZE, SPAN_OFFSET, &data) != OUTCOME_OK)
        return false;
    if (data - arenas[0].base >= arenas[0].size) {
        back_free_span(heap, data);
        return false;
    }

    *span = (struct span){
        .first = data + SPAN_OFFSET,
        .block_size = (uint32_t)size,
        .reciprocal = (uint32_t)((((size_t)1 << SPAN_RECIPROCAL_SHIFT) + (size >> GRANULE_SHIFT) - 1) /
                                 (size >> GRANULE_SHIFT)),
        .count = (uint16_t)count,
        .bucket = (uint8_t)bucket,
        .slices = (uint8_t)((count * size + SLICE_SIZE - 1) >> SLICE_SHIFT),
    };
    set_all_free(span);
    mark_slices(span, span, tag | bucket << TAG_BUCKET_SHIFT);
    return true;
}

void span_close(struct heap *heap, struct span *span)
{
    ASSERT(span->free_count == span->count);
    mark_slices(span, NULL, 0);
    memset(span_granule((void *)span->first), GRANULE_NONE, span_bytes(span) >> GRANULE_SHIFT);
    back_free_span(heap, span->first - SPAN_OFFSET);
}

unsigned span_take(struct span *span, unsigned limit, void **blocks)
{
    unsigned wanted = limit < span->free_count ? limit : span->free_count;
    unsigned left = wanted;

    for (unsigned word = 0; left != 0; word++) {
        uint64_t bits = span->free[word];
        uintptr_t base = span->first + (size_t)word * 64 * span->block_size;
        while (bits != 0 && left != 0) {
            blocks[--left] = (void *)(base + (size_t)__builtin_ctzll(bits) * span->block_size);
            bits &= bits - 1;
        }
        span->free[word] = bits;
    }
    span->free_count = (uint16_t)(span->free_count - wanted);
    return wanted;
}

unsigned span_put(struct span *span, unsigned count, void *const *blocks)
{
    size_t bytes = span_bytes(span);
    unsigned free_count = span->free_count;
    unsigned i = 0;

    for (; i < count && (uintptr_t)blocks[i] - span->first < bytes; i++) {
        unsigned index = span_index(span, blocks[i]);
        uint64_t bit = (uint64_t)1 << (index % 64);
        uint64_t *word = &span->free[index / 64];
        free_count += (*word & bit) == 0;
        *word |= bit;
    }
    span->free_count = (uint16_t)free_count;
    return i;
}

/* Whether every block that has a byte in [from, end), of the span, is free by the bits. */
static bool is_free_between(const struct span *span, uintptr_t from, uintptr_t end)
{
    unsigned last = span_index(span, (void *)(end - 1));
    for (unsigned index = span_index(span, (void *)from); index <= last; index++) {
        if ((span->free[index / 64] >> (index % 64) & 1) == 0)
            return false;
    }
    return true;
}

void span_cool(const struct span *span)
{
    size_t page = os_page_size();
    uintptr_t end = align_down(span->first + span_bytes(span), page);
    uintptr_t from = align_up(span->first, page);

    while (from < end) {
        uintptr_t free_end = from;
        while (free_end < end && is_free_between(span, free_end, free_end + page))
            free_end += page;
        if (free_end > from)
            os_discard((void *)from, free_end - from);
        from = free_end + page;
    }
}

bool span_is_whole(const struct span *span)
{
    unsigned free_count = 0;
    for (unsigned index = 0; index < span->count; index++) {
        const void *block = span_block(span, index);
        bool is_free = (span->free[index / 64] >> (index % 64) & 1) != 0;
        uint8_t granule = span_granule_value(span_granule(block));
        bool is_busy = span_marks_busy(granule);
        if (is_busy ? is_free || span_requested(span, block) > span->block_size : granule != GRANULE_NONE)
            return false;
        free_count += is_free;
    }
    return free_count == span->free_count;
}

size_t span_sum(const struct span *span)
{
    size_t sum = 0;
    for (unsigned index = 0; index < span->count; index++) {
        const void *block = span_block(span, index);
        if (span_is_busy(block))
            sum += span_requested(span, block);
    }
    return sum;
}
