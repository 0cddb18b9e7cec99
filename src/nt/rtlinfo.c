/*
 * Information classes, and the totals of a heap.
 */
#include "heap/front.h"
#include "heap/limit.h"
#include "nt/entry.h"
#include "nt/extended.h"
#include "nt/status.h"
#include "nt/summary.h"

static const char query_name[] = "RtlQueryHeapInformation (HeapQueryInformation)";
static const char set_name[] = "RtlSetHeapInformation (HeapSetInformation)";

/*
 * The classes that have no meaning here are refused like those that there are not: what a program would learn of tags,
 * stacks and failures by HeapTaggingInformation, HeapStackDatabase and the rest is told nowhere in public; nor is what
 * HeapTag is given (types-and-constants.md 5). Not much is of HeapExtendedInformation and HeapMemoryLimit either, but
 * they can be of use.
 */

/* --- querying -------------------------------------------------------------------------------------------------------
 */

static NTSTATUS query_compatibility(PVOID handle, PVOID information, SIZE_T length, PSIZE_T return_length)
{
    struct heap *heap = unsafe_heap_from_handle(handle);

    if (length < sizeof(ULONG)) {
        if (return_length != NULL)
            *return_length = sizeof(ULONG);
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (heap == NULL || information == NULL)
        return STATUS_ACCESS_VIOLATION;
    bool locked = entry_lock(heap, heap->flags);
    ULONG compatibility = heap->compatibility;
    entry_unlock(heap, locked, query_name);
    *(ULONG *)information = compatibility;
    if (return_length != NULL)
        *return_length = sizeof(ULONG);
    return STATUS_SUCCESS;
}

NTSTATUS RtlQueryHeapInformation(PVOID HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass, PVOID HeapInformation,
                                 SIZE_T HeapInformationLength, PSIZE_T ReturnLength)
{
    irql_check(query_name);
    if (HeapInformationClass == HeapCompatibilityInformation)
        return query_compatibility(HeapHandle, HeapInformation, HeapInformationLength, ReturnLength);
    if (HeapInformationClass == HeapExtendedInformation)
        return extended_query(HeapInformation, HeapInformationLength, ReturnLength);
    return STATUS_INVALID_INFO_CLASS;
}

/* --- setting --------------------------------------------------------------------------------------------------------
 */

/* The order of the checks is Windows' (nt-heap.md 8). */
static NTSTATUS set_compatibility(PVOID handle, const void *information, SIZE_T length)
{
    struct heap *heap = unsafe_heap_from_handle(handle);

    if (length < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    if (heap == NULL)
        return STATUS_INVALID_HANDLE;
    if (information == NULL || (heap->flags & HEAP_NO_SERIALIZE) || !(heap->flags & HEAP_GROWABLE) ||
        heap->no_front_end)
        return STATUS_INVALID_PARAMETER;

    ULONG wanted = *(const ULONG *)information;
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    bool locked = entry_lock(heap, heap->flags);
    /* A debug heap never has such a front end (nt-heap.md 15.2). */
    bool may_have = wanted == HEAP_COMPATIBILITY_LFH && heap->hooks == NULL;
    if (may_have || (wanted == HEAP_COMPATIBILITY_STANDARD && wanted == heap->compatibility)) {
        heap->compatibility = wanted;
        if (may_have)
            front_stop_filling(heap);
        status = STATUS_SUCCESS;
    }
    entry_unlock(heap, locked, set_name);
    return status;
}

static void trim(struct heap *heap)
{
    enum outcome outcome;
    bool locked = entry_lock(heap, heap->flags);
    if (entry_may_change(heap, &outcome))
        front_trim(heap);
    entry_unlock(heap, locked, set_name);
}

/* A heap that another thread is in, or may be in without a lock, is left alone when all heaps are meant. */
static void trim_all(void)
{
    registry_lock();
    for (struct heap *heap = registry_next(NULL); heap != NULL; heap = registry_next(heap)) {
        if ((heap->flags & HEAP_NO_SERIALIZE) || !lock_try(heap->lock))
            continue;
        trim(heap);
        lock_release(heap->lock);
    }
    registry_unlock();
}

static NTSTATUS optimize_resources(PVOID handle, const HEAP_OPTIMIZE_RESOURCES_INFORMATION *information, SIZE_T length)
{
    struct heap *heap = unsafe_heap_from_handle(handle);

    if (information == NULL || length < sizeof *information ||
        information->Version != HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION || information->Flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (handle != NULL && heap == NULL)
        return STATUS_INVALID_HANDLE;
    if (heap != NULL)
        trim(heap);
    else
        trim_all();
    arena_purge();
    return STATUS_SUCCESS;
}

/* 0, or an error status; it may have been sign-extended. */
static bool is_failure_code(SIZE_T code)
{
    LONG status = (LONG)code;
    return code == 0 || (NT_ERROR(status) && (code == (ULONG)status || code == (SIZE_T)(LONG_PTR)status));
}

static bool is_memory_limit(const RTL_HEAP_MEMORY_LIMIT_INFO *information, SIZE_T length)
{
    return information != NULL && length >= sizeof *information &&
           information->Version == RTL_HEAP_MEMORY_LIMIT_CURRENT_VERSION &&
           is_failure_code(information->Data.CommitLimitFailureCode) &&
           is_failure_code(information->Data.AllocationLimitFailureCode);
}

static size_t limit_or_none(SIZE_T bytes)
{
    return bytes != 0 ? bytes : SIZE_MAX;
}

static NTSTATUS set_memory_limit(PVOID handle, const RTL_HEAP_MEMORY_LIMIT_INFO *information, SIZE_T length)
{
    struct heap *heap = unsafe_heap_from_handle(handle);

    if (!is_memory_limit(information, length))
        return STATUS_INVALID_PARAMETER;
    if (heap == NULL)
        return STATUS_INVALID_HANDLE;
    const RTL_HEAP_MEMORY_LIMIT_DATA *data = &information->Data;
    size_t size = limit_or_none(data->MaxAllocationSizeBytes);
    bool locked = entry_lock(heap, heap->flags);
    bool can = !front_serves_beyond(heap, size);
    if (can)
        limit_set(heap, &(struct heap_limits){
                            .committed = limit_or_none(data->CommitLimitBytes),
                            .committed_status = (LONG)data->CommitLimitFailureCode,
                            .size = size,
                            .size_status = (LONG)data->AllocationLimitFailureCode,
                        });
    entry_unlock(heap, locked, set_name);
    return can ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

NTSTATUS RtlSetHeapInformation(PVOID HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass, PVOID HeapInformation,
                               SIZE_T HeapInformationLength)
{
    irql_check(set_name);
    switch (HeapInformationClass) {
    case HeapCompatibilityInformation:
        return set_compatibility(HeapHandle, HeapInformation, HeapInformationLength);
    case HeapEnableTerminationOnCorruption:
        report_enable_termination();
        return STATUS_SUCCESS;
    case HeapOptimizeResources:
        return optimize_resources(HeapHandle, HeapInformation, HeapInformationLength);
    case HeapMemoryLimit:
        return set_memory_limit(HeapHandle, HeapInformation, HeapInformationLength);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

/* --- totals ---------------------------------------------------------------------------------------------------------
 */

NTSTATUS summary_of_heap(PVOID handle, HEAP_SUMMARY *summary)
{
    static const char name[] = "HeapSummary";
    irql_check(name);
    struct heap *heap = unsafe_heap_from_handle(handle);
    if (heap == NULL)
        return STATUS_INVALID_HANDLE;

    struct heap_totals totals;
    bool locked = entry_lock(heap, heap->flags);
    heap_sum(heap, &totals);
    entry_unlock(heap, locked, name);
    summary->cbAllocated = totals.requested;
    summary->cbCommitted = totals.committed;
    summary->cbReserved = totals.reserved;
    summary->cbMaxReserve = heap->flags & HEAP_GROWABLE ? MAXSIZE_T : totals.reserved;
    return STATUS_SUCCESS;
}
