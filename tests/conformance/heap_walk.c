/* HeapWalk: win32-heap.md 3.12 and section 4 but for 4.6. */
#include "walk.h"

#define COMMITTED_AT_FIRST ((SIZE_T)0x400 * sizeof(void *))
#define RESERVED_AT_FIRST ((SIZE_T)0x10000)

/* Two walks that a test compares, and one in between. */
static struct walk first, middle, second;

/* the region record of a fresh heap */
static void check_fresh_region(HANDLE heap, const PROCESS_HEAP_ENTRY *e)
{
    SPEC("W4.1.1 W4.1.6 W4.2.2 W4.2.3 W4.2.4 W4.2.5 W4.2.6 W4.2.7 W4.2.8 W4.2.9 W9.5");
    uintptr_t header_end = (uintptr_t)e[0].lpData + e[0].cbData;
    CHECK_EQ_UINT(e[0].wFlags, PROCESS_HEAP_REGION);
    CHECK_EQ_PTR(e[0].lpData, heap);
    CHECK(e[0].cbData <= 0x1000);
    CHECK_EQ_UINT(e[0].cbOverhead, 0);
    CHECK_EQ_UINT(e[0].iRegionIndex, 0);
    WINE_DIFFERS("a fresh heap has other committed and reserved sizes") {
        CHECK_EQ_UINT(e[0].Region.dwCommittedSize, COMMITTED_AT_FIRST);
        CHECK_EQ_UINT(e[0].Region.dwUnCommittedSize, RESERVED_AT_FIRST - e[0].Region.dwCommittedSize);
    }
    WINE_DIFFERS("lpFirstBlock lies elsewhere") {
        CHECK((uintptr_t)e[0].Region.lpFirstBlock == header_end + GRANULARITY ||
              (uintptr_t)e[0].Region.lpFirstBlock == header_end + 2 * GRANULARITY);
    }
    CHECK_EQ_UINT(e[0].Region.lpLastBlock, (uintptr_t)e[2].lpData + e[2].cbData);
}

/* the free block and the uncommitted range, with the region before them */
static void check_free_and_uncommitted(const PROCESS_HEAP_ENTRY *region, const PROCESS_HEAP_ENTRY *e)
{
    SPEC("W4.1.2 T3.7 W4.1.4 W4.2.10 W4.2.11 W4.2.12 W4.2.13 W4.2.14 W4.2.15 W4.2.16 W4.4.4 W4.4.5");
    CHECK_EQ_UINT(e[0].wFlags, 0);
    CHECK(e[0].lpData != NULL);
    CHECK(e[0].cbData != 0);
    CHECK_EQ_UINT(e[0].cbOverhead, 2 * GRANULARITY);
    CHECK_EQ_UINT(e[0].iRegionIndex, 0);

    uintptr_t free_data = (uintptr_t)e[0].lpData;
    CHECK_EQ_UINT(e[1].wFlags, PROCESS_HEAP_UNCOMMITTED_RANGE);
    CHECK_EQ_UINT(e[1].lpData, (uintptr_t)region->lpData + region->Region.dwCommittedSize);
    CHECK_EQ_UINT(e[1].lpData, free_data + e[0].cbData + 2 * (SIZE_T)e[0].cbOverhead);
    WINE_DIFFERS("no guard page, as in Windows 7") {
        CHECK_EQ_UINT(e[1].cbData, region->Region.dwUnCommittedSize - GUARD_PAGE);
    }
    CHECK_EQ_UINT(e[1].cbOverhead, 0);
    CHECK_EQ_UINT(e[1].iRegionIndex, 0);
}

static void check_fresh(HANDLE heap)
{
    if (CHECK(walk_take(heap, &first)) && CHECK_EQ_UINT(first.count, 3)) {
        check_fresh_region(heap, &first.records[0]);
        check_free_and_uncommitted(&first.records[0], &first.records[1]);
    }
    CHECK(walk_is_sane(heap, &first));
}

/* exactly three records, each with its formula */
static void fresh_heap(void)
{
    SPEC("W4.2.1");
    HANDLE heap = HeapCreate(0, 0, 0);
    check_fresh(heap);
    CHECK(HeapDestroy(heap));
}

