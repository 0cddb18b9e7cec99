/*
 * How much memory there is: the functions of sysinfoapi.h and the older one of winbase.h.
 */
#include "os/memory_status.h"

#include <ntifs.h>
#include <winbase.h>

static BOOL fail(void)
{
    RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
    return FALSE;
}

/* Per cent in use, reckoned in whole hundredths of the total. */
static DWORD load_of(const struct os_memory_status *memory)
{
    uint64_t hundredth = memory->physical / 100;
    return hundredth != 0 ? (DWORD)((memory->physical - memory->physical_available) / hundredth) : 0;
}

BOOL GlobalMemoryStatusEx(LPMEMORYSTATUSEX lpBuffer)
{
    if (lpBuffer == NULL || lpBuffer->dwLength != sizeof *lpBuffer)
        return fail();

    struct os_memory_status memory;
    os_memory_status(&memory);
    lpBuffer->dwMemoryLoad = load_of(&memory);
    lpBuffer->ullTotalPhys = memory.physical;
    lpBuffer->ullAvailPhys = memory.physical_available;
    lpBuffer->ullTotalPageFile = memory.physical + memory.swap;
    lpBuffer->ullAvailPageFile = memory.physical_available + memory.swap_available;
    lpBuffer->ullTotalVirtual = memory.address_space;
    lpBuffer->ullAvailVirtual = memory.address_space_available;
    lpBuffer->ullAvailExtendedVirtual = 0;
    return TRUE;
}

static SIZE_T capped(DWORDLONG value, DWORDLONG most)
{
    return (SIZE_T)(value < most ? value : most);
}

VOID GlobalMemoryStatus(LPMEMORYSTATUS lpBuffer)
{
    MEMORYSTATUSEX status = {.dwLength = sizeof status};
    if (lpBuffer == NULL || !GlobalMemoryStatusEx(&status))
        return;
    lpBuffer->dwLength = sizeof *lpBuffer;
    lpBuffer->dwMemoryLoad = status.dwMemoryLoad;
    /* Programs that read these as signed numbers see none below zero. */
    lpBuffer->dwTotalPhys = capped(status.ullTotalPhys, MAXSIZE_T / 2);
    lpBuffer->dwAvailPhys = capped(status.ullAvailPhys, MAXSIZE_T / 2);
    lpBuffer->dwTotalPageFile = capped(status.ullTotalPageFile, MAXSIZE_T);
    lpBuffer->dwAvailPageFile = capped(status.ullAvailPageFile, MAXSIZE_T);
    lpBuffer->dwTotalVirtual = capped(status.ullTotalVirtual, MAXSIZE_T);
    lpBuffer->dwAvailVirtual = capped(status.ullAvailVirtual, MAXSIZE_T);
}

BOOL GetPhysicallyInstalledSystemMemory(PULONGLONG TotalMemoryInKilobytes)
{
    if (TotalMemoryInKilobytes == NULL)
        return fail();
    struct os_memory_status memory;
    os_memory_status(&memory);
    *TotalMemoryInKilobytes = (memory.physical + 1023) / 1024;
    return TRUE;
}
