/* The back end: cutting, merging in every order, resizing in place, decommitting, and the sums. */
#include "heap/back.h"

#include "heap/block.h"
#include "heap/validate.h"

#include "arena_state.h"
#include "seed.h"

#include <winnt.h>

static struct heap *heap;

static void begin(uint32_t flags)
{
    heap = heap_create(&(struct heap_parameters){.flags = flags, .reserve = 0x100000});
    CHECK(heap != NULL);
}

static void end(void)
{
    struct damage damage;
    CHECK(heap_validate(heap, &damage));
    heap_destroy(heap);
}

static void *allocate(size_t size)
{
    void *block = NULL;
    CHECK_EQ_INT(heap_allocate(heap, size, false, &block), OUTCOME_OK);
    return block;
}

static void release(void *block)
{
    struct damage damage;
    CHECK_EQ_INT(heap_free(heap, block), OUTCOME_OK);
    CHECK(heap_validate(heap, &damage));
}

static size_t count_free(void)
{
    size_t count = 0;
    struct block_header header;
    for (uintptr_t data = heap->first.first; data != heap->first.end; data += block_bytes(header.size)) {
        CHECK(block_read(heap, data, &header));
        count += granule_is_free(*segment_granule(&heap->first, data));
    }
    return count;
}

static size_t size_of(const void *block)
{
    struct back_block found;
    return back_find(heap, (uintptr_t)block, &found) == OUTCOME_OK ? found.size : 0;
}

/* Fresh memory is cut from the front, block behind block. */
static void cut_from_the_front(void)
{
    begin(HEAP_GROWABLE);
    uintptr_t next = heap->first.first;
    for (size_t size = 0; size < 300; size += 7) {
        CHECK_EQ_UINT((uintptr_t)allocate(size), next);
        next += block_bytes(block_granules_for(size));
    }
    end();
}

/* Four neighbours, freed in all 24 orders, are one free block in the end, and one more with the rest behind them. */
static void merge_in_every_order(void)
{
    for (unsigned order = 0; order < 256; order++) {
        unsigned place[4] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3};
        if ((1u << place[0] | 1u << place[1] | 1u << place[2] | 1u << place[3]) != 15) {
            continue;
        }
        begin(HEAP_GROWABLE);
        void *blocks[4];
        for (unsigned i = 0; i < 4; i++) {
            blocks[i] = allocate(100 * (i + 1));
        }
        void *last = allocate(10);
        for (unsigned i = 0; i < 4; i++) {
            release(blocks[place[i]]);
        }
        CHECK_EQ_UINT(count_free(), 2);
        CHECK_EQ_PTR(allocate(1000), blocks[0]);
        release(blocks[0]);
        release(last);
        CHECK_EQ_UINT(count_free(), 1);
        CHECK_EQ_UINT(heap->busy_bytes, 0);
        CHECK_EQ_UINT(heap->requested_bytes, 0);
        end();
    }
}

/* A rest too small for a block of its own stays with the block, and comes back with it. */
static void small_rests(void)
{
    for (size_t rest = 0; rest < 4; rest++) {
        begin(HEAP_GROWABLE);
        void *block = allocate(block_capacity(20));
        void *behind = allocate(10);
        release(block);
        CHECK_EQ_PTR(allocate(block_capacity(20 - rest)), block);
        CHECK_EQ_UINT(size_of(block), rest < BLOCK_MIN_GRANULES ? 20 : 20 - rest);
        size_t requested = 0;
        CHECK_EQ_INT(heap_size(heap, block, &requested), OUTCOME_OK);
        CHECK_EQ_UINT(requested, block_capacity(20 - rest));
        release(block);
        CHECK_EQ_PTR(allocate(block_capacity(20)), block);
        release(block);
        release(behind);
        end();
    }
}

