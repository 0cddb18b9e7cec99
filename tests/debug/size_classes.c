/* Which blocks have the tail that tail checking looks at: normal ones up to the largest, and no large one. */
#include "gflags.h"

static bool has_tail(const unsigned char *block, SIZE_T size)
{
    return tail_size() != 0 && all_bytes(block + size, tail_size(), 0xAB);
}

static void normal_blocks(HANDLE heap)
{
    static const SIZE_T sizes[] = {0, 1, 100, 0x4000, 0x10000, UNIT, NORMAL_MAX};
    SPEC("W2.2");
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned char *block = HeapAlloc(heap, 0, sizes[i]);
        CHECK(has_tail(block, sizes[i]));
        CHECK(!is_large(heap, block));
        CHECK(HeapFree(heap, 0, block));
    }
}

static void grey_zone(HANDLE heap)
{
    SPEC("W2.3");
    unsigned char *block = HeapAlloc(heap, 0, GREY_SIZE);
    CHECK(has_tail(block, GREY_SIZE));
    CHECK_EQ_UINT((uintptr_t)block % GRANULARITY, 0);
    CHECK(!is_large(heap, block));
    CHECK(HeapFree(heap, 0, block));
}

static void large_blocks(HANDLE heap)
{
    static const SIZE_T sizes[] = {LARGE_MIN, 0x100000, 5 * UNIT + 1};
    SPEC("W2.4");
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned char *block = HeapAlloc(heap, 0, sizes[i]);
        CHECK(all_bytes(block, sizes[i] + tail_size(), 0));
        CHECK_EQ_UINT((uintptr_t)block % LARGE_ALIGNMENT, 0);
        CHECK(is_large(heap, block));
        CHECK(HeapFree(heap, 0, block));
    }
}

static void all(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    normal_blocks(heap);
    grey_zone(heap);
    large_blocks(heap);
    CHECK(HeapDestroy(heap));
}

GFLAGS_MAIN({"+htc", all}, {"+htc+hfc", all}, {"+hpc", all})