/* the same for the other kinds of growable heap */
static void fresh_heap_of_other_kinds(void)
{
    SPEC("W4.2.1");
    static const DWORD kinds[] = {HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS, HEAP_CREATE_ENABLE_EXECUTE};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        HANDLE heap = HeapCreate(kinds[i], 0, 0);
        check_fresh(heap);
        CHECK(HeapDestroy(heap));
    }
}

/* an initial size is committed, and the reservation is so much and 64 KiB */
static void fresh_heap_with_initial_size(void)
{
    SPEC("W3.3.5 W3.3.10");
    static const SIZE_T initial[] = {0x80000, 0x150000};
    for (size_t i = 0; i < 2; i++) {
        HANDLE heap = HeapCreate(0, initial[i], 0);
        CHECK(walk_take(heap, &first));
        CHECK(walk_is_sane(heap, &first));
        const PROCESS_HEAP_ENTRY *r = &first.records[0];
        CHECK(r->Region.dwCommittedSize >= initial[i]);
        WINE_DIFFERS("the reservation is no 64 KiB more than the initial size") {
            CHECK_EQ_UINT((SIZE_T)r->Region.dwCommittedSize + r->Region.dwUnCommittedSize, initial[i] + 0x10000);
        }
        CHECK(HeapDestroy(heap));
    }
}

/* a fixed-size heap is one region and never gets another */
static void fixed_heap(void)
{
    SPEC("W3.3.7");
    static const SIZE_T maximum[] = {0x2000, 0x10000, 0x40000, 0x200000};
    for (size_t i = 0; i < sizeof(maximum) / sizeof(maximum[0]); i++) {
        HANDLE heap = HeapCreate(0, 0, maximum[i]);
        while (HeapAlloc(heap, 0, 700) != NULL) {
        }
        CHECK(walk_take(heap, &first));
        CHECK(walk_is_sane(heap, &first));
        struct walk_totals t;
        CHECK(walk_totals(heap, &t));
        CHECK_EQ_UINT(t.regions, 1);
        CHECK_EQ_UINT(t.large, 0);
        CHECK_EQ_UINT(t.busy_bytes, t.busy * 700);
        CHECK(t.region_committed + t.region_uncommitted >= maximum[i]);
        CHECK(HeapDestroy(heap));
    }
}

/* Fills what is left of the heap's first region with ever smaller blocks, each written to its last byte. Returns the
 * last one and stores its size. */
static void *fill_first_region(HANDLE heap, SIZE_T *last_size)
{
    PROCESS_HEAP_ENTRY region;
    void *last = NULL;
    CHECK(find_region(heap, 0, &region));
    for (SIZE_T size = 0xF000; size > 0;) {
        char *block = HeapAlloc(heap, 0, size);
        bool inside = block != NULL && block > (char *)heap && block < (char *)region.Region.lpLastBlock;
        if (inside) {
            memset(block, 0x77, size);
            last = block;
            *last_size = size;
        } else {
            CHECK(HeapFree(heap, 0, block));
            size--;
        }
    }
    return last;
}

/* the last block of a region can be written to its last byte and is walked, as is a free rest of any size */
static void end_of_a_region(DWORD options, SIZE_T maximum)
{
    SPEC("W4.4.9");
    for (SIZE_T offset = 0; offset < 8; offset++) {
        SIZE_T size = 0;
        HANDLE heap = HeapCreate(options, 0, maximum);
        CHECK(HeapAlloc(heap, 0, 16 * offset) != NULL);
        void *last = fill_first_region(heap, &size);
        CHECK(HeapValidate(heap, 0, NULL));
        CHECK(walk_take(heap, &first));
        CHECK(walk_is_sane(heap, &first));

        for (SIZE_T less = 0; less < 160 && less < size; less += 8) {
            CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, last, size - less), last);
            CHECK(walk_take(heap, &first));
            CHECK(walk_is_sane(heap, &first));
            CHECK(walk_find(&first, last) != NULL);
        }
        CHECK(all_bytes(last, size - (size < 160 ? size - 1 : 159), 0x77));
        CHECK(HeapDestroy(heap));
    }
}

static void end_of_a_fixed_heap(void)
{
    end_of_a_region(0, 0x10000);
    end_of_a_region(HEAP_NO_SERIALIZE, 0x22000);
}

