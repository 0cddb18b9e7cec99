/*
 * HeapExtendedInformation: heaps, their regions, ranges of pages, and blocks, as records that are linked by offsets.
 *
 * The records are made in one go, with each heap held meanwhile, in memory of our own. From there they are copied into
 * the caller's buffer, or told one by one to a callback, with nothing held: the buffer may be a wrong one, and the
 * callback may use any heap.
 */
#include "nt/extended.h"

#include "base/assert.h"
#include "heap/extra.h"
#include "heap/large.h"
#include "heap/walk.h"
#include "nt/entry.h"
#include "nt/status.h"

#include <excpt.h>
#include <string.h>

/* --- records --------------------------------------------------------------------------------------------------------
 */

/* Where records go. What there is no room for is counted all the same. */
struct output {
    char *base;
    size_t room;
    size_t used;
};

/* The end of a list: where the offset of its next record goes; NULL: there was no room for the last one. */
typedef ULONG_PTR *list_end;

/* Appends a record to a list. NULL: there is no room. */
static void *add(struct output *output, list_end *end, const void *record, size_t size, size_t next_offset)
{
    size_t offset = output->used;
    output->used += size;
    if (output->used > output->room) {
        *end = NULL;
        return NULL;
    }
    if (*end != NULL)
        **end = offset;
    char *copy = memcpy(output->base + offset, record, size);
    *end = (list_end)(void *)(copy + next_offset);
    return copy;
}

#define ADD(output, end, type, next, ...) add(output, end, &(type)__VA_ARGS__, sizeof(type), offsetof(type, next))

/* --- what is in one heap --------------------------------------------------------------------------------------------
 */

struct telling {
    struct output *output;
    struct heap *heap;
    ULONG level;
    list_end regions;
    list_end ranges;
    list_end blocks;
    struct walk_record record; /* the next one of the walk */
    bool has_more;
    enum outcome outcome;
};

static void step(struct telling *telling)
{
    struct walk_record *record = &telling->record;
    telling->has_more = walk_next(telling->heap, walk_cursor_kind(record->kind), record->address, record->size, record,
                                  &telling->outcome);
}

static ULONG block_flags(struct heap *heap, const struct walk_record *record)
{
    struct extra_info info = {0, 0, 0, 0};
    bool is_hot = record->kind == WALK_HOT_BUSY || record->kind == WALK_HOT_FREE;
    ULONG flags = is_hot ? HEAP_BLOCK_LFH_BLOCK : 0;
    if (record->kind == WALK_FREE || record->kind == WALK_HOT_FREE)
        return flags;
    if (extra_may_be(heap))
        extra_get(heap, (void *)record->address, &info);
    bool has_extra = info.user_flags != 0 || info.tag != 0 || info.trace != 0;
    return flags | HEAP_BLOCK_BUSY | (has_extra ? HEAP_BLOCK_EXTRA_INFORMATION : 0) |
           (record->kind == WALK_LARGE ? HEAP_BLOCK_LARGE_BLOCK : 0);
}

static void add_block(struct telling *telling, const struct walk_record *record, size_t overhead)
{
    ADD(telling->output, &telling->blocks, HEAP_BLOCK_INFORMATION, NextBlockInformationOffset,
        {
            .Address = (PVOID)record->address,
            .Flags = block_flags(telling->heap, record),
            .DataSize = record->size,
            .OverheadSize = overhead,
        });
}

/* Goes on to an address, and adds the blocks that lie in front of it. */
static void add_blocks_before(struct telling *telling, uintptr_t end)
{
    const struct walk_record *record = &telling->record;
    while (telling->has_more && record->kind != WALK_REGION && record->kind != WALK_LARGE && record->address < end) {
        if (record->kind != WALK_UNCOMMITTED)
            add_block(telling, record, record->overhead);
        step(telling);
    }
}

static ULONG protection(const struct heap *heap, bool committed)
{
    if (!committed)
        return PAGE_NOACCESS;
    if (protect_is_on(heap))
        return heap->access == OS_READ_WRITE_EXECUTE ? PAGE_EXECUTE_READ : PAGE_READONLY;
    return heap->access == OS_READ_WRITE_EXECUTE ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
}

