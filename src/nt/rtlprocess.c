/*
 * The heaps of the process.
 */
#include "heap/gflags.h"
#include "nt/entry.h"
#include "nt/process.h"
#include "nt/status.h"

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
    ULONG stored = 0;
    for (struct heap *heap = registry_next(NULL); heap != NULL && stored < NumberOfHeaps && ProcessHeaps != NULL;
         heap = registry_next(heap))
        ProcessHeaps[stored++] = heap;
    ULONG count = registry_count();
    registry_unlock();
    return count;
}

NTSTATUS RtlEnumProcessHeaps(PRTL_ENUM_HEAPS_ROUTINE EnumRoutine, PVOID Parameter)
{
    NTSTATUS status = STATUS_SUCCESS;
    irql_check("RtlEnumProcessHeaps");
    if (EnumRoutine == NULL)
        return STATUS_INVALID_PARAMETER;
    if (process_heap() == NULL)
        return STATUS_NO_MEMORY;

    registry_lock();
    struct heap *heap = registry_next(NULL);
    uint64_t last = registry_last_serial();
    while (heap != NULL && heap->serial <= last && NT_SUCCESS(status)) {
        /* The routine may destroy any heap, and create some, for which it is not called. */
        uint64_t serial = heap->serial;
        status = EnumRoutine(heap, Parameter);
        heap = registry_first_behind(serial);
    }
    registry_unlock();
    return status;
}