static void end_of_the_first_region(void)
{
    end_of_a_region(HEAP_NO_SERIALIZE, 0);
}

/* two walks of an unchanged heap are the same to the byte */
static void walks_are_identical(void)
{
    SPEC("W3.12.2 W3.12.6");
    HANDLE heap = HeapCreate(0, 0, 0);
    void *blocks[20];
    for (unsigned i = 0; i < 20; i++) {
        blocks[i] = HeapAlloc(heap, 0, i * 123);
    }
    CHECK(HeapAlloc(heap, 0, 5 * UNIT) != NULL);
    CHECK(HeapFree(heap, 0, blocks[3]));
    CHECK(HeapFree(heap, 0, blocks[17]));

    CHECK(walk_take(heap, &first));
    CHECK(walk_take(heap, &second));
    CHECK_EQ_UINT(first.count, second.count);
    CHECK(walk_same(&first, &second, first.count));
    CHECK(HeapDestroy(heap));
}

/* record of a large block */
static void check_large(const PROCESS_HEAP_ENTRY *e, const void *block, SIZE_T size)
{
    SPEC("W4.1.3");
    CHECK_EQ_UINT(e->wFlags, PROCESS_HEAP_ENTRY_BUSY);
    CHECK_EQ_PTR(e->lpData, block);
    CHECK_EQ_UINT(e->cbData, size);
    WINE_DIFFERS("a large block has overhead, as in Windows 7") {
        CHECK_EQ_UINT(e->cbOverhead, 0);
    }
    CHECK_EQ_UINT(e->iRegionIndex, LARGE_REGION);
}

/* large blocks are appended in order of allocation, with everything before them as it was; freed, they are gone */
static void large_blocks(void)
{
    SPEC("W4.3.1 W4.3.2 W4.3.3");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(walk_take(heap, &first));

    void *a = HeapAlloc(heap, 0, 5 * UNIT);
    CHECK(walk_take(heap, &middle));
    CHECK_EQ_UINT(middle.count, 4);
    CHECK(walk_same(&first, &middle, 3));
    check_large(&middle.records[3], a, 5 * UNIT);

    void *b = HeapAlloc(heap, 0, 5 * UNIT);
    CHECK(walk_take(heap, &second));
    CHECK_EQ_UINT(second.count, 5);
    CHECK(walk_same(&middle, &second, 4));
    check_large(&second.records[4], b, 5 * UNIT);

    CHECK(HeapFree(heap, 0, a));
    CHECK(HeapFree(heap, 0, b));
    CHECK(walk_take(heap, &second));
    CHECK_EQ_UINT(second.count, 3);
    CHECK(walk_same(&first, &second, 3));
    CHECK(HeapDestroy(heap));
}

/* allocation order stays when one in the middle goes and another comes */
static void large_blocks_keep_their_order(void)
{
    SPEC("W4.3.2 W4.3.7");
    HANDLE heap = HeapCreate(0, 0, 0);
    void *block[4];
    for (unsigned i = 0; i < 3; i++) {
        block[i] = HeapAlloc(heap, 0, LARGE_MIN + i);
    }
    CHECK(HeapFree(heap, 0, block[1]));
    block[3] = HeapAlloc(heap, 0, LARGE_MIN + 3);
    CHECK(HeapAlloc(heap, 0, 100) != NULL); /* a small block is listed before all of them */

    CHECK(walk_take(heap, &first));
    if (CHECK_EQ_UINT(first.count, 7)) {
        check_large(&first.records[4], block[0], LARGE_MIN);
        check_large(&first.records[5], block[2], LARGE_MIN + 2);
        check_large(&first.records[6], block[3], LARGE_MIN + 3);
    }
    CHECK(HeapDestroy(heap));
}

/* from which size on a block is a large one */
static void large_threshold(void)
{
    SPEC("W2.3 W2.4");
    HANDLE heap = HeapCreate(0, 0, 0);
    void *normal = HeapAlloc(heap, 0, NORMAL_MAX);
    void *grey = HeapAlloc(heap, 0, GREY_SIZE);
    void *large = HeapAlloc(heap, 0, LARGE_MIN);
    CHECK(!is_large(heap, normal));
    CHECK(!is_large(heap, grey));
    CHECK(is_large(heap, large));
    CHECK(walk_take(heap, &first));
    CHECK_EQ_PTR(first.records[first.count - 1].lpData, large);
    CHECK(HeapDestroy(heap));
}

