/*
 * The heaps of the process.
 */
#include "heap/gflags.h"
#include "nt/entry.h"
#include "nt/memory.h"
#include "nt/process.h"
#include "nt/status.h"

#include <excpt.h>

PVOID process_heap(void)
{
    struct heap *heap = registry_default_heap();
    if (UNLIKELY(heap == NULL))
        status_set(STATUS_NO_MEMORY);
    return heap;
}

ULONG RtlGetNtGlobalFlags(void)
{
    return gflags();
}

ULONG RtlGetProcessHeaps(ULONG NumberOfHeaps, PVOID *ProcessHeaps)
{
    irql_check("RtlGetProcessHeaps (GetProcessHeaps)");
    if (process_heap() == NULL)
        return 0;

    registry_lock();
    ULONG count = registry_count();
    registry_unlock();
    /* A wrong pointer faults here, where nothing is held. */
    ULONG room = ProcessHeaps != NULL ? (ULONG)size_min(NumberOfHeaps, count) : 0;
    memory_probe_for_write(ProcessHeaps, room * sizeof(PVOID));

    registry_lock();
    ULONG stored = 0;
    for (struct heap *heap = registry_next(NULL); heap != NULL && stored < room; heap = registry_next(heap))
        ProcessHeaps[stored++] = heap;
    count = registry_count();
    registry_unlock();
    return count;
}

/* Calls the routine for every heap that is there now. It may destroy any, and create some, for which it is not called.
 */
static NTSTATUS call_for_each(PRTL_ENUM_HEAPS_ROUTINE routine, PVOID parameter)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct heap *heap = registry_next(NULL);
    uint64_t last = registry_last_serial();
    while (heap != NULL && heap->serial <= last && NT_SUCCESS(status)) {
        uint64_t serial = heap->serial;
        status = routine(heap, parameter);
        heap = registry_first_behind(serial);
    }
    return status;
}

NTSTATUS RtlEnumProcessHeaps(PRTL_ENUM_HEAPS_ROUTINE EnumRoutine, PVOID Parameter)
{
    volatile NTSTATUS status = STATUS_SUCCESS;
    irql_check("RtlEnumProcessHeaps");
    if (EnumRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    if (process_heap() == NULL)
        return STATUS_NO_MEMORY;

    registry_lock();
    /* It may also raise an exception. */
    __try {
        status = call_for_each(EnumRoutine, Parameter);
    } __finally {
        registry_unlock();
    }
    return status;
}
