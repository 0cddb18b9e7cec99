/*
 * Walking a heap: the core's records in NT's form.
 */
#include "heap/walk.h"
#include "nt/entry.h"
#include "nt/status.h"

/* Walk entries hold some sizes in 32 bits; what does not fit is told as the most that does, in whole pages. */
#define LARGEST_32_BIT_SIZE ((size_t)0xFFFFF000)

/* What an entry that the caller gives back says it is of. */
static enum walk_kind kind_from_flags(USHORT flags)
{
    if (flags & RTL_HEAP_SEGMENT)
        return WALK_REGION;
    if (flags & RTL_HEAP_UNCOMMITTED_RANGE)
        return WALK_UNCOMMITTED;
    if (flags & RTL_HEAP_LARGE_ALLOC)
        return WALK_LARGE;
    return flags & RTL_HEAP_BUSY ? WALK_BUSY : WALK_FREE;
}

/* The flags of Windows 10 (win32-heap.md 4.5). */
static USHORT flags_from_kind(enum walk_kind kind)
{
    switch (kind) {
    case WALK_REGION:
        return RTL_HEAP_SEGMENT;
    case WALK_UNCOMMITTED:
        return RTL_HEAP_UNCOMMITTED_RANGE;
    case WALK_LARGE:
        return RTL_HEAP_LARGE_ALLOC | RTL_HEAP_SETTABLE_VALUE | RTL_HEAP_BUSY;
    case WALK_BUSY:
        return RTL_HEAP_BUSY;
    default:
        return 0;
    }
}

static void fill_entry(RTL_HEAP_WALK_ENTRY *entry, const struct walk_record *record)
{
    *entry = (RTL_HEAP_WALK_ENTRY){
        .DataAddress = (void *)record->address,
        .DataSize = record->size,
        .OverheadBytes = record->overhead,
        .SegmentIndex = record->region,
        .Flags = flags_from_kind(record->kind),
    };
    if (record->kind == WALK_REGION) {
        entry->Segment.CommittedSize = (ULONG)size_min(record->committed, LARGEST_32_BIT_SIZE);
        entry->Segment.UnCommittedSize = (ULONG)size_min(record->uncommitted, LARGEST_32_BIT_SIZE);
        entry->Segment.FirstEntry = (void *)record->first_block;
        entry->Segment.LastEntry = (void *)record->last_block;
    }
}

NTSTATUS RtlWalkHeap(PVOID HeapHandle, PRTL_HEAP_WALK_ENTRY Entry)
{
    static const char name[] = "RtlWalkHeap (HeapWalk)";
    struct heap *heap = unsafe_heap_from_handle(HeapHandle);
    if (UNLIKELY(heap == NULL)) {
        if (HeapHandle != NULL)
            report_failure(OUTCOME_NOT_A_HEAP, name, HeapHandle, NULL);
        return STATUS_INVALID_HANDLE;
    }
    if (UNLIKELY(Entry == NULL))
        return STATUS_INVALID_PARAMETER;

    enum outcome outcome;
    struct walk_record record = {
        .kind = kind_from_flags(Entry->Flags),
        .address = (uintptr_t)Entry->DataAddress,
        .size = Entry->DataSize,
    };
    entry_lock(heap, heap->flags);
    bool more = walk_next(heap, &record, &outcome);
    entry_unlock(heap, heap->flags, name);
    if (LIKELY(more)) {
        fill_entry(Entry, &record);
        return STATUS_SUCCESS;
    }
    report_failure(outcome, name, heap, Entry->DataAddress);
    return outcome == OUTCOME_OK ? STATUS_NO_MORE_ENTRIES : status_from_outcome(outcome);
}