/* a block of `size` at record `n`, the free block and the uncommitted range behind it */
static void check_small_at(const struct walk *walk, size_t n, const void *block, SIZE_T size)
{
    SPEC("W4.1.3 W4.4.2 W4.4.3");
    const PROCESS_HEAP_ENTRY *e = &walk->records[n];
    if (!CHECK_EQ_UINT(walk->count, n + 3)) {
        return;
    }
    CHECK_EQ_UINT(e[0].wFlags, PROCESS_HEAP_ENTRY_BUSY);
    CHECK_EQ_PTR(e[0].lpData, block);
    CHECK_EQ_UINT(e[0].cbData, size);
    CHECK(e[0].cbOverhead != 0);
    CHECK_EQ_UINT(e[0].iRegionIndex, 0);
    CHECK_EQ_UINT(e[1].lpData, (uintptr_t)e[0].lpData + size + e[0].cbOverhead + GRANULARITY);
    check_free_and_uncommitted(&walk->records[0], &e[1]);
}

/* small blocks, first fit from the front; the region record stays the same to the byte */
static void small_blocks(void)
{
    SPEC("W4.3.4 W4.3.5 W4.3.6 W4.3.7");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(walk_take(heap, &first));

    void *a = HeapAlloc(heap, 0, 123);
    CHECK(walk_take(heap, &middle));
    CHECK(walk_same(&first, &middle, 1));
    CHECK(memcmp(&first.records[1], &middle.records[2], 2 * sizeof(first.records[1])) != 0);
    check_small_at(&middle, 1, a, 123);
    CHECK_EQ_UINT(record_start(&middle.records[1]), record_start(&first.records[1]));

    void *b = HeapAlloc(heap, 0, 456);
    CHECK(walk_take(heap, &second));
    CHECK(walk_same(&middle, &second, 2));
    check_small_at(&second, 2, b, 456);
    CHECK(walk_is_sane(heap, &second));

    /* in either order, what is freed melts into the rest again */
    CHECK(HeapFree(heap, 0, a));
    CHECK(HeapFree(heap, 0, b));
    CHECK(walk_take(heap, &second));
    CHECK_EQ_UINT(second.count, 3);
    CHECK(walk_same(&first, &second, 3));
    CHECK(HeapDestroy(heap));
}

static void check_extent(const PROCESS_HEAP_ENTRY *e, SIZE_T size)
{
    SIZE_T extent = (SIZE_T)e->cbData + e->cbOverhead;
    if (block_stride(size) > 2 * GRANULARITY) {
        CHECK_EQ_UINT(extent, block_stride(size));
        return;
    }
    WINE_DIFFERS("the smallest block is larger") {
        CHECK_EQ_UINT(extent, block_stride(size));
    }
}

/* size and overhead of a block give its extent: the stride of nt-heap.md 15.5 */
static void block_sizes(void)
{
    SPEC("W4.4.1 W4.4.2 W4.4.6");
    static const SIZE_T sizes[] = {0,  1,  7,  8,   15,  16,   17,   24,     25,    31,
                                   32, 33, 63, 100, 123, 1000, 4096, 0x5000, 0xC000};
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *block = HeapAlloc(heap, 0, sizes[i]);
        PROCESS_HEAP_ENTRY e;
        if (CHECK(find_record(heap, block, &e))) {
            CHECK_EQ_UINT(e.cbData, sizes[i]);
            check_extent(&e, sizes[i]);
        }
        CHECK(HeapFree(heap, 0, block));
    }
    CHECK(HeapDestroy(heap));
}

