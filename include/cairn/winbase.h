/*
 * The kernel-base part of windows.h: constants for handles, waits and error modes, Global and Local memory, and through
 * its includes the heap and last-error functions. Source: types-and-constants.md 1, 9, 11, 14.8;
 * global-local-toolhelp-seh.md 1 to 7; each function's Microsoft page is called "<function> function (winbase.h)".
 */
#ifndef _WINBASE_
#define _WINBASE_

#include "windef.h"

#include "debugapi.h"
#include "errhandlingapi.h"
#include "heapapi.h"
#include "minwinbase.h"
#include "synchapi.h"
#include "sysinfoapi.h"
#include "winerror.h"

#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#define INFINITE 0xFFFFFFFF

/* The error mode (SetErrorMode). */
#define SEM_FAILCRITICALERRORS 0x0001
#define SEM_NOGPFAULTERRORBOX 0x0002
#define SEM_NOALIGNMENTFAULTEXCEPT 0x0004
#define SEM_NOOPENFILEERRORBOX 0x8000

#define GMEM_FIXED 0x0000
#define GMEM_MOVEABLE 0x0002
#define GMEM_NOCOMPACT 0x0010
#define GMEM_NODISCARD 0x0020
#define GMEM_ZEROINIT 0x0040
#define GMEM_MODIFY 0x0080
#define GMEM_DISCARDABLE 0x0100
#define GMEM_NOT_BANKED 0x1000
#define GMEM_LOWER GMEM_NOT_BANKED
#define GMEM_SHARE 0x2000
#define GMEM_DDESHARE 0x2000
#define GMEM_NOTIFY 0x4000
#define GMEM_VALID_FLAGS 0x7F72
#define GMEM_DISCARDED 0x4000
#define GMEM_LOCKCOUNT 0x00FF
#define GMEM_INVALID_HANDLE 0x8000
#define GHND (GMEM_MOVEABLE | GMEM_ZEROINIT)
#define GPTR (GMEM_FIXED | GMEM_ZEROINIT)

#define LMEM_FIXED 0x0000
#define LMEM_MOVEABLE 0x0002
#define LMEM_NOCOMPACT 0x0010
#define LMEM_NODISCARD 0x0020
#define LMEM_ZEROINIT 0x0040
#define LMEM_MODIFY 0x0080
#define LMEM_DISCARDABLE 0x0F00
#define LMEM_VALID_FLAGS 0x0F72
#define LMEM_DISCARDED 0x4000
#define LMEM_LOCKCOUNT 0x00FF
#define LMEM_INVALID_HANDLE 0x8000
#define LHND (LMEM_MOVEABLE | LMEM_ZEROINIT)
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)
#define NONZEROLHND LMEM_MOVEABLE
#define NONZEROLPTR LMEM_FIXED

CAIRN_BEGIN_DECLS

/*
 * Global and Local memory: two families over the same objects, which lie in the default heap. A fixed object's handle
 * is its address. A moveable one's leads to the address, through GlobalLock; it has a lock count, and can be discarded:
 * then it has a handle and no memory. There are at most 65536 moveable objects. Any thread may call any function; sizes
 * are in bytes. A handle that is none is refused everywhere: ERROR_INVALID_HANDLE if nothing else is said, and where a
 * pointer into nowhere is told apart, ERROR_NOACCESS.
 */

/*
 * A new object. GMEM_FIXED: at least a byte. GMEM_MOVEABLE with dwBytes 0: discarded. GMEM_ZEROINIT clears it;
 * GMEM_DISCARDABLE and GMEM_DDESHARE are remembered of a moveable object; other flags mean nothing. NULL with
 * ERROR_NOT_ENOUGH_MEMORY. (global-local-toolhelp-seh.md 2)
 */
WINBASEAPI HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes);

/*
 * Resizes an object; GMEM_ZEROINIT clears what is added. With GMEM_MOVEABLE a fixed or locked one may move, and an
 * unlocked moveable one is discarded by dwBytes 0. GMEM_MODIFY leaves the size: with GMEM_MOVEABLE it makes a fixed
 * object moveable, with GMEM_DISCARDABLE a moveable one discardable. The object's handle, or NULL and the object as it
 * was: ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_PARAMETER, ERROR_NOACCESS. (global-local-toolhelp-seh.md 5)
 */
WINBASEAPI HGLOBAL WINAPI GlobalReAlloc(HGLOBAL hMem, SIZE_T dwBytes, UINT uFlags);

/* Frees an object, locked or not: NULL, also for NULL. hMem itself on failure; ERROR_NOACCESS. (2) */
WINBASEAPI HGLOBAL WINAPI GlobalFree(HGLOBAL hMem);

/* The object's size; 0 if it is discarded, and on failure. (3.1) */
WINBASEAPI SIZE_T WINAPI GlobalSize(HGLOBAL hMem);

/* The lock count, or'ed with GMEM_DISCARDABLE, GMEM_DISCARDED and GMEM_DDESHARE; 0 for a fixed object.
 * GMEM_INVALID_HANDLE on failure. (3.1) */
WINBASEAPI UINT WINAPI GlobalFlags(HGLOBAL hMem);

/* The handle of the object at this address; NULL on failure, with ERROR_INVALID_PARAMETER for NULL. (3.1) */
WINBASEAPI HGLOBAL WINAPI GlobalHandle(LPCVOID pMem);

