/*
 * RtlUsageHeap: the totals of a heap, and lists of its blocks.
 *
 * A list's entries lie in chunks of the library's own memory, and the list is known by its first entry: what a program
 * writes to the entries, or hands in for a list, is never followed.
 */
#include "heap/enter.h"
#include "heap/extra.h"
#include "heap/meta.h"
#include "heap/walk.h"
#include "nt/entry.h"
#include "nt/status.h"
#include "nt/summary.h"

#define CHUNK_ENTRIES 255

struct chunk {
    struct chunk *next;
    unsigned count;
    RTL_HEAP_USAGE_ENTRY entries[CHUNK_ENTRIES];
};

/* A list that a program has; one without entries is NULL to it, and is not kept. */
struct list {
    struct list *next;
    RTL_HEAP_USAGE_ENTRY *first;
    struct chunk *chunks; /* the newest first */
};

/* The lists of all callers. The registry's lock guards them: it is held around a fork. */
static struct list *lists;

/* --- one list -------------------------------------------------------------------------------------------------------
 */

static void free_chunks(struct list *list)
{
    while (list->chunks != NULL) {
        struct chunk *chunk = list->chunks;
        list->chunks = chunk->next;
        meta_free(chunk);
    }
    list->first = NULL;
}

/* Adds a copy of the entry in front. False: no memory. */
static bool add_entry(struct list *list, const RTL_HEAP_USAGE_ENTRY *block)
{
    struct chunk *chunk = list->chunks;
    if (chunk == NULL || chunk->count == CHUNK_ENTRIES) {
        chunk = meta_allocate(sizeof *chunk);
        if (chunk == NULL)
            return false;
        chunk->next = list->chunks;
        list->chunks = chunk;
    }
    RTL_HEAP_USAGE_ENTRY *entry = &chunk->entries[chunk->count++];
    *entry = *block;
    entry->Next = list->first;
    list->first = entry;
    return true;
}

/* Links all entries anew, whatever a program has made of the links. */
static void relink(struct list *list)
{
    list->first = NULL;
    for (struct chunk *chunk = list->chunks; chunk != NULL; chunk = chunk->next) {
        for (unsigned i = chunk->count; i-- > 0;) {
            chunk->entries[i].Next = list->first;
            list->first = &chunk->entries[i];
        }
    }
}

/* Below 0: `a` comes first. */
static int compare(const RTL_HEAP_USAGE_ENTRY *a, const RTL_HEAP_USAGE_ENTRY *b)
{
    if (a->Address != b->Address)
        return (uintptr_t)a->Address < (uintptr_t)b->Address ? -1 : 1;
    return a->Size == b->Size ? 0 : a->Size < b->Size ? -1 : 1;
}

static RTL_HEAP_USAGE_ENTRY *merge(RTL_HEAP_USAGE_ENTRY *a, RTL_HEAP_USAGE_ENTRY *b)
{
    RTL_HEAP_USAGE_ENTRY *first, **end = &first;
    while (a != NULL && b != NULL) {
        RTL_HEAP_USAGE_ENTRY **smaller = compare(a, b) <= 0 ? &a : &b;
        *end = *smaller;
        *smaller = (*smaller)->Next;
        end = &(*end)->Next;
    }
    *end = a != NULL ? a : b;
    return first;
}

/* Sorted runs of 1, 2, 4, ... entries, merged as the bits of a counter carry. */
static void sort(struct list *list)
{
    RTL_HEAP_USAGE_ENTRY *runs[8 * sizeof(size_t)] = {NULL};
    RTL_HEAP_USAGE_ENTRY *next;
    size_t count = sizeof runs / sizeof runs[0];

    for (RTL_HEAP_USAGE_ENTRY *entry = list->first; entry != NULL; entry = next) {
        next = entry->Next;
        entry->Next = NULL;
        size_t bit = 0;
        for (; runs[bit] != NULL; bit++) {
            entry = merge(runs[bit], entry);
            runs[bit] = NULL;
        }
        runs[bit] = entry;
    }
    list->first = NULL;
    for (size_t bit = 0; bit < count; bit++)
        list->first = merge(runs[bit], list->first);
}

