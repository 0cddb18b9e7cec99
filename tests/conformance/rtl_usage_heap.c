/* RtlUsageHeap: nt-heap.md 11. Wine 8.0 does not have it. */
#include "blocks.h"

#include "nt.h"

#ifndef _WIN32

static RTL_HEAP_USAGE usage;

static ULONG ask(HANDLE heap, ULONG flags)
{
    POISON_LAST_ERROR();
    ULONG status = (ULONG)RtlUsageHeap(heap, flags, &usage);
    CHECK_LAST_ERROR_UNTOUCHED();
    return status;
}

static void begin(void)
{
    memset(&usage, 0, sizeof(usage));
    usage.Length = sizeof(usage);
}

static unsigned length_of(const RTL_HEAP_USAGE_ENTRY *list)
{
    unsigned count = 0;
    for (; list != NULL; list = list->Next) {
        CHECK(list->Next == NULL || (char *)list->Next->Address > (char *)list->Address);
        count++;
    }
    return count;
}

static const RTL_HEAP_USAGE_ENTRY *find_in(const RTL_HEAP_USAGE_ENTRY *list, const void *address)
{
    while (list != NULL && list->Address != address) {
        list = list->Next;
    }
    return list;
}

static bool holds(const RTL_HEAP_USAGE_ENTRY *list, const void *address, SIZE_T size)
{
    const RTL_HEAP_USAGE_ENTRY *entry = find_in(list, address);
    return entry != NULL && entry->Size == size;
}

/* the totals; those of HeapSummary */
static void totals(void)
{
    SPEC("N11.3");
    HANDLE heap = HeapCreate(0, 0, 0);
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    CHECK(HeapAlloc(heap, 0, 100) && HeapAlloc(heap, 0, LARGE_MIN));
    begin();
    CHECK_EQ_UINT(ask(heap, 0), STATUS_SUCCESS);
    CHECK(HeapSummary(heap, 0, &summary));
    CHECK_EQ_UINT(usage.BytesAllocated, 100 + LARGE_MIN);
    CHECK_EQ_UINT(usage.BytesCommitted, summary.cbCommitted);
    CHECK_EQ_UINT(usage.BytesReserved, summary.cbReserved);
    CHECK_EQ_UINT(usage.BytesReservedMaximum, summary.cbMaxReserve);
    CHECK(usage.Entries == NULL && usage.AddedEntries == NULL && usage.RemovedEntries == NULL);
    CHECK(HeapDestroy(heap));
}

/* HEAP_USAGE_ALLOCATED_BLOCKS: every block, of either layer and of the front end */
static void entries(ULONG options)
{
    SPEC("N11.3");
    enum {
        COUNT = 1000
    };
    static void *block[COUNT];
    HANDLE heap = HeapCreate(options, 0, 0);
    begin();
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_ALLOCATED_BLOCKS), STATUS_SUCCESS);
    CHECK(usage.Entries == NULL);
    for (unsigned i = 0; i < COUNT; i++) {
        block[i] = HeapAlloc(heap, 0, i % 100 == 99 ? LARGE_MIN : i % 3 == 0 ? 40 : i);
    }
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_ALLOCATED_BLOCKS), STATUS_SUCCESS);
    CHECK_EQ_UINT(length_of(usage.Entries), COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK(holds(usage.Entries, block[i], HeapSize(heap, 0, block[i])));
    }
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_FREE_BUFFER), STATUS_SUCCESS);
    CHECK(usage.Entries == NULL);
    CHECK(HeapDestroy(heap));
}

/* What RtlWalkHeap tells of a busy block. */
static RTL_HEAP_WALK_ENTRY walk_to(HANDLE heap, const void *block)
{
    RTL_HEAP_WALK_ENTRY entry = {.DataAddress = NULL};
    while (RtlWalkHeap(heap, &entry) == STATUS_SUCCESS && entry.DataAddress != block) {
    }
    return entry;
}

static bool are_as_walked(HANDLE heap, const RTL_HEAP_USAGE_ENTRY *list)
{
    bool ok = list != NULL;
    for (; list != NULL; list = list->Next) {
        RTL_HEAP_WALK_ENTRY walked = walk_to(heap, list->Address);
        ok = CHECK_EQ_UINT(list->TagIndex, walked.Block.TagIndex) && ok;
        ok = CHECK_EQ_UINT(list->AllocatorBackTraceIndex, walked.Block.AllocatorBackTraceIndex) && ok;
    }
    return ok;
}

