/* Blocks for tests in which many threads allocate at once: contents that are written and compared at the speed of
 * memcpy, sizes as a program's hot loops have them, and a census that holds a heap against a list of its live blocks
 * without any assumption about where blocks lie. Public functions only. */
#ifndef CAIRN_TESTS_TRAFFIC_H
#define CAIRN_TESTS_TRAFFIC_H

#include "model.h"

/* --- contents: a piece of one long text, from a place that depends on the block ----------------------------------- */

#define TEXT_LARGEST ((SIZE_T)0x40000) /* no block of these tests is larger */
#define TEXT_PLACES 0x1000u

static unsigned char traffic_text[TEXT_LARGEST + TEXT_PLACES];
static const unsigned char traffic_zeros[TEXT_LARGEST];

/* Call once, before any thread is started. */
static inline void traffic_start(void)
{
    struct random random = {42};
    for (size_t i = 0; i < sizeof(traffic_text); i++) {
        traffic_text[i] = (unsigned char)(random_next(&random) >> 32);
    }
}

static inline void traffic_fill(const struct model_block *block)
{
    memcpy(block->data, traffic_text + block->pattern % TEXT_PLACES, block->size);
}

/* Whether the first `size` bytes at `data` are what was written into a block of that pattern. */
static inline bool traffic_holds(const unsigned char *data, SIZE_T size, unsigned pattern)
{
    return memcmp(data, traffic_text + pattern % TEXT_PLACES, size) == 0;
}

static inline bool traffic_is_zero(const unsigned char *data, SIZE_T from, SIZE_T end)
{
    return end <= from || memcmp(data + from, traffic_zeros, end - from) == 0;
}

/* --- sizes: mostly a few, as in a program's loops, else any up to 20000, seldom more ------------------------------ */

static inline SIZE_T traffic_hot_size(struct random *random)
{
    static const SIZE_T hot[] = {0, 1, 8, 16, 24, 32, 40, 48, 64, 100, 128, 200, 256, 500, 1000, 1024, 2000, 4000};
    return hot[random_below(random, sizeof(hot) / sizeof(hot[0]))];
}

static inline SIZE_T traffic_size(struct random *random)
{
    size_t dice = random_below(random, 1000);
    if (dice < 700) {
        return traffic_hot_size(random);
    }
    if (dice < 900) {
        return random_below(random, 600);
    }
    return dice < 998 ? random_below(random, 20001) : random_below(random, TEXT_LARGEST);
}

/* --- operations on a thread's own list of blocks ------------------------------------------------------------------ */

/* Allocates and adds to the list; false if there was no memory. */
static inline bool traffic_allocate(struct model *list, SIZE_T size, bool zero, unsigned pattern)
{
    POISON_LAST_ERROR();
    unsigned char *data = HeapAlloc(list->heap, list->call_flags | (zero ? HEAP_ZERO_MEMORY : 0), size);
    if (data == NULL) {
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        return false;
    }
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK((uintptr_t)data % GRANULARITY == 0);
    CHECK(!zero || traffic_is_zero(data, 0, size));
    model_add(list, data, size, pattern);
    traffic_fill(&list->blocks[list->count - 1]);
    return true;
}

static inline bool traffic_is_whole(const struct model *list, const struct model_block *block)
{
    return CHECK_EQ_UINT(HeapSize(list->heap, list->call_flags, block->data), block->size) &&
           CHECK(traffic_holds(block->data, block->size, block->pattern));
}

/* Frees a block that is on no list. */
static inline void traffic_release(const struct model *list, const struct model_block *block)
{
    traffic_is_whole(list, block);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapFree(list->heap, list->call_flags, block->data), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
}

static inline struct model_block traffic_take(struct model *list, size_t index)
{
    struct model_block block = list->blocks[index];
    model_remove(list, index);
    return block;
}

static inline void traffic_free_all(struct model *list)
{
    while (list->count != 0) {
        struct model_block block = traffic_take(list, list->count - 1);
        traffic_release(list, &block);
    }
}

