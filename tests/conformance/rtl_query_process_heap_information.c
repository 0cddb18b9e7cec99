/* RtlQueryProcessHeapInformation: nt-heap.md 13. On Windows its buffer is another process's to make. */
#include "blocks.h"

#include "nt.h"

#ifndef _WIN32

#define BLOCKS 200

static ULONG64 buffer[0x40000];
static RTL_DEBUG_INFORMATION debug;

static ULONG ask(ULONG flags, SIZE_T size)
{
    memset(&debug, 0, sizeof(debug));
    debug.ViewBaseClient = buffer;
    debug.ViewSize = size;
    debug.OffsetFree = 100;
    debug.Flags = flags;
    POISON_LAST_ERROR();
    ULONG status = (ULONG)RtlQueryProcessHeapInformation(&debug);
    CHECK_LAST_ERROR_UNTOUCHED();
    return status;
}

static const RTL_HEAP_INFORMATION_V1 *information_of(HANDLE heap)
{
    const RTL_PROCESS_HEAPS_V1 *heaps = debug.Heaps;
    for (ULONG i = 0; i < heaps->NumberOfHeaps; i++) {
        if (heaps->Heaps[i].BaseAddress == heap) {
            return &heaps->Heaps[i];
        }
    }
    return NULL;
}

/* every heap, in the order of the list, with its totals; nothing else unless asked for */
static void summary(void)
{
    SPEC("N13.1");
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    HEAP_SUMMARY totals = {.cb = sizeof(totals)};
    CHECK(HeapAlloc(heap, 0, 1234) && HeapAlloc(heap, 0, LARGE_MIN));
    if (CHECK_EQ_UINT(ask(RTL_QUERY_PROCESS_HEAP_SUMMARY, sizeof(buffer)), STATUS_SUCCESS)) {
        const RTL_PROCESS_HEAPS_V1 *heaps = debug.Heaps;
        const RTL_HEAP_INFORMATION_V1 *found = information_of(heap);
        CHECK((UINT_PTR)heaps == (UINT_PTR)buffer + 104 && debug.OffsetFree > 104);
        CHECK_EQ_UINT(heaps->NumberOfHeaps, RtlGetProcessHeaps(0, NULL));
        CHECK_EQ_PTR(heaps->Heaps[0].BaseAddress, GetProcessHeap());
        CHECK(HeapSummary(heap, 0, &totals));
        CHECK(found == &heaps->Heaps[heaps->NumberOfHeaps - 1]);
        CHECK_EQ_UINT(found->BytesAllocated, 1234 + LARGE_MIN);
        CHECK_EQ_UINT(found->BytesCommitted, totals.cbCommitted);
        CHECK_EQ_UINT(found->Flags, 0x1003 | debug_bits());
        CHECK(found->Entries == NULL && found->NumberOfEntries == 0);
        CHECK(found->Tags == NULL && found->NumberOfTags == 0);
    }
    CHECK(HeapDestroy(heap));
}

/* 13: the data of the block that an entry starts at; NULL: none of these */
static unsigned find_block(void *const *block, const void *data)
{
    unsigned i = 0;
    while (i < BLOCKS && block[i] != data) {
        i++;
    }
    return i;
}

