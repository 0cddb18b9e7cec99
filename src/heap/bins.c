#include "heap/bins.h"

#include "base/align.h"
#include "base/assert.h"
#include "heap/block.h"
#include "heap/top.h"

#include <string.h>

/* In the first 16 bytes of a free block's data. */
struct links {
    uintptr_t next; /* masked data addresses; 0 under the mask: none */
    uintptr_t previous;
};
_Static_assert(sizeof(struct links) <= BLOCK_MIN_GRANULES * GRANULE_SIZE - BLOCK_DATA_OFFSET, "fit the smallest block");

/* Blocks of a bin that holds a range of sizes are tried this often before the next larger bin is taken. */
#define TRIES_IN_OWN_BIN 4

static unsigned bin_of(size_t size)
{
    if (size < BIN_EXACT_LIMIT)
        return (unsigned)size;
    /* The leading bits of the size, 8 to 15, are the step; each doubling has 8 bins. */
    unsigned shift = ((unsigned)__builtin_clzll((unsigned long long)size) ^ 63u) - BIN_STEPS_LOG;
    unsigned step = (unsigned)(size >> shift) - (1u << BIN_STEPS_LOG);
    return BIN_EXACT_LIMIT + ((shift + BIN_STEPS_LOG - BIN_EXACT_LOG) << BIN_STEPS_LOG) + step;
}

/* First filled bin at or above `bin`; BIN_COUNT if none. */
static unsigned filled_bin(const struct bins *bins, unsigned bin)
{
    uint64_t word = bins->filled[bin / 64] >> (bin % 64);
    if (word != 0)
        return bin + (unsigned)__builtin_ctzll(word);
    unsigned words = bins->filled_words & (~1u << (bin / 64));
    if (words == 0)
        return BIN_COUNT;
    unsigned i = (unsigned)__builtin_ctz(words);
    return i * 64 + (unsigned)__builtin_ctzll(bins->filled[i]);
}
_Static_assert(BIN_COUNT < BIN_WORDS * 64, "one bin above the last can be asked for");

/* The smallest size that belongs into a bin above this one. */
static size_t bin_end(unsigned bin)
{
    if (bin + 1 <= BIN_EXACT_LIMIT)
        return bin + 1;
    unsigned place = bin + 1 - BIN_EXACT_LIMIT;
    unsigned shift = place >> BIN_STEPS_LOG;
    size_t step = (place & ((1u << BIN_STEPS_LOG) - 1)) + (1u << BIN_STEPS_LOG);
    return step << (shift + BIN_EXACT_LOG - BIN_STEPS_LOG);
}

size_t bins_limit(const struct heap *heap)
{
    const struct bins *bins = &heap->bins;
    if (bins->filled_words == 0)
        return 0;
    unsigned word = 31 - (unsigned)__builtin_clz(bins->filled_words);
    return bin_end(word * 64 + 63 - (unsigned)__builtin_clzll(bins->filled[word]));
}

static void mark_filled(struct bins *bins, unsigned bin)
{
    bins->filled[bin / 64] |= (uint64_t)1 << (bin % 64);
    bins->filled_words |= 1u << (bin / 64);
}

static void mark_empty(struct bins *bins, unsigned bin)
{
    bins->filled[bin / 64] &= ~((uint64_t)1 << (bin % 64));
    if (bins->filled[bin / 64] == 0)
        bins->filled_words &= ~(1u << (bin / 64));
}

static struct links *links_of(uintptr_t data)
{
    return (struct links *)data;
}

static uintptr_t mask_link(const struct heap *heap, uintptr_t link)
{
    return link ^ (uintptr_t)heap->key;
}

/* Whether a free block of this heap starts there: only then may its links be read. */
static bool is_free_block(const struct heap *heap, uintptr_t data)
{
    if (!is_aligned(data, GRANULE_SIZE))
        return false;
    struct segment *segment = segment_of(heap, data);
    return segment != NULL && granule_is_free(*segment_granule(segment, data));
}

/* The block behind one of a list; 0 at the end. False: the link was overwritten. */
static bool next_in_bin(const struct heap *heap, uintptr_t data, uintptr_t *next)
{
    *next = mask_link(heap, links_of(data)->next);
    return *next == 0 ||
           (*next != data && is_free_block(heap, *next) && mask_link(heap, links_of(*next)->previous) == data);
}

/* Whether the block ends where the newest segment does. */
static bool is_last(const struct heap *heap, uintptr_t data, size_t size)
{
    return data + block_bytes(size) == heap->last_segment->end;
}