/* cbData is what was asked for last */
static void resized_blocks(void)
{
    SPEC("W4.1.3");
    static const SIZE_T sizes[] = {100, 50, 0, 3000, 0x40000, LARGE_MIN, 3 * LARGE_MIN, 2 * LARGE_MIN, 17};
    HANDLE heap = HeapCreate(0, 0, 0);
    void *block = HeapAlloc(heap, 0, 1);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *moved = HeapReAlloc(heap, 0, block, sizes[i]);
        if (CHECK(moved != NULL)) {
            block = moved;
        }
        CHECK(walk_take(heap, &first));
        CHECK(walk_is_sane(heap, &first));
        const PROCESS_HEAP_ENTRY *e = walk_find(&first, block);
        if (CHECK(e != NULL)) {
            CHECK_EQ_UINT(e->cbData, sizes[i]);
        }
        struct walk_totals t;
        CHECK(walk_totals(heap, &t));
        CHECK_EQ_UINT(t.busy + t.large, 1);
    }
    CHECK(HeapDestroy(heap));
}

#define MANY 600

struct live {
    void *block[MANY];
    SIZE_T size[MANY];
};

/* The busy records are exactly the live blocks, the geometry holds, and the totals are the sums. */
static void check_against(HANDLE heap, const struct live *live)
{
    SPEC("W4.1.3 W4.4.9");
    struct walk_totals t;
    size_t blocks = 0;
    SIZE_T bytes = 0;
    CHECK(walk_take(heap, &first));
    CHECK(walk_totals(heap, &t));
    CHECK(walk_is_sane(heap, &first));
    for (unsigned i = 0; i < MANY; i++) {
        if (live->block[i] == NULL) {
            continue;
        }
        const PROCESS_HEAP_ENTRY *e = walk_find(&first, live->block[i]);
        if (!CHECK(e != NULL) || !CHECK_EQ_UINT(e->cbData, live->size[i])) {
            return;
        }
        blocks++;
        bytes += live->size[i];
    }
    CHECK_EQ_UINT(t.busy + t.large, blocks);
    CHECK_EQ_UINT(t.busy_bytes, bytes);
}

/* all of section 4 in a heap of many segments */
static void many_segments(void)
{
    static struct live live;
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    memset(&live, 0, sizeof(live));
    for (unsigned i = 0; i < 100; i++) {
        live.size[i] = 0x60000 + i;
        live.block[i] = HeapAlloc(heap, 0, live.size[i]);
    }
    check_against(heap, &live);
    struct walk_totals t;
    CHECK(walk_totals(heap, &t));
    CHECK(t.regions > 2);
    CHECK_EQ_UINT(t.busy, 100);

    for (unsigned i = 0; i < 100; i += 2) {
        CHECK(HeapFree(heap, 0, live.block[i]));
        live.block[i] = NULL;
    }
    check_against(heap, &live);
    for (unsigned i = 1; i < 100; i += 2) {
        CHECK(HeapFree(heap, 0, live.block[i]));
        live.block[i] = NULL;
    }
    check_against(heap, &live);
    CHECK(HeapDestroy(heap));
}

/* all of section 4 after each of a long row of operations of every size class */
static void after_every_operation(void)
{
    static const SIZE_T top[] = {40, 600, 6000, 70000, 0x30000};
    static struct live live;
    unsigned random = 12345;
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    memset(&live, 0, sizeof(live));
    for (unsigned step = 0; step < 1500; step++) {
        random = random * 1103515245u + 12345u;
        unsigned i = (random >> 16) % MANY;
        SIZE_T size = (random >> 4) % top[(random >> 20) % 5];
        if (step % 100 == 50) {
            size = LARGE_MIN + step;
        }
        if (live.block[i] == NULL) {
            live.block[i] = HeapAlloc(heap, 0, size);
        } else if (random % 3 == 0) {
            live.block[i] = HeapReAlloc(heap, 0, live.block[i], size);
        } else {
            CHECK(HeapFree(heap, 0, live.block[i]));
            live.block[i] = NULL;
            size = 0;
        }
        live.size[i] = size;
        if (step % 4 == 0 || step < 100) {
            check_against(heap, &live);
        }
    }
    for (unsigned i = 0; i < MANY; i++) {
        CHECK(HeapFree(heap, 0, live.block[i]));
        live.block[i] = NULL;
    }
    check_against(heap, &live);
    CHECK(HeapDestroy(heap));
}