static void add_range(struct telling *telling, uintptr_t from, uintptr_t end, bool committed)
{
    HEAP_RANGE_INFORMATION *range = ADD(telling->output, &telling->ranges, HEAP_RANGE_INFORMATION,
                                        NextRangeInformationOffset,
                                        {
                                            .Address = (PVOID)from,
                                            .Size = end - from,
                                            .Type = committed ? HEAP_RANGE_TYPE_COMMITTED : HEAP_RANGE_TYPE_RESERVED,
                                            .Protection = protection(telling->heap, committed),
                                        });
    telling->blocks = range != NULL ? &range->FirstBlockInformationOffset : NULL;
}

static void add_region(struct telling *telling, uintptr_t address, size_t reserved, size_t committed)
{
    HEAP_REGION_INFORMATION *region = ADD(telling->output, &telling->regions, HEAP_REGION_INFORMATION,
                                          NextRegionInformationOffset,
                                          {
                                              .Address = (PVOID)address,
                                              .ReserveSize = reserved,
                                              .CommitSize = committed,
                                          });
    telling->ranges = region != NULL ? &region->FirstRangeInformationOffset : NULL;
}

static void add_segment(struct telling *telling, const struct segment *segment)
{
    uintptr_t from = (uintptr_t)segment;
    uintptr_t end = from + segment->reserved;
    add_region(telling, from, segment->reserved, segment->committed);
    if (telling->level >= HeapExtendedHeapBlockInformationLevel)
        step(telling); /* from the record of the region to what is in it */
    for (bool committed = true; telling->level >= HeapExtendedHeapRangeInformationLevel && from < end;
         committed = !committed) {
        uintptr_t range_end = segment_find_page(segment, from, end, !committed);
        if (range_end > from)
            add_range(telling, from, range_end, committed);
        if (telling->level >= HeapExtendedHeapBlockInformationLevel)
            add_blocks_before(telling, range_end);
        from = range_end;
    }
}

/* A large block is alone in a region of its own. */
static void add_large(struct telling *telling, const struct unit *unit)
{
    uintptr_t from, end;
    struct walk_record block = {.kind = WALK_LARGE, .address = (uintptr_t)large_data(unit), .size = unit->large_size};
    uintptr_t run = (uintptr_t)arena_unit_address(arena_of((void *)block.address), unit->run_first);
    size_t reserved = (size_t)unit->run_length << UNIT_SHIFT;
    large_pages(unit, &from, &end);
    add_region(telling, run, reserved, end - from);
    if (telling->level < HeapExtendedHeapRangeInformationLevel)
        return;
    if (run < from)
        add_range(telling, run, from, false);
    add_range(telling, from, end, true);
    if (telling->level >= HeapExtendedHeapBlockInformationLevel)
        add_block(telling, &block, end - from - block.size);
    if (end < run + reserved)
        add_range(telling, end, run + reserved, false);
}

/* The regions of a heap, and what is in them as far as the level asks for it. The caller has the heap to itself. */
static enum outcome add_regions(struct output *output, struct heap *heap, ULONG level, list_end regions)
{
    struct telling telling = {.output = output, .heap = heap, .level = level, .regions = regions};
    ASSERT(heap != NULL);
    if (level >= HeapExtendedHeapBlockInformationLevel)
        step(&telling);
    for (const struct segment *segment = &heap->first; segment != NULL && telling.outcome == OUTCOME_OK;
         segment = segment->next)
        add_segment(&telling, segment);
    for (const struct unit *unit = heap->first_large; unit != NULL; unit = unit->large_next)
        add_large(&telling, unit);
    return telling.outcome;
}

/* --- one heap -------------------------------------------------------------------------------------------------------
 */

/* What was asked for, and what is told at the head of the answer. */
struct query {
    ULONG level;
    struct output output;
    PROCESS_HEAP_INFORMATION process;
    HEAP_INFORMATION heap; /* the one asked for, or the last one */
    bool lists_heaps;
    list_end heaps;
};

static enum outcome add_heap(struct query *query, struct heap *heap)
{
    list_end regions = &query->heap.FirstRegionInformationOffset;
    if (query->lists_heaps) {
        HEAP_INFORMATION *record = add(&query->output, &query->heaps, &query->heap, sizeof query->heap,
                                       offsetof(HEAP_INFORMATION, NextHeapInformationOffset));
        regions = record != NULL ? &record->FirstRegionInformationOffset : NULL;
    }
    if (query->level < HeapExtendedHeapRegionInformationLevel)
        return OUTCOME_OK;
    return add_regions(&query->output, heap, query->level, regions);
}