static void push(struct heap *heap, uintptr_t data, size_t size)
{
    unsigned bin = bin_of(size);
    uintptr_t head = heap->bins.heads[bin];

    links_of(data)->next = mask_link(heap, head);
    links_of(data)->previous = mask_link(heap, 0);
    if (head != 0)
        links_of(head)->previous = mask_link(heap, data);
    heap->bins.heads[bin] = data;
    mark_filled(&heap->bins, bin);
}

void bins_insert(struct heap *heap, uintptr_t data, size_t size)
{
    if (!is_last(heap, data, size)) {
        push(heap, data, size);
        return;
    }
    heap->bins.top = data;
    heap->bins.top_ready = 0;
}

void bins_retire_top(struct heap *heap)
{
    struct block_header header;
    uintptr_t top = heap->bins.top;
    heap->bins.top = 0;
    /* A damaged one is in no bin then, and stays where a validation finds it. */
    if (top != 0 && block_read(heap, top, &header))
        push(heap, top, header.size);
}

bool bins_can_remove(const struct heap *heap, uintptr_t data, size_t size)
{
    if (top_is(heap, data))
        return true;

    uintptr_t next;
    uintptr_t previous = mask_link(heap, links_of(data)->previous);

    if (UNLIKELY(!next_in_bin(heap, data, &next)))
        return false;
    /* Without a block before it, it is the first of its bin; with one it is not. Then no list is a circle, and no bin
     * is left with a first block that has been taken. */
    bool is_first = heap->bins.heads[bin_of(size)] == data;
    if (previous == 0 || is_first)
        return previous == 0 && is_first;
    return is_free_block(heap, previous) && mask_link(heap, links_of(previous)->next) == data;
}

void bins_remove(struct heap *heap, uintptr_t data, size_t size)
{
    ASSERT(bins_can_remove(heap, data, size));
    if (top_is(heap, data)) {
        heap->bins.top = 0;
        return;
    }

    uintptr_t next = mask_link(heap, links_of(data)->next);
    uintptr_t previous = mask_link(heap, links_of(data)->previous);
    if (next != 0)
        links_of(next)->previous = mask_link(heap, previous);
    if (previous != 0) {
        links_of(previous)->next = mask_link(heap, next);
        return;
    }
    unsigned bin = bin_of(size);
    heap->bins.heads[bin] = next;
    if (next == 0)
        mark_empty(&heap->bins, bin);
}

void bins_replace(struct heap *heap, uintptr_t old_data, size_t old_size, uintptr_t data, size_t size)
{
    if (top_replace(heap, old_data, data, size))
        return;
    bins_remove(heap, old_data, old_size);
    bins_insert(heap, data, size);
}

/* Looks for a block of at least `size` among the first `tries` of a bin whose blocks may be smaller. */
static bool find_in_own_bin(struct heap *heap, unsigned bin, size_t size, size_t tries, uintptr_t *found,
                            struct block_header *header)
{
    uintptr_t data = heap->bins.heads[bin];

    for (; data != 0 && tries > 0; tries--) {
        if (!block_read(heap, data, header))
            return false;
        if (header->size >= size) {
            *found = data;
            return true;
        }
        if (!next_in_bin(heap, data, &data))
            return false;
    }
    *found = 0;
    return true;
}

bool bins_find(struct heap *heap, size_t size, uintptr_t *data, struct block_header *header)
{
    unsigned bin = bin_of(size);
    if (bin >= BIN_EXACT_LIMIT) {
        if (!find_in_own_bin(heap, bin, size, TRIES_IN_OWN_BIN, data, header))
            return false;
        if (*data != 0)
            return true;
        bin++;
    }
    bin = filled_bin(&heap->bins, bin);
    *data = bin < BIN_COUNT ? heap->bins.heads[bin] : heap->bins.top;
    if (*data == 0)
        return true;
    if (UNLIKELY(!block_read(heap, *data, header)))
        return false;
    if (header->size >= size)
        return true;
    /* Only the top may be too small: what is in a bin is of its size. */
    bool is_top = *data == heap->bins.top;
    *data = 0;
    return is_top;
}

uintptr_t placement_in(const struct placement *placement, uintptr_t data)
{
    uintptr_t aligned = align_up(data + placement->offset, placement->alignment) - placement->offset;
    bool too_near = aligned != data && aligned - data < block_bytes(BLOCK_MIN_GRANULES);
    return too_near ? aligned + placement->alignment : aligned;
}

