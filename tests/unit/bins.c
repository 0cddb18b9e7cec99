/* The bins: a free block of every size is found again, by its own size and by every smaller one. */
#include "heap/back.h"
#include "heap/block.h"
#include "heap/validate.h"

#include "check.h"
#include "seed.h"

#include <winnt.h>

#define RESERVE ((size_t)96 << 20)
#define MANY 4096

/* A fixed-size heap whose memory is used up, so that the only free blocks are those that a test makes. */
static struct heap *full_heap(void)
{
    struct heap *heap = heap_create(&(struct heap_parameters){.reserve = RESERVE});
    CHECK(heap != NULL);
    return heap;
}

/* Uses up what is free, from the largest blocks down. */
static void use_up(struct heap *heap)
{
    void *block;
    for (size_t size = 0x80000; size > 8; size /= 2) {
        while (heap_allocate(heap, size, false, &block) == OUTCOME_OK) {
        }
    }
    while (heap_allocate(heap, 0, false, &block) == OUTCOME_OK) {
    }
    CHECK_EQ_UINT(heap_largest_free(heap), 0);
}

static void *allocate_granules(struct heap *heap, size_t granules)
{
    void *block = NULL;
    CHECK_EQ_INT(heap_allocate(heap, block_capacity(granules), false, &block), OUTCOME_OK);
    return block;
}

/* A block of so many granules between two busy ones, later to be freed. */
static void *island(struct heap *heap, size_t granules)
{
    void *block = allocate_granules(heap, granules);
    allocate_granules(heap, BLOCK_MIN_GRANULES);
    return block;
}

/* Sizes about every border of the bins up to what the heap can hold. */
static size_t interesting_sizes(size_t *sizes)
{
    size_t count = 0;
    for (size_t size = BLOCK_MIN_GRANULES; size < 80; size++) {
        sizes[count++] = size;
    }
    for (unsigned log = 6; log < 16; log++) {
        for (size_t step = 0; step < 8; step++) {
            size_t border = ((size_t)1 << log) + (step << log >> 3);
            for (size_t size = border - 1; size <= border + 1; size++) {
                sizes[count++] = size;
            }
        }
    }
    return count;
}

/* The only free block is `where`, of `size` granules: it is what an allocation of `wanted` gets. */
static bool finds(struct heap *heap, size_t wanted, void *where, size_t size)
{
    void *block = NULL;
    CHECK_EQ_INT(heap_allocate(heap, block_capacity(wanted), false, &block), OUTCOME_OK);
    if (!CHECK_EQ_PTR(block, where)) {
        printf("    for %zu granules in a block of %zu\n", wanted, size);
        return false;
    }
    return CHECK_EQ_INT(heap_free(heap, block), OUTCOME_OK);
}

static bool finds_nothing(struct heap *heap, size_t wanted)
{
    void *block;
    return CHECK_EQ_INT(heap_allocate(heap, block_capacity(wanted), false, &block), OUTCOME_NO_MEMORY);
}

static void every_size_is_found(void)
{
    static size_t sizes[MANY];
    static void *blocks[MANY];
    struct heap *heap = full_heap();
    struct damage damage;
    size_t count = interesting_sizes(sizes);

    for (size_t i = 0; i < count; i++) {
        blocks[i] = island(heap, sizes[i]);
    }
    use_up(heap);
    for (size_t i = 0; i < count; i++) {
        finds_nothing(heap, BLOCK_MIN_GRANULES);
        CHECK_EQ_INT(heap_free(heap, blocks[i]), OUTCOME_OK);
        for (size_t wanted = BLOCK_MIN_GRANULES; wanted <= sizes[i]; wanted += 1 + (sizes[i] - wanted) / 3) {
            if (!finds(heap, wanted, blocks[i], sizes[i])) {
                break;
            }
        }
        finds_nothing(heap, sizes[i] + 1);
        CHECK_EQ_PTR(allocate_granules(heap, sizes[i]), blocks[i]);
    }
    CHECK(heap_validate(heap, &damage));
    heap_destroy(heap);
}

