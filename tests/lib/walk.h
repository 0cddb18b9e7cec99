/* Whole walks of a heap for the tests: taken with HeapWalk from a structure full of 0xCD, compared byte for byte, and
 * checked against the geometry of win32-heap.md 4.4. Nothing here allocates, so the default heap can be walked, too. */
#ifndef CAIRN_TESTS_WALK_H
#define CAIRN_TESTS_WALK_H

#include "blocks.h"

#define WALK_MAX 4096
#define GUARD_PAGE ((SIZE_T)PAGE) /* the last page of a reservation is never used, 4.4 */

struct walk {
    size_t count;
    PROCESS_HEAP_ENTRY records[WALK_MAX];
};

enum record_kind {
    KIND_REGION,
    KIND_FREE,
    KIND_BUSY,
    KIND_UNCOMMITTED,
    KIND_LARGE,
    KIND_UNKNOWN
};

static inline enum record_kind record_kind(const PROCESS_HEAP_ENTRY *e)
{
    switch (e->wFlags) {
    case PROCESS_HEAP_REGION:
        return KIND_REGION;
    case 0:
        return KIND_FREE;
    case PROCESS_HEAP_ENTRY_BUSY:
        return e->iRegionIndex == LARGE_REGION ? KIND_LARGE : KIND_BUSY;
    case PROCESS_HEAP_UNCOMMITTED_RANGE:
        return KIND_UNCOMMITTED;
    default:
        return KIND_UNKNOWN;
    }
}

/* A structure ready for the first call: garbage but for lpData. */
static inline void walk_begin(PROCESS_HEAP_ENTRY *entry)
{
    memset(entry, 0xCD, sizeof(*entry));
    entry->lpData = NULL;
}

/* Walks the heap to its end. False if it ended otherwise than it should. */
static inline bool walk_take(HANDLE heap, struct walk *walk)
{
    PROCESS_HEAP_ENTRY entry;
    walk->count = 0;
    walk_begin(&entry);
    POISON_LAST_ERROR();
    while (HeapWalk(heap, &entry)) {
        if (!CHECK(walk->count < WALK_MAX)) {
            return false;
        }
        walk->records[walk->count++] = entry;
    }
    return CHECK_LAST_ERROR(ERROR_NO_MORE_ITEMS);
}

/* Whether the first `n` records of two walks are the same to the byte. */
static inline bool walk_same(const struct walk *a, const struct walk *b, size_t n)
{
    return a->count >= n && b->count >= n && memcmp(a->records, b->records, n * sizeof(a->records[0])) == 0;
}

static inline void walk_print(const struct walk *walk)
{
    for (size_t i = 0; i < walk->count && i < 32; i++) {
        const PROCESS_HEAP_ENTRY *e = &walk->records[i];
        printf("    %zu: flags %x data %p size %lx overhead %x region %d", i, (unsigned)e->wFlags, e->lpData,
               (unsigned long)e->cbData, (unsigned)e->cbOverhead, (int)e->iRegionIndex);
        if (record_kind(e) == KIND_REGION) {
            printf(" committed %lx uncommitted %lx first %p last %p", (unsigned long)e->Region.dwCommittedSize,
                   (unsigned long)e->Region.dwUnCommittedSize, e->Region.lpFirstBlock, e->Region.lpLastBlock);
        }
        printf("\n");
    }
}

/* What a walk adds up to. */
struct walk_totals {
    size_t regions, free, busy, uncommitted, large;
    SIZE_T busy_bytes;        /* asked for, large blocks included */
    SIZE_T free_bytes;        /* cbData of the free records */
    SIZE_T uncommitted_bytes; /* of the uncommitted records */
    SIZE_T region_committed, region_uncommitted;
};

/* Adds up a heap of any size. */
static inline bool walk_totals(HANDLE heap, struct walk_totals *t)
{
    PROCESS_HEAP_ENTRY entry;
    memset(t, 0, sizeof(*t));
    walk_begin(&entry);
    POISON_LAST_ERROR();
    while (HeapWalk(heap, &entry)) {
        switch (record_kind(&entry)) {
        case KIND_REGION:
            t->regions++;
            t->region_committed += entry.Region.dwCommittedSize;
            t->region_uncommitted += entry.Region.dwUnCommittedSize;
            break;
        case KIND_FREE:
            t->free++;
            t->free_bytes += entry.cbData;
            break;
        case KIND_BUSY:
            t->busy++;
            t->busy_bytes += entry.cbData;
            break;
        case KIND_UNCOMMITTED:
            t->uncommitted++;
            t->uncommitted_bytes += entry.cbData;
            break;
        case KIND_LARGE:
            t->large++;
            t->busy_bytes += entry.cbData;
            break;
        case KIND_UNKNOWN:
            CHECK_EQ_UINT(entry.wFlags, 0);
            return false;
        }
    }
    return CHECK_LAST_ERROR(ERROR_NO_MORE_ITEMS);
}

