/* Blocks of a size that a program asks for often, section 5 of win32-heap.md: to the program they are blocks like all
 * others, whether the low-fragmentation heap serves them or not. */
#include "blocks.h"

#define MANY 64

static HANDLE heap;

static void check_block(const unsigned char *block, SIZE_T size)
{
    CHECK(block != NULL);
    CHECK_EQ_UINT((uintptr_t)block % GRANULARITY, 0);
    CHECK_EQ_UINT(HeapSize(heap, 0, block), size);
    CHECK_EQ_INT(HeapValidate(heap, 0, block), TRUE);
}

/* exact sizes, alignment, contents that nothing else changes */
static void one_size(SIZE_T size)
{
    SPEC("W1.5.1 W1.5.5");
    unsigned char *blocks[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        blocks[i] = HeapAlloc(heap, 0, size);
        check_block(blocks[i], size);
        pattern_fill(blocks[i], size, i);
    }
    for (unsigned i = 0; i < MANY; i += 2) {
        CHECK(pattern_holds(blocks[i], size, i));
        CHECK_EQ_INT(HeapFree(heap, 0, blocks[i]), TRUE);
    }
    for (unsigned i = 0; i < MANY; i += 2) {
        blocks[i] = HeapAlloc(heap, HEAP_ZERO_MEMORY, size);
        check_block(blocks[i], size);
        CHECK(all_bytes(blocks[i], size, 0));
        pattern_fill(blocks[i], size, i);
    }
    for (unsigned i = 0; i < MANY; i++) {
        CHECK(pattern_holds(blocks[i], size, i));
        CHECK_EQ_INT(HeapFree(heap, 0, blocks[i]), TRUE);
    }
}

static void all_sizes(void)
{
    for (SIZE_T size = 0; size < 300; size++) {
        one_size(size);
    }
    for (SIZE_T size = 300; size < 0x5000; size += size / 7) {
        one_size(size);
    }
    one_size(0x4000);
    one_size(0x4001);
    CHECK(HeapValidate(heap, 0, NULL));
}

/* Sizes that lie close together may share a kind of block, never a size. */
static void sizes_in_turn(void)
{
    unsigned char *blocks[400];
    for (unsigned i = 0; i < 400; i++) {
        blocks[i] = HeapAlloc(heap, 0, 100 + i % 20);
        check_block(blocks[i], 100 + i % 20);
    }
    for (unsigned i = 0; i < 400; i++) {
        check_block(blocks[i], 100 + i % 20);
        CHECK_EQ_INT(HeapFree(heap, 0, blocks[i]), TRUE);
    }
}

/* what was freed is no block, also when many others of the size are in use */
static void freed_block(void)
{
    SPEC("W3.7.4 W3.8.4 W3.9.4");
    void *blocks[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        blocks[i] = HeapAlloc(heap, 0, 40);
    }
    CHECK_EQ_INT(HeapFree(heap, 0, blocks[30]), TRUE);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapValidate(heap, 0, blocks[30]), FALSE);
    CHECK_LAST_ERROR_UNTOUCHED();
#ifndef _WIN32
    CHECK_EQ_INT(HeapFree(heap, 0, blocks[30]), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(HeapSize(heap, 0, blocks[30]), FAILED_SIZE);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapReAlloc(heap, 0, blocks[30], 50), NULL);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
#endif
    for (unsigned i = 0; i < MANY; i++) {
        CHECK(i == 30 || HeapFree(heap, 0, blocks[i]));
    }
}

/* contents are kept, growth is zeroed, from any size to any */
static void resized(void)
{
    SPEC("W1.5.7 W1.5.8 W3.6.2");
    static const SIZE_T sizes[] = {0, 1, 12, 40, 41, 100, 1000, 4000, 16384, 20000};
    enum {
        COUNT = sizeof(sizes) / sizeof(sizes[0])
    };
    for (unsigned from = 0; from < COUNT; from++) {
        for (unsigned to = 0; to < COUNT; to++) {
            SIZE_T kept = sizes[from] < sizes[to] ? sizes[from] : sizes[to];
            unsigned char *block = HeapAlloc(heap, 0, sizes[from]);
            pattern_fill(block, sizes[from], to);
            block = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, sizes[to]);
            check_block(block, sizes[to]);
            CHECK(pattern_holds(block, kept, to));
            CHECK(all_bytes(block + kept, sizes[to] - kept, 0));
            CHECK_EQ_INT(HeapFree(heap, 0, block), TRUE);
        }
    }
}

#ifndef _WIN32
/* the sum of live blocks, to the byte, whatever lies ready for the next call */
static void summary(void)
{
    SPEC("W3.15.4");
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    void *blocks[MANY];
    HANDLE fresh = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < MANY; i++) {
        blocks[i] = HeapAlloc(fresh, 0, 37);
    }
    CHECK(HeapSummary(fresh, 0, &summary));
    CHECK_EQ_UINT(summary.cbAllocated, MANY * 37);
    for (unsigned i = 0; i < MANY; i += 2) {
        CHECK(HeapFree(fresh, 0, blocks[i]));
    }
    CHECK(HeapSummary(fresh, 0, &summary));
    CHECK_EQ_UINT(summary.cbAllocated, MANY / 2 * 37);
    for (unsigned i = 1; i < MANY; i += 2) {
        CHECK(HeapFree(fresh, 0, blocks[i]));
    }
    CHECK(HeapSummary(fresh, 0, &summary));
    CHECK_EQ_UINT(summary.cbAllocated, 0);
    CHECK(HeapDestroy(fresh));
}
#endif

static void all(void)
{
    all_sizes();
    sizes_in_turn();
    freed_block();
    resized();
}

int main(void)
{
    ULONG mode = 2;
    heap = HeapCreate(0, 0, 0);
    all(); /* turns itself on */
    CHECK(HeapDestroy(heap));
    heap = HeapCreate(0, 0, 0);
    CHECK(HeapSetInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode)));
    all();
    CHECK(HeapDestroy(heap));
    heap = GetProcessHeap();
    all();
#ifndef _WIN32
    summary();
#endif
    return check_report();
}