/* a freed block between two live ones is a free record of just its extent, and is used again first */
static void holes(void)
{
    SPEC("W4.4.3");
    static struct live live;
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0x20000, 0);
    memset(&live, 0, sizeof(live));
    /* too few for their size to become hot */
    for (unsigned i = 0; i < 16; i++) {
        live.size[i] = 1000;
        live.block[i] = HeapAlloc(heap, 0, live.size[i]);
    }
    CHECK(walk_take(heap, &first));
    CHECK_EQ_UINT(first.count, 19);
    for (unsigned i = 0; i < 16; i += 2) {
        CHECK(HeapFree(heap, 0, live.block[i]));
    }
    CHECK(walk_take(heap, &second));
    CHECK_EQ_UINT(second.count, first.count);
    CHECK(walk_same(&first, &second, 1));
    for (size_t i = 0; i < 16; i++) {
        const PROCESS_HEAP_ENTRY *e = &second.records[i + 1];
        CHECK(record_kind(e) == (i % 2 == 0 ? KIND_FREE : KIND_BUSY));
        CHECK_EQ_UINT(record_start(e), record_start(&first.records[i + 1]));
        WINE_DIFFERS("a free block can be 8 bytes off a whole number of granules") {
            CHECK_EQ_UINT(record_end(e), record_end(&first.records[i + 1]));
        }
    }
    for (unsigned i = 0; i < 16; i += 2) {
        live.block[i] = HeapAlloc(heap, 0, live.size[i]);
    }
    check_against(heap, &live);
    CHECK_EQ_UINT(first.count, 19);
    CHECK(HeapDestroy(heap));
}

/* of two holes the one that fits better is used, though the other comes first: not quite first fit */
static void better_hole(void)
{
    SPEC("W4.3.7");
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    void *large = HeapAlloc(heap, 0, 3000);
    CHECK(HeapAlloc(heap, 0, 100) != NULL);
    void *small = HeapAlloc(heap, 0, 1000);
    CHECK(HeapAlloc(heap, 0, 100) != NULL);
    CHECK(HeapFree(heap, 0, large) && HeapFree(heap, 0, small));
    CHECK_EQ_PTR(HeapAlloc(heap, 0, 1000), small);
    CHECK_EQ_PTR(HeapAlloc(heap, 0, 1000), large);
    CHECK(HeapDestroy(heap));
}

/* every block of a big heap, each once */
static void big_heap(void)
{
    enum {
        COUNT = 50000
    };
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    SIZE_T bytes = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        SIZE_T size = i % 777;
        bytes += size;
        if (HeapAlloc(heap, 0, size) == NULL) {
            CHECK(false);
            break;
        }
    }
    struct walk_totals t;
    CHECK(walk_totals(heap, &t));
    CHECK_EQ_UINT(t.busy, COUNT);
    CHECK_EQ_UINT(t.busy_bytes, bytes);
    CHECK_EQ_UINT(t.large, 0);
    CHECK(t.regions >= 2);
    CHECK(t.region_committed >= bytes);
    CHECK(HeapDestroy(heap));
}

static void prototype(void)
{
    SPEC("W3.12.1");
    BOOL(WINAPI * function)(HANDLE, LPPROCESS_HEAP_ENTRY) = HeapWalk;
    PROCESS_HEAP_ENTRY entry;
    walk_begin(&entry);
    CHECK_EQ_INT(function(GetProcessHeap(), &entry), TRUE);
}

/* all state is in the structure: two walks at once, and one resumed from a copy */
static void state_is_in_the_structure(void)
{
    SPEC("W3.12.3 W3.12.4");
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < 10; i++) {
        CHECK(HeapAlloc(heap, 0, 100 + i) != NULL);
    }
    CHECK(HeapAlloc(heap, 0, LARGE_MIN) != NULL);
    CHECK(HeapAlloc(heap, 0, LARGE_MIN) != NULL);
    CHECK(walk_take(heap, &first));

    PROCESS_HEAP_ENTRY ahead, behind;
    walk_begin(&ahead);
    walk_begin(&behind);
    CHECK(HeapWalk(heap, &ahead));
    for (size_t i = 1; i < first.count; i++) {
        PROCESS_HEAP_ENTRY copy = ahead;
        CHECK(HeapWalk(heap, &ahead));
        CHECK(HeapWalk(heap, &behind));
        CHECK(HeapWalk(heap, &copy));
        CHECK_EQ_PTR(ahead.lpData, first.records[i].lpData);
        CHECK_EQ_PTR(behind.lpData, first.records[i - 1].lpData);
        CHECK(memcmp(&copy, &ahead, sizeof(copy)) == 0);
    }
    CHECK(!HeapWalk(heap, &ahead));
    CHECK(HeapDestroy(heap));
}

