/*
 * The Win32 heap functions: each translates its arguments, calls the NT routine, and translates the result.
 */
#include "nt/process.h"
#include "nt/summary.h"

#include <heapapi.h>
#include <ntifs.h>
#include <ntstatus.h>
#include <winerror.h>

/* The options of HeapCreate that mean something; Windows drops the others without a word (win32-heap.md 3.3). */
#define HEAP_CREATE_OPTIONS (HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS | HEAP_CREATE_ENABLE_EXECUTE)

/* Routines that return a status leave the last error to their callers. */
static BOOL bool_from_status(NTSTATUS status)
{
    if (NT_SUCCESS(status))
        return TRUE;
    RtlSetLastWin32Error(RtlNtStatusToDosError(status));
    return FALSE;
}

HANDLE GetProcessHeap(void)
{
    return process_heap();
}

DWORD GetProcessHeaps(DWORD NumberOfHeaps, PHANDLE ProcessHeaps)
{
    return RtlGetProcessHeaps(NumberOfHeaps, ProcessHeaps);
}

HANDLE HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize)
{
    DWORD flags = (flOptions & HEAP_CREATE_OPTIONS) | HEAP_CLASS_1;
    if (dwMaximumSize == 0)
        flags |= HEAP_GROWABLE;
    else if (dwMaximumSize < dwInitialSize)
        dwMaximumSize = dwInitialSize;

    HANDLE heap = RtlCreateHeap(flags, NULL, dwMaximumSize, dwInitialSize, NULL, NULL);
    if (heap == NULL)
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    return heap;
}

BOOL HeapDestroy(HANDLE hHeap)
{
    if (RtlDestroyHeap(hHeap) == NULL)
        return TRUE;
    RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
    return FALSE;
}

LPVOID HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes)
{
    return RtlAllocateHeap(hHeap, dwFlags, dwBytes);
}

LPVOID HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes)
{
    return RtlReAllocateHeap(hHeap, dwFlags, lpMem, dwBytes);
}

BOOL HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem)
{
    return RtlFreeHeap(hHeap, dwFlags, lpMem) != FALSE;
}

SIZE_T HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem)
{
    return RtlSizeHeap(hHeap, dwFlags, (PVOID)(ULONG_PTR)lpMem);
}

BOOL HeapValidate(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem)
{
    return RtlValidateHeap(hHeap, dwFlags, (PVOID)(ULONG_PTR)lpMem);
}

SIZE_T HeapCompact(HANDLE hHeap, DWORD dwFlags)
{
    return RtlCompactHeap(hHeap, dwFlags);
}

BOOL HeapLock(HANDLE hHeap)
{
    return RtlLockHeap(hHeap);
}

BOOL HeapUnlock(HANDLE hHeap)
{
    return RtlUnlockHeap(hHeap);
}

static USHORT rtl_flags_from_entry(const PROCESS_HEAP_ENTRY *entry)
{
    if (entry->wFlags & PROCESS_HEAP_REGION)
        return RTL_HEAP_SEGMENT;
    if (entry->wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE)
        return RTL_HEAP_UNCOMMITTED_RANGE;
    if (!(entry->wFlags & PROCESS_HEAP_ENTRY_BUSY))
        return 0;
    /* Only large blocks have this index: segments are counted below it. */
    return entry->iRegionIndex == 64 ? RTL_HEAP_LARGE_ALLOC | RTL_HEAP_BUSY : RTL_HEAP_BUSY;
}

static WORD entry_flags_from_rtl(USHORT flags)
{
    if (flags & RTL_HEAP_SEGMENT)
        return PROCESS_HEAP_REGION;
    if (flags & RTL_HEAP_UNCOMMITTED_RANGE)
        return PROCESS_HEAP_UNCOMMITTED_RANGE;
    return flags & RTL_HEAP_BUSY ? PROCESS_HEAP_ENTRY_BUSY : 0;
}

static void entry_from_rtl(PROCESS_HEAP_ENTRY *entry, const RTL_HEAP_WALK_ENTRY *rtl)
{
    *entry = (PROCESS_HEAP_ENTRY){
        .lpData = rtl->DataAddress,
        /* The field is narrower than a large block can be. */
        .cbData = rtl->DataSize > MAXDWORD ? MAXDWORD : (DWORD)rtl->DataSize,
        .cbOverhead = rtl->OverheadBytes,
        .iRegionIndex = rtl->SegmentIndex,
        .wFlags = entry_flags_from_rtl(rtl->Flags),
    };
    if (rtl->Flags & RTL_HEAP_SEGMENT) {
        entry->Region.dwCommittedSize = rtl->Segment.CommittedSize;
        entry->Region.dwUnCommittedSize = rtl->Segment.UnCommittedSize;
        entry->Region.lpFirstBlock = rtl->Segment.FirstEntry;
        entry->Region.lpLastBlock = rtl->Segment.LastEntry;
    }
}

BOOL HeapWalk(HANDLE hHeap, LPPROCESS_HEAP_ENTRY lpEntry)
{
    if (lpEntry == NULL)
        return bool_from_status(RtlWalkHeap(hHeap, NULL));

    RTL_HEAP_WALK_ENTRY rtl;
    rtl.DataAddress = lpEntry->lpData;
    rtl.DataSize = lpEntry->cbData;
    rtl.Flags = rtl_flags_from_entry(lpEntry);
    NTSTATUS status = RtlWalkHeap(hHeap, &rtl);
    if (NT_SUCCESS(status))
        entry_from_rtl(lpEntry, &rtl);
    return bool_from_status(status);
}

BOOL HeapQueryInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass, PVOID HeapInformation,
                          SIZE_T HeapInformationLength, PSIZE_T ReturnLength)
{
    return bool_from_status(RtlQueryHeapInformation(HeapHandle, HeapInformationClass, HeapInformation,
                                                    HeapInformationLength, ReturnLength));
}

BOOL HeapSetInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass, PVOID HeapInformation,
                        SIZE_T HeapInformationLength)
{
    return bool_from_status(
        RtlSetHeapInformation(HeapHandle, HeapInformationClass, HeapInformation, HeapInformationLength));
}

BOOL HeapSummary(HANDLE hHeap, DWORD dwFlags, LPHEAP_SUMMARY lpSummary)
{
    if (dwFlags != 0 || lpSummary == NULL || lpSummary->cb != sizeof *lpSummary)
        return bool_from_status(STATUS_INVALID_PARAMETER);
    return bool_from_status(summary_of_heap(hHeap, lpSummary));
}
