/*
 * The Win32 heap functions: each translates its arguments, calls the NT routine, and translates the result.
 */
#include "heap/extra.h"
#include "nt/block.h"
#include "nt/process.h"
#include "nt/summary.h"
#include "nt/walk.h"

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
    return block_allocate(hHeap, dwFlags, dwBytes);
}

LPVOID HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes)
{
    return RtlReAllocateHeap(hHeap, dwFlags, lpMem, dwBytes);
}

BOOL HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem)
{
    return (BOOL)block_free(hHeap, dwFlags, lpMem);
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

/* What an entry that the caller gives back says it is of. */
static enum walk_kind kind_from_entry(const PROCESS_HEAP_ENTRY *entry)
{
    if (entry->wFlags & PROCESS_HEAP_REGION)
        return WALK_REGION;
    if (entry->wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE)
        return WALK_UNCOMMITTED;
    if (!(entry->wFlags & PROCESS_HEAP_ENTRY_BUSY))
        return WALK_FREE;
    /* Only large blocks have this index: segments are counted below it. */
    return entry->iRegionIndex == WALK_LARGE_REGION ? WALK_LARGE : WALK_BUSY;
}

static WORD flags_from_kind(enum walk_kind kind)
{
    static const WORD flags[] = {
        [WALK_REGION] = PROCESS_HEAP_REGION,
        [WALK_FREE] = 0,
        [WALK_UNCOMMITTED] = PROCESS_HEAP_UNCOMMITTED_RANGE,
        [WALK_BUSY] = PROCESS_HEAP_ENTRY_BUSY,
        [WALK_LARGE] = PROCESS_HEAP_ENTRY_BUSY,
        [WALK_HOT_FREE] = 0,
        [WALK_HOT_BUSY] = PROCESS_HEAP_ENTRY_BUSY,
    };
    return flags[kind];
}

static void fill_entry(PROCESS_HEAP_ENTRY *entry, const struct walk_record *record)
{
    *entry = (PROCESS_HEAP_ENTRY){
        .lpData = (void *)record->address,
        .cbData = walk_32_bit_size(record->size),
        .cbOverhead = (BYTE)record->overhead,
        .iRegionIndex = (BYTE)record->region,
        .wFlags = flags_from_kind(record->kind),
    };
    if (record->kind == WALK_REGION) {
        entry->Region.dwCommittedSize = walk_32_bit_size(record->committed);
        entry->Region.dwUnCommittedSize = walk_32_bit_size(record->uncommitted);
        entry->Region.lpFirstBlock = (void *)record->first_block;
        entry->Region.lpLastBlock = (void *)record->last_block;
    }
}

/* Adds the handle to an entry of a block behind a moveable object. */
static void add_handle(struct heap *heap, PROCESS_HEAP_ENTRY *entry)
{
    struct extra_info info;
    if (!(entry->wFlags & PROCESS_HEAP_ENTRY_BUSY) || LIKELY(!extra_may_be(heap)) ||
        front_get_extra(heap, heap->flags, entry->lpData, &info) != OUTCOME_OK)
        return;
    if ((info.user_flags & HEAP_SETTABLE_USER_VALUE) && (info.user_flags & HEAP_SETTABLE_USER_FLAG1)) {
        entry->wFlags |= PROCESS_HEAP_ENTRY_MOVEABLE;
        entry->Block.hMem = (HANDLE)info.value;
    }
}

static __attribute__((noinline)) BOOL walk_slowly(HANDLE heap, PROCESS_HEAP_ENTRY *entry)
{
    struct walk_record record;
    if (entry == NULL)
        return bool_from_status(RtlWalkHeap(heap, NULL));

    /* At the start of a walk the program has set lpData, and nothing else. */
    bool starts = entry->lpData == NULL;
    NTSTATUS status = starts ? walk_step(heap, WALK_REGION, NULL, 0, &record)
                             : walk_step(heap, kind_from_entry(entry), entry->lpData, entry->cbData, &record);
    if (NT_SUCCESS(status)) {
        fill_entry(entry, &record);
        add_handle(heap, entry);
    }
    return bool_from_status(status);
}

BOOL HeapWalk(HANDLE hHeap, LPPROCESS_HEAP_ENTRY lpEntry)
{
    struct walk_block next;
    bool stepped = false;

    if (lpEntry == NULL || lpEntry->lpData == NULL)
        return walk_slowly(hHeap, lpEntry);
    if (lpEntry->wFlags == PROCESS_HEAP_ENTRY_BUSY)
        stepped = walk_quickly(hHeap, lpEntry->lpData, false, &next);
    else if (lpEntry->wFlags == 0)
        stepped = walk_quickly(hHeap, lpEntry->lpData, true, &next);
    if (!stepped)
        return walk_slowly(hHeap, lpEntry);

    lpEntry->lpData = (void *)next.address;
    lpEntry->cbData = (DWORD)next.size;
    lpEntry->cbOverhead = (BYTE)next.overhead;
    lpEntry->wFlags = next.is_free ? 0 : PROCESS_HEAP_ENTRY_BUSY;
    add_handle(hHeap, lpEntry);
    return TRUE;
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