/* The record of the block at `block`; NULL if there is none. */
static inline const PROCESS_HEAP_ENTRY *walk_find(const struct walk *walk, const void *block)
{
    for (size_t i = 0; i < walk->count; i++) {
        if (walk->records[i].lpData == block && (walk->records[i].wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0) {
            return &walk->records[i];
        }
    }
    return NULL;
}

/* A free block of the low-fragmentation heap: 4.4. It may have free neighbours. */
static inline bool record_is_hot_free(const PROCESS_HEAP_ENTRY *e)
{
    return record_kind(e) == KIND_FREE && e->cbOverhead != 2 * GRANULARITY;
}

/* First byte of what a record stands for, block headers included. */
static inline uintptr_t record_start(const PROCESS_HEAP_ENTRY *e)
{
    uintptr_t data = (uintptr_t)e->lpData;
    switch (record_kind(e)) {
    case KIND_FREE:
        return data - (record_is_hot_free(e) ? 1 : 2) * GRANULARITY;
    case KIND_BUSY:
        return data - GRANULARITY;
    default:
        return data;
    }
}

static inline uintptr_t record_end(const PROCESS_HEAP_ENTRY *e)
{
    uintptr_t end = (uintptr_t)e->lpData + e->cbData;
    return record_kind(e) == KIND_BUSY || record_is_hot_free(e) ? end + e->cbOverhead - GRANULARITY : end;
}

/* A region record by itself: 4.2. */
static inline bool region_is_sane(const PROCESS_HEAP_ENTRY *r)
{
    uintptr_t base = (uintptr_t)r->lpData;
    uintptr_t last = (uintptr_t)r->Region.lpLastBlock;
    uintptr_t header_end = base + r->cbData;
    uintptr_t reserved_end = base + r->Region.dwCommittedSize + r->Region.dwUnCommittedSize;
    bool ok = CHECK_EQ_UINT(base & 0xFFFF, 0);
    ok = CHECK(r->cbData <= 0x1000) && ok;
    ok = CHECK_EQ_UINT(r->cbOverhead, 0) && ok;
    ok = CHECK_EQ_UINT(r->Region.dwCommittedSize % PAGE, 0) && ok;
    ok = CHECK_EQ_UINT(r->Region.dwUnCommittedSize % PAGE, 0) && ok;
    ok = CHECK(r->Region.dwCommittedSize >= PAGE) && ok;
    ok = CHECK((uintptr_t)r->Region.lpFirstBlock >= header_end && (uintptr_t)r->Region.lpFirstBlock < last) && ok;
    return CHECK(last <= reserved_end) && ok;
}

/* One record that is no region against the one before it in the same region. */
static inline bool record_follows(const PROCESS_HEAP_ENTRY *before, const PROCESS_HEAP_ENTRY *e)
{
    enum record_kind was = record_kind(before), is = record_kind(e);
    uintptr_t end = record_end(before), start = record_start(e);
    if (is == KIND_UNCOMMITTED) {
        bool ok = CHECK(was != KIND_UNCOMMITTED && start >= end && start - end < PAGE);
        WINE_DIFFERS("regions after the first have no trailer") {
            /* a hidden trailer ends the committed range, 4.4 */
            ok = (CHECK(was != KIND_FREE || start - end == 4 * GRANULARITY) || on_wine()) && ok;
        }
        return ok;
    }
    if (was == KIND_REGION) {
        /* a block's header is the last 8 bytes of the granule before its data: the first 8 may be the region's */
        return CHECK(start + GRANULARITY / 2 >= end && start < end + PAGE);
    }
    if (was == KIND_UNCOMMITTED) {
        return CHECK(start >= end && start - end < PAGE);
    }
    bool ok = true;
    WINE_DIFFERS("a free block can be 8 bytes off a whole number of granules") {
        ok = CHECK((start - end) % GRANULARITY == 0) || on_wine();
    }
    /* Such an overhead of a block of the front end may be more than a byte tells: at most half of the block. */
    uintptr_t untold = before->cbOverhead >= 256 - GRANULARITY ? (uintptr_t)before->cbData + GRANULARITY : 0;
    /* The blocks of a committed range tile it, but for those of a span: between two spans are the header of the second
     * one's block, the granule in front of its first slice, and perhaps one more, too little for a block. */
    ok = CHECK(start + GRANULARITY > end && start <= end + 3 * GRANULARITY + untold) && ok;
    bool may_be_neighbours = record_is_hot_free(before) || record_is_hot_free(e);
    return CHECK(was != KIND_FREE || is != KIND_FREE || may_be_neighbours) && ok; /* free neighbours are one block */
}

static inline bool record_is_sane(const PROCESS_HEAP_ENTRY *e)
{
    switch (record_kind(e)) {
    case KIND_FREE: {
        bool ok = CHECK(e->cbOverhead == 2 * GRANULARITY || e->cbOverhead == GRANULARITY || e->cbOverhead == 0);
        ok = CHECK_EQ_UINT((uintptr_t)e->lpData % GRANULARITY, 0) && ok;
        WINE_DIFFERS("a free block can be 8 bytes off a whole number of granules") {
            ok = (CHECK_EQ_UINT(e->cbData % GRANULARITY, 0) || on_wine()) && ok;
        }
        return ok;
    }
    case KIND_BUSY: {
        SIZE_T total = (SIZE_T)e->cbData + e->cbOverhead;
        bool ok = CHECK_EQ_UINT(total % GRANULARITY, 0);
        ok = CHECK_EQ_UINT((uintptr_t)e->lpData % GRANULARITY, 0) && ok;
        /* A block of the low-fragmentation heap has no header in front of it. */
        return CHECK(total >= e->cbData && total != 0) && ok;
    }
    case KIND_UNCOMMITTED: {
        bool ok = CHECK_EQ_UINT(e->cbOverhead, 0);
        ok = CHECK_EQ_UINT((uintptr_t)e->lpData % PAGE, 0) && ok;
        WINE_DIFFERS("an uncommitted range can be empty") {
            ok = (CHECK(e->cbData != 0) || on_wine()) && ok;
        }
        return CHECK_EQ_UINT(e->cbData % PAGE, 0) && ok;
    }
    case KIND_LARGE: {
        bool ok = CHECK_EQ_UINT((uintptr_t)e->lpData % LARGE_ALIGNMENT, 0);
        WINE_DIFFERS("a large block has overhead, as in Windows 7") {
            ok = (CHECK_EQ_UINT(e->cbOverhead, 0) || on_wine()) && ok;
        }
        return ok;
    }
    default:
        return CHECK(record_kind(e) != KIND_UNKNOWN);
    }
}

/* The end of a region: `last` is its last record, `uncommitted` the bytes of its uncommitted records. */
static inline bool region_ends(const PROCESS_HEAP_ENTRY *region, const PROCESS_HEAP_ENTRY *last, SIZE_T uncommitted)
{
    uintptr_t end = record_end(last), last_block = (uintptr_t)region->Region.lpLastBlock;
    SIZE_T claimed = region->Region.dwUnCommittedSize;
    bool ok = record_kind(last) == KIND_UNCOMMITTED ? CHECK_EQ_UINT(end, last_block) : CHECK(end <= last_block);
    ok = CHECK((uintptr_t)last->lpData + last->cbData <= last_block) && ok; /* a block's data may end 8 bytes later */
    return CHECK(uncommitted == claimed || uncommitted + GUARD_PAGE == claimed) && ok;
}

/* 1.1, 4.3: the first region is the heap itself, the others follow as they came, and each has its number. */
static inline bool region_order(HANDLE heap, const struct walk *walk)
{
    bool ok = true;
    unsigned regions = 0;
    WINE_DIFFERS("later regions come first, and all have index 0") {
        ok = CHECK_EQ_PTR(walk->records[0].lpData, heap);
        for (size_t i = 0; i < walk->count; i++) {
            if (record_kind(&walk->records[i]) == KIND_REGION) {
                ok = CHECK_EQ_UINT(walk->records[i].iRegionIndex, regions++) && ok;
            }
        }
    }
    return ok || on_wine();
}

/* Every record against the geometry of 4.4, and the order of 4.3: regions by index, addresses upwards inside each, then
 * the large blocks. Prints the walk when something is wrong. */
static inline bool walk_is_sane(HANDLE heap, const struct walk *walk)
{
    const PROCESS_HEAP_ENTRY *region = NULL;
    const PROCESS_HEAP_ENTRY *e = walk->records;
    SIZE_T uncommitted = 0;
    bool large = false;
    bool ok = CHECK(walk->count >= 2) && CHECK(record_kind(&e[0]) == KIND_REGION) && region_order(heap, walk);

    for (size_t i = 0; ok && i < walk->count; i++) {
        enum record_kind kind = record_kind(&e[i]);
        ok = record_is_sane(&e[i]);
        if (kind == KIND_LARGE && !large) {
            ok = region_ends(region, &e[i - 1], uncommitted) && ok;
            large = true;
        } else if (kind == KIND_REGION) {
            ok = (i == 0 || region_ends(region, &e[i - 1], uncommitted)) && region_is_sane(&e[i]) && ok;
            region = &e[i];
            uncommitted = 0;
        } else if (kind != KIND_LARGE) {
            ok = CHECK_EQ_UINT(e[i].iRegionIndex, region->iRegionIndex) && record_follows(&e[i - 1], &e[i]) && ok;
            uncommitted += kind == KIND_UNCOMMITTED ? e[i].cbData : 0;
        }
        ok = CHECK(kind == KIND_LARGE || !large) && ok;
        if (!ok && check_excuse == NULL) {
            printf("    at record %zu of %zu\n", i, walk->count);
        }
    }
    if (ok && !large) {
        ok = region_ends(region, &e[walk->count - 1], uncommitted);
    }
    if (!ok && check_excuse == NULL) {
        walk_print(walk);
    }
    return ok;
}

#endif
