/* RtlWalkHeap: nt-heap.md 7.3, win32-heap.md 4.5. What the records hold is tested through HeapWalk in heap_walk.c:
 * here, that both tell the same, and what differs. */
#include "nt_walk.h"

static struct walk walk;
static struct nt_walk first, second;

/* types-and-constants.md 14.1 */
static void structure(void)
{
    CHECK_EQ_UINT(sizeof(RTL_HEAP_WALK_ENTRY), sizeof(void *) == 8 ? 48 : 28);
    CHECK_EQ_UINT(offsetof(RTL_HEAP_WALK_ENTRY, DataSize), sizeof(void *));
    CHECK_EQ_UINT(offsetof(RTL_HEAP_WALK_ENTRY, Flags), 2 * sizeof(void *) + 2);
    CHECK_EQ_UINT(offsetof(RTL_HEAP_WALK_ENTRY, Segment), sizeof(void *) == 8 ? 24 : 12);
}

/* 4.5: the RTL flags of a HeapWalk record without the LFH */
static USHORT rtl_flags(const PROCESS_HEAP_ENTRY *e)
{
    switch (record_kind(e)) {
    case KIND_REGION:
        return RTL_HEAP_SEGMENT;
    case KIND_UNCOMMITTED:
        return RTL_HEAP_UNCOMMITTED_RANGE;
    case KIND_LARGE:
        return RTL_HEAP_LARGE_ALLOC | RTL_HEAP_SETTABLE_VALUE | RTL_HEAP_BUSY;
    case KIND_BUSY:
        return RTL_HEAP_BUSY;
    default:
        return 0;
    }
}

/* 4.5: the flags; of an ordinary busy block's only the names in the headers tell */
static bool flags_agree(const RTL_HEAP_WALK_ENTRY *r, const PROCESS_HEAP_ENTRY *e)
{
    if (record_kind(e) != KIND_BUSY) {
        return CHECK_EQ_UINT(r->Flags, rtl_flags(e));
    }
    bool ok = true;
    WINE_DIFFERS("an ordinary busy block has the flags of a large one") {
        ok = CHECK_EQ_UINT(r->Flags, rtl_flags(e)) || on_wine();
    }
    return ok;
}

/* 4.5: one record of each walk */
static bool record_equals(const RTL_HEAP_WALK_ENTRY *r, const PROCESS_HEAP_ENTRY *e)
{
    bool ok = CHECK_EQ_PTR(r->DataAddress, e->lpData);
    ok = CHECK_EQ_UINT(r->DataSize, e->cbData) && ok;
    ok = CHECK_EQ_UINT(r->OverheadBytes, e->cbOverhead) && ok;
    ok = CHECK_EQ_UINT(r->SegmentIndex, e->iRegionIndex) && ok;
    ok = flags_agree(r, e) && ok;
    if (record_kind(e) == KIND_REGION) {
        ok = CHECK_EQ_UINT(r->Segment.CommittedSize, e->Region.dwCommittedSize) && ok;
        ok = CHECK_EQ_UINT(r->Segment.UnCommittedSize, e->Region.dwUnCommittedSize) && ok;
        ok = CHECK_EQ_PTR(r->Segment.FirstEntry, e->Region.lpFirstBlock) && ok;
        ok = CHECK_EQ_PTR(r->Segment.LastEntry, e->Region.lpLastBlock) && ok;
    }
    return ok;
}

/* record by record the same as HeapWalk's; two walks the same to the byte */
static void check_equivalent(HANDLE heap)
{
    SPEC("N7.3.7 N7.3.9 N1.1.9");
    CHECK(walk_take(heap, &walk));
    CHECK(nt_walk_take(heap, &first));
    CHECK(nt_walk_take(heap, &second));
    if (!CHECK_EQ_UINT(first.count, walk.count) || !CHECK_EQ_UINT(second.count, walk.count)) {
        return;
    }
    SPEC("W4.5.1");
    CHECK(nt_walk_same(&first, &second, first.count));
    for (size_t i = 0; i < walk.count; i++) {
        if (!record_equals(&first.records[i], &walk.records[i])) {
            printf("    at record %zu of %zu\n", i, walk.count);
            return;
        }
    }
}

/* the end, and again after it */
static void the_end(void)
{
    SPEC("N7.3.3");
    RTL_HEAP_WALK_ENTRY entry;
    HANDLE heap = HeapCreate(0, 0, 0);
    nt_walk_begin(&entry);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ_UINT((ULONG)RtlWalkHeap(heap, &entry), STATUS_SUCCESS);
    }
    CHECK_EQ_UINT((ULONG)RtlWalkHeap(heap, &entry), 0x8000001A);
    CHECK_EQ_UINT(RtlNtStatusToDosError((NTSTATUS)0x8000001A), ERROR_NO_MORE_ITEMS);
    CHECK(HeapDestroy(heap));
}

/* three records for a fresh heap */
static void fresh_heaps(void)
{
    SPEC("N7.3.1 N7.3.2 N7.3.6");
    HANDLE heaps[] = {HeapCreate(0, 0, 0), HeapCreate(HEAP_NO_SERIALIZE, 0, 0), HeapCreate(0, 0x80000, 0)};
    SPEC("W4.2.1");
    for (size_t i = 0; i < 3; i++) {
        check_equivalent(heaps[i]);
        CHECK_EQ_UINT(first.count, 3);
        CHECK_EQ_PTR(first.records[0].DataAddress, heaps[i]);
        CHECK(HeapDestroy(heaps[i]));
    }
    HANDLE fixed = HeapCreate(0, 0, UNIT);
    check_equivalent(fixed);
    CHECK(HeapDestroy(fixed));
}