static enum outcome count_for_performance(struct heap *heap, HEAP_PERFORMANCE_COUNTERS_INFORMATION *counters)
{
    struct telling telling = {.heap = heap};
    const struct walk_record *record = &telling.record;
    for (step(&telling); telling.has_more; step(&telling)) {
        counters->FreeListLength += record->kind == WALK_FREE || record->kind == WALK_HOT_FREE;
        counters->VirtualBlocks += record->kind == WALK_LARGE;
        counters->UCRLength += record->kind == WALK_UNCOMMITTED;
        counters->LargeUCRMemory += record->kind == WALK_UNCOMMITTED ? record->size : 0;
    }
    return telling.outcome;
}

static enum outcome add_performance(struct query *query, struct heap *heap, const struct heap_totals *totals,
                                    ULONG index, ULONG last_index)
{
    HEAP_PERFORMANCE_COUNTERS_INFORMATION counters = {
        .Size = sizeof counters,
        .Version = HeapPerformanceCountersInformationStandardHeapVersion,
        .HeapIndex = index,
        .LastHeapIndex = last_index,
        .BaseAddress = heap,
        .ReserveSize = totals->reserved,
        .CommitSize = totals->committed,
        .SegmentCount = heap->segment_count,
        .AllocatedSpace = totals->requested,
        .FreeSpace = totals->committed - totals->requested,
    };
    enum outcome outcome = count_for_performance(heap, &counters);
    list_end none = NULL;
    add(&query->output, &none, &counters, sizeof counters, 0);
    return outcome;
}

static enum outcome tell_heap(struct query *query, struct heap *heap, ULONG index, ULONG last_index)
{
    struct heap_totals totals;
    /* Who learns how much room this needs asks again: what lies ready for hot sizes stays for a while, as in a walk. */
    atomic_store_explicit(&heap->walk_is_fresh, WALK_PATIENCE, memory_order_relaxed);
    front_stop_filling(heap); /* the sums are those of the walk that follows */
    heap_sum(heap, &totals);
    query->process.ReserveSize += totals.reserved;
    query->process.CommitSize += totals.committed;
    query->process.NumberOfHeaps++;
    query->heap = (HEAP_INFORMATION){
        .Address = heap,
        .Mode = heap->compatibility,
        .ReserveSize = totals.reserved,
        .CommitSize = totals.committed,
    };
    return query->level == HeapExtendedHeapHeapPerfInformationLevel
               ? add_performance(query, heap, &totals, index, last_index)
               : add_heap(query, heap);
}

/* --- which heaps ----------------------------------------------------------------------------------------------------
 */

static enum outcome tell_one(struct query *query, struct heap *heap)
{
    bool locked = entry_lock(heap, heap->flags);
    enum outcome outcome = tell_heap(query, heap, 0, 0);
    heap_leave(heap, locked);
    return outcome;
}

/* As RtlValidateProcessHeaps: a heap that another thread holds is waited for, but not with the registry held. */
static enum outcome tell_all(struct query *query)
{
    enum outcome outcome = OUTCOME_OK;
    uint64_t serial = 0;
    ULONG index = 0;
    unsigned tries = 0;
    struct heap *heap;
    registry_lock();
    ULONG count = registry_count();
    while (outcome == OUTCOME_OK && index < count && (heap = registry_first_behind(serial)) != NULL) {
        if (!lock_try(heap->lock)) {
            registry_unlock();
            os_yield(tries++);
            registry_lock();
            continue;
        }
        call_begin();
        outcome = tell_heap(query, heap, index, count - 1);
        call_end();
        lock_release(heap->lock);
        serial = heap->serial;
        index++;
        tries = 0;
    }
    registry_unlock();
    return outcome;
}

/* Makes the records in memory of which the first `head` bytes are taken. *used: all that they need. */
static NTSTATUS tell(const HEAP_EXTENDED_INFORMATION *asked, void *memory, size_t room, size_t head,
                     HEAP_EXTENDED_INFORMATION *answer, size_t *used)
{
    struct query query = {.level = asked->Level, .output = {memory, room, head}};
    bool is_process = asked->HeapHandle == NULL;
    query.lists_heaps = is_process && asked->Level >= HeapExtendedHeapInformationLevel;
    query.heaps = &query.process.FirstHeapInformationOffset;
    struct heap *heap = is_process ? NULL : unsafe_heap_from_handle(asked->HeapHandle);
    if (!is_process && heap == NULL)
        return STATUS_INVALID_HANDLE;
    enum outcome outcome = is_process ? tell_all(&query) : tell_one(&query, heap);
    *answer = *asked;
    if (is_process)
        answer->ProcessHeapInformation = query.process;
    else
        answer->HeapInformation = query.heap;
    *used = query.output.used;
    return status_from_outcome(outcome);
}

