/* HeapExtendedInformation, an information class that can be queried: types-and-constants.md 5, 14.5. The layout is
 * public, and how programs read it; the rest is what Cairn makes of it. Wine does not have it. */
#include "blocks.h"

#include "nt.h"

#ifndef _WIN32

#define ROOM ((SIZE_T)1 << 20)
#define THIS_PROCESS ((HANDLE)(LONG_PTR)-1)

static unsigned char room[ROOM] __attribute__((aligned(16)));

#define RECORD(type, offset) ((const type *)(const void *)(room + (offset)))

static HEAP_EXTENDED_INFORMATION *ask(HANDLE heap, ULONG level)
{
    HEAP_EXTENDED_INFORMATION *info = (void *)room;
    memset(room, 0xA5, ROOM);
    memset(info, 0, sizeof(*info));
    info->HeapHandle = heap;
    info->Level = level;
    return info;
}

static ULONG query(SIZE_T length, SIZE_T *needed)
{
    *needed = 77;
    POISON_LAST_ERROR();
    ULONG status = (ULONG)RtlQueryHeapInformation(NULL, HeapExtendedInformation, room, length, needed);
    CHECK_LAST_ERROR_UNTOUCHED();
    return status;
}

static const HEAP_EXTENDED_INFORMATION *get(HANDLE heap, ULONG level)
{
    SIZE_T needed;
    const HEAP_EXTENDED_INFORMATION *info = ask(heap, level);
    CHECK_EQ_UINT(query(ROOM, &needed), STATUS_SUCCESS);
    CHECK(needed >= sizeof(*info) && needed < ROOM);
    CHECK(all_bytes(room + needed, ROOM - needed, 0xA5));
    return info;
}

/* A heap with a little of everything. */
static HANDLE varied_heap(void)
{
    void *blocks[40];
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < 40; i++) { /* hot, in a plain heap */
        blocks[i] = HeapAlloc(heap, 0, 100);
    }
    for (unsigned i = 0; i < 40; i += 3) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
    CHECK(RtlAllocateHeap(heap, HEAP_SETTABLE_USER_VALUE, 200) != NULL);
    void *hole = HeapAlloc(heap, 0, 0x60000);
    CHECK(HeapAlloc(heap, 0, 5000) != NULL);
    CHECK(HeapAlloc(heap, 0, LARGE_MIN) != NULL);
    CHECK(HeapAlloc(heap, 0, 0x80000) != NULL); /* in another segment */
    CHECK(HeapAlloc(heap, 0, LARGE_MIN + 0x54321) != NULL);
    CHECK(HeapFree(heap, 0, hole));
    return heap;
}

static HEAP_SUMMARY summary_of(HANDLE heap)
{
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    CHECK(HeapSummary(heap, 0, &summary));
    return summary;
}

/* --- what is in a heap, beside a walk --- */

static RTL_HEAP_WALK_ENTRY walk;

static bool walk_on(HANDLE heap)
{
    do {
        if (RtlWalkHeap(heap, &walk) != STATUS_SUCCESS) {
            return false;
        }
    } while (walk.Flags & RTL_HEAP_UNCOMMITTED_RANGE);
    return true;
}

static ULONG expected_flags(void)
{
    bool extra = (walk.Flags & RTL_HEAP_SETTABLE_VALUE) && !(walk.Flags & RTL_HEAP_LARGE_ALLOC);
    extra = extra ||
            ((walk.Flags & RTL_HEAP_BUSY) && (walk.Block.AllocatorBackTraceIndex != 0 || walk.Block.TagIndex != 0));
    return (walk.Flags & RTL_HEAP_BUSY ? HEAP_BLOCK_BUSY : 0) |
           (walk.Flags & RTL_HEAP_LFH_ALLOC ? HEAP_BLOCK_LFH_BLOCK : 0) |
           (walk.Flags & RTL_HEAP_LARGE_ALLOC ? HEAP_BLOCK_LARGE_BLOCK : 0) |
           (extra ? HEAP_BLOCK_EXTRA_INFORMATION : 0);
}

