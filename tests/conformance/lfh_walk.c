/* What HeapWalk and RtlWalkHeap tell of the low-fragmentation heap: win32-heap.md 4.5 and 4.6. */
#include "lfh.h"
#include "nt_walk.h"

#define SIZE (24 + 2 * sizeof(void *))
#define FREE_DATA 0x20u /* of a free block of that size's bucket, on x86 and x64 */
#define LEAST 24        /* more records than that */
#define MOST 256        /* and fewer than that: section 10 */

static struct walk walk, fresh;
static struct nt_walk nt;

static bool take(HANDLE heap)
{
    SPEC("W10.1 W10.9");
    return walk_take(heap, &walk) && CHECK(walk.count > LEAST && walk.count < MOST);
}

/* 17 blocks do not make it serve the size, even where it was set: the walk is a fresh heap's */
static void not_yet(HANDLE heap)
{
    SPEC("W3.14.16 W4.6.1 W5.5");
    CHECK(walk_take(heap, &fresh));
    CHECK_EQ_UINT(fresh.count, 3);
    lfh_use(heap, SIZE, LFH_LIVE - 1);
    CHECK(walk_take(heap, &walk));
    CHECK_EQ_UINT(walk.count, 3);
    CHECK(record_kind(&walk.records[0]) == KIND_REGION);
    CHECK(record_kind(&walk.records[1]) == KIND_FREE);
    CHECK(record_kind(&walk.records[2]) == KIND_UNCOMMITTED);
}

static void check_region(const PROCESS_HEAP_ENTRY *region)
{
    CHECK_EQ_UINT(region->wFlags, PROCESS_HEAP_REGION);
    CHECK_EQ_PTR(region->lpData, fresh.records[0].lpData);
    CHECK_EQ_UINT(region->cbData, fresh.records[0].cbData);
    CHECK_EQ_UINT(region->cbOverhead, 0);
    CHECK_EQ_UINT(region->iRegionIndex, 0);
}

/* 18 blocks, all freed: a group of free blocks of the bucket, told one by one */
static void free_blocks(HANDLE heap)
{
    SPEC("W4.4.8 W4.6.2 W4.6.3 W4.6.4 W4.6.5 W5.5");
    lfh_use(heap, SIZE, LFH_LIVE);
    if (!take(heap)) {
        return;
    }
    const PROCESS_HEAP_ENTRY *e = walk.records;
    check_region(&e[0]);
    CHECK_EQ_UINT(e[1].wFlags, 0);
    for (unsigned i = 4; i < 4 + LFH_LIVE; i++) {
        bool ok = CHECK_EQ_UINT(e[i].wFlags, 0);
        ok = CHECK_EQ_UINT(e[i].cbData, FREE_DATA) && ok;
        ok = CHECK_EQ_UINT(e[i].cbOverhead, GRANULARITY) && ok;
        if (!ok) {
            printf("    at record %u\n", i);
        }
    }
    /* Newer than Windows 7: a region of the low-fragmentation heap's own comes last. Windows 7: there is none. */
    bool ends_with_region = e[walk.count - 1].wFlags == PROCESS_HEAP_REGION;
    CHECK_EQ_UINT(e[walk.count - (ends_with_region ? 2 : 1)].wFlags, PROCESS_HEAP_UNCOMMITTED_RANGE);
}