/* Resizes in one of the four modes; a failure leaves the block as it was. */
static inline bool traffic_resize(struct model *list, size_t index, SIZE_T size, DWORD mode, unsigned pattern)
{
    struct model_block *block = &list->blocks[index];
    SIZE_T kept = size < block->size ? size : block->size;
    POISON_LAST_ERROR();
    unsigned char *data = HeapReAlloc(list->heap, list->call_flags | mode, block->data, size);
    if (data == NULL) {
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        traffic_is_whole(list, block);
        return false;
    }
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK((mode & HEAP_REALLOC_IN_PLACE_ONLY) == 0 || data == block->data);
    CHECK(traffic_holds(data, kept, block->pattern));
    CHECK((mode & HEAP_ZERO_MEMORY) == 0 || traffic_is_zero(data, block->size, size));
    list->total += size - block->size;
    *block = (struct model_block){data, size, pattern, false};
    traffic_fill(block);
    return CHECK_EQ_UINT(HeapSize(list->heap, list->call_flags, data), size);
}

/* --- the census --------------------------------------------------------------------------------------------------- */

/* Whether the bytes [start, start + size) are no live block's; the list is sorted. */
static inline bool census_is_free(const struct model *list, const unsigned char *start, SIZE_T size)
{
    size_t low = 0, high = list->count;
    while (low < high) { /* the first block that ends beyond `start` */
        size_t middle = low + (high - low) / 2;
        const struct model_block *block = &list->blocks[middle];
        if (block->data + block->size > start) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low == list->count || list->blocks[low].data >= start + size;
}

static inline bool census_record(struct model *list, const PROCESS_HEAP_ENTRY *entry)
{
    if ((entry->wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0) {
        struct model_block *block = model_find(list, entry->lpData);
        if (!CHECK(block != NULL) || !CHECK(!block->seen)) {
            return false;
        }
        block->seen = true;
        return CHECK_EQ_UINT(entry->cbData, block->size);
    }
    if (entry->wFlags == 0 || entry->wFlags == PROCESS_HEAP_UNCOMMITTED_RANGE) {
        return CHECK(census_is_free(list, entry->lpData, entry->cbData));
    }
    return CHECK_EQ_UINT(entry->wFlags, PROCESS_HEAP_REGION);
}

/* The busy records of a walk are exactly the list, none is told as free, no two blocks overlap. Sorts the list. */
static inline bool census_walk(struct model *list)
{
    PROCESS_HEAP_ENTRY entry;
    size_t busy = 0;
    bool ok = true;
    model_sort(list);
    for (size_t i = 0; i < list->count; i++) {
        list->blocks[i].seen = false;
        ok = ok && (i == 0 || CHECK(list->blocks[i - 1].data + list->blocks[i - 1].size <= list->blocks[i].data));
    }
    walk_begin(&entry);
    POISON_LAST_ERROR();
    while (ok && HeapWalk(list->heap, &entry)) {
        ok = census_record(list, &entry);
        busy += (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0;
    }
    return ok && CHECK_LAST_ERROR(ERROR_NO_MORE_ITEMS) && CHECK_EQ_UINT(busy, list->count);
}

/* The heap against the list of all of its live blocks: walk, summary, validation and, if wanted, contents. No other
 * thread may be using the heap. */
static inline bool census_take(struct model *list, bool contents)
{
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    bool ok = census_walk(list);
    ok = CHECK(HeapValidate(list->heap, list->call_flags, NULL)) && ok;
    ok = CHECK(HeapSummary(list->heap, 0, &summary)) && ok;
    ok = CHECK_EQ_UINT(summary.cbAllocated, list->total) && ok;
    ok = CHECK(summary.cbCommitted >= summary.cbAllocated && summary.cbReserved >= summary.cbCommitted) && ok;
    for (size_t i = 0; contents && ok && i < list->count; i++) {
        ok = traffic_is_whole(list, &list->blocks[i]) &&
             CHECK(HeapValidate(list->heap, list->call_flags, list->blocks[i].data));
    }
    if (!ok) {
        printf("    in heap %p (%s) with %zu blocks\n", list->heap, list->name, list->count);
    }
    return ok;
}

#endif
