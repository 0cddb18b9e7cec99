#include <ntifs.h>
#include <winbase.h>

#include <stdatomic.h>

static _Atomic UINT error_mode;

DWORD GetLastError(void)
{
    return RtlGetLastWin32Error();
}

VOID SetLastError(DWORD dwErrCode)
{
    RtlSetLastWin32Error(dwErrCode);
}

UINT GetErrorMode(void)
{
    return atomic_load(&error_mode);
}

UINT SetErrorMode(UINT uMode)
{
    UINT before = atomic_load(&error_mode);
    while (!atomic_compare_exchange_weak(&error_mode, &before, uMode | (before & SEM_NOALIGNMENTFAULTEXCEPT))) {
    }
    return before;
}