/* Every size to every other, in place, with a free block behind that is just large enough, or not. */
static void resize_in_place(void)
{
    begin(HEAP_GROWABLE);
    unsigned char *block = allocate(24);
    unsigned char *free_behind = allocate(block_capacity(40));
    allocate(10);
    release(free_behind);
    for (size_t from = 0; from <= block_capacity(42); from += 13) {
        for (size_t to = 0; to <= block_capacity(42); to += 29) {
            CHECK_EQ_INT(heap_resize(heap, block, from, false, true, &(size_t){0}), OUTCOME_OK);
            memset(block, 0x11, from);
            CHECK_EQ_INT(heap_resize(heap, block, to, true, true, &(size_t){0}), OUTCOME_OK);
            size_t requested = 0;
            CHECK_EQ_INT(heap_size(heap, block, &requested), OUTCOME_OK);
            CHECK_EQ_UINT(requested, to);
            for (size_t i = 0; i < to; i++) {
                if (block[i] != (i < from ? 0x11 : 0)) {
                    CHECK_EQ_UINT(block[i], i < from ? 0x11 : 0);
                    break;
                }
            }
            CHECK_EQ_UINT(heap->requested_bytes, to + 10);
        }
    }
    size_t before = size_of(block);
    CHECK_EQ_INT(heap_resize(heap, block, block_capacity(42) + 1, false, true, &(size_t){0}), OUTCOME_CANNOT_RESIZE);
    CHECK_EQ_UINT(size_of(block), before);
    end();
}

static void refused(void)
{
    begin(HEAP_GROWABLE);
    struct back_block found;
    char *a = allocate(100), *b = allocate(100);
    release(a);
    uintptr_t data = (uintptr_t)b;
    CHECK_EQ_INT(back_find(heap, data, &found), OUTCOME_OK);
    CHECK_EQ_INT(back_check(&found), OUTCOME_OK);
    CHECK_EQ_UINT(found.data, data);
    CHECK_EQ_INT(back_find(heap, (uintptr_t)a, &found), OUTCOME_ALREADY_FREE);
    for (size_t offset = 1; offset < 112; offset++) {
        CHECK_EQ_INT(back_find(heap, data + offset, &found), OUTCOME_NOT_A_BLOCK);
    }
    CHECK_EQ_INT(back_find(heap, (uintptr_t)heap, &found), OUTCOME_NOT_A_BLOCK);
    CHECK_EQ_INT(back_find(heap, heap->first.end, &found), OUTCOME_NOT_A_BLOCK);
    CHECK_EQ_INT(back_find(heap, 0, &found), OUTCOME_NOT_A_BLOCK);
    CHECK_EQ_INT(back_find(heap, ~(uintptr_t)15, &found), OUTCOME_NOT_A_BLOCK);
    CHECK_EQ_INT(back_find(heap, (uintptr_t)&found, &found), OUTCOME_NOT_A_BLOCK);
    end();
}

/* Much free memory goes back to the system; small and scattered free blocks keep theirs until asked to trim. */
static void decommit(void)
{
    begin(HEAP_GROWABLE);
    void *blocks[12];
    size_t fresh = heap->committed_bytes;
    for (size_t i = 0; i < 12; i++) {
        blocks[i] = allocate(0xF000);
        memset(blocks[i], 1, 0xF000);
    }
    void *kept = allocate(100);
    CHECK(heap->committed_bytes > 12 * 0xF000);
    for (size_t i = 0; i < 12; i++) {
        release(blocks[i]);
    }
    CHECK(heap->committed_bytes < 0x30000);
    CHECK_EQ_UINT(heap->committed_bytes, heap->first.committed);
    heap_trim(heap);
    CHECK(heap->committed_bytes <= fresh + 0x2000);
    CHECK_EQ_PTR(allocate(0xF000), blocks[0]);
    memset(blocks[0], 2, 0xF000);
    release(blocks[0]);
    release(kept);
    CHECK_EQ_UINT(count_free(), 1);
    end();
}

/* What the largest free block is said to hold can be had, but for the head of what is left without a further commit. */
static void largest_free(void)
{
    struct random random = {test_seed()};
    begin(0);
    void *blocks[60];
    for (size_t i = 0; i < 60; i++) {
        blocks[i] = allocate(random_below(&random, 9000));
    }
    for (size_t i = 0; i < 60; i += 2) {
        release(blocks[i]);
        size_t committed = heap->committed_bytes;
        size_t largest = heap_largest_free(heap);
        CHECK(largest != 0);
        void *block = allocate(largest - size_min(largest, BLOCK_HEAD_SIZE));
        CHECK_EQ_UINT(heap->committed_bytes, committed);
        release(block);
    }
    end();
}

int main(void)
{
    struct arena_state before;
    CHECK(arena_state_take(&before));
    cut_from_the_front();
    merge_in_every_order();
    small_rests();
    resize_in_place();
    refused();
    decommit();
    largest_free();
    CHECK(arena_state_is(&before));
    return check_report();
}
