#include "nt/status.h"

#include <winerror.h>

THREAD_LOCAL struct teb teb;

/* Every status that has a Win32 code of its own; the others are their own code (types-and-constants.md 8). */
static const struct {
    NTSTATUS status;
    ULONG error;
} dos_errors[] = {
    {STATUS_SUCCESS, ERROR_SUCCESS},
    {STATUS_DATATYPE_MISALIGNMENT, ERROR_NOACCESS},
    {STATUS_BUFFER_OVERFLOW, ERROR_MORE_DATA},
    {STATUS_NO_MORE_ENTRIES, ERROR_NO_MORE_ITEMS},
    {STATUS_UNWIND_CONSOLIDATE, 684},
    {STATUS_UNSUCCESSFUL, ERROR_GEN_FAILURE},
    {STATUS_NOT_IMPLEMENTED, ERROR_INVALID_FUNCTION},
    {STATUS_INVALID_INFO_CLASS, ERROR_INVALID_PARAMETER},
    {STATUS_INFO_LENGTH_MISMATCH, ERROR_BAD_LENGTH},
    {STATUS_ACCESS_VIOLATION, ERROR_NOACCESS},
    {STATUS_IN_PAGE_ERROR, ERROR_SWAPERROR},
    {STATUS_INVALID_HANDLE, ERROR_INVALID_HANDLE},
    {STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER},
    {STATUS_NO_MEMORY, ERROR_NOT_ENOUGH_MEMORY},
    {STATUS_BUFFER_TOO_SMALL, ERROR_INSUFFICIENT_BUFFER},
    {STATUS_INTEGER_OVERFLOW, ERROR_ARITHMETIC_OVERFLOW},
    {STATUS_INSUFFICIENT_RESOURCES, ERROR_NO_SYSTEM_RESOURCES},
    {STATUS_NOT_SUPPORTED, ERROR_NOT_SUPPORTED},
    {STATUS_INVALID_PARAMETER_1, ERROR_INVALID_PARAMETER},
    {STATUS_INVALID_PARAMETER_2, ERROR_INVALID_PARAMETER},
    {STATUS_INVALID_PARAMETER_3, ERROR_INVALID_PARAMETER},
    {STATUS_STACK_OVERFLOW, ERROR_STACK_OVERFLOW},
    {STATUS_COMMITMENT_LIMIT, ERROR_COMMITMENT_LIMIT},
    {STATUS_CONTROL_C_EXIT, 572},
    {STATUS_POSSIBLE_DEADLOCK, ERROR_POSSIBLE_DEADLOCK},
    {STATUS_RESOURCE_NOT_OWNED, ERROR_NOT_OWNER},
    {STATUS_HEAP_CORRUPTION, ERROR_INTERNAL_ERROR},
    {STATUS_STACK_BUFFER_OVERRUN, 1282},
    {STATUS_ASSERTION_FAILURE, 668},
};

ULONG RtlNtStatusToDosError(NTSTATUS Status)
{
    for (size_t i = 0; i < sizeof dos_errors / sizeof dos_errors[0]; i++) {
        if (dos_errors[i].status == Status)
            return dos_errors[i].error;
    }
    return (ULONG)Status;
}

ULONG RtlGetLastWin32Error(void)
{
    return teb.last_error;
}

void RtlSetLastWin32Error(ULONG Win32Error)
{
    teb.last_error = Win32Error;
}

NTSTATUS RtlGetLastNtStatus(void)
{
    return teb.last_status;
}

NTSTATUS status_from_outcome(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_OK:
        return STATUS_SUCCESS;
    case OUTCOME_NO_MEMORY:
    case OUTCOME_CANNOT_RESIZE:
        return STATUS_NO_MEMORY;
    case OUTCOME_NOT_A_HEAP:
        return STATUS_INVALID_HANDLE;
    case OUTCOME_READ_ONLY:
        return STATUS_ACCESS_VIOLATION;
    case OUTCOME_NOT_LOCKED:
        return STATUS_RESOURCE_NOT_OWNED;
    case OUTCOME_FREE_LIST_DAMAGED:
    case OUTCOME_WRITTEN_WHEN_FREE:
        return STATUS_HEAP_CORRUPTION;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

void status_set(NTSTATUS status)
{
    teb.last_status = status;
    teb.last_error = RtlNtStatusToDosError(status);
}

/* Lack of memory is told as such, everything else that an allocation refuses as an access violation (win32-heap.md
 * 1.4). The last error stays as it was: the caller does not come back to look at it. */
static _Noreturn void raise_failure(NTSTATUS status)
{
    RtlRaiseStatus(status == STATUS_NO_MEMORY ? STATUS_NO_MEMORY : STATUS_ACCESS_VIOLATION);
}

void *status_allocation_failed(ULONG flags, NTSTATUS status)
{
    if (flags & HEAP_GENERATE_EXCEPTIONS)
        raise_failure(status);
    status_set(status);
    return NULL;
}
