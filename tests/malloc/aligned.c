/* Aligned blocks, in a heap as it is and, started by debug_heap.sh, in heaps that check: they are aligned, as large as
 * was asked for and one's own, and who allocates and frees them again and again needs no more memory for it. With the
 * argument "past" or "freed", mistakes instead: standard output has the lines that the heap must write about them. */
#include "on_cairn.h"

#include "memory_use.h"
#include "seed.h"

#define LARGEST_ALIGNMENT ((size_t)1 << 20)

struct block {
    unsigned char *data;
    size_t size;
    unsigned char mark;
};

static void *allocate(unsigned function, size_t alignment, size_t size)
{
    void *block = NULL;
    switch (function % 3) {
    case 0:
        return memalign(alignment, size);
    case 1:
        return aligned_alloc(alignment, size);
    default:
        CHECK_EQ_INT(posix_memalign(&block, alignment, size), 0);
        return block;
    }
}

/* --- right blocks ------------------------------------------------------------------------------------------------- */

static bool holds(const struct block *block, size_t size)
{
    return size == 0 || (block->data[0] == block->mark && memcmp(block->data, block->data + 1, size - 1) == 0);
}

static void take(struct block *block, unsigned function, size_t alignment, size_t size, unsigned mark)
{
    *block = (struct block){allocate(function, alignment, size), size, (unsigned char)mark};
    bool ok = CHECK(block->data != NULL) && CHECK(is_aligned_to(block->data, alignment));
    ok = CHECK_EQ_UINT(malloc_usable_size(block->data), size) && ok;
    if (!ok) {
        printf("    %zu bytes, aligned to %zu\n", size, alignment);
        exit(1);
    }
    memset(block->data, block->mark, size);
}

static void give_back(struct block *block)
{
    CHECK_EQ_UINT(malloc_usable_size(block->data), block->size);
    CHECK(holds(block, block->size));
    free(block->data);
    block->data = NULL;
}

static void resize(struct block *block, size_t size)
{
    block->data = realloc(block->data, size);
    CHECK(block->data != NULL);
    CHECK_EQ_UINT(malloc_usable_size(block->data), size);
    CHECK(holds(block, size < block->size ? size : block->size));
    block->size = size;
    memset(block->data, block->mark, size);
}

/* Several of each kind at once. The sizes about 1000000 bytes become large blocks by their alignment, or by the room
 * that checks want, or not. */
static void test_each(void)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 1000, 4096, 5000, 70000, 800000, 1000000, 1036000, 3000000};
    struct block blocks[12];

    for (size_t alignment = 16; alignment <= LARGEST_ALIGNMENT; alignment *= 2) {
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
            unsigned count = sizes[s] < 100000 ? 12 : 3;
            for (unsigned i = 0; i < count; i++) {
                take(&blocks[i], i, alignment, sizes[s], i + 1);
            }
            for (unsigned i = 0; i < count; i += 2) {
                give_back(&blocks[i]);
                take(&blocks[i], i + 1, alignment, sizes[s] + i, i + 100);
            }
            for (unsigned i = 0; i < count; i++) {
                if (i % 3 == 1) {
                    resize(&blocks[i], sizes[s] + 200);
                    resize(&blocks[i], sizes[s] / 2 + 1);
                }
                give_back(&blocks[i]);
            }
        }
    }
}

/* --- no more memory ----------------------------------------------------------------------------------------------- */

#define SLOTS 64u
#define STEPS 256u
#define ROUNDS 160u
#define ROUNDS_BEFORE 80u
#define ROUND_KINDS 20u /* each comes several times before, else it were chance when the worst one is */

/* If each of the 20,000 blocks left 32 bytes behind, that were more. */
#define GROWTH_AT_MOST ((size_t)1 << 19)
#define RESIDENT_GROWTH_AT_MOST ((size_t)2 << 20) /* the system counts roughly, and stacks are kept */