/* 4.3: small and large blocks, holes, and back to the same records to the byte */
static void blocks(void)
{
    static struct nt_walk fresh;
    HANDLE heap = HeapCreate(0, 0, 0);
    void *block[6];
    CHECK(nt_walk_take(heap, &fresh));
    for (unsigned i = 0; i < 6; i++) {
        block[i] = HeapAlloc(heap, 0, i % 2 == 0 ? 100 + 50 * i : 5 * UNIT + i);
        check_equivalent(heap);
        CHECK_EQ_UINT(first.count, 4 + i);
    }
    CHECK(HeapFree(heap, 0, block[2]));
    check_equivalent(heap);
    CHECK_EQ_UINT(first.count, 9);
    for (unsigned i = 0; i < 6; i++) {
        CHECK(i == 2 || HeapFree(heap, 0, block[i]));
        check_equivalent(heap);
    }
    CHECK_EQ_UINT(first.count, 3);
    CHECK(nt_walk_same(&fresh, &first, 3));
    CHECK(HeapDestroy(heap));
}

/* section 8: many regions */
static void many_segments(void)
{
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    void *block[60];
    for (unsigned i = 0; i < 60; i++) {
        block[i] = HeapAlloc(heap, 0, 0x60000 + 13 * i);
    }
    check_equivalent(heap);
    for (unsigned i = 0; i < 60; i += 3) {
        CHECK(HeapFree(heap, 0, block[i]));
    }
    check_equivalent(heap);
    CHECK(HeapDestroy(heap));
}

/* the default heap */
static void default_heap(void)
{
    SPEC("N7.3.10");
    RTL_HEAP_WALK_ENTRY entry;
    void *block = HeapAlloc(GetProcessHeap(), 0, 777);
    bool found = false;
    nt_walk_begin(&entry);
    CHECK(RtlLockHeap(GetProcessHeap()));
    while (NT_SUCCESS(RtlWalkHeap(GetProcessHeap(), &entry))) {
        found = found || (entry.DataAddress == block && entry.DataSize == 777 && (entry.Flags & RTL_HEAP_BUSY) != 0);
    }
    CHECK(RtlUnlockHeap(GetProcessHeap()));
    CHECK(found);
    CHECK(HeapFree(GetProcessHeap(), 0, block));
}

/* Entry NULL: STATUS_INVALID_PARAMETER, NULL heap: STATUS_INVALID_HANDLE; undefined on Windows */
static void null_arguments(void)
{
    SPEC("N7.3.4 N7.3.5");
#ifdef _WIN32
    if (!on_wine()) {
        return;
    }
#endif
    RTL_HEAP_WALK_ENTRY entry;
    HANDLE heap = HeapCreate(0, 0, 0);
    nt_walk_begin(&entry);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT((ULONG)RtlWalkHeap(heap, NULL), (ULONG)STATUS_INVALID_PARAMETER);
    CHECK_EQ_UINT((ULONG)RtlWalkHeap(NULL, &entry), (ULONG)STATUS_INVALID_HANDLE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(HeapDestroy(heap));
}

#ifndef _WIN32

/* 14.1: DataSize has 64 bits */
static void huge_block(void)
{
    SPEC("T14.1.17");
    SIZE_T size = ((SIZE_T)1 << 32) + 12345;
    HANDLE heap = HeapCreate(0, 0, 0);
    void *block = HeapAlloc(heap, 0, size);
    if (block != NULL) { /* a machine may well refuse so much */
        CHECK(nt_walk_take(heap, &first));
        CHECK_EQ_UINT(first.count, 4);
        CHECK_EQ_PTR(first.records[3].DataAddress, block);
        CHECK_EQ_UINT(first.records[3].DataSize, size);
    }
    CHECK(HeapDestroy(heap));
}

/* bad heap: STATUS_INVALID_HANDLE */
static void bad_handle(void)
{
    SPEC("N7.3.5");
    static struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        RTL_HEAP_WALK_ENTRY entry;
        nt_walk_begin(&entry);
        POISON_LAST_ERROR();
        bool ok = CHECK_EQ_UINT((ULONG)RtlWalkHeap(bad.list[i].handle, &entry), (ULONG)STATUS_INVALID_HANDLE);
        ok = CHECK_LAST_ERROR_UNTOUCHED() && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}

/* DataAddress that no record of the heap has: STATUS_INVALID_PARAMETER, whatever the flags claim */
static void bogus_address(void)
{
    static const USHORT flags[] = {0xCDCD, 0,     RTL_HEAP_SEGMENT, RTL_HEAP_UNCOMMITTED_RANGE, RTL_HEAP_BUSY,
                                   0x4011, 0x8001};
    static struct bad_blocks bad;
    bad_blocks_make(&bad);
    for (unsigned i = 0; i < bad.count; i++) {
        bool ok = true;
        for (size_t f = 0; f < sizeof(flags) / sizeof(flags[0]) && bad.list[i].address != bad.witness.heap; f++) {
            RTL_HEAP_WALK_ENTRY entry;
            memset(&entry, 0xCD, sizeof(entry));
            entry.DataAddress = bad.list[i].address;
            entry.Flags = flags[f];
            ULONG status = (ULONG)RtlWalkHeap(bad.witness.heap, &entry);
            ok = CHECK_EQ_UINT(status, (ULONG)STATUS_INVALID_PARAMETER) && ok;
        }
        tell_case(ok, bad.list[i].name);
    }
    bad_blocks_end(&bad);
}

#endif

int main(void)
{
    nt_load();
    structure();
    the_end();
    fresh_heaps();
    blocks();
    many_segments();
    default_heap();
    null_arguments();
#ifndef _WIN32
    huge_block();
    bad_handle();
    bogus_address();
#endif
    return check_report();
}
