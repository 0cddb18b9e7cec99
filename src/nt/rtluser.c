/*
 * The routines on what a program has given a block beside its data: a value and three bits; and whose it is.
 */
#include "heap/extra.h"
#include "heap/front.h"
#include "nt/entry.h"
#include "nt/status.h"

/* The heap behind the handle of a call about a block; NULL, with the last error set: there is no heap, or no block. */
static struct heap *heap_of_block(PVOID handle, const void *block, const char *function)
{
    struct heap *heap = entry_find(handle, function, block);
    if (heap != NULL && block != NULL)
        return heap;
    status_set(handle != NULL && heap == NULL ? STATUS_INVALID_HANDLE : STATUS_INVALID_PARAMETER);
    return NULL;
}

/* Ends a call; all that can be wrong with a block has one status. */
static BOOLEAN end(enum outcome outcome, const struct heap *heap, const void *block, const char *function)
{
    if (outcome == OUTCOME_OK)
        return TRUE;
    report_failure(outcome, function, heap, block);
    status_set(outcome == OUTCOME_READ_ONLY ? STATUS_ACCESS_VIOLATION : STATUS_INVALID_PARAMETER);
    return FALSE;
}

BOOLEAN RtlGetUserInfoHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress, PVOID *UserValue, PULONG UserFlags)
{
    static const char name[] = "RtlGetUserInfoHeap";
    struct extra_info info;
    struct heap *heap = heap_of_block(HeapHandle, BaseAddress, name);
    if (heap == NULL)
        return FALSE;
    enum outcome outcome = front_get_extra(heap, entry_flags(heap, Flags), BaseAddress, &info);
    if (outcome != OUTCOME_OK)
        return end(outcome, heap, BaseAddress, name);
    if (UserValue != NULL && (info.user_flags & HEAP_SETTABLE_USER_VALUE))
        *UserValue = (PVOID)info.value;
    if (UserFlags != NULL)
        *UserFlags = info.user_flags & HEAP_SETTABLE_USER_FLAGS;
    return TRUE;
}

BOOLEAN RtlSetUserValueHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress, PVOID UserValue)
{
    static const char name[] = "RtlSetUserValueHeap";
    struct heap *heap = heap_of_block(HeapHandle, BaseAddress, name);
    if (heap == NULL)
        return FALSE;
    ULONG flags = entry_flags(heap, Flags);
    enum outcome outcome;
    if (entry_may_change(heap, &outcome))
        outcome = front_set_extra_value(heap, flags, BaseAddress, (uintptr_t)UserValue);
    return end(outcome, heap, BaseAddress, name);
}

BOOLEAN RtlSetUserFlagsHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress, ULONG FlagsToClear, ULONG FlagsToSet)
{
    static const char name[] = "RtlSetUserFlagsHeap";
    struct heap *heap = heap_of_block(HeapHandle, BaseAddress, name);
    if (heap == NULL)
        return FALSE;
    if ((FlagsToClear | FlagsToSet) & ~(ULONG)HEAP_SETTABLE_USER_FLAGS) {
        status_set(STATUS_INVALID_PARAMETER);
        return FALSE;
    }
    ULONG flags = entry_flags(heap, Flags);
    enum outcome outcome;
    if (entry_may_change(heap, &outcome))
        outcome = front_set_extra_flags(heap, flags, BaseAddress, FlagsToClear, FlagsToSet);
    return end(outcome, heap, BaseAddress, name);
}

NTSTATUS RtlDisownModuleHeapAllocation(PVOID HeapHandle, PVOID BaseAddress)
{
    static const char name[] = "RtlDisownModuleHeapAllocation";
    size_t size;
    struct heap *heap = entry_find(HeapHandle, name, BaseAddress);
    if (heap == NULL)
        return STATUS_INVALID_HANDLE;
    if (BaseAddress == NULL)
        return STATUS_INVALID_PARAMETER;
    enum outcome outcome = front_size(heap, heap->flags, BaseAddress, &size);
    report_failure(outcome, name, heap, BaseAddress);
    return status_from_outcome(outcome);
}