/* 18 live blocks: busy records with 8 bytes of overhead */
static void busy_blocks(HANDLE heap)
{
    SPEC("W4.4.7 W4.6.6");
    void *blocks[LFH_LIVE];
    for (unsigned i = 0; i < LFH_LIVE; i++) {
        blocks[i] = HeapAlloc(heap, 0, SIZE);
    }
    unsigned busy = 0;
    if (take(heap)) {
        CHECK_EQ_UINT(walk.records[1].wFlags, 0);
        for (size_t i = 1; i <= walk.count - 3; i++) {
            const PROCESS_HEAP_ENTRY *e = &walk.records[i];
            if ((e->wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0) {
                CHECK_EQ_UINT(e->wFlags, PROCESS_HEAP_ENTRY_BUSY);
                CHECK_EQ_UINT(e->cbData, SIZE);
                CHECK_EQ_UINT(e->cbOverhead, 8);
                busy++;
            }
        }
        for (unsigned i = 0; i < LFH_LIVE; i++) {
            CHECK(walk_find(&walk, blocks[i]) != NULL);
        }
        CHECK_EQ_UINT(busy, LFH_LIVE);
    }
    for (unsigned i = 0; i < LFH_LIVE; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
}

/* the flags in numbers */
static void nt_flags(void)
{
    SPEC("W4.5.1 T4.1");
    CHECK_EQ_UINT(RTL_HEAP_SEGMENT, 0x2);
    CHECK_EQ_UINT(RTL_HEAP_UNCOMMITTED_RANGE, 0x1000);
    CHECK_EQ_UINT(RTL_HEAP_LARGE_ALLOC | RTL_HEAP_SETTABLE_VALUE | RTL_HEAP_BUSY, 0x4011);
    CHECK_EQ_UINT(RTL_HEAP_LFH_ALLOC | RTL_HEAP_BUSY, 0x8001);
}

static bool is_same_record(const RTL_HEAP_WALK_ENTRY *a, const PROCESS_HEAP_ENTRY *b)
{
    return CHECK_EQ_PTR(a->DataAddress, b->lpData) && CHECK_EQ_UINT(a->DataSize, b->cbData) &&
           CHECK_EQ_UINT(a->OverheadBytes, b->cbOverhead) && CHECK_EQ_UINT(a->SegmentIndex, b->iRegionIndex);
}

static bool are_lfh_flags(USHORT flags, WORD walk_flags)
{
    switch (walk_flags) {
    case PROCESS_HEAP_REGION:
        return CHECK_EQ_UINT(flags, 0x8002);
    case PROCESS_HEAP_ENTRY_BUSY:
        return CHECK_EQ_UINT(flags, 0x8001);
    case PROCESS_HEAP_UNCOMMITTED_RANGE:
        return CHECK_EQ_UINT(flags, 0x1000);
    default:
        return CHECK(flags == 0 || flags == 0x8000);
    }
}

/* RtlWalkHeap tells the same from the third record on, with flags of its own */
static void nt_records(HANDLE heap)
{
    SPEC("W4.5.1 W4.6.7");
    void *blocks[LFH_LIVE];
    for (unsigned i = 0; i < LFH_LIVE; i++) {
        blocks[i] = HeapAlloc(heap, 0, SIZE);
    }
    for (unsigned i = 0; i < LFH_LIVE; i += 3) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
    if (take(heap) && CHECK(nt_walk_take(heap, &nt)) && CHECK_EQ_UINT(nt.count, walk.count)) {
        for (size_t i = 3; i < nt.count; i++) {
            if (!is_same_record(&nt.records[i], &walk.records[i]) ||
                !are_lfh_flags(nt.records[i].Flags, walk.records[i].wFlags)) {
                printf("    at record %zu of %zu\n", i, nt.count);
                break;
            }
        }
    }
    for (unsigned i = 0; i < LFH_LIVE; i++) {
        CHECK(i % 3 == 0 || HeapFree(heap, 0, blocks[i]));
    }
}

/* two walks of an unchanged heap are the same to the byte */
static void walks_are_identical(HANDLE heap)
{
    SPEC("W3.12.6");
    CHECK(walk_take(heap, &fresh));
    CHECK(walk_take(heap, &walk));
    CHECK_EQ_UINT(walk.count, fresh.count);
    CHECK(walk_same(&walk, &fresh, walk.count));
}

#ifndef _WIN32
/* Cairn's front end serves HEAP_NO_SERIALIZE heaps, too, which their walks show; fixed-size heaps it does not */
static void other_heaps(void)
{
    SPEC("W3.3.13 W5.2");
    HANDLE unserialized = HeapCreate(HEAP_NO_SERIALIZE, 0, 0), fixed = HeapCreate(0, 0, UNIT);
    lfh_use(unserialized, SIZE, LFH_LIVE);
    lfh_use(fixed, SIZE, LFH_LIVE);
    CHECK(walk_take(unserialized, &walk));
    CHECK(walk.count > LEAST);
    CHECK(walk_take(fixed, &walk));
    CHECK_EQ_UINT(walk.count, 3);
    CHECK(HeapDestroy(unserialized));
    CHECK(HeapDestroy(fixed));
}
#endif

int main(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    nt_flags();
    CHECK(lfh_set(heap, 2));
    WINE_DIFFERS("there is no LFH, and a fresh heap has other records") {
        not_yet(heap);
        free_blocks(heap);
        busy_blocks(heap);
        nt_records(heap);
        busy_blocks(heap);
        free_blocks(heap);
    }
    walks_are_identical(heap);
    CHECK(HeapDestroy(heap));
#ifndef _WIN32
    other_heaps();
#endif
    return check_report();
}
