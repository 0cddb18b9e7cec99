/* HEAP_REALLOC_IN_PLACE_ONLY on blocks of the LFH: win32-heap.md sections 5 and 7. */
#include "lfh.h"

#define SMALL 12 /* section 7 */

/* A block that the LFH serves. */
static unsigned char *lfh_block(HANDLE heap)
{
    lfh_use(heap, SMALL, LFH_LIVE);
    lfh_use(heap, SMALL, LFH_LIVE);
    unsigned char *block = HeapAlloc(heap, 0, SMALL);
    CHECK(block != NULL);
    pattern_fill(block, SMALL, 5);
    return block;
}

/* in place to no size, not even to its own, in either direction; the block is as it was */
static void never_in_place(void)
{
    static const SIZE_T sizes[] = {12, 11, 10, 0, 13, 512, 0x20000};
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned char *block = lfh_block(heap);
    if (on_wine()) {
        wine_skip("there is no LFH, so blocks are resized in place");
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && !on_wine(); i++) {
        SPEC("W5.8 W7.10");
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, sizes[i]), NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        CHECK_EQ_UINT(HeapSize(heap, 0, block), SMALL);
        CHECK(pattern_holds(block, SMALL, 5));
    }
    CHECK_EQ_INT(HeapValidate(heap, 0, block), TRUE);
    CHECK_EQ_INT(HeapFree(heap, 0, block), TRUE);
    CHECK(HeapDestroy(heap));
}

/* without that flag any size can be had */
static void moves(void)
{
    SPEC("W3.6.2");
    static const SIZE_T sizes[] = {12, 11, 10, 0, 13, 512, 0x20000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        HANDLE heap = HeapCreate(0, 0, 0);
        unsigned char *block = lfh_block(heap);
        SIZE_T kept = sizes[i] < SMALL ? sizes[i] : SMALL;
        block = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, sizes[i]);
        CHECK(block != NULL);
        CHECK_EQ_UINT(HeapSize(heap, 0, block), sizes[i]);
        CHECK(pattern_holds(block, kept, 5));
        CHECK(all_bytes(block + kept, sizes[i] - kept, 0));
        CHECK_EQ_INT(HeapFree(heap, 0, block), TRUE);
        CHECK(HeapDestroy(heap));
    }
}

/* a block that is too big for the LFH is resized in place, whatever the LFH serves */
static void big_blocks_in_place(void)
{
    SPEC("W7.1 W7.2 W7.9");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapFree(heap, 0, lfh_block(heap)));
    void *block = HeapAlloc(heap, 0, 3 * UNIT);
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 3 * UNIT / 2), block);
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 2 * UNIT), block);
    void *fixed = HeapAlloc(heap, 0, 0x20000);
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, fixed, 10), fixed);
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, fixed, 0), fixed);
    CHECK(HeapDestroy(heap));
}

/* blocks from before it was on are blocks of the other kind, and stay so */
static void earlier_blocks(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    void *early = HeapAlloc(heap, 0, SMALL);
    lfh_use(heap, SMALL, LFH_LIVE);
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, early, SMALL - 2), early);
    CHECK_EQ_UINT(HeapSize(heap, 0, early), SMALL - 2);
    CHECK_EQ_INT(HeapFree(heap, 0, early), TRUE);
    CHECK(HeapDestroy(heap));
}

/* so are those of a heap that cannot have it */
static void heaps_without(void)
{
    SPEC("W3.3.13 W5.2");
    HANDLE heaps[] = {HeapCreate(HEAP_NO_SERIALIZE, 0, 0), HeapCreate(0, 0, UNIT)};
    for (unsigned h = 0; h < 2; h++) {
        void *block = lfh_block(heaps[h]);
        CHECK_EQ_PTR(HeapReAlloc(heaps[h], HEAP_REALLOC_IN_PLACE_ONLY, block, SMALL), block);
        CHECK_EQ_PTR(HeapReAlloc(heaps[h], HEAP_REALLOC_IN_PLACE_ONLY, block, SMALL - 2), block);
        CHECK(HeapDestroy(heaps[h]));
    }
}

#ifndef _WIN32
/* the 18th block of a size is the first that it serves; on Windows, the 19th of a fresh heap's first hot size */
static void first_served(void)
{
    SPEC("W5.6");
    static const SIZE_T sizes[] = {24, 100, 400};
    HANDLE heap = HeapCreate(0, 0, 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (unsigned n = 1; n <= 300; n++) {
            void *block = HeapAlloc(heap, 0, sizes[i]);
            void *resized = HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, sizes[i]);
            CHECK_EQ_PTR(resized, n < LFH_LIVE ? block : NULL);
        }
    }
    CHECK(HeapDestroy(heap));
}
#endif

int main(void)
{
    never_in_place();
    moves();
    big_blocks_in_place();
    earlier_blocks();
    heaps_without();
#ifndef _WIN32
    first_served();
#endif
    return check_report();
}