/* --- callbacks ------------------------------------------------------------------------------------------------------
 */

/* Who is told of the records, which lie from `base`; the items that he gets have no offsets. */
struct listener {
    PRTL_HEAP_EXTENDED_ENUMERATION_ROUTINE routine;
    PVOID context;
    char *base;
};

static NTSTATUS call(const struct listener *listener, ULONG level, const void *record, size_t size)
{
    HEAP_INFORMATION_ITEM item = {.Level = level, .Size = size};
    memcpy(&item.DynamicStart, record, size);
    return listener->routine(&item, listener->context);
}

static NTSTATUS call_for_blocks(const struct listener *listener, ULONG_PTR offset)
{
    NTSTATUS status = STATUS_SUCCESS;
    while (offset != 0 && NT_SUCCESS(status)) {
        HEAP_BLOCK_INFORMATION block;
        memcpy(&block, listener->base + offset, sizeof block);
        offset = block.NextBlockInformationOffset;
        block.NextBlockInformationOffset = 0;
        status = call(listener, HeapExtendedHeapBlockInformationLevel, &block, sizeof block);
    }
    return status;
}

static NTSTATUS call_for_ranges(const struct listener *listener, ULONG_PTR offset)
{
    NTSTATUS status = STATUS_SUCCESS;
    while (offset != 0 && NT_SUCCESS(status)) {
        HEAP_RANGE_INFORMATION range;
        memcpy(&range, listener->base + offset, sizeof range);
        ULONG_PTR blocks = range.FirstBlockInformationOffset;
        offset = range.NextRangeInformationOffset;
        range.FirstBlockInformationOffset = range.NextRangeInformationOffset = 0;
        status = call(listener, HeapExtendedHeapRangeInformationLevel, &range, sizeof range);
        if (NT_SUCCESS(status))
            status = call_for_blocks(listener, blocks);
    }
    return status;
}

static NTSTATUS call_for_regions(const struct listener *listener, ULONG_PTR offset)
{
    NTSTATUS status = STATUS_SUCCESS;
    while (offset != 0 && NT_SUCCESS(status)) {
        HEAP_REGION_INFORMATION region;
        memcpy(&region, listener->base + offset, sizeof region);
        ULONG_PTR ranges = region.FirstRangeInformationOffset;
        offset = region.NextRegionInformationOffset;
        region.FirstRangeInformationOffset = region.NextRegionInformationOffset = 0;
        status = call(listener, HeapExtendedHeapRegionInformationLevel, &region, sizeof region);
        if (NT_SUCCESS(status))
            status = call_for_ranges(listener, ranges);
    }
    return status;
}

/* Tells of a heap and what is in it; *heap loses its offsets. */
static NTSTATUS call_for_heap(const struct listener *listener, HEAP_INFORMATION *heap)
{
    ULONG_PTR regions = heap->FirstRegionInformationOffset;
    heap->FirstRegionInformationOffset = heap->NextHeapInformationOffset = 0;
    NTSTATUS status = call(listener, HeapExtendedHeapInformationLevel, heap, sizeof *heap);
    return NT_SUCCESS(status) ? call_for_regions(listener, regions) : status;
}

static NTSTATUS call_for_process(const struct listener *listener, PROCESS_HEAP_INFORMATION *process)
{
    ULONG_PTR offset = process->FirstHeapInformationOffset;
    process->FirstHeapInformationOffset = 0;
    NTSTATUS status = call(listener, HeapExtendedProcessHeapInformationLevel, process, sizeof *process);
    while (offset != 0 && NT_SUCCESS(status)) {
        HEAP_INFORMATION heap;
        memcpy(&heap, listener->base + offset, sizeof heap);
        offset = heap.NextHeapInformationOffset;
        status = call_for_heap(listener, &heap);
    }
    return status;
}

static NTSTATUS call_for_performance(const struct listener *listener, size_t head, size_t used)
{
    NTSTATUS status = STATUS_SUCCESS;
    for (size_t offset = head; offset < used && NT_SUCCESS(status);
         offset += sizeof(HEAP_PERFORMANCE_COUNTERS_INFORMATION))
        status = call(listener, HeapExtendedHeapHeapPerfInformationLevel, listener->base + offset,
                      sizeof(HEAP_PERFORMANCE_COUNTERS_INFORMATION));
    return status;
}

