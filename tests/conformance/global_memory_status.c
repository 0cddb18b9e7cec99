/* GlobalMemoryStatusEx, GlobalMemoryStatus, GetPhysicallyInstalledSystemMemory. */
#include "check.h"

#include <windows.h>

#ifndef _WIN32
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>
#endif

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

/* no part above its whole */
static void values(void)
{
    SPEC("G7.3 G7.4");
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

/* what the process maps is no longer available */
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

/* What both functions tell when nothing happens in between; false if something did. */
static bool told_by_both(MEMORYSTATUSEX *newer, MEMORYSTATUS *older)
{
    *newer = status_now();
    memset(older, 0xCC, sizeof(*older));
    older->dwLength = 0;
    POISON_LAST_ERROR();
    GlobalMemoryStatus(older);
    CHECK_LAST_ERROR_UNTOUCHED();
    MEMORYSTATUSEX after = status_now();
    return memcmp(newer, &after, sizeof(after)) == 0;
}

static SIZE_T capped(DWORDLONG value, DWORDLONG most)
{
    return (SIZE_T)(value < most ? value : most);
}

/* it tells the same as the newer one */
static void older_function(void)
{
    SPEC("G7.2 G7.5");
    MEMORYSTATUSEX expected;
    MEMORYSTATUS status;
    bool quiet = false;
    for (unsigned i = 0; i < 10000 && !quiet; i++) {
        quiet = told_by_both(&expected, &status);
    }
    CHECK_EQ_UINT(status.dwLength, sizeof(status));
    CHECK_EQ_UINT(status.dwTotalPhys, capped(expected.ullTotalPhys, SIZE_MAX / 2));
    CHECK_EQ_UINT(status.dwTotalPageFile, capped(expected.ullTotalPageFile, SIZE_MAX));
    CHECK_EQ_UINT(status.dwTotalVirtual, expected.ullTotalVirtual);
    CHECK(quiet);
    CHECK_EQ_UINT(status.dwAvailPhys, capped(expected.ullAvailPhys, SIZE_MAX / 2));
    CHECK_EQ_UINT(status.dwAvailPageFile, capped(expected.ullAvailPageFile, SIZE_MAX));
    CHECK_EQ_UINT(status.dwAvailVirtual, expected.ullAvailVirtual);
    CHECK_EQ_UINT(status.dwMemoryLoad, expected.dwMemoryLoad);
}

#ifndef _WIN32
/* RAM; RAM and swap; from the lowest address that the kernel lets programs map to the end of the lower half */
static void totals(void)
{
    SPEC("G7.6");
    struct sysinfo system;
    MEMORYSTATUSEX status = status_now();
    CHECK_EQ_INT(sysinfo(&system), 0);
    CHECK_EQ_UINT(status.ullTotalPhys, (DWORDLONG)sysconf(_SC_PHYS_PAGES) * (DWORDLONG)sysconf(_SC_PAGESIZE));
    CHECK_EQ_UINT(status.ullTotalPageFile, status.ullTotalPhys + (DWORDLONG)system.totalswap * system.mem_unit);
    struct rlimit limit;
    CHECK_EQ_INT(getrlimit(RLIMIT_AS, &limit), 0);
    DWORDLONG addresses = 0x7FFFFFFFF000 - 0x10000;
    CHECK_EQ_UINT(status.ullTotalVirtual, addresses < limit.rlim_cur ? addresses : limit.rlim_cur);
}
#endif

/* at least the RAM that there is, in kilobytes */
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
#ifndef _WIN32
    totals();
#endif
    installed();
    return check_report();
}