/* Adds the entries that only one of two sorted lists has to the list of those. False: no memory. */
static bool add_differences(const RTL_HEAP_USAGE_ENTRY *old, const RTL_HEAP_USAGE_ENTRY *new, struct list *added,
                            struct list *removed)
{
    bool done = true;
    while (done && (old != NULL || new != NULL)) {
        int order = old == NULL ? 1 : new == NULL ? -1 : compare(old, new);
        if (order < 0)
            done = add_entry(removed, old);
        else if (order > 0)
            done = add_entry(added, new);
        old = order <= 0 ? old->Next : old;
        new = order >= 0 ? new->Next : new;
    }
    return done;
}

/* --- the lists that programs have; the caller holds the registry ----------------------------------------------------
 */

/* The place of the list with this first entry; NULL: there is none. */
static struct list **find_list(const RTL_HEAP_USAGE_ENTRY *first)
{
    struct list **place = &lists;
    while (*place != NULL && (*place)->first != first)
        place = &(*place)->next;
    return *place != NULL ? place : NULL;
}

static bool is_known(const RTL_HEAP_USAGE_ENTRY *first)
{
    return first == NULL || find_list(first) != NULL;
}

static bool are_known(const RTL_HEAP_USAGE *usage)
{
    return is_known(usage->Entries) && is_known(usage->AddedEntries) && is_known(usage->RemovedEntries);
}

static void release(RTL_HEAP_USAGE_ENTRY **first)
{
    struct list **place = *first != NULL ? find_list(*first) : NULL;
    *first = NULL;
    if (place == NULL)
        return;
    struct list *list = *place;
    *place = list->next;
    free_chunks(list);
    meta_free(list);
}

static void release_all(RTL_HEAP_USAGE *usage)
{
    release(&usage->Entries);
    release(&usage->AddedEntries);
    release(&usage->RemovedEntries);
}

/* Gives the program a list: sorted, and in place of none. `place` has room for it. */
static void hand_out(struct list *list, struct list *place, RTL_HEAP_USAGE_ENTRY **first)
{
    if (list->first == NULL) {
        meta_free(place);
        return;
    }
    sort(list);
    *place = *list;
    place->next = lists;
    lists = place;
    *first = place->first;
}

/* --- the snapshot ---------------------------------------------------------------------------------------------------
 */

static bool is_block(enum walk_kind kind)
{
    return kind == WALK_BUSY || kind == WALK_HOT_BUSY || kind == WALK_LARGE;
}

/* As a record is told by a program that walks. */
static enum walk_kind kind_of_cursor(enum walk_kind kind)
{
    return kind == WALK_HOT_BUSY ? WALK_BUSY : kind == WALK_HOT_FREE ? WALK_FREE : kind;
}

/* Adds a block, with the tag and the trace that it has. The caller has the heap to itself. */
static bool add_block(struct list *list, struct heap *heap, const struct walk_record *record)
{
    struct extra_info info = {0, 0, 0, 0};
    if (extra_is_used(heap))
        extra_get(heap, (const void *)record->address, &info);
    return add_entry(list, &(RTL_HEAP_USAGE_ENTRY){
                               .Address = (PVOID)record->address,
                               .Size = record->size,
                               .AllocatorBackTraceIndex = (USHORT)info.trace,
                               .TagIndex = (USHORT)info.tag,
                           });
}

static enum outcome list_blocks(struct heap *heap, struct list *list)
{
    struct walk_record record = {.address = 0};
    enum outcome outcome = OUTCOME_OK;
    while (outcome == OUTCOME_OK &&
           walk_next(heap, kind_of_cursor(record.kind), record.address, record.size, &record, &outcome)) {
        if (is_block(record.kind) && !add_block(list, heap, &record))
            outcome = OUTCOME_NO_MEMORY;
    }
    return outcome;
}

