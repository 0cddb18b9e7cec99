/*
 * RtlQueryProcessHeapInformation: all heaps, and on demand their tags and blocks, in the form of a debug snapshot.
 */
#include "heap/enter.h"
#include "heap/extra.h"
#include "heap/tag.h"
#include "heap/walk.h"
#include "nt/entry.h"
#include "nt/status.h"

#include <excpt.h>
#include <string.h>

/* What lies in front of a block's data, from where the sizes of the entries count. */
#define ENTRY_OVERHEAD BLOCK_DATA_OFFSET

/* Memory of our own, filled while heaps are held, for the rest of the caller's, to which it is copied afterwards: that
 * may be a wrong pointer. */
struct buffer {
    char *own;
    char *callers;
    size_t size;
    size_t used;
};

/* Zeroed memory of the buffer, behind what was taken before. NULL: it is full. */
static void *take(struct buffer *buffer, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > buffer->size - buffer->used)
        return NULL;
    void *memory = buffer->own + buffer->used;
    buffer->used += bytes;
    return memory;
}

/* Where the caller will find what was taken. */
static void *in_callers(const struct buffer *buffer, const void *taken)
{
    return buffer->callers + ((const char *)taken - buffer->own);
}

/* --- the entries of one heap ----------------------------------------------------------------------------------------
 */

struct entries {
    RTL_HEAP_INFORMATION_V1 *information;
    struct buffer *buffer;
    RTL_HEAP_ENTRY *region; /* the last one */
    RTL_HEAP_ENTRY *last;   /* of that region; its size is known when the next one is */
    uintptr_t last_start;
    uintptr_t region_end;
};

static RTL_HEAP_ENTRY *add_entry(struct entries *entries)
{
    RTL_HEAP_ENTRY *entry = take(entries->buffer, 1, sizeof *entry);
    if (entry != NULL && entries->information->NumberOfEntries++ == 0)
        entries->information->Entries = in_callers(entries->buffer, entry);
    return entry;
}

/* The last entry reaches to this address. */
static void end_last(struct entries *entries, uintptr_t address)
{
    if (entries->last != NULL)
        entries->last->Size = address - entries->last_start;
    entries->last = NULL;
}

static bool add_region(struct entries *entries, uintptr_t first_block, size_t committed, uintptr_t end)
{
    end_last(entries, entries->region_end);
    RTL_HEAP_ENTRY *entry = add_entry(entries);
    if (entry == NULL)
        return false;
    entry->Flags = RTL_HEAP_SEGMENT;
    entry->u.s2.CommittedSize = committed;
    entry->u.s2.FirstBlock = (PVOID)first_block;
    entries->region = entry;
    entries->region_end = end;
    return true;
}

static bool add_block(struct entries *entries, struct heap *heap, uintptr_t start, USHORT flags, uintptr_t data)
{
    struct extra_info info = {0, 0, 0, 0};
    end_last(entries, start);
    RTL_HEAP_ENTRY *entry = add_entry(entries);
    if (entry == NULL)
        return false;
    if ((flags & RTL_HEAP_BUSY) && extra_may_be(heap))
        extra_get(heap, (void *)data, &info);
    entry->Flags = (USHORT)(flags | info.user_flags >> 4);
    entry->u.s1.Settable = info.value;
    entry->u.s1.Tag = info.tag;
    entry->AllocatorBackTraceIndex = (USHORT)info.trace;
    entries->last = entry;
    entries->last_start = start;
    return true;
}

