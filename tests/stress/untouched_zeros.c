/* Blocks that are to be zero: memory that never held anything is not touched to make it so, and memory that did is zero
 * all the same. */
#include "check.h"

#include "memory_use.h"
#include "seed.h"

#include <windows.h>

#define LARGE 500000u
#define LARGE_COUNT 100u

/* A program that asks for much and uses little of it has little. */
static void fresh_memory_is_not_touched(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    size_t before = memory_use().resident;
    for (unsigned i = 0; i < LARGE_COUNT; i++) {
        char *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, LARGE);
        CHECK(block != NULL && block[LARGE / 2] == 0);
    }
    CHECK(memory_use().resident - before < LARGE_COUNT * LARGE / 4);
    CHECK(HeapDestroy(heap));
}

static bool is_zero(const unsigned char *block, size_t size)
{
    return size == 0 || (block[0] == 0 && memcmp(block, block + 1, size - 1) == 0);
}

static void dirty_and_free(HANDLE heap, void *block, size_t size)
{
    CHECK(block != NULL);
    memset(block, 0xA5, size);
    CHECK(HeapFree(heap, 0, block));
}

#define SMALL_COUNT 100u

/* Blocks at the end of what a heap uses that were written to whole, and freed again, by whatever way they got there. */
static void returned_memory_is_zero(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    static void *small[SMALL_COUNT];
    for (unsigned i = 0; i < SMALL_COUNT; i++) {
        CHECK((small[i] = HeapAlloc(heap, 0, 100 + i * 32)) != NULL);
        memset(small[i], 0xA5, 100 + i * 32);
    }
    for (unsigned i = 0; i < SMALL_COUNT; i++) {
        CHECK(HeapFree(heap, 0, small[i]));
    }
    unsigned char *merged = HeapAlloc(heap, HEAP_ZERO_MEMORY, 100000);
    CHECK(merged != NULL && is_zero(merged, 100000));
    CHECK(HeapFree(heap, 0, merged));

    for (size_t size = 20000; size < LARGE; size += 40000) {
        dirty_and_free(heap, HeapAlloc(heap, 0, size), size);
        unsigned char *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, size);
        CHECK(block != NULL && is_zero(block, size));

        CHECK((block = HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, size + 20000)) != NULL);
        dirty_and_free(heap, block, size + 20000);
        CHECK((block = HeapAlloc(heap, HEAP_ZERO_MEMORY, size + 20000)) != NULL);
        CHECK(is_zero(block, size + 20000));
        CHECK(HeapFree(heap, 0, block));
    }
    CHECK(HeapDestroy(heap));
}

/* A program that writes to what it freed, and breaks the free list: it is made anew, and blocks are zero then, too. */
static void memory_is_zero_after_damage(void)
{
    enum {
        SIZE = 5000
    };
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned char *block = HeapAlloc(heap, 0, SIZE);
    CHECK(HeapAlloc(heap, 0, SIZE) != NULL);
    dirty_and_free(heap, HeapAlloc(heap, 0, SIZE), SIZE);
    dirty_and_free(heap, block, SIZE);
    memset(block, 0x77, 16);
    for (unsigned i = 0; i < 3; i++) {
        CHECK((block = HeapAlloc(heap, HEAP_ZERO_MEMORY, SIZE)) != NULL);
        CHECK(is_zero(block, SIZE));
    }
    CHECK(HeapDestroy(heap));
}

#define PLACES 64u
#define ROUNDS (20000u / SLOWNESS)

/* Sizes from one to beyond what a segment's block can have. */
static size_t any_size(struct random *random)
{
    return random_below(random, (size_t)1 << random_below(random, 21)) + 1;
}

static void used_memory_is_zero(HANDLE heap, struct random *random)
{
    static void *blocks[PLACES];
    for (unsigned i = 0; i < ROUNDS; i++) {
        void **place = &blocks[random_below(random, PLACES)];
        size_t size = any_size(random);
        CHECK(HeapFree(heap, 0, *place));
        bool zero = random_percent(random, 40);
        CHECK((*place = HeapAlloc(heap, zero ? HEAP_ZERO_MEMORY : 0, size)) != NULL);
        CHECK(!zero || is_zero(*place, size));
        memset(*place, 0xA5, random_percent(random, 70) ? size : size / 3);
        if (random_percent(random, 1)) {
            HeapCompact(heap, 0);
        }
    }
    for (unsigned i = 0; i < PLACES; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
        blocks[i] = NULL;
    }
    CHECK(HeapValidate(heap, 0, NULL));
}

int main(void)
{
    struct random random = {test_seed()};
    returned_memory_is_zero(); /* in memory that is fresh, so before the others */
    memory_is_zero_after_damage();
    if (SLOWNESS == SLOWNESS_PLAIN) {
        fresh_memory_is_not_touched();
    }
    used_memory_is_zero(GetProcessHeap(), &random);
    for (unsigned i = 0; i < 4; i++) {
        HANDLE heap = HeapCreate(i % 2 ? HEAP_NO_SERIALIZE : 0, i * 300000, 0);
        used_memory_is_zero(heap, &random);
        CHECK(HeapDestroy(heap));
    }
    return check_report();
}