struct snapshot {
    struct list entries, added, removed;
    struct list *places[3]; /* memory for these lists */
};

static void drop_snapshot(struct snapshot *snapshot)
{
    free_chunks(&snapshot->entries);
    free_chunks(&snapshot->added);
    free_chunks(&snapshot->removed);
    for (unsigned i = 0; i < 3; i++)
        meta_free(snapshot->places[i]);
}

static bool make_places(struct snapshot *snapshot)
{
    for (unsigned i = 0; i < 3; i++) {
        snapshot->places[i] = meta_allocate(sizeof(struct list));
        if (snapshot->places[i] == NULL)
            return false;
    }
    return true;
}

/* Compares with the list that the program has, and changes it for the new ones. The caller holds the registry. */
static NTSTATUS replace_lists(struct snapshot *snapshot, RTL_HEAP_USAGE *usage)
{
    if (!are_known(usage))
        return STATUS_INVALID_PARAMETER;
    sort(&snapshot->entries);
    if (usage->Entries != NULL) {
        struct list *old = *find_list(usage->Entries);
        relink(old);
        sort(old);
        usage->Entries = old->first;
        if (!add_differences(old->first, snapshot->entries.first, &snapshot->added, &snapshot->removed))
            return STATUS_NO_MEMORY;
    }
    release_all(usage);
    hand_out(&snapshot->entries, snapshot->places[0], &usage->Entries);
    hand_out(&snapshot->added, snapshot->places[1], &usage->AddedEntries);
    hand_out(&snapshot->removed, snapshot->places[2], &usage->RemovedEntries);
    return STATUS_SUCCESS;
}

static NTSTATUS take_snapshot(struct heap *heap, ULONG flags, RTL_HEAP_USAGE *usage)
{
    static const char name[] = "RtlUsageHeap";
    struct snapshot snapshot = {.places = {NULL}};
    bool locked = entry_lock(heap, entry_flags(heap, flags));
    enum outcome outcome = list_blocks(heap, &snapshot.entries);
    entry_unlock(heap, locked, name);
    NTSTATUS status = status_from_outcome(outcome);
    if (NT_SUCCESS(status) && !make_places(&snapshot))
        status = STATUS_NO_MEMORY;
    if (NT_SUCCESS(status)) {
        call_begin();
        registry_lock();
        status = replace_lists(&snapshot, usage);
        registry_unlock();
        call_end();
    }
    if (!NT_SUCCESS(status))
        drop_snapshot(&snapshot);
    return status;
}

/* --- the routine ----------------------------------------------------------------------------------------------------
 */

static NTSTATUS free_lists(RTL_HEAP_USAGE *usage)
{
    call_begin();
    registry_lock();
    bool known = are_known(usage);
    if (known)
        release_all(usage);
    registry_unlock();
    call_end();
    return known ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS RtlUsageHeap(PVOID HeapHandle, ULONG Flags, PRTL_HEAP_USAGE Usage)
{
    HEAP_SUMMARY summary;
    struct heap *heap = entry_find(HeapHandle, "RtlUsageHeap", NULL);
    if (heap == NULL)
        return STATUS_INVALID_HANDLE;
    if (Usage == NULL)
        return STATUS_INVALID_PARAMETER;
    if (Usage->Length != sizeof *Usage)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Flags & HEAP_USAGE_FREE_BUFFER)
        return free_lists(Usage);

    NTSTATUS status = summary_of_heap(HeapHandle, &summary);
    if (NT_SUCCESS(status) && (Flags & HEAP_USAGE_ALLOCATED_BLOCKS))
        status = take_snapshot(heap, Flags, Usage);
    if (!NT_SUCCESS(status))
        return status;
    Usage->BytesAllocated = summary.cbAllocated;
    Usage->BytesCommitted = summary.cbCommitted;
    Usage->BytesReserved = summary.cbReserved;
    Usage->BytesReservedMaximum = summary.cbMaxReserve;
    return STATUS_SUCCESS;
}