static bool add_record(struct entries *entries, struct heap *heap, const struct walk_record *record)
{
    uintptr_t data = record->address;
    switch (record->kind) {
    case WALK_REGION:
        return add_region(entries, record->first_block - ENTRY_OVERHEAD, record->committed, record->last_block);
    case WALK_LARGE:
        /* Lies alone, so it is the one block of a region. */
        return add_region(entries, data - ENTRY_OVERHEAD, record->size, data + record->size) &&
               add_block(entries, heap, data - ENTRY_OVERHEAD, RTL_HEAP_LARGE_ALLOC | RTL_HEAP_BUSY, data);
    case WALK_FREE:
        return add_block(entries, heap, data - record->overhead, 0, data);
    case WALK_UNCOMMITTED:
        return add_block(entries, heap, data, RTL_HEAP_UNCOMMITTED_RANGE, data);
    case WALK_BUSY:
        return add_block(entries, heap, data - ENTRY_OVERHEAD, RTL_HEAP_BUSY, data);
    case WALK_HOT_BUSY:
        /* The blocks of the front end have no header; only the first of a span lies behind one. */
        return add_block(entries, heap, data - ENTRY_OVERHEAD, RTL_HEAP_LFH_ALLOC | RTL_HEAP_BUSY, data);
    default:
        return add_block(entries, heap, data - ENTRY_OVERHEAD, RTL_HEAP_LFH_ALLOC, data);
    }
}

static NTSTATUS fill_entries(struct heap *heap, RTL_HEAP_INFORMATION_V1 *information, struct buffer *buffer)
{
    struct entries entries = {.information = information, .buffer = buffer};
    struct walk_record record = {.address = 0};
    enum outcome outcome = OUTCOME_OK;
    while (walk_next(heap, walk_cursor_kind(record.kind), record.address, record.size, &record, &outcome)) {
        if (!add_record(&entries, heap, &record))
            return STATUS_NO_MEMORY;
    }
    end_last(&entries, entries.region_end);
    return status_from_outcome(outcome);
}

/* --- one heap -------------------------------------------------------------------------------------------------------
 */

static void fill_tag(const struct heap *heap, unsigned index, RTL_HEAP_TAG *entry)
{
    struct tag *tag = tag_find(heap, index);
    entry->NumberOfAllocations = atomic_load_explicit(&tag->allocations, memory_order_relaxed);
    entry->NumberOfFrees = atomic_load_explicit(&tag->frees, memory_order_relaxed);
    entry->BytesAllocated = atomic_load_explicit(&tag->bytes, memory_order_relaxed);
    entry->TagIndex = (USHORT)index;
    memcpy(entry->TagName, tag->name, sizeof tag->name);
}

/* The pseudo tags come first. */
static NTSTATUS fill_tags(const struct heap *heap, RTL_HEAP_INFORMATION_V1 *information, struct buffer *buffer)
{
    unsigned pseudo_count = heap->pseudo_tags != NULL ? TAG_PSEUDO_COUNT : 0;
    unsigned count = tag_count(heap);
    if (pseudo_count + count == 0)
        return STATUS_SUCCESS;
    RTL_HEAP_TAG *tags = take(buffer, pseudo_count + count, sizeof *tags);
    if (tags == NULL)
        return STATUS_NO_MEMORY;
    for (unsigned i = 0; i < pseudo_count; i++)
        fill_tag(heap, i | TAG_PSEUDO, &tags[i]);
    for (unsigned i = 1; i < count; i++)
        fill_tag(heap, i, &tags[pseudo_count + i]);
    information->NumberOfTags = pseudo_count + count;
    information->NumberOfPseudoTags = pseudo_count;
    information->PseudoTagGranularity = pseudo_count != 0 ? GRANULE_SIZE : 0;
    information->Tags = in_callers(buffer, tags);
    return STATUS_SUCCESS;
}

static NTSTATUS fill_heap(struct heap *heap, ULONG flags, RTL_HEAP_INFORMATION_V1 *information, struct buffer *buffer)
{
    struct heap_totals totals;
    NTSTATUS status = STATUS_SUCCESS;
    front_stop_filling(heap); /* the sums are those of the walk that follows */
    heap_sum(heap, &totals);
    *information = (RTL_HEAP_INFORMATION_V1){
        .BaseAddress = heap,
        .Flags = heap->flags,
        .EntryOverhead = ENTRY_OVERHEAD,
        .BytesAllocated = totals.requested,
        .BytesCommitted = totals.committed,
    };
    if (flags & RTL_QUERY_PROCESS_HEAP_TAGS)
        status = fill_tags(heap, information, buffer);
    if (NT_SUCCESS(status) && (flags & RTL_QUERY_PROCESS_HEAP_ENTRIES))
        status = fill_entries(heap, information, buffer);
    return status;
}