/* TRUE leaves the last error alone; the end is ERROR_NO_MORE_ITEMS */
static void last_error(void)
{
    SPEC("W1.3.8 W3.12.4 W3.12.5");
    HANDLE heap = HeapCreate(0, 0, 0);
    PROCESS_HEAP_ENTRY entry;
    walk_begin(&entry);
    for (unsigned i = 0; i < 3; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapWalk(heap, &entry), TRUE);
        CHECK_LAST_ERROR_UNTOUCHED();
    }
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapWalk(heap, &entry), FALSE);
    CHECK_LAST_ERROR(ERROR_NO_MORE_ITEMS);
    CHECK(HeapDestroy(heap));
}

/* works on a heap that the walking thread has locked */
static void locked_heap(void)
{
    SPEC("W3.12.8");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapAlloc(heap, 0, 50) != NULL);
    CHECK(walk_take(heap, &first));
    CHECK(HeapLock(heap));
    CHECK(walk_take(heap, &second));
    CHECK(HeapUnlock(heap));
    CHECK_EQ_UINT(first.count, second.count);
    CHECK(walk_same(&first, &second, first.count));
    CHECK(HeapDestroy(heap));
}

/* the default heap is walked like any other */
static void default_heap(void)
{
    SPEC("W1.1.3 W10.2");
    HANDLE heap = GetProcessHeap();
    void *small = HeapAlloc(heap, 0, 321);
    void *large = HeapAlloc(heap, 0, 2 * LARGE_MIN);
    PROCESS_HEAP_ENTRY e;
    CHECK(HeapLock(heap));
    walk_begin(&e);
    CHECK(HeapWalk(heap, &e));
    CHECK_EQ_PTR(e.lpData, heap);
    CHECK_EQ_UINT(e.wFlags, PROCESS_HEAP_REGION);
    CHECK(find_record(heap, small, &e));
    CHECK_EQ_UINT(e.cbData, 321);
    CHECK(find_record(heap, large, &e));
    CHECK_EQ_UINT(e.cbData, 2 * LARGE_MIN);
    CHECK_EQ_UINT(e.iRegionIndex, LARGE_REGION);
    CHECK(HeapUnlock(heap));
    CHECK(HeapFree(heap, 0, small));
    CHECK(HeapFree(heap, 0, large));
}

/* HeapValidate says TRUE to the busy records of a walk and to no other */
static void only_busy_records_validate(void)
{
    SPEC("W3.9.8");
    HANDLE heap = HeapCreate(0, 0, 0);
    void *hole = HeapAlloc(heap, 0, 500);
    CHECK(HeapAlloc(heap, 0, 100) != NULL);
    CHECK(HeapAlloc(heap, 0, LARGE_MIN) != NULL);
    CHECK(HeapFree(heap, 0, hole));
    CHECK(walk_take(heap, &first));
    for (size_t i = 0; i < first.count; i++) {
        const PROCESS_HEAP_ENTRY *e = &first.records[i];
        bool busy = (e->wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0;
        if (!busy && (e->wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE) != 0 && !on_wine()) {
            continue; /* 1.3: unmapped memory may crash Windows; our answer is asked for below */
        }
        CHECK_EQ_INT(HeapValidate(heap, 0, e->lpData), busy);
    }
    CHECK(HeapDestroy(heap));
}

/* asked of Wine only, as Windows leaves it undefined */
static void null_arguments(void)
{
#ifdef _WIN32
    if (!on_wine()) {
        return;
    }
#endif
    SPEC("W3.12.9");
    HANDLE heap = HeapCreate(0, 0, 0);
    PROCESS_HEAP_ENTRY entry, before;
    walk_begin(&entry);
    before = entry;
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapWalk(NULL, &entry), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    CHECK(memcmp(&entry, &before, sizeof(entry)) == 0);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapWalk(heap, NULL), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    CHECK(HeapDestroy(heap));
}

#ifndef _WIN32

/* a handle that is no heap: FALSE, ERROR_INVALID_HANDLE */
static void bad_handle(void)
{
    SPEC("W1.1.5");
    static struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        PROCESS_HEAP_ENTRY entry;
        walk_begin(&entry);
        POISON_LAST_ERROR();
        bool ok = CHECK_EQ_INT(HeapWalk(bad.list[i].handle, &entry), FALSE);
        ok = CHECK_LAST_ERROR(ERROR_INVALID_HANDLE) && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}

static bool refuses(HANDLE heap, void *data, WORD flags)
{
    PROCESS_HEAP_ENTRY entry;
    memset(&entry, 0xCD, sizeof(entry));
    entry.lpData = data;
    entry.wFlags = flags;
    POISON_LAST_ERROR();
    bool ok = CHECK_EQ_INT(HeapWalk(heap, &entry), FALSE);
    return CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER) && ok;
}