/* The blocks of a range are the next ones of the walk, and lie in it. */
static unsigned check_blocks(HANDLE heap, const HEAP_RANGE_INFORMATION *range)
{
    unsigned count = 0;
    ULONG_PTR offset = range->FirstBlockInformationOffset;
    while (offset != 0) {
        const HEAP_BLOCK_INFORMATION *block = RECORD(HEAP_BLOCK_INFORMATION, offset);
        ULONG_PTR from = (ULONG_PTR)block->Address, start = (ULONG_PTR)range->Address;
        CHECK(from >= start && from + block->DataSize <= start + range->Size);
        CHECK_EQ_PTR(block->Address, walk.DataAddress);
        CHECK_EQ_UINT(block->DataSize, walk.DataSize);
        CHECK_EQ_UINT(block->Flags, expected_flags());
        if (!(walk.Flags & RTL_HEAP_LARGE_ALLOC)) {
            CHECK_EQ_UINT(block->OverheadSize, walk.OverheadBytes);
        } else {
            CHECK_EQ_UINT(block->DataSize + block->OverheadSize, range->Size);
        }
        walk_on(heap);
        offset = block->NextBlockInformationOffset;
        count++;
    }
    return count;
}

/* The ranges of a region tile it, committed ones and others in turn. */
static void check_ranges(HANDLE heap, const HEAP_REGION_INFORMATION *region, bool has_blocks, ULONG protection)
{
    ULONG_PTR at = (ULONG_PTR)region->Address;
    SIZE_T committed = 0;
    unsigned blocks = 0;
    ULONG last_type = 0;
    ULONG_PTR offset = region->FirstRangeInformationOffset;
    CHECK(offset != 0);
    while (offset != 0) {
        const HEAP_RANGE_INFORMATION *range = RECORD(HEAP_RANGE_INFORMATION, offset);
        bool is_committed = range->Type == HEAP_RANGE_TYPE_COMMITTED;
        CHECK(is_committed || range->Type == HEAP_RANGE_TYPE_RESERVED);
        CHECK(range->Type != last_type);
        last_type = range->Type;
        CHECK_EQ_UINT((ULONG_PTR)range->Address, at);
        CHECK(range->Size != 0 && range->Size % PAGE == 0);
        CHECK_EQ_UINT(range->Protection, is_committed ? protection : PAGE_NOACCESS);
        at += range->Size;
        committed += is_committed ? range->Size : 0;
        CHECK(is_committed || range->FirstBlockInformationOffset == 0);
        if (has_blocks) {
            blocks += check_blocks(heap, range);
        } else {
            CHECK_EQ_UINT(range->FirstBlockInformationOffset, 0);
        }
        offset = range->NextRangeInformationOffset;
    }
    CHECK_EQ_UINT(at - (ULONG_PTR)region->Address, region->ReserveSize);
    CHECK_EQ_UINT(committed, region->CommitSize);
    CHECK((blocks != 0) == has_blocks);
}

/* Returns how many regions there are. */
static unsigned check_heap(HANDLE heap, const HEAP_INFORMATION *info, ULONG level, ULONG protection)
{
    HEAP_SUMMARY summary = summary_of(heap);
    ULONG mode = 77;
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode), NULL));
    CHECK_EQ_PTR(info->Address, heap);
    CHECK_EQ_UINT(info->Mode, mode);
    CHECK_EQ_UINT(info->ReserveSize, summary.cbReserved);
    CHECK_EQ_UINT(info->CommitSize, summary.cbCommitted);
    CHECK((info->FirstRegionInformationOffset != 0) == (level >= HeapExtendedHeapRegionInformationLevel));

    SIZE_T reserved = 0, committed = 0;
    unsigned count = 0;
    memset(&walk, 0, sizeof(walk));
    CHECK(walk_on(heap));
    for (ULONG_PTR offset = info->FirstRegionInformationOffset; offset != 0;) {
        const HEAP_REGION_INFORMATION *region = RECORD(HEAP_REGION_INFORMATION, offset);
        reserved += region->ReserveSize;
        committed += region->CommitSize;
        if (level >= HeapExtendedHeapRangeInformationLevel) {
            bool has_blocks = level >= HeapExtendedHeapBlockInformationLevel;
            if (has_blocks && (walk.Flags & RTL_HEAP_SEGMENT)) {
                CHECK_EQ_PTR(region->Address, walk.DataAddress);
                CHECK_EQ_UINT(region->CommitSize, walk.Segment.CommittedSize);
                walk_on(heap);
            }
            check_ranges(heap, region, has_blocks, protection);
        } else {
            CHECK_EQ_UINT(region->FirstRangeInformationOffset, 0);
        }
        offset = region->NextRegionInformationOffset;
        count++;
    }
    if (level >= HeapExtendedHeapRegionInformationLevel) {
        CHECK_EQ_UINT(reserved, summary.cbReserved);
        CHECK_EQ_UINT(committed, summary.cbCommitted);
    }
    if (level >= HeapExtendedHeapBlockInformationLevel) {
        CHECK(!walk_on(heap)); /* nothing is left out */
    }
    return count;
}