/* The same among the first blocks of one bin. */
static bool find_placed_in_bin(struct heap *heap, unsigned bin, const struct placement *placement, uintptr_t *found,
                               struct block_header *header)
{
    uintptr_t data = heap->bins.heads[bin];
    for (unsigned tries = 0; data != 0 && tries < TRIES_IN_OWN_BIN; tries++) {
        if (!block_read(heap, data, header))
            return false;
        uintptr_t end = data + block_bytes(header->size);
        if (placement_in(placement, data) + block_bytes(placement->size) <= end) {
            *found = data;
            return true;
        }
        if (!next_in_bin(heap, data, &data))
            return false;
    }
    return true;
}

bool bins_find_placed(struct heap *heap, const struct placement *placement, uintptr_t *data,
                      struct block_header *header)
{
    unsigned last = bin_of(placement->size + (placement->alignment >> GRANULE_SHIFT));
    *data = 0;
    for (unsigned bin = filled_bin(&heap->bins, bin_of(placement->size)); bin <= last && bin < BIN_COUNT && *data == 0;
         bin = filled_bin(&heap->bins, bin + 1)) {
        if (!find_placed_in_bin(heap, bin, placement, data, header))
            return false;
    }
    return true;
}

bool bins_find_thoroughly(struct heap *heap, size_t size, uintptr_t *data, struct block_header *header)
{
    unsigned bin = bin_of(size);
    uintptr_t head = heap->bins.heads[bin];
    if (head != 0 && (!is_free_block(heap, head) || mask_link(heap, links_of(head)->previous) != 0))
        return false; /* nowhere, or a circle */
    return find_in_own_bin(heap, bin, size, SIZE_MAX, data, header);
}

bool bins_visit(struct heap *heap, bool (*visit)(struct heap *heap, uintptr_t data, void *context), void *context)
{
    if (heap->bins.top != 0 && !visit(heap, heap->bins.top, context))
        return true;
    for (unsigned bin = BIN_COUNT; bin-- > 0;) {
        uintptr_t data = heap->bins.heads[bin];
        /* A head that has a block before it is the sign of a circle, which would be followed for ever. */
        if (data != 0 && (!is_free_block(heap, data) || mask_link(heap, links_of(data)->previous) != 0))
            return false;
        while (data != 0) {
            uintptr_t next;
            if (!next_in_bin(heap, data, &next))
                return false;
            if (!visit(heap, data, context))
                return true;
            data = next;
        }
    }
    return true;
}

/* Mixes where a block is and in which bin (the last steps of splitmix64). */
static uint64_t hash(uintptr_t data, unsigned bin)
{
    uint64_t value = ((uint64_t)data ^ (uint64_t)bin << 56) * 0xBF58476D1CE4E5B9u;
    return (value ^ (value >> 29)) * 0x94D049BB133111EBu;
}

void bins_add_block(const struct heap *heap, uintptr_t data, size_t size, struct bins_sums *sums)
{
    if (data == heap->bins.top || is_last(heap, data, size)) {
        sums->damaged |= data != heap->bins.top || !is_last(heap, data, size);
        return;
    }
    unsigned bin = bin_of(size);
    uint64_t self = hash(data, bin);
    uintptr_t next = mask_link(heap, links_of(data)->next);
    uintptr_t previous = mask_link(heap, links_of(data)->previous);

    sums->blocks += self;
    sums->nexts += next != 0 ? hash(next, bin) : 0;
    sums->last += next == 0 ? self : 0;
    sums->previous += previous != 0 ? hash(previous, bin) : 0;
    sums->damaged |= previous == 0 && heap->bins.heads[bin] != data;
}

bool bins_are_whole(const struct heap *heap, const struct bins_sums *sums)
{
    uint64_t heads = 0;
    struct bins expected = {.top = 0};
    for (unsigned bin = 0; bin < BIN_COUNT; bin++) {
        if (heap->bins.heads[bin] != 0) {
            heads += hash(heap->bins.heads[bin], bin);
            mark_filled(&expected, bin);
        }
    }
    bool bits_agree = memcmp(expected.filled, heap->bins.filled, sizeof expected.filled) == 0 &&
                      expected.filled_words == heap->bins.filled_words;
    return bits_agree && !sums->damaged && sums->blocks == sums->nexts + heads &&
           sums->blocks == sums->previous + sums->last;
}

void bins_clear(struct heap *heap)
{
    heap->bins = (struct bins){.pristine = heap->bins.pristine};
}