/* A few blocks are there at once, of any kinds, then none. */
static void do_round(struct random *random)
{
    static struct block blocks[SLOTS];
    for (unsigned i = 0; i < STEPS; i++) {
        struct block *block = &blocks[random_below(random, SLOTS)];
        size_t alignment = (size_t)16 << random_below(random, 17);
        size_t size = random_below(random, (size_t)16 << random_below(random, 13));
        if (block->data != NULL) {
            give_back(block);
        }
        take(block, (unsigned)random_next(random), alignment, size, i);
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        if (blocks[i].data != NULL) {
            give_back(&blocks[i]);
        }
    }
}

static size_t committed(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.arena + info.hblkhd;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void check_growth(const char *name, size_t before, size_t now, size_t at_most)
{
    if (!CHECK(now <= before + at_most)) {
        printf("    %zu KiB %s before, %zu KiB now\n", before >> 10, name, now >> 10);
    }
}

static void test_again_and_again(void)
{
    uint64_t seed = test_seed();
    size_t in_use = mallinfo2().uordblks;
    size_t committed_before = 0, resident_before = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct random random = {seed + i % ROUND_KINDS};
        do_round(&random);
        CHECK_EQ_UINT(mallinfo2().uordblks, in_use);
        if (i < ROUNDS_BEFORE) {
            committed_before = larger(committed_before, committed());
            resident_before = larger(resident_before, memory_use().resident);
        }
    }
    check_growth("committed", committed_before, committed(), GROWTH_AT_MOST);
    check_growth("resident", resident_before, memory_use().resident, RESIDENT_GROWTH_AT_MOST);
}

/* --- mistakes ----------------------------------------------------------------------------------------------------- */

static const size_t small_sizes[] = {0, 1, 15, 16, 100, 104, 4096, 70000, 500000};
#define SMALL_SIZES (sizeof(small_sizes) / sizeof(small_sizes[0]))
#define SMALL_ALIGNMENT ((size_t)1 << 18) /* larger ones make large blocks, which have no tail */

/* Has the heap look at the block when it is freed or resized, and takes the byte back, so that it can be freed. */
static void write_past(unsigned char *block, size_t size, size_t distance, bool resizes)
{
    unsigned char was = block[size + distance];
    unsigned written = (unsigned)distance + 1;
    block[size + distance] = (unsigned char)written;
    if (resizes) {
        CHECK_EQ_PTR(realloc(opaque(block), size + 50), NULL);
    } else {
        free(opaque(block));
    }
    printf("cairn: %s: block was written to past its end: block %p, heap P, size %zu, byte %zu is 0x%x\n",
           resizes ? "realloc" : "free", (void *)block, size, size + distance, written);
    block[size + distance] = was;
    CHECK_EQ_UINT(malloc_usable_size(block), size);
    free(block);
}

static void write_past_ends(void)
{
    unsigned count = 0;
    for (size_t alignment = 16; alignment <= SMALL_ALIGNMENT; alignment *= 2) {
        for (size_t s = 0; s < SMALL_SIZES; s++) {
            for (unsigned i = 0; i < 6; i++, count++) {
                write_past(allocate(i, alignment, small_sizes[s]), small_sizes[s], count % 16, i > 2);
            }
        }
    }
}

/* In the middle of the memory that the next block would get. */
static void write_to_freed(void)
{
    for (size_t alignment = 16; alignment <= SMALL_ALIGNMENT; alignment *= 2) {
        for (size_t size = 100; size < 300000; size *= 3) {
            unsigned char *block = memalign(alignment, size);
            free(block);
            block = opaque(block);
            unsigned char was = block[size / 2];
            block[size / 2] = 1;
            void *next = memalign(alignment, size);
            block[size / 2] = was; /* before printf allocates */
            CHECK_EQ_PTR(next, NULL);
            printf("cairn: memalign: block was written to after it was freed: block %p, heap P, size %zu, byte %zu is "
                   "0x1\n",
                   (void *)block, size, size / 2);
        }
    }
}

int main(int argc, char **argv)
{
    CHECK(on_cairn());
    if (argc > 1) {
        (strcmp(argv[1], "past") == 0 ? write_past_ends : write_to_freed)();
        return atomic_load(&check_failures) == 0 ? 0 : 1;
    }
    test_again_and_again();
    test_each();
    return check_report();
}