static void one_heap(void)
{
    SPEC("W3.13.15");
    HANDLE heap = varied_heap();
    for (ULONG level = HeapExtendedHeapInformationLevel; level <= HeapExtendedHeapBlockInformationLevel; level++) {
        const HEAP_EXTENDED_INFORMATION *info = get(heap, level);
        unsigned regions = check_heap(heap, &info->HeapInformation, level, PAGE_READWRITE);
        CHECK_EQ_UINT(info->HeapInformation.NextHeapInformationOffset, 0);
        CHECK(level < HeapExtendedHeapRegionInformationLevel ? regions == 0 : regions >= 4);
    }
    CHECK(HeapDestroy(heap));
}

/* Fixed ones, executable ones, read-only ones, those in memory of the caller's. */
static void other_heaps(void)
{
    const struct {
        ULONG flags, protection;
    } rows[] = {{0, PAGE_READWRITE},
                {HEAP_NO_SERIALIZE, PAGE_READWRITE},
                {HEAP_GROWABLE | HEAP_CREATE_ENABLE_EXECUTE, PAGE_EXECUTE_READWRITE}};
    for (unsigned i = 0; i < 4; i++) {
        unsigned char *base = i == 3 ? pages_reserve(0x40000) : NULL;
        HANDLE heap = RtlCreateHeap(rows[i % 3].flags, base, 0x40000, 0, NULL, NULL);
        CHECK(HeapAlloc(heap, 0, 1000) != NULL);
        CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 0x9000)));
        const HEAP_EXTENDED_INFORMATION *info = get(heap, HeapExtendedHeapBlockInformationLevel);
        CHECK_EQ_UINT(check_heap(heap, &info->HeapInformation, info->Level, rows[i % 3].protection), 1);
        if (i == 1) {
            RtlProtectHeap(heap, TRUE);
            info = get(heap, HeapExtendedHeapRangeInformationLevel);
            check_heap(heap, &info->HeapInformation, info->Level, PAGE_READONLY);
            RtlProtectHeap(heap, FALSE);
        }
        CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
        if (base != NULL) {
            pages_release(base, 0x40000);
        }
    }
}

/* --- all heaps --- */

static void all_heaps(void)
{
    HANDLE heaps[16], made[3] = {varied_heap(), HeapCreate(0, 0, UNIT), varied_heap()};
    DWORD count = GetProcessHeaps(16, heaps);
    CHECK(count >= 4 && count <= 16);
    for (ULONG level = HeapExtendedProcessHeapInformationLevel; level <= HeapExtendedHeapBlockInformationLevel;
         level++) {
        const HEAP_EXTENDED_INFORMATION *info = get(NULL, level);
        const PROCESS_HEAP_INFORMATION *process = &info->ProcessHeapInformation;
        SIZE_T reserved = 0, committed = 0;
        CHECK_EQ_UINT(process->NumberOfHeaps, count);
        ULONG_PTR offset = process->FirstHeapInformationOffset;
        CHECK((offset != 0) == (level >= HeapExtendedHeapInformationLevel));
        for (DWORD i = 0; i < count; i++) {
            HEAP_SUMMARY summary = summary_of(heaps[i]);
            reserved += summary.cbReserved;
            committed += summary.cbCommitted;
            if (offset != 0) {
                const HEAP_INFORMATION *heap = RECORD(HEAP_INFORMATION, offset);
                check_heap(heaps[i], heap, level, PAGE_READWRITE);
                offset = heap->NextHeapInformationOffset;
                CHECK((offset != 0) == (i + 1 < count));
            }
        }
        CHECK_EQ_UINT(process->ReserveSize, reserved);
        CHECK_EQ_UINT(process->CommitSize, committed);
    }
    for (unsigned i = 0; i < 3; i++) {
        CHECK(HeapDestroy(made[i]));
    }
}