/* The object's address, good until it is unlocked; counts one lock more, up to 255, of a moveable one. NULL with
 * ERROR_DISCARDED when there is no memory. NULL for NULL, and the last error as it was. (3.2) */
WINBASEAPI LPVOID WINAPI GlobalLock(HGLOBAL hMem);

/*
 * Counts one lock less: TRUE while locks are left, and for every pointer; FALSE with NO_ERROR when the last is gone,
 * with ERROR_NOT_LOCKED when there was none. TRUE with ERROR_INVALID_HANDLE for a wrong handle of moveable memory.
 * (3.2, 4)
 */
WINBASEAPI BOOL WINAPI GlobalUnlock(HGLOBAL hMem);

/* GlobalLock and GlobalUnlock by their older names. (3.2) */
WINBASEAPI VOID WINAPI GlobalFix(HGLOBAL hMem);
WINBASEAPI VOID WINAPI GlobalUnfix(HGLOBAL hMem);
WINBASEAPI LPVOID WINAPI GlobalWire(HGLOBAL hMem);
WINBASEAPI BOOL WINAPI GlobalUnWire(HGLOBAL hMem);

/* Does nothing, as on Windows: 0. (3.2) */
WINBASEAPI SIZE_T WINAPI GlobalCompact(DWORD dwMinFree);

/* As GlobalAlloc, but that a fixed object may have no byte, and that LMEM_DISCARDABLE is any of four bits. (2) */
WINBASEAPI HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);

/* As GlobalReAlloc, but that LMEM_MODIFY never makes a fixed object moveable. (5) */
WINBASEAPI HLOCAL WINAPI LocalReAlloc(HLOCAL hMem, SIZE_T uBytes, UINT uFlags);

/* As GlobalFree, GlobalSize. (2, 3.1) */
WINBASEAPI HLOCAL WINAPI LocalFree(HLOCAL hMem);
WINBASEAPI SIZE_T WINAPI LocalSize(HLOCAL hMem);

/* As GlobalFlags, with LMEM_DISCARDABLE and LMEM_DISCARDED; LMEM_INVALID_HANDLE on failure, ERROR_NOACCESS. (3.1) */
WINBASEAPI UINT WINAPI LocalFlags(HLOCAL hMem);

/* As GlobalHandle; ERROR_NOACCESS too. (3.1) */
WINBASEAPI HLOCAL WINAPI LocalHandle(LPCVOID pMem);

/* As GlobalLock, but that a wrong pointer leaves the last error. (3.2, 4) */
WINBASEAPI LPVOID WINAPI LocalLock(HLOCAL hMem);

/* As GlobalUnlock, but FALSE with ERROR_NOT_LOCKED for every pointer, and FALSE for a wrong handle. (3.2, 4) */
WINBASEAPI BOOL WINAPI LocalUnlock(HLOCAL hMem);

/* Do nothing, as on Windows: 0. (3.2) */
WINBASEAPI SIZE_T WINAPI LocalShrink(HLOCAL hMem, UINT cbNewSize);
WINBASEAPI SIZE_T WINAPI LocalCompact(UINT uMinFree);

/* Discarding is resizing to nothing; the others do nothing since 16-bit Windows. (6) */
#define GlobalDiscard(handle) GlobalReAlloc((handle), 0, GMEM_MOVEABLE)
#define LocalDiscard(handle) LocalReAlloc((handle), 0, LMEM_MOVEABLE)
#define GlobalLRUNewest(handle) ((HANDLE)(handle))
#define GlobalLRUOldest(handle) ((HANDLE)(handle))

/* Memory of the system and of the process, in bytes. */
typedef struct _MEMORYSTATUS {
    DWORD dwLength;
    DWORD dwMemoryLoad;
    SIZE_T dwTotalPhys;
    SIZE_T dwAvailPhys;
    SIZE_T dwTotalPageFile;
    SIZE_T dwAvailPageFile;
    SIZE_T dwTotalVirtual;
    SIZE_T dwAvailVirtual;
} MEMORYSTATUS, *LPMEMORYSTATUS;

CAIRN_LAYOUT(MEMORYSTATUS, 56, 8, 32, 4);
CAIRN_OFFSET(MEMORYSTATUS, dwLength, 0x00, 0x00);
CAIRN_OFFSET(MEMORYSTATUS, dwMemoryLoad, 0x04, 0x04);
CAIRN_OFFSET(MEMORYSTATUS, dwTotalPhys, 0x08, 0x08);
CAIRN_OFFSET(MEMORYSTATUS, dwAvailPhys, 0x10, 0x0C);
CAIRN_OFFSET(MEMORYSTATUS, dwTotalPageFile, 0x18, 0x10);
CAIRN_OFFSET(MEMORYSTATUS, dwAvailPageFile, 0x20, 0x14);
CAIRN_OFFSET(MEMORYSTATUS, dwTotalVirtual, 0x28, 0x18);
CAIRN_OFFSET(MEMORYSTATUS, dwAvailVirtual, 0x30, 0x1C);

/* As GlobalMemoryStatusEx; dwLength is set, not read, and nothing is told of a failure. Physical sizes are at most half
 * the address space. (global-local-toolhelp-seh.md 7) */
WINBASEAPI VOID WINAPI GlobalMemoryStatus(LPMEMORYSTATUS lpBuffer);

CAIRN_END_DECLS

#endif
