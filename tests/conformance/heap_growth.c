/* How a growable heap takes address space: win32-heap.md 8, seen through the region records of HeapWalk. */
#include "blocks.h"

#define BLOCK ((SIZE_T)0x60000)
#define BLOCKS 100
#define SEGMENT_FIRST ((SIZE_T)0x100000)
#define SEGMENT_CAP ((SIZE_T)0xFD0000)

static SIZE_T expected_size(SIZE_T initial, unsigned n)
{
    if (n == 0) {
        return initial + 0x10000;
    }
    SIZE_T size = SEGMENT_FIRST << (n - 1);
    return size < SEGMENT_CAP ? size : SEGMENT_CAP;
}

/* How many of the blocks lie in the region. */
static unsigned blocks_within(unsigned char *const *blocks, const PROCESS_HEAP_ENTRY *region, SIZE_T size)
{
    const unsigned char *start = region->lpData;
    unsigned n = 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        n += blocks[i] > start && blocks[i] < start + size;
    }
    return n;
}

/* the sizes of the reservations, and that each is used up before the next is opened */
static void check_regions(HANDLE heap, SIZE_T initial, unsigned char *const *blocks)
{
    SPEC("W8.3 W8.4 W8.5 W8.6");
    PROCESS_HEAP_ENTRY region;
    unsigned seen = 0;
    unsigned n = 0;
    bool capped = false;
    for (; find_region(heap, n, &region); n++) {
        SIZE_T size = (SIZE_T)region.Region.dwCommittedSize + region.Region.dwUnCommittedSize;
        unsigned within = blocks_within(blocks, &region, size);
        WINE_DIFFERS("the sizes of a growing heap's segments") {
            CHECK_EQ_UINT(size, expected_size(initial, n));
            CHECK(seen + within == BLOCKS || within == size / block_stride(BLOCK));
        }
        seen += within;
        capped = capped || size == SEGMENT_CAP;
    }
    WINE_DIFFERS("the sizes of a growing heap's segments") {
        CHECK(n == 7 && capped);
    }
    CHECK_EQ_UINT(seen, BLOCKS);
}

static void grow(SIZE_T initial)
{
    SPEC("W8.1 W8.2 W10.4");
    static unsigned char *blocks[BLOCKS];
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, initial, 0);
    WINE_DIFFERS("HeapCreate reserves the initial size and 64 KiB") {
        CHECK_EQ_UINT(region_size(heap, 0), initial + 0x10000);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = HeapAlloc(heap, 0, BLOCK);
        CHECK(blocks[i] != NULL);
        pattern_fill(blocks[i], 32, i);
    }
    check_regions(heap, initial, blocks);
    CHECK(HeapValidate(heap, 0, NULL));
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK(pattern_holds(blocks[i], 32, i));
    }
    CHECK(HeapDestroy(heap));
}

/* a segment is opened by the first allocation that does not fit, not before */
static void opens_only_when_needed(void)
{
    SPEC("W8.3 W8.6");
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    void *small = HeapAlloc(heap, 0, 0x8000);
    CHECK(small != NULL);
    CHECK_EQ_UINT(region_size(heap, 1), 0);
    WINE_DIFFERS("the sizes of a growing heap's segments") {
        CHECK(HeapAlloc(heap, 0, 0x10000) != NULL);
        CHECK_EQ_UINT(region_size(heap, 1), SEGMENT_FIRST);
        CHECK_EQ_UINT(region_size(heap, 2), 0);
    }
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    grow(0);
    grow(0x80000);
    grow(0x150000);
    opens_only_when_needed();
    return check_report();
}