/* The size that is needed is told, whatever the length, and nothing is written behind that. */
static void buffer_too_small(void)
{
    HANDLE heap = varied_heap();
    HANDLE asked[] = {heap, NULL};
    for (unsigned i = 0; i < 2; i++) {
        SIZE_T needed, told;
        get(asked[i], HeapExtendedHeapBlockInformationLevel);
        ask(asked[i], HeapExtendedHeapBlockInformationLevel);
        query(ROOM, &needed);
        for (SIZE_T length = sizeof(HEAP_EXTENDED_INFORMATION); length < needed;
             length += length + 200 < needed ? 97 : 1) {
            ask(asked[i], HeapExtendedHeapBlockInformationLevel);
            CHECK_EQ_UINT(query(length, &told), (ULONG)STATUS_BUFFER_TOO_SMALL);
            CHECK_EQ_UINT(told, needed);
            CHECK(all_bytes(room + length, needed - length + 100, 0xA5));
        }
        ask(asked[i], HeapExtendedHeapBlockInformationLevel);
        CHECK_EQ_UINT(query(needed, &told), STATUS_SUCCESS);
        CHECK_EQ_UINT(told, needed);
    }
    SIZE_T told;
    ask(heap, HeapExtendedHeapInformationLevel);
    for (SIZE_T length = 0; length < sizeof(HEAP_EXTENDED_INFORMATION); length++) {
        CHECK_EQ_UINT(query(length, &told), (ULONG)STATUS_BUFFER_TOO_SMALL);
        CHECK_EQ_UINT(told, sizeof(HEAP_EXTENDED_INFORMATION));
    }
    CHECK_EQ_UINT(query(sizeof(HEAP_EXTENDED_INFORMATION), &told), STATUS_SUCCESS);
    CHECK(HeapDestroy(heap));
}

/* --- callbacks --- */

struct told {
    HANDLE heap;
    unsigned counts[6]; /* by level */
    unsigned left;      /* calls until it ends the query; 0: never */
    ULONG last_level;
    bool destroys;
};

static NTSTATUS NTAPI listen(PHEAP_INFORMATION_ITEM item, PVOID context)
{
    static const SIZE_T sizes[] = {0,
                                   sizeof(PROCESS_HEAP_INFORMATION),
                                   sizeof(HEAP_INFORMATION),
                                   sizeof(HEAP_REGION_INFORMATION),
                                   sizeof(HEAP_RANGE_INFORMATION),
                                   sizeof(HEAP_BLOCK_INFORMATION)};
    struct told *told = context;
    if (!CHECK(item->Level >= 1 && item->Level <= 5)) {
        return STATUS_UNSUCCESSFUL;
    }
    CHECK_EQ_UINT(item->Size, sizes[item->Level]);
    CHECK(item->Level <= told->last_level + 1); /* from the outside in */
    told->last_level = item->Level;
    told->counts[item->Level]++;
    switch (item->Level) {
    case 2:
        CHECK_EQ_UINT(item->HeapInformation.FirstRegionInformationOffset, 0);
        CHECK_EQ_UINT(item->HeapInformation.NextHeapInformationOffset, 0);
        break;
    case 3:
        CHECK_EQ_UINT(item->HeapRegionInformation.FirstRangeInformationOffset, 0);
        CHECK_EQ_UINT(item->HeapRegionInformation.NextRegionInformationOffset, 0);
        break;
    case 4:
        CHECK_EQ_UINT(item->HeapRangeInformation.FirstBlockInformationOffset, 0);
        CHECK_EQ_UINT(item->HeapRangeInformation.NextRangeInformationOffset, 0);
        break;
    case 5:
        CHECK_EQ_UINT(item->HeapBlockInformation.NextBlockInformationOffset, 0);
        break;
    default:
        CHECK_EQ_UINT(item->ProcessHeapInformation.FirstHeapInformationOffset, 0);
    }
    if (told->heap != NULL && told->destroys) {
        CHECK(HeapDestroy(told->heap));
        told->heap = NULL;
    } else if (told->heap != NULL) { /* it may use any heap */
        CHECK(HeapAlloc(told->heap, 0, 3000) != NULL);
    }
    return told->left != 0 && --told->left == 0 ? STATUS_NO_MORE_ENTRIES : STATUS_SUCCESS;
}

