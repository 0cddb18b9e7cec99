/*
 * The Win32 heap functions. Rules, results and last errors: win32-heap.md 3; each function's Microsoft page is called
 * "<function> function (heapapi.h)". Any thread may call any of them; for a heap made with HEAP_NO_SERIALIZE, or calls
 * with that flag, the program sees to it that no two threads are in one heap at a time. Sizes are in bytes.
 */
#ifndef _HEAPAPI_H_
#define _HEAPAPI_H_

#include "minwinbase.h"

CAIRN_BEGIN_DECLS

/* Totals of one heap, in bytes. cb is the caller's: sizeof(HEAP_SUMMARY). cbAllocated counts what was asked for. */
typedef struct _HEAP_SUMMARY {
    DWORD cb;
    SIZE_T cbAllocated;
    SIZE_T cbCommitted;
    SIZE_T cbReserved;
    SIZE_T cbMaxReserve;
} HEAP_SUMMARY, *PHEAP_SUMMARY;
typedef PHEAP_SUMMARY LPHEAP_SUMMARY;

CAIRN_LAYOUT(HEAP_SUMMARY, 40, 8, 20, 4);
CAIRN_OFFSET(HEAP_SUMMARY, cb, 0x00, 0x00);
CAIRN_OFFSET(HEAP_SUMMARY, cbAllocated, 0x08, 0x04);
CAIRN_OFFSET(HEAP_SUMMARY, cbCommitted, 0x10, 0x08);
CAIRN_OFFSET(HEAP_SUMMARY, cbReserved, 0x18, 0x0C);
CAIRN_OFFSET(HEAP_SUMMARY, cbMaxReserve, 0x20, 0x10);

/* The process's default heap: same value for the life of the process, not to be destroyed. (win32-heap.md 3.1) */
WINBASEAPI HANDLE WINAPI GetProcessHeap(void);

/*
 * How many heaps the process has; stores the first NumberOfHeaps of their handles, the default heap first. (0, NULL)
 * asks for the count alone. (win32-heap.md 3.2)
 */
WINBASEAPI DWORD WINAPI GetProcessHeaps(DWORD NumberOfHeaps, PHANDLE ProcessHeaps);

/*
 * A new heap, growable if dwMaximumSize is 0, else of that fixed size; dwInitialSize is committed at once. NULL with
 * ERROR_NOT_ENOUGH_MEMORY on failure. (win32-heap.md 3.3)
 */
WINBASEAPI HANDLE WINAPI HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize);

/*
 * Ends a heap with all its blocks. FALSE with ERROR_INVALID_HANDLE for the default heap and for what is no heap.
 * (win32-heap.md 3.4)
 */
WINBASEAPI BOOL WINAPI HeapDestroy(HANDLE hHeap);

/*
 * A block of dwBytes bytes, aligned to MEMORY_ALLOCATION_ALIGNMENT, or NULL with ERROR_NOT_ENOUGH_MEMORY.
 * Flags: HEAP_ZERO_MEMORY, HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS. (win32-heap.md 3.5)
 */
WINBASEAPI LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes);

/*
 * Resizes a block, moving it unless HEAP_REALLOC_IN_PLACE_ONLY forbids. NULL on failure: the old block stays valid.
 * Last error: ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_PARAMETER for what is no block, ERROR_NOACCESS where nothing is
 * mapped. A NULL lpMem is a failure with NO_ERROR, not an allocation. (win32-heap.md 3.6)
 */
WINBASEAPI LPVOID WINAPI HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes);

/*
 * Frees a block; a NULL lpMem is TRUE. FALSE with ERROR_INVALID_PARAMETER for what is no block of this heap,
 * ERROR_NOACCESS where nothing is mapped, ERROR_INVALID_HANDLE for what is no heap. (win32-heap.md 3.7)
 */
WINBASEAPI BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem);

/*
 * The size that was asked for; (SIZE_T)-1 with ERROR_INVALID_PARAMETER for what is no block of this heap, with
 * ERROR_INVALID_HANDLE for what is no heap. (win32-heap.md 3.8)
 */
WINBASEAPI SIZE_T WINAPI HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);

/*
 * Whether one block, or with a NULL lpMem the whole heap, is sound. Leaves the last error, but for ERROR_NOACCESS where
 * nothing is mapped at lpMem. (win32-heap.md 3.9)
 */
WINBASEAPI BOOL WINAPI HeapValidate(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);

/*
 * Size of the largest committed free block, 0 with NO_ERROR if there is none; free blocks are merged when they are
 * freed. 0 with ERROR_INVALID_HANDLE for what is no heap. (win32-heap.md 3.10)
 */
WINBASEAPI SIZE_T WINAPI HeapCompact(HANDLE hHeap, DWORD dwFlags);

/*
 * Takes the heap's lock, which the owning thread may take again; one HeapUnlock for each. With HEAP_NO_SERIALIZE at
 * creation TRUE and nothing else. FALSE with ERROR_INVALID_HANDLE for what is no heap. (win32-heap.md 3.11)
 */
WINBASEAPI BOOL WINAPI HeapLock(HANDLE hHeap);

/* Gives back the heap's lock, once. FALSE with ERROR_NOT_OWNER if this thread does not hold it. (win32-heap.md 3.11) */
WINBASEAPI BOOL WINAPI HeapUnlock(HANDLE hHeap);

/*
 * Steps to the heap's next element; lpData NULL starts. At the end FALSE with ERROR_NO_MORE_ITEMS. Hold the heap's lock
 * if other threads use the heap. (win32-heap.md 3.12 and 4)
 */
WINBASEAPI BOOL WINAPI HeapWalk(HANDLE hHeap, LPPROCESS_HEAP_ENTRY lpEntry);

/*
 * Information about a heap; *ReturnLength (may be NULL) is the size stored or needed. FALSE with
 * ERROR_INSUFFICIENT_BUFFER, ERROR_NOACCESS or ERROR_INVALID_PARAMETER. (win32-heap.md 3.13)
 */
WINBASEAPI BOOL WINAPI HeapQueryInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass,
                                            PVOID HeapInformation, SIZE_T HeapInformationLength, PSIZE_T ReturnLength);

/*
 * Changes a property of a heap; HeapEnableTerminationOnCorruption and, with a NULL handle, HeapOptimizeResources one of
 * the process. FALSE with ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_INSUFFICIENT_BUFFER or, for a
 * compatibility mode that cannot be had, ERROR_GEN_FAILURE. (win32-heap.md 3.14)
 */
WINBASEAPI BOOL WINAPI HeapSetInformation(HANDLE HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass,
                                          PVOID HeapInformation, SIZE_T HeapInformationLength);

/* The heap's totals; dwFlags is 0, lpSummary->cb set. FALSE with ERROR_INVALID_PARAMETER. (win32-heap.md 3.15) */
WINBASEAPI BOOL WINAPI HeapSummary(HANDLE hHeap, DWORD dwFlags, LPHEAP_SUMMARY lpSummary);

CAIRN_END_DECLS

#endif
