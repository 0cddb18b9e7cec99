/*
 * Walking a heap: the core's records in NT's form.
 */
#include "nt/walk.h"

#include "heap/extra.h"
#include "heap/front.h"
#include "nt/entry.h"
#include "nt/status.h"

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
    case WALK_HOT_BUSY:
        return RTL_HEAP_LFH_ALLOC | RTL_HEAP_BUSY;
    case WALK_HOT_FREE:
        return RTL_HEAP_LFH_ALLOC;
    default:
        return 0;
    }
}

static void set_extra(RTL_HEAP_WALK_ENTRY *entry, const struct extra_info *info)
{
    entry->Flags |= (USHORT)(info->user_flags >> 4);
    entry->Block.Settable = info->value;
    entry->Block.TagIndex = (USHORT)info->tag;
    entry->Block.AllocatorBackTraceIndex = (USHORT)info->trace;
}

/* Adds what a block has beside its data; the fields of one that is not busy are 0. */
static void add_extra(struct heap *heap, RTL_HEAP_WALK_ENTRY *entry)
{
    struct extra_info info;
    if (!(entry->Flags & RTL_HEAP_BUSY) || !extra_may_be(heap) ||
        front_get_extra(heap, heap->flags, entry->DataAddress, &info) != OUTCOME_OK)
        return;
    _Static_assert(HEAP_SETTABLE_USER_VALUE >> 4 == RTL_HEAP_SETTABLE_VALUE, "the flags of a record are those shifted");
    _Static_assert(HEAP_SETTABLE_USER_FLAGS >> 4 == RTL_HEAP_SETTABLE_FLAGS, "the flags of a record are those shifted");
    set_extra(entry, &info);
}

static void fill_entry(RTL_HEAP_WALK_ENTRY *entry, const struct walk_record *record)
{
    *entry = (RTL_HEAP_WALK_ENTRY){
        .DataAddress = (void *)record->address,
        .DataSize = record->size,
        .OverheadBytes = (UCHAR)record->overhead,
        .SegmentIndex = (UCHAR)record->region,
        .Flags = flags_from_kind(record->kind),
    };
    if (record->kind == WALK_REGION) {
        entry->Segment.CommittedSize = walk_32_bit_size(record->committed);
        entry->Segment.UnCommittedSize = walk_32_bit_size(record->uncommitted);
        entry->Segment.FirstEntry = (void *)record->first_block;
        entry->Segment.LastEntry = (void *)record->last_block;
    }
}

NTSTATUS walk_step(PVOID handle, enum walk_kind kind, PVOID address, SIZE_T size, struct walk_record *record)
{
    static const char name[] = "RtlWalkHeap (HeapWalk)";
    struct heap *heap = entry_find(handle, name, NULL);
    if (UNLIKELY(heap == NULL))
        return STATUS_INVALID_HANDLE;

    enum outcome outcome;
    bool locked = entry_lock(heap, heap->flags);
    bool more = walk_next(heap, kind, (uintptr_t)address, size, record, &outcome);
    if (address == NULL || !more)
        atomic_store_explicit(&heap->walk_is_fresh, more ? WALK_PATIENCE : 0, memory_order_relaxed);
    entry_unlock(heap, locked, name);
    if (LIKELY(more))
        return STATUS_SUCCESS;
    /* A heap that changed between two steps is no mistake. */
    if (outcome == OUTCOME_BLOCK_DAMAGED)
        report_failure(outcome, name, heap, address);
    return outcome == OUTCOME_OK ? STATUS_NO_MORE_ENTRIES : status_from_outcome(outcome);
}

bool walk_to_next_locked(struct heap *heap, struct walk_block *next)
{
    bool locked = heap_enter(heap, heap->flags);
    bool stepped = walk_to_next(next);
    heap_leave(heap, locked);
    return stepped;
}

static NOINLINE NTSTATUS walk_slowly(PVOID handle, RTL_HEAP_WALK_ENTRY *entry)
{
    struct walk_record record;
    if (entry == NULL)
        return unsafe_heap_from_handle(handle) != NULL ? STATUS_INVALID_PARAMETER : STATUS_INVALID_HANDLE;

    /* At the start of a walk the program has set DataAddress, and perhaps nothing else. */
    bool starts = entry->DataAddress == NULL;
    NTSTATUS status = starts ? walk_step(handle, WALK_REGION, NULL, 0, &record)
                             : walk_step(handle, kind_from_flags(entry->Flags), entry->DataAddress, entry->DataSize,
                                         &record);
    if (NT_SUCCESS(status)) {
        fill_entry(entry, &record);
        add_extra(handle, entry);
    }
    return status;
}

NTSTATUS RtlWalkHeap(PVOID HeapHandle, PRTL_HEAP_WALK_ENTRY Entry)
{
    struct walk_block next;
    bool stepped = false;

    if (Entry == NULL || Entry->DataAddress == NULL)
        return walk_slowly(HeapHandle, Entry);
    if ((Entry->Flags & ~RTL_HEAP_LFH_ALLOC) == RTL_HEAP_BUSY)
        stepped = walk_quickly(HeapHandle, Entry->DataAddress, false, &next);
    else if ((Entry->Flags & ~RTL_HEAP_LFH_ALLOC) == 0)
        stepped = walk_quickly(HeapHandle, Entry->DataAddress, true, &next);
    if (UNLIKELY(!stepped))
        return walk_slowly(HeapHandle, Entry);

    Entry->DataAddress = (void *)next.address;
    Entry->DataSize = next.size;
    Entry->OverheadBytes = (UCHAR)next.overhead;
    Entry->Flags = (USHORT)((next.is_free ? 0 : RTL_HEAP_BUSY) | (next.is_hot ? RTL_HEAP_LFH_ALLOC : 0));
    if (next.is_free && extra_may_be(HeapHandle))
        set_extra(Entry, &(struct extra_info){0, 0, 0, 0});
    add_extra(HeapHandle, Entry);
    return STATUS_SUCCESS;
}