static ULONG query_told(HANDLE heap, ULONG level, struct told *told, SIZE_T length)
{
    SIZE_T needed;
    HEAP_EXTENDED_INFORMATION *info = ask(heap, level);
    info->ProcessHandle = THIS_PROCESS;
    info->CallbackRoutine = listen;
    info->CallbackContext = told;
    told->last_level = 1;
    ULONG status = query(length, &needed);
    if (status == STATUS_SUCCESS) {
        CHECK_EQ_UINT(needed, sizeof(*info));
    }
    CHECK(all_bytes(room + sizeof(*info), 1000, 0xA5));
    return status;
}

/* How many records of each level the buffer has. */
static void count_records(const HEAP_INFORMATION *heap, unsigned *counts)
{
    counts[2]++;
    for (ULONG_PTR region = heap->FirstRegionInformationOffset; region != 0;
         region = RECORD(HEAP_REGION_INFORMATION, region)->NextRegionInformationOffset) {
        counts[3]++;
        for (ULONG_PTR range = RECORD(HEAP_REGION_INFORMATION, region)->FirstRangeInformationOffset; range != 0;
             range = RECORD(HEAP_RANGE_INFORMATION, range)->NextRangeInformationOffset) {
            counts[4]++;
            for (ULONG_PTR block = RECORD(HEAP_RANGE_INFORMATION, range)->FirstBlockInformationOffset; block != 0;
                 block = RECORD(HEAP_BLOCK_INFORMATION, block)->NextBlockInformationOffset) {
                counts[5]++;
            }
        }
    }
}

static void callbacks(void)
{
    SPEC("W3.13.15");
    HANDLE heap = varied_heap();
    for (ULONG level = HeapExtendedHeapInformationLevel; level <= HeapExtendedHeapBlockInformationLevel; level++) {
        unsigned counts[6] = {0};
        struct told told = {.heap = NULL};
        count_records(&get(heap, level)->HeapInformation, counts);
        CHECK_EQ_UINT(query_told(heap, level, &told, sizeof(HEAP_EXTENDED_INFORMATION)), STATUS_SUCCESS);
        for (unsigned i = 0; i < 6; i++) {
            CHECK_EQ_UINT(told.counts[i], counts[i]);
        }
        const HEAP_EXTENDED_INFORMATION *info = (const void *)room;
        CHECK_EQ_UINT(info->HeapInformation.CommitSize, summary_of(heap).cbCommitted);
        CHECK_EQ_UINT(info->HeapInformation.FirstRegionInformationOffset, 0);

        memset(counts, 0, sizeof(counts));
        const PROCESS_HEAP_INFORMATION *process = &get(NULL, level)->ProcessHeapInformation;
        for (ULONG_PTR at = process->FirstHeapInformationOffset; at != 0;
             at = RECORD(HEAP_INFORMATION, at)->NextHeapInformationOffset) {
            count_records(RECORD(HEAP_INFORMATION, at), counts);
        }
        counts[1] = 1;
        memset(&told, 0, sizeof(told));
        CHECK_EQ_UINT(query_told(NULL, level, &told, ROOM), STATUS_SUCCESS);
        for (unsigned i = 0; i < 6; i++) {
            CHECK_EQ_UINT(told.counts[i], counts[i]);
        }
    }

    /* it ends the query at any call */
    for (unsigned left = 1; left < 12; left++) {
        struct told told = {.left = left};
        CHECK_EQ_UINT(query_told(NULL, HeapExtendedHeapBlockInformationLevel, &told, ROOM),
                      (ULONG)STATUS_NO_MORE_ENTRIES);
        unsigned sum = 0;
        for (unsigned i = 1; i < 6; i++) {
            sum += told.counts[i];
        }
        CHECK_EQ_UINT(sum, left);
    }

    /* it may use the heap that it is told of, and even end it */
    struct told uses = {.heap = heap};
    CHECK_EQ_UINT(query_told(heap, HeapExtendedHeapBlockInformationLevel, &uses, ROOM), STATUS_SUCCESS);
    CHECK(HeapValidate(heap, 0, NULL));
    struct told ends = {.heap = heap, .destroys = true};
    CHECK_EQ_UINT(query_told(NULL, HeapExtendedHeapBlockInformationLevel, &ends, ROOM), STATUS_SUCCESS);
    CHECK(ends.counts[5] > uses.counts[5]);
    CHECK_EQ_PTR(ends.heap, NULL);
}