static NTSTATUS call_for_all(HEAP_EXTENDED_INFORMATION *answer, char *records, size_t head, size_t used)
{
    const struct listener listener = {answer->CallbackRoutine, answer->CallbackContext, records};
    if (answer->Level == HeapExtendedHeapHeapPerfInformationLevel)
        return call_for_performance(&listener, head, used);
    if (answer->HeapHandle != NULL)
        return call_for_heap(&listener, &answer->HeapInformation);
    return call_for_process(&listener, &answer->ProcessHeapInformation);
}

/* --- the query ------------------------------------------------------------------------------------------------------
 */

static bool is_this_process(HANDLE process)
{
    return process == NULL || process == (HANDLE)(LONG_PTR)-1;
}

/* A heap has no level of processes. */
static bool is_level(ULONG level, bool is_process)
{
    ULONG first = is_process ? HeapExtendedProcessHeapInformationLevel : HeapExtendedHeapInformationLevel;
    return (level >= first && level <= HeapExtendedHeapBlockInformationLevel) ||
           level == HeapExtendedHeapHeapPerfInformationLevel;
}

/* Records in memory of our own. */
struct records {
    char *base;
    size_t room;
    size_t used;
};

/* Where the records lie, there and in a caller's buffer. */
#define RECORDS_HEAD sizeof(HEAP_EXTENDED_INFORMATION)

static void release(const struct records *records)
{
    if (records->base != NULL)
        os_release(records->base, records->room);
}

/* Makes the records, in memory that is made larger until it is enough. */
static NTSTATUS make(const HEAP_EXTENDED_INFORMATION *asked, struct records *records, HEAP_EXTENDED_INFORMATION *answer)
{
    NTSTATUS status;
    *records = (struct records){.used = RECORDS_HEAD};
    do {
        release(records);
        records->room = align_up(records->used + records->used / 8, os_page_size());
        records->base = os_map_zeros(records->room);
        if (records->base == NULL)
            return STATUS_NO_MEMORY;
        status = tell(asked, records->base, records->room, RECORDS_HEAD, answer, &records->used);
    } while (NT_SUCCESS(status) && records->used > records->room);
    return status;
}

static NTSTATUS hand_over(const struct records *records, HEAP_EXTENDED_INFORMATION *answer,
                          HEAP_EXTENDED_INFORMATION *information, SIZE_T length)
{
    if (answer->CallbackRoutine != NULL)
        return call_for_all(answer, records->base, RECORDS_HEAD, records->used);
    if (records->used > length)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(information + 1, records->base + RECORDS_HEAD, records->used - RECORDS_HEAD);
    return STATUS_SUCCESS;
}

/* The callback may raise an exception, and the buffer be less than its length. */
static NTSTATUS hand_over_and_release(const struct records *records, HEAP_EXTENDED_INFORMATION *answer,
                                      HEAP_EXTENDED_INFORMATION *information, SIZE_T length)
{
    volatile NTSTATUS status = STATUS_UNSUCCESSFUL;
    __try {
        status = hand_over(records, answer, information, length);
    } __finally {
        release(records);
    }
    return status;
}

/* *used: bytes that the answer has, or needs. */
static NTSTATUS query(HEAP_EXTENDED_INFORMATION *information, SIZE_T length, size_t *used)
{
    HEAP_EXTENDED_INFORMATION answer = *information;
    struct records records;
    NTSTATUS status = make(information, &records, &answer);
    if (NT_SUCCESS(status))
        status = hand_over_and_release(&records, &answer, information, length);
    else
        release(&records);
    *used = answer.CallbackRoutine != NULL ? sizeof *information : records.used;
    if (NT_SUCCESS(status))
        *information = answer;
    return status;
}

NTSTATUS extended_query(HEAP_EXTENDED_INFORMATION *information, SIZE_T length, PSIZE_T return_length)
{
    size_t used = sizeof *information;
    NTSTATUS status;
    if (length < sizeof *information)
        status = STATUS_BUFFER_TOO_SMALL;
    else if (information == NULL || !is_level(information->Level, information->HeapHandle == NULL))
        return STATUS_INVALID_PARAMETER;
    else if (!is_this_process(information->ProcessHandle))
        return STATUS_NOT_SUPPORTED;
    else
        status = query(information, length, &used);
    if (return_length != NULL && (NT_SUCCESS(status) || status == STATUS_BUFFER_TOO_SMALL))
        *return_length = used;
    return status;
}