/* lpData that no record of the heap has: FALSE, ERROR_INVALID_PARAMETER, whatever the flags claim */
static void bogus_data(void)
{
    SPEC("W3.12.9");
    static const WORD flags[] = {0xCDCD, 0, PROCESS_HEAP_REGION, PROCESS_HEAP_UNCOMMITTED_RANGE,
                                 PROCESS_HEAP_ENTRY_BUSY};
    static struct bad_blocks bad;
    bad_blocks_make(&bad);
    HANDLE heap = bad.witness.heap;
    for (unsigned i = 0; i < bad.count; i++) {
        bool ok = bad.list[i].address == heap;
        for (unsigned f = 0; !ok && f < sizeof(flags) / sizeof(flags[0]); f++) {
            if (!refuses(heap, bad.list[i].address, flags[f])) {
                tell_case(false, bad.list[i].name);
                break;
            }
        }
    }
    CHECK(refuses(heap, bad.foreign.heap, PROCESS_HEAP_REGION)); /* another heap's region */
    bad_blocks_end(&bad);
}

/* a structure of one heap's walk given with another heap */
static void other_heap(void)
{
    HANDLE a = HeapCreate(0, 0, 0), b = HeapCreate(0, 0, 0);
    CHECK(HeapAlloc(a, 0, 100) != NULL);
    CHECK(HeapAlloc(a, 0, LARGE_MIN) != NULL);
    CHECK(walk_take(a, &first));
    for (size_t i = 0; i < first.count; i++) {
        PROCESS_HEAP_ENTRY entry = first.records[i];
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapWalk(b, &entry), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    }
    CHECK(HeapDestroy(a));
    CHECK(HeapDestroy(b));
}

/* a heap changed between two calls can make a walk fail, never crash */
static void changed_under_the_walk(void)
{
    SPEC("W3.12.7");
    HANDLE heap = HeapCreate(0, 0, 0);
    void *a = HeapAlloc(heap, 0, 100), *b = HeapAlloc(heap, 0, 100), *large = HeapAlloc(heap, 0, LARGE_MIN);
    CHECK(HeapAlloc(heap, 0, 100) != NULL);
    PROCESS_HEAP_ENTRY at_small, at_large;
    CHECK(find_record(heap, b, &at_small));
    CHECK(find_record(heap, large, &at_large));
    CHECK(HeapFree(heap, 0, a));
    CHECK(HeapFree(heap, 0, b));
    CHECK(HeapFree(heap, 0, large));
    POISON_LAST_ERROR();
    CHECK(!HeapWalk(heap, &at_small));
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    POISON_LAST_ERROR();
    CHECK(!HeapWalk(heap, &at_large));
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    CHECK(HeapDestroy(heap));
}

#endif

int main(void)
{
    fresh_heap();
    fresh_heap_of_other_kinds();
    fresh_heap_with_initial_size();
    fixed_heap();
    end_of_a_fixed_heap();
    end_of_the_first_region();
    walks_are_identical();
    large_blocks();
    large_blocks_keep_their_order();
    large_threshold();
    small_blocks();
    block_sizes();
    resized_blocks();
    many_segments();
    after_every_operation();
    holes();
    better_hole();
    big_heap();
    prototype();
    state_is_in_the_structure();
    last_error();
    locked_heap();
    default_heap();
    only_busy_records_validate();
    null_arguments();
#ifndef _WIN32
    bad_handle();
    bogus_data();
    other_heap();
    changed_under_the_walk();
#endif
    return check_report();
}