/* --- performance counters --- */

static unsigned heaps_told;

static NTSTATUS NTAPI listen_to_counters(PHEAP_INFORMATION_ITEM item, PVOID context)
{
    CHECK_EQ_UINT(item->Level, HeapExtendedHeapHeapPerfInformationLevel);
    CHECK_EQ_UINT(item->Size, sizeof(HEAP_PERFORMANCE_COUNTERS_INFORMATION));
    CHECK_EQ_UINT(item->HeapPerfInformation.HeapIndex, heaps_told);
    CHECK_EQ_PTR(item->HeapPerfInformation.BaseAddress, ((HANDLE *)context)[heaps_told]);
    heaps_told++;
    return STATUS_SUCCESS;
}

static void check_counters(HANDLE heap, const HEAP_PERFORMANCE_COUNTERS_INFORMATION *counters)
{
    RTL_HEAP_WALK_ENTRY entry;
    HEAP_SUMMARY summary = summary_of(heap);
    ULONG segments = 0, free_blocks = 0, large = 0, ranges = 0;
    SIZE_T uncommitted = 0;
    memset(&entry, 0, sizeof(entry));
    while (RtlWalkHeap(heap, &entry) == STATUS_SUCCESS) {
        segments += (entry.Flags & RTL_HEAP_SEGMENT) != 0;
        large += (entry.Flags & RTL_HEAP_LARGE_ALLOC) != 0;
        free_blocks += (entry.Flags & ~RTL_HEAP_LFH_ALLOC) == 0;
        if (entry.Flags & RTL_HEAP_UNCOMMITTED_RANGE) {
            ranges++;
            uncommitted += entry.DataSize;
        }
    }
    CHECK_EQ_UINT(counters->Size, sizeof(*counters));
    CHECK_EQ_UINT(counters->Version, HeapPerformanceCountersInformationStandardHeapVersion);
    CHECK_EQ_PTR(counters->BaseAddress, heap);
    CHECK_EQ_UINT(counters->ReserveSize, summary.cbReserved);
    CHECK_EQ_UINT(counters->CommitSize, summary.cbCommitted);
    CHECK_EQ_UINT(counters->SegmentCount, segments);
    CHECK_EQ_UINT(counters->AllocatedSpace, summary.cbAllocated);
    CHECK_EQ_UINT(counters->FreeSpace, summary.cbCommitted - summary.cbAllocated);
    CHECK_EQ_UINT(counters->FreeListLength, free_blocks);
    CHECK_EQ_UINT(counters->VirtualBlocks, large);
    CHECK_EQ_UINT(counters->UCRLength, ranges);
    CHECK_EQ_UINT(counters->LargeUCRMemory, uncommitted);
    CHECK_EQ_UINT(counters->Contention + counters->CommitRate + counters->DecommitRate, 0);
}

