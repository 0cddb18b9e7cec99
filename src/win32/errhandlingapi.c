#include <errhandlingapi.h>
#include <ntifs.h>

DWORD GetLastError(void)
{
    return RtlGetLastWin32Error();
}

VOID SetLastError(DWORD dwErrCode)
{
    RtlSetLastWin32Error(dwErrCode);
}
