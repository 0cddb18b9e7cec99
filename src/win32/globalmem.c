/*
 * Global memory: GMEM flags in and out, and where Global answers otherwise than Local (global-local-toolhelp-seh.md 2
 * to 6). The work is memobject's.
 */
#include "win32/memobject.h"

#include <ntifs.h>
#include <winbase.h>

/* The flags of an allocation as state of its object. Obsolete and unknown ones mean nothing. */
static uintptr_t state_from_flags(UINT flags)
{
    if (!(flags & GMEM_MOVEABLE))
        return 0;
    return MOVEABLE_MOVEABLE | (flags & GMEM_DISCARDABLE ? MOVEABLE_DISCARDABLE : 0u) |
           (flags & GMEM_DDESHARE ? MOVEABLE_SHARED : 0u);
}

static UINT flags_from_state(uintptr_t state)
{
    return (UINT)(state >> MOVEABLE_LOCK_SHIFT & GMEM_LOCKCOUNT) |
           (state & MOVEABLE_DISCARDABLE ? (UINT)GMEM_DISCARDABLE : 0u) |
           (state & MOVEABLE_DISCARDED ? (UINT)GMEM_DISCARDED : 0u) |
           (state & MOVEABLE_SHARED ? (UINT)GMEM_DDESHARE : 0u);
}

HGLOBAL GlobalAlloc(UINT uFlags, SIZE_T dwBytes)
{
    uintptr_t state = state_from_flags(uFlags);
    /* Fixed global memory has at least a byte. */
    if (state == 0 && dwBytes == 0)
        dwBytes = 1;
    return memobject_allocate(state, dwBytes, (uFlags & GMEM_ZEROINIT) != 0, __func__);
}

HGLOBAL GlobalFree(HGLOBAL hMem)
{
    return memobject_free(hMem, __func__) ? NULL : hMem;
}

/* GMEM_MODIFY: the size stays. */
static HGLOBAL modify(HGLOBAL object, UINT flags, const char *caller)
{
    uintptr_t state = flags & GMEM_DISCARDABLE ? MOVEABLE_DISCARDABLE : 0;
    if ((flags & GMEM_MOVEABLE) && object != NULL && !is_moveable_address(object))
        return memobject_convert(object, state, caller);
    return memobject_modify(object, state, caller) ? object : NULL;
}

HGLOBAL GlobalReAlloc(HGLOBAL hMem, SIZE_T dwBytes, UINT uFlags)
{
    if (uFlags & GMEM_MODIFY)
        return modify(hMem, uFlags, __func__);
    if (uFlags & GMEM_DISCARDABLE) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return memobject_resize(hMem, dwBytes, (uFlags & GMEM_MOVEABLE) != 0, (uFlags & GMEM_ZEROINIT) != 0, __func__);
}

SIZE_T GlobalSize(HGLOBAL hMem)
{
    return memobject_size(hMem, __func__);
}

UINT GlobalFlags(HGLOBAL hMem)
{
    uintptr_t state;
    if (memobject_state(hMem, &state, __func__))
        return flags_from_state(state);
    RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
    return GMEM_INVALID_HANDLE;
}

HGLOBAL GlobalHandle(LPCVOID pMem)
{
    if (pMem == NULL) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    HGLOBAL object = memobject_from_data(pMem, __func__);
    if (object == NULL)
        RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
    return object;
}

LPVOID GlobalLock(HGLOBAL hMem)
{
    if (is_moveable_address(hMem))
        return memobject_lock(hMem, __func__);
    if (hMem == NULL || memobject_check_fixed(hMem, __func__) == NO_ERROR)
        return hMem;
    RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
    return NULL;
}

BOOL GlobalUnlock(HGLOBAL hMem)
{
    if (is_moveable_address(hMem)) {
        /* Windows says "still locked" of a handle that is none (4). */
        enum memobject_unlocked result = memobject_unlock(hMem, __func__);
        return result == STILL_LOCKED || result == NO_OBJECT;
    }
    if (hMem != NULL)
        return TRUE;
    RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
    return FALSE;
}

VOID GlobalFix(HGLOBAL hMem)
{
    GlobalLock(hMem);
}

VOID GlobalUnfix(HGLOBAL hMem)
{
    GlobalUnlock(hMem);
}

LPVOID GlobalWire(HGLOBAL hMem)
{
    return GlobalLock(hMem);
}

BOOL GlobalUnWire(HGLOBAL hMem)
{
    return GlobalUnlock(hMem);
}

SIZE_T GlobalCompact(DWORD dwMinFree)
{
    (void)dwMinFree;
    return 0;
}
