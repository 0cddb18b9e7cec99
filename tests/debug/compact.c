/* HeapCompact where free blocks stay apart, and where they do not: nt-heap.md 15.2. */
#include "gflags.h"

#define BLOCKS 8
#define SIZE 3000

/* Free records from the first block to the last. */
static unsigned free_records(HANDLE heap, unsigned char *const *blocks)
{
    PROCESS_HEAP_ENTRY entry = {0};
    unsigned seen = 0;
    while (HeapWalk(heap, &entry)) {
        const unsigned char *data = entry.lpData;
        seen += entry.wFlags == 0 && data >= blocks[0] && data < blocks[BLOCKS - 1] + SIZE;
    }
    return seen;
}

/* A full fixed-size heap in which blocks next to each other are freed; behind the last of them is a busy block, or the
 * rest of the heap. */
static void compact(bool stays_apart, bool at_the_end)
{
    SPEC("W3.10.3");
    unsigned char *blocks[BLOCKS];
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0x10000, 0x10000);
    unsigned char *first = HeapAlloc(heap, 0, 100);
    pattern_fill(first, 100, 1);
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = HeapAlloc(heap, 0, SIZE);
    }
    while (!at_the_end && HeapAlloc(heap, 0, 16) != NULL) {
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
    CHECK_EQ_UINT(free_records(heap, blocks), stays_apart ? BLOCKS : 1);
    SIZE_T largest = HeapCompact(heap, 0);
    CHECK(largest >= BLOCKS * SIZE);
    CHECK_EQ_UINT(free_records(heap, blocks), 1);
    CHECK_EQ_UINT(HeapCompact(heap, 0), largest);
    CHECK(HeapValidate(heap, 0, NULL));

    unsigned char *whole = HeapAlloc(heap, 0, BLOCKS * SIZE);
    CHECK_EQ_PTR(whole, blocks[0]);
    pattern_fill(whole, BLOCKS * SIZE, 2);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(pattern_holds(first, 100, 1) && pattern_holds(whole, BLOCKS * SIZE, 2));
    CHECK(HeapFree(heap, 0, whole) && HeapFree(heap, 0, first));
    CHECK(HeapValidate(heap, 0, NULL) && HeapDestroy(heap));
}

static void merged_on_free(void)
{
    compact(false, false);
    compact(false, true);
}

static void merged_by_compact(void)
{
    compact(true, false);
    compact(true, true);
}

GFLAGS_MAIN({"", merged_on_free}, {"+htc+hfc", merged_on_free}, {"+dhc", merged_by_compact},
            {"+dhc+htc+hfc", merged_by_compact}, {"+dhc+hpc", merged_by_compact})
