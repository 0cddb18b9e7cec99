/* GlobalMemoryStatusEx, GlobalMemoryStatus, GetPhysicallyInstalledSystemMemory: global-local-toolhelp-seh.md 7. */
#include "check.h"

#include <windows.h>

#include <stdlib.h>

static MEMORYSTATUSEX status_now(void)
{
    MEMORYSTATUSEX status;
    memset(&status, 0xCC, sizeof(status));
    status.dwLength = sizeof(status);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(GlobalMemoryStatusEx(&status), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(status.dwLength, sizeof(status));
    return status;
}

/* another dwLength: FALSE, ERROR_INVALID_PARAMETER */
static void wrong_length(void)
{
    SPEC("G7.1");
    static const DWORD lengths[] = {0, 1, sizeof(MEMORYSTATUSEX) - 1, sizeof(MEMORYSTATUSEX) + 1, sizeof(MEMORYSTATUS)};
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        MEMORYSTATUSEX status = {.dwLength = lengths[i]};
        POISON_LAST_ERROR();
        CHECK_EQ_INT(GlobalMemoryStatusEx(&status), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        CHECK_EQ_UINT(status.ullTotalPhys, 0);
    }
#ifndef _WIN32
    POISON_LAST_ERROR();
    CHECK_EQ_INT(GlobalMemoryStatusEx(NULL), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    GlobalMemoryStatus(NULL);
#endif
}

/* the load in whole hundredths of the total; nothing in the extended part; no part above its whole */
static void values(void)
{
    SPEC("G7.3 G7.4 G7.6");
    MEMORYSTATUSEX status = status_now();
    CHECK(status.ullTotalPhys > 0x1000000 && status.ullTotalPhys % 0x400 == 0);
    CHECK(status.ullAvailPhys > 0 && status.ullAvailPhys <= status.ullTotalPhys);
    CHECK(status.ullTotalPageFile >= status.ullTotalPhys);
    CHECK(status.ullAvailPageFile > 0 && status.ullAvailPageFile <= status.ullTotalPageFile);
    CHECK(status.ullTotalVirtual > 0x40000000);
    CHECK(status.ullAvailVirtual > 0 && status.ullAvailVirtual < status.ullTotalVirtual);
    CHECK_EQ_UINT(status.ullAvailExtendedVirtual, 0);
    CHECK_EQ_UINT(status.dwMemoryLoad, (status.ullTotalPhys - status.ullAvailPhys) / (status.ullTotalPhys / 100));
}

/* 7: what the process maps is no longer available */
static void address_space_is_used(void)
{
    const SIZE_T size = 0x20000000;
    MEMORYSTATUSEX before = status_now();
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, size);
    CHECK(heap != NULL);
    MEMORYSTATUSEX after = status_now();
    CHECK(after.ullAvailVirtual <= before.ullAvailVirtual);
    CHECK_EQ_UINT(after.ullTotalVirtual, before.ullTotalVirtual);
    CHECK(HeapDestroy(heap));
}

/* the older function ignores dwLength, leaves the last error, and tells the same, capped */
static void older_function(void)
{
    SPEC("G7.2 G7.5");
    MEMORYSTATUSEX expected = status_now();
    MEMORYSTATUS status;
    memset(&status, 0xCC, sizeof(status));
    status.dwLength = 0;
    POISON_LAST_ERROR();
    GlobalMemoryStatus(&status);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(status.dwLength, sizeof(status));
    CHECK_EQ_UINT(status.dwTotalPhys, expected.ullTotalPhys < SIZE_MAX / 2 ? expected.ullTotalPhys : SIZE_MAX / 2);
    CHECK(status.dwAvailPhys > 0 && status.dwAvailPhys <= status.dwTotalPhys);
    CHECK_EQ_UINT(status.dwTotalPageFile, expected.ullTotalPageFile);
    CHECK(status.dwAvailPageFile > 0 && status.dwAvailPageFile <= status.dwTotalPageFile);
    CHECK_EQ_UINT(status.dwTotalVirtual, expected.ullTotalVirtual);
    CHECK(status.dwAvailVirtual > 0 && status.dwAvailVirtual < status.dwTotalVirtual);
    CHECK(abs((int)status.dwMemoryLoad - (int)expected.dwMemoryLoad) <= 5);
}

/* NULL: FALSE, ERROR_INVALID_PARAMETER; else at least the RAM that there is, in kilobytes */
static void installed(void)
{
    SPEC("G7.7");
    POISON_LAST_ERROR();
    CHECK_EQ_INT(GetPhysicallyInstalledSystemMemory(NULL), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    ULONGLONG kilobytes = 0;
    POISON_LAST_ERROR();
    CHECK_EQ_INT(GetPhysicallyInstalledSystemMemory(&kilobytes), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(kilobytes >= status_now().ullTotalPhys / 1024);
}

int main(void)
{
    wrong_length();
    values();
    address_space_is_used();
    older_function();
    installed();
    return check_report();
}