/* Several blocks of one bin whose sizes differ: the one that fits is found, wherever in the bin it is. */
static void fit_is_found_behind_others(void)
{
    for (size_t smallest = 32; smallest < 8192; smallest *= 2) {
        struct heap *heap = full_heap();
        size_t largest = smallest + smallest / 8 - 1; /* still in the same bin */
        void *blocks[12];
        blocks[0] = island(heap, largest);
        for (size_t i = 1; i < 12; i++) {
            blocks[i] = island(heap, smallest);
        }
        use_up(heap);
        for (size_t i = 0; i < 12; i++) {
            CHECK_EQ_INT(heap_free(heap, blocks[i]), OUTCOME_OK);
        }
        void *again = NULL;
        CHECK_EQ_INT(heap_allocate(heap, block_capacity(largest), false, &again), OUTCOME_OK);
        if (!CHECK_EQ_PTR(again, blocks[0])) {
            printf("    a block of %zu granules behind 11 of %zu\n", largest, smallest);
        }
        heap_destroy(heap);
    }
}

struct visit {
    size_t count;
    size_t granules;
    size_t stop_after;
};

static bool visit(struct heap *heap, uintptr_t data, void *context)
{
    struct visit *visited = context;
    struct block_header header;
    CHECK(block_read(heap, data, &header));
    visited->count++;
    visited->granules += header.size;
    return visited->count != visited->stop_after;
}

static void visit_sees_each_once(void)
{
    struct heap *heap = full_heap();
    void *blocks[200];
    size_t granules = 0;
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = island(heap, 2 + i * i % 97);
    }
    use_up(heap);
    for (size_t i = 0; i < 200; i++) {
        granules += 2 + i * i % 97;
        CHECK_EQ_INT(heap_free(heap, blocks[i]), OUTCOME_OK);
    }
    struct visit all = {0}, some = {.stop_after = 7};
    CHECK(bins_visit(heap, visit, &all));
    CHECK_EQ_UINT(all.count, 200);
    CHECK_EQ_UINT(all.granules, granules);
    CHECK(bins_visit(heap, visit, &some));
    CHECK_EQ_UINT(some.count, 7);
    heap_destroy(heap);
}

/* Bins that were emptied, or whose links were overwritten, are filled again from the headers. */
static void bins_are_rebuilt(void)
{
    struct heap *heap = full_heap();
    struct damage damage;
    void *blocks[50];
    void *again;
    for (size_t i = 0; i < 50; i++) {
        blocks[i] = island(heap, 10 + i % 5);
    }
    for (size_t i = 0; i < 50; i++) {
        CHECK_EQ_INT(heap_free(heap, blocks[i]), OUTCOME_OK);
    }
    CHECK(heap_validate(heap, &damage));

    memset(blocks[20], 0x5A, 16);
    CHECK(!heap_validate(heap, &damage));
    CHECK_EQ_INT(damage.what, OUTCOME_FREE_LIST_DAMAGED);
    for (size_t i = 0; i < 50; i++) {
        CHECK_EQ_INT(heap_allocate(heap, block_capacity(10 + i % 5), false, &again), OUTCOME_OK);
    }
    CHECK(heap->found_damage);
    CHECK(heap_validate(heap, &damage));
    heap_destroy(heap);
}

/* Random sizes freed and allocated: the heap is whole, and in the end all is one free block again. */
static void random_traffic(void)
{
    struct random random = {test_seed()};
    struct heap *heap = full_heap();
    struct damage damage;
    static void *blocks[400];
    for (unsigned i = 0; i < 40000 / SLOWNESS; i++) {
        size_t place = random_below(&random, 400);
        if (blocks[place] != NULL) {
            CHECK_EQ_INT(heap_free(heap, blocks[place]), OUTCOME_OK);
            blocks[place] = NULL;
        } else {
            size_t size = random_below(&random, (size_t)1 << random_below(&random, 18));
            CHECK_EQ_INT(heap_allocate(heap, size, false, &blocks[place]), OUTCOME_OK);
        }
        if (i % 256 == 0) {
            CHECK(heap_validate(heap, &damage));
        }
    }
    for (size_t i = 0; i < 400; i++) {
        if (blocks[i] != NULL) {
            CHECK_EQ_INT(heap_free(heap, blocks[i]), OUTCOME_OK);
        }
    }
    struct visit all = {0};
    CHECK(bins_visit(heap, visit, &all));
    CHECK_EQ_UINT(all.count, 1);
    CHECK_EQ_UINT(block_bytes(all.granules), heap->first.end - heap->first.first);
    CHECK_EQ_UINT(heap->busy_bytes, 0);
    heap_destroy(heap);
}

int main(void)
{
    every_size_is_found();
    fit_is_found_behind_others();
    visit_sees_each_once();
    bins_are_rebuilt();
    random_traffic();
    return check_report();
}