/* The tag and the stack trace of a block, in each list. With global flags (debug_*) the second block has them, too. */
static void origins(void)
{
    SPEC("N11.3");
    static const WCHAR names[] = {'o', 'n', 'e', 0, 't', 'w', 'o', 0, 0};
    HANDLE heap = HeapCreate(0, 0, 0);
    ULONG first = RtlCreateTagHeap(heap, 0, NULL, names);
    char *tagged = HeapAlloc(heap, HEAP_MAKE_TAG_FLAGS(first, 1), 100);
    CHECK(HeapAlloc(heap, 0, 200) && HeapAlloc(heap, HEAP_MAKE_TAG_FLAGS(first, 0), LARGE_MIN));
    begin();
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_ALLOCATED_BLOCKS), STATUS_SUCCESS);
    CHECK(are_as_walked(heap, usage.Entries));
    RTL_HEAP_USAGE_ENTRY entry = *find_in(usage.Entries, tagged);
    CHECK_EQ_UINT(entry.TagIndex, 2);

    CHECK(HeapAlloc(heap, HEAP_MAKE_TAG_FLAGS(first, 1), 4000) && HeapFree(heap, 0, tagged));
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_ALLOCATED_BLOCKS), STATUS_SUCCESS);
    CHECK(are_as_walked(heap, usage.AddedEntries));
    CHECK_EQ_UINT(usage.AddedEntries->TagIndex, 2);
    CHECK_EQ_UINT(usage.RemovedEntries->TagIndex, 2);
    CHECK_EQ_UINT(usage.RemovedEntries->AllocatorBackTraceIndex, entry.AllocatorBackTraceIndex);
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_FREE_BUFFER), STATUS_SUCCESS);
    CHECK(HeapDestroy(heap));
}

/* Added and Removed against the list of a previous call */
static void differences(void)
{
    SPEC("N11.3");
    HANDLE heap = HeapCreate(0, 0, 0);
    char *kept = HeapAlloc(heap, 0, 10), *gone = HeapAlloc(heap, 0, 20), *resized = HeapAlloc(heap, 0, 30);
    begin();
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_ALLOCATED_BLOCKS), STATUS_SUCCESS);
    CHECK_EQ_UINT(length_of(usage.Entries), 3);
    CHECK(usage.AddedEntries == NULL && usage.RemovedEntries == NULL);

    CHECK(HeapFree(heap, 0, gone));
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, resized, 25), resized);
    char *new = HeapAlloc(heap, 0, 4000);
    usage.Entries->Next = (RTL_HEAP_USAGE_ENTRY *)(UINT_PTR)8; /* what a program writes there is not followed */
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_ALLOCATED_BLOCKS), STATUS_SUCCESS);
    CHECK_EQ_UINT(length_of(usage.Entries), 3);
    CHECK(holds(usage.Entries, kept, 10) && holds(usage.Entries, resized, 25) && holds(usage.Entries, new, 4000));
    CHECK_EQ_UINT(length_of(usage.AddedEntries), 2);
    CHECK(holds(usage.AddedEntries, resized, 25) && holds(usage.AddedEntries, new, 4000));
    CHECK_EQ_UINT(length_of(usage.RemovedEntries), 2);
    CHECK(holds(usage.RemovedEntries, resized, 30) && holds(usage.RemovedEntries, gone, 20));

    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_ALLOCATED_BLOCKS), STATUS_SUCCESS);
    CHECK(usage.AddedEntries == NULL && usage.RemovedEntries == NULL);
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_FREE_BUFFER), STATUS_SUCCESS);
    CHECK(HeapDestroy(heap));
}

/* a wrong Length; pointers that are no lists; bad handles */
static void bad_arguments(void)
{
    SPEC("N11.3");
    static struct bad_handles bad;
    RTL_HEAP_USAGE_ENTRY own = {.Next = NULL};
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapAlloc(heap, 0, 1) != NULL);
    begin();
    usage.Length = sizeof(usage) - 1;
    CHECK_EQ_UINT(ask(heap, 0), (ULONG)STATUS_INFO_LENGTH_MISMATCH);
    CHECK_EQ_UINT((ULONG)RtlUsageHeap(heap, 0, NULL), (ULONG)STATUS_INVALID_PARAMETER);
    begin();
    usage.Entries = &own;
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_ALLOCATED_BLOCKS), (ULONG)STATUS_INVALID_PARAMETER);
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_FREE_BUFFER), (ULONG)STATUS_INVALID_PARAMETER);
    CHECK_EQ_PTR(usage.Entries, &own);
    begin();
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_ALLOCATED_BLOCKS), STATUS_SUCCESS);
    RTL_HEAP_USAGE stale = usage;
    CHECK_EQ_UINT(ask(heap, HEAP_USAGE_FREE_BUFFER), STATUS_SUCCESS);
    CHECK_EQ_UINT((ULONG)RtlUsageHeap(heap, HEAP_USAGE_FREE_BUFFER, &stale), (ULONG)STATUS_INVALID_PARAMETER);
    CHECK(HeapDestroy(heap));

    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        begin();
        bool ok = CHECK_EQ_UINT(ask(bad.list[i].handle, 0), (ULONG)STATUS_INVALID_HANDLE);
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}

#endif

int main(void)
{
    CHECK(true);
#ifndef _WIN32
    totals();
    entries(0);
    entries(HEAP_NO_SERIALIZE);
    origins();
    differences();
    bad_arguments();
#else
    wine_skip("RtlUsageHeap is missing");
#endif
    return check_report();
}