/* --- all heaps ------------------------------------------------------------------------------------------------------
 */

/* As RtlValidateProcessHeaps: a heap that another thread holds is waited for, but not with the registry held. */
static NTSTATUS fill_heaps(ULONG flags, RTL_PROCESS_HEAPS_V1 *heaps, ULONG room, struct buffer *buffer)
{
    NTSTATUS status = STATUS_SUCCESS;
    uint64_t serial = 0;
    unsigned tries = 0;
    struct heap *heap;
    while (NT_SUCCESS(status) && heaps->NumberOfHeaps < room && (heap = registry_first_behind(serial)) != NULL) {
        if (!lock_try(heap->lock)) {
            registry_unlock();
            os_yield(tries++);
            registry_lock();
            continue;
        }
        call_begin();
        status = fill_heap(heap, flags, &heaps->Heaps[heaps->NumberOfHeaps], buffer);
        call_end();
        lock_release(heap->lock);
        heaps->NumberOfHeaps++;
        serial = heap->serial;
        tries = 0;
    }
    return status;
}

static NTSTATUS fill(ULONG flags, struct buffer *buffer)
{
    registry_lock();
    ULONG count = registry_count();
    size_t size = offsetof(RTL_PROCESS_HEAPS_V1, Heaps) + count * sizeof(RTL_HEAP_INFORMATION_V1);
    RTL_PROCESS_HEAPS_V1 *heaps = take(buffer, 1, size);
    NTSTATUS status = heaps != NULL ? fill_heaps(flags, heaps, count, buffer) : STATUS_NO_MEMORY;
    registry_unlock();
    return status;
}

/* Hands what was taken over to the caller, and ends with it. */
static NOINLINE void hand_over(const struct buffer *buffer, size_t own_size)
{
    __try {
        memcpy(buffer->callers, buffer->own, buffer->used);
    } __finally {
        os_release(buffer->own, own_size);
    }
}

static bool is_of_this_process(const RTL_DEBUG_INFORMATION *information)
{
    uintptr_t id = (uintptr_t)information->TargetProcessId;
    return id == 0 || id == os_process_number();
}

NTSTATUS RtlQueryProcessHeapInformation(PRTL_DEBUG_INFORMATION Buffer)
{
    irql_check("RtlQueryProcessHeapInformation");
    if (Buffer == NULL || Buffer->ViewBaseClient == NULL || Buffer->OffsetFree > Buffer->ViewSize)
        return STATUS_INVALID_PARAMETER;
    if (!is_of_this_process(Buffer))
        return STATUS_NOT_SUPPORTED;

    uintptr_t base = (uintptr_t)Buffer->ViewBaseClient;
    uintptr_t first = align_up(base + Buffer->OffsetFree, sizeof(ULONG64));
    if (first >= base + Buffer->ViewSize)
        return STATUS_NO_MEMORY;
    struct buffer rest = {.callers = (char *)first, .size = base + Buffer->ViewSize - first};
    size_t own_size = align_up(rest.size, os_page_size());
    rest.own = os_map_zeros(own_size);
    if (rest.own == NULL)
        return STATUS_NO_MEMORY;
    NTSTATUS status = fill(Buffer->Flags, &rest);
    if (!NT_SUCCESS(status)) {
        os_release(rest.own, own_size);
        return status;
    }
    hand_over(&rest, own_size);
    Buffer->Heaps = (RTL_PROCESS_HEAPS_V1 *)first;
    Buffer->OffsetFree = first + rest.used - base;
    return STATUS_SUCCESS;
}
