/*
 * Local memory: LMEM flags in and out, and where Local answers otherwise than Global (global-local-toolhelp-seh.md 2 to
 * 6). The work is memobject's.
 */
#include "win32/memobject.h"

#include <ntifs.h>
#include <winbase.h>

/* LMEM_DISCARDABLE is four bits wide; any of them means it. */
static uintptr_t discardable_from_flags(UINT flags)
{
    return flags & LMEM_DISCARDABLE ? MOVEABLE_DISCARDABLE : 0;
}

HLOCAL LocalAlloc(UINT uFlags, SIZE_T uBytes)
{
    uintptr_t state = uFlags & LMEM_MOVEABLE ? MOVEABLE_MOVEABLE | discardable_from_flags(uFlags) : 0;
    return memobject_allocate(state, uBytes, (uFlags & LMEM_ZEROINIT) != 0, __func__);
}

HLOCAL LocalFree(HLOCAL hMem)
{
    return memobject_free(hMem, __func__) ? NULL : hMem;
}

HLOCAL LocalReAlloc(HLOCAL hMem, SIZE_T uBytes, UINT uFlags)
{
    if (uFlags & LMEM_MODIFY)
        return memobject_modify(hMem, discardable_from_flags(uFlags), __func__) ? hMem : NULL;
    if (uFlags & LMEM_DISCARDABLE) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return memobject_resize(hMem, uBytes, (uFlags & LMEM_MOVEABLE) != 0, (uFlags & LMEM_ZEROINIT) != 0, __func__);
}

SIZE_T LocalSize(HLOCAL hMem)
{
    return memobject_size(hMem, __func__);
}

UINT LocalFlags(HLOCAL hMem)
{
    uintptr_t state;
    if (!memobject_state(hMem, &state, __func__))
        return LMEM_INVALID_HANDLE;
    return (UINT)(state >> MOVEABLE_LOCK_SHIFT & LMEM_LOCKCOUNT) |
           (state & MOVEABLE_DISCARDABLE ? (UINT)LMEM_DISCARDABLE : 0u) |
           (state & MOVEABLE_DISCARDED ? (UINT)LMEM_DISCARDED : 0u);
}

HLOCAL LocalHandle(LPCVOID pMem)
{
    if (pMem != NULL)
        return memobject_from_data(pMem, __func__);
    RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
    return NULL;
}

LPVOID LocalLock(HLOCAL hMem)
{
    if (is_moveable_address(hMem))
        return memobject_lock(hMem, __func__);
    return memobject_check_fixed(hMem, __func__) == NO_ERROR ? hMem : NULL;
}

BOOL LocalUnlock(HLOCAL hMem)
{
    if (is_moveable_address(hMem))
        return memobject_unlock(hMem, __func__) == STILL_LOCKED;
    /* Nothing but moveable memory is ever locked (3.2). */
    RtlSetLastWin32Error(hMem != NULL ? ERROR_NOT_LOCKED : ERROR_INVALID_HANDLE);
    return FALSE;
}

SIZE_T LocalShrink(HLOCAL hMem, UINT cbNewSize)
{
    (void)hMem;
    (void)cbNewSize;
    return 0;
}

SIZE_T LocalCompact(UINT uMinFree)
{
    (void)uMinFree;
    return 0;
}