static void performance(void)
{
    HANDLE heaps[16], heap = varied_heap();
    DWORD count = GetProcessHeaps(16, heaps);
    const HEAP_EXTENDED_INFORMATION *info = get(heap, HeapExtendedHeapHeapPerfInformationLevel);
    check_counters(heap, RECORD(HEAP_PERFORMANCE_COUNTERS_INFORMATION, sizeof(*info)));
    CHECK_EQ_UINT(RECORD(HEAP_PERFORMANCE_COUNTERS_INFORMATION, sizeof(*info))->LastHeapIndex, 0);
    CHECK_EQ_UINT(info->HeapInformation.CommitSize, summary_of(heap).cbCommitted);

    info = get(NULL, HeapExtendedHeapHeapPerfInformationLevel);
    CHECK_EQ_UINT(info->ProcessHeapInformation.NumberOfHeaps, count);
    for (DWORD i = 0; i < count; i++) {
        const HEAP_PERFORMANCE_COUNTERS_INFORMATION *counters = RECORD(HEAP_PERFORMANCE_COUNTERS_INFORMATION,
                                                                       sizeof(*info)) +
                                                                i;
        check_counters(heaps[i], counters);
        CHECK_EQ_UINT(counters->HeapIndex, i);
        CHECK_EQ_UINT(counters->LastHeapIndex, count - 1);
    }

    SIZE_T needed;
    HEAP_EXTENDED_INFORMATION *asked = ask(NULL, HeapExtendedHeapHeapPerfInformationLevel);
    asked->CallbackRoutine = listen_to_counters;
    asked->CallbackContext = heaps;
    CHECK_EQ_UINT(query(ROOM, &needed), STATUS_SUCCESS);
    CHECK_EQ_UINT(heaps_told, count);
    CHECK(HeapDestroy(heap));
}

/* --- what is refused --- */

static void refusals(void)
{
    SIZE_T needed;
    HANDLE heap = HeapCreate(0, 0, 0);
    const ULONG wrong_levels[] = {0, 6, 0x40000000, 0x80000001, 0xFFFFFFFF};
    for (unsigned i = 0; i < 5; i++) {
        ask(NULL, wrong_levels[i]);
        CHECK_EQ_UINT(query(ROOM, &needed), (ULONG)STATUS_INVALID_PARAMETER);
        CHECK_EQ_UINT(needed, 77);
    }
    ask(heap, HeapExtendedProcessHeapInformationLevel);
    CHECK_EQ_UINT(query(ROOM, &needed), (ULONG)STATUS_INVALID_PARAMETER);
    ask(heap, HeapExtendedHeapInformationLevel)->ProcessHandle = (HANDLE)(ULONG_PTR)4;
    CHECK_EQ_UINT(query(ROOM, &needed), (ULONG)STATUS_NOT_SUPPORTED);
    ask(heap, HeapExtendedHeapInformationLevel)->ProcessHandle = THIS_PROCESS;
    CHECK_EQ_UINT(query(ROOM, &needed), STATUS_SUCCESS);
    NTSTATUS status = RtlQueryHeapInformation(heap, HeapExtendedInformation, NULL, ROOM, NULL);
    CHECK_EQ_UINT((ULONG)status, (ULONG)STATUS_INVALID_PARAMETER);

    static struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        if (bad.list[i].handle != NULL) {
            ask(bad.list[i].handle, HeapExtendedHeapBlockInformationLevel);
            tell_case(CHECK_EQ_UINT(query(ROOM, &needed), (ULONG)STATUS_INVALID_HANDLE), bad.list[i].name);
        }
    }
    bad_handles_end(&bad);

    /* the Win32 function makes a last error of it */
    ask(heap, HeapExtendedHeapInformationLevel);
    CHECK(HeapQueryInformation(NULL, HeapExtendedInformation, room, ROOM, &needed));
    CHECK_EQ_UINT(needed, sizeof(HEAP_EXTENDED_INFORMATION));
    CHECK(!HeapQueryInformation(NULL, HeapExtendedInformation, room, 8, &needed));
    CHECK_LAST_ERROR(ERROR_INSUFFICIENT_BUFFER);
    CHECK(HeapDestroy(heap));
}

#endif

int main(void)
{
#ifndef _WIN32
    one_heap();
    other_heaps();
    all_heaps();
    buffer_too_small();
    callbacks();
    performance();
    refusals();
#else
    wine_skip("HeapExtendedInformation");
    CHECK(true);
#endif
    return check_report();
}