/* addresses are had by adding sizes from the segment's first block; every block is found, and no other */
static void entries(ULONG options)
{
    SPEC("N13.1");
    void *block[BLOCKS];
    HANDLE heap = HeapCreate(options, 0, 0);
    for (unsigned i = 0; i < BLOCKS; i++) {
        block[i] = HeapAlloc(heap, i == 3 ? HEAP_SETTABLE_USER_VALUE | 0x400 : 0,
                             i % 50 == 49 ? LARGE_MIN
                             : i < 60     ? 40
                                          : 97 * i);
    }
    for (unsigned i = 0; i < BLOCKS; i += 7) {
        CHECK(HeapFree(heap, 0, block[i]));
        block[i] = NULL;
    }
    CHECK(RtlSetUserValueHeap(heap, 0, block[3], (PVOID)(UINT_PTR)0x99));
    CHECK_EQ_UINT(ask(RTL_QUERY_PROCESS_HEAP_ENTRIES, sizeof(buffer)), STATUS_SUCCESS);
    const RTL_HEAP_INFORMATION_V1 *found = information_of(heap);
    unsigned seen = 0, regions = 0;
    char *at = NULL;
    for (ULONG i = 0; found != NULL && i < found->NumberOfEntries; i++) {
        const RTL_HEAP_ENTRY *entry = &found->Entries[i];
        if ((entry->Flags & RTL_HEAP_SEGMENT) != 0) {
            at = entry->u.s2.FirstBlock;
            regions++;
            continue;
        }
        if (!CHECK(at != NULL)) {
            break;
        }
        unsigned which = find_block(block, at + found->EntryOverhead);
        CHECK_EQ_INT((entry->Flags & RTL_HEAP_BUSY) != 0, which < BLOCKS);
        if (which < BLOCKS) {
            CHECK(entry->Size >= HeapSize(heap, 0, block[which]));
            CHECK_EQ_UINT(entry->u.s1.Settable, which == 3 ? 0x99 : 0);
            CHECK_EQ_UINT(entry->Flags & 0xF0, which == 3 ? 0x50 : 0);
            seen++;
        }
        at += entry->Size;
    }
    CHECK_EQ_UINT(seen, BLOCKS - (BLOCKS + 6) / 7);
    CHECK(regions > 4);
    CHECK(HeapDestroy(heap));
}

/* tags, where they are asked for */
static void tags(void)
{
    static const WCHAR names[] = {'a', 0, 'b', 0, 0};
    HANDLE heap = HeapCreate(0, 0, 0);
    ULONG flags = RtlCreateTagHeap(heap, 0, NULL, names);
    CHECK(HeapAlloc(heap, flags, 77) != NULL);
    CHECK_EQ_UINT(ask(RTL_QUERY_PROCESS_HEAP_TAGS, sizeof(buffer)), STATUS_SUCCESS);
    const RTL_HEAP_INFORMATION_V1 *found = information_of(heap);
    CHECK_EQ_UINT(found->NumberOfTags, 3);
    CHECK_EQ_UINT(found->Tags[1].NumberOfAllocations, 1);
    CHECK_EQ_UINT(found->Tags[1].BytesAllocated, 77);
    CHECK_EQ_UINT(found->Tags[1].TagIndex, 1);
    CHECK_EQ_UINT(found->Tags[2].TagName[0], 'b');
    CHECK(HeapDestroy(heap));
}

/* too little room at every length; no buffer; another process */
static void bad_arguments(void)
{
    CHECK_EQ_UINT(ask(RTL_QUERY_PROCESS_HEAP_ENTRIES, sizeof(buffer)), STATUS_SUCCESS);
    SIZE_T needed = debug.OffsetFree;
    for (SIZE_T size = 100; size < needed; size += 8) {
        CHECK_EQ_UINT(ask(RTL_QUERY_PROCESS_HEAP_ENTRIES, size), (ULONG)STATUS_NO_MEMORY);
        CHECK(debug.Heaps == NULL && debug.OffsetFree == 100);
    }
    CHECK_EQ_UINT(ask(0, 99), (ULONG)STATUS_INVALID_PARAMETER);
    CHECK_EQ_UINT((ULONG)RtlQueryProcessHeapInformation(NULL), (ULONG)STATUS_INVALID_PARAMETER);
    debug.ViewSize = sizeof(buffer);
    debug.TargetProcessId = (HANDLE)(UINT_PTR)1;
    CHECK_EQ_UINT((ULONG)RtlQueryProcessHeapInformation(&debug), (ULONG)STATUS_NOT_SUPPORTED);
    debug.TargetProcessId = NULL;
    debug.ViewBaseClient = NULL;
    CHECK_EQ_UINT((ULONG)RtlQueryProcessHeapInformation(&debug), (ULONG)STATUS_INVALID_PARAMETER);
}

#endif

int main(void)
{
    CHECK(true);
#ifndef _WIN32
    summary();
    entries(0);
    entries(HEAP_NO_SERIALIZE);
    tags();
    bad_arguments();
#else
    wine_skip("RtlQueryProcessHeapInformation needs what only a debugger makes");
#endif
    return check_report();
}
