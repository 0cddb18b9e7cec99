/* Large blocks: their place, their zeros, their list, and shrinking, which gives units back at once. */
#include "heap/large.h"

#include "base/align.h"
#include "heap/validate.h"

#include "arena_state.h"

#include <winnt.h>

#define MEBIBYTE ((size_t)1 << 20)
#define PAGE_SIZE ((size_t)4096)

static struct heap *heap;

static unsigned char *allocate(size_t size)
{
    void *block = NULL;
    CHECK_EQ_INT(heap_allocate(heap, size, true, &block), OUTCOME_OK);
    return block;
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static size_t used_units(void)
{
    struct arena_state state;
    CHECK(arena_state_take(&state));
    return state.used_units;
}

/* Aligned to 64 bytes and not more, zero to the end of the page, also in memory that another block has left, if asked
 * for. */
static void place_and_zeros(void)
{
    for (size_t size = MEBIBYTE - 0x1000; size < MEBIBYTE + 0x12000; size += 0x2345) {
        unsigned char *block = allocate(size);
        CHECK_EQ_UINT((uintptr_t)block % UNIT_SIZE, LARGE_DATA_OFFSET);
        size_t to_page = align_up((uintptr_t)block + size, PAGE_SIZE) - (uintptr_t)block;
        CHECK(is_zero(block, to_page));
        memset(block, 0xDD, to_page);
        const struct unit *unit = large_find(heap, block);
        CHECK(unit != NULL && large_data(unit) == block && unit->large_size == size);
        for (size_t offset = 1; offset < 300; offset++) {
            CHECK(large_find(heap, block + offset) == NULL && large_find(heap, block - offset) == NULL);
        }
        CHECK(large_find(heap, block + UNIT_SIZE) == NULL);
        CHECK_EQ_UINT(heap->large_committed, align_up(size + LARGE_DATA_OFFSET, PAGE_SIZE));
        CHECK_EQ_UINT(heap->large_reserved, align_up(size + LARGE_DATA_OFFSET, UNIT_SIZE));
        CHECK_EQ_INT(heap_free(heap, block), OUTCOME_OK);
        CHECK(large_find(heap, block) == NULL);
        CHECK_EQ_INT(heap_free(heap, block) == OUTCOME_OK, false);
    }
}

static void check_order(unsigned char *const *blocks, size_t count)
{
    const struct unit *unit = heap->first_large;
    struct damage damage;
    for (size_t i = 0; i < count; i++) {
        if (blocks[i] != NULL) {
            CHECK(unit != NULL && large_data(unit) == blocks[i]);
            unit = unit != NULL ? unit->large_next : NULL;
        }
    }
    CHECK(unit == NULL);
    CHECK(heap_validate(heap, &damage));
}

static void list_order(void)
{
    unsigned char *blocks[9];
    static const size_t order[] = {0, 8, 4, 1, 7, 3, 5, 2, 6};
    for (size_t i = 0; i < 9; i++) {
        blocks[i] = allocate(MEBIBYTE + i);
        check_order(blocks, i + 1);
    }
    for (size_t i = 0; i < 9; i++) {
        CHECK_EQ_INT(heap_free(heap, blocks[order[i]]), OUTCOME_OK);
        blocks[order[i]] = NULL;
        check_order(blocks, 9);
    }
    CHECK(heap->first_large == NULL && heap->last_large == NULL);
    CHECK_EQ_UINT(heap->large_committed + heap->large_reserved, 0);
}

static void shrink_and_grow(void)
{
    size_t units = used_units();
    unsigned char *block = allocate(4 * MEBIBYTE);
    memset(block, 0x33, 4 * MEBIBYTE);
    CHECK_EQ_UINT(used_units() - units, 65);
    for (size_t size = 4 * MEBIBYTE - 1; size > 100; size = size / 2 + 1) {
        CHECK_EQ_INT(heap_resize(heap, block, size, false, true, &(size_t){0}), OUTCOME_OK);
        CHECK_EQ_UINT(used_units() - units, (size + LARGE_DATA_OFFSET + UNIT_SIZE - 1) / UNIT_SIZE);
        CHECK_EQ_UINT(heap->large_committed, align_up(size + LARGE_DATA_OFFSET, PAGE_SIZE));
        /* It cannot grow back beyond its last page. */
        CHECK_EQ_INT(heap_resize(heap, block, size + 2 * PAGE_SIZE, false, true, &(size_t){0}), OUTCOME_CANNOT_RESIZE);
        CHECK(block[size - 1] == 0x33);
    }
    CHECK_EQ_INT(heap_resize(heap, block, 0, false, true, &(size_t){0}), OUTCOME_OK);
    CHECK_EQ_INT(heap_resize(heap, block, PAGE_SIZE - LARGE_DATA_OFFSET, true, true, &(size_t){0}), OUTCOME_OK);
    CHECK(is_zero(block, PAGE_SIZE - LARGE_DATA_OFFSET));
    CHECK_EQ_INT(heap_resize(heap, block, PAGE_SIZE - LARGE_DATA_OFFSET + 1, true, true, &(size_t){0}),
                 OUTCOME_CANNOT_RESIZE);
    /* Unless the caller insists on what Windows does: then it takes the free units behind it, if they are. */
    CHECK_EQ_INT(heap_resize(heap, block, 2 * MEBIBYTE, true, false, &(size_t){0}), OUTCOME_OK);
    CHECK(is_zero(block, 2 * MEBIBYTE));
    void *behind = allocate(MEBIBYTE);
    CHECK_EQ_INT(heap_resize(heap, block, 3 * MEBIBYTE, true, false, &(size_t){0}), OUTCOME_CANNOT_RESIZE);
    CHECK_EQ_INT(heap_free(heap, behind), OUTCOME_OK);
    CHECK_EQ_INT(heap_free(heap, block), OUTCOME_OK);
    CHECK_EQ_UINT(used_units(), units);
}

static void impossible(void)
{
    void *block;
    static const size_t sizes[] = {SIZE_MAX,         SIZE_MAX - 63, SIZE_MAX - 64,   SIZE_MAX - 65,
                                   SIZE_MAX / 2 + 1, SIZE_MAX / 2,  (size_t)1 << 60, (size_t)1 << 48};
    unsigned char *kept = allocate(MEBIBYTE);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CHECK_EQ_INT(heap_allocate(heap, sizes[i], true, &block), OUTCOME_NO_MEMORY);
        CHECK(heap_resize(heap, kept, sizes[i], true, false, &(size_t){0}) != OUTCOME_OK);
        CHECK(heap_resize(heap, kept, sizes[i], true, true, &(size_t){0}) != OUTCOME_OK);
    }
    CHECK_EQ_INT(heap_free(heap, kept), OUTCOME_OK);
}

int main(void)
{
    struct arena_state before;
    CHECK(arena_state_take(&before));
    heap = heap_create(&(struct heap_parameters){.flags = HEAP_GROWABLE});
    place_and_zeros();
    list_order();
    shrink_and_grow();
    impossible();
    allocate(MEBIBYTE);
    allocate(3 * MEBIBYTE);
    heap_destroy(heap); /* large blocks that are still there go with the heap */
    CHECK(arena_state_is(&before));
    return check_report();
}
