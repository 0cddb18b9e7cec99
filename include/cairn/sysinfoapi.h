/*
 * How much memory there is. Source: types-and-constants.md 14.8; global-local-toolhelp-seh.md 7. Any thread may call
 * the functions.
 */
#ifndef _SYSINFOAPI_H_
#define _SYSINFOAPI_H_

#include "minwinbase.h"

CAIRN_BEGIN_DECLS

/*
 * Memory of the system and of the process, in bytes. dwLength is the caller's: sizeof(MEMORYSTATUSEX). dwMemoryLoad is
 * in per cent. PageFile is what can be had in all: RAM and swap together. Virtual is the process's address space.
 */
typedef struct _MEMORYSTATUSEX {
    DWORD dwLength;
    DWORD dwMemoryLoad;
    __attribute__((aligned(8))) DWORDLONG ullTotalPhys;
    __attribute__((aligned(8))) DWORDLONG ullAvailPhys;
    __attribute__((aligned(8))) DWORDLONG ullTotalPageFile;
    __attribute__((aligned(8))) DWORDLONG ullAvailPageFile;
    __attribute__((aligned(8))) DWORDLONG ullTotalVirtual;
    __attribute__((aligned(8))) DWORDLONG ullAvailVirtual;
    __attribute__((aligned(8))) DWORDLONG ullAvailExtendedVirtual; /* 0 */
} MEMORYSTATUSEX, *LPMEMORYSTATUSEX;

CAIRN_LAYOUT(MEMORYSTATUSEX, 64, 8, 64, 8);
CAIRN_OFFSET(MEMORYSTATUSEX, dwLength, 0x00, 0x00);
CAIRN_OFFSET(MEMORYSTATUSEX, dwMemoryLoad, 0x04, 0x04);
CAIRN_OFFSET(MEMORYSTATUSEX, ullTotalPhys, 0x08, 0x08);
CAIRN_OFFSET(MEMORYSTATUSEX, ullAvailPhys, 0x10, 0x10);
CAIRN_OFFSET(MEMORYSTATUSEX, ullTotalPageFile, 0x18, 0x18);
CAIRN_OFFSET(MEMORYSTATUSEX, ullAvailPageFile, 0x20, 0x20);
CAIRN_OFFSET(MEMORYSTATUSEX, ullTotalVirtual, 0x28, 0x28);
CAIRN_OFFSET(MEMORYSTATUSEX, ullAvailVirtual, 0x30, 0x30);
CAIRN_OFFSET(MEMORYSTATUSEX, ullAvailExtendedVirtual, 0x38, 0x38);

/* Fills the structure. FALSE with ERROR_INVALID_PARAMETER for NULL, or another dwLength.
 * Source: Microsoft page "GlobalMemoryStatusEx function (sysinfoapi.h)". */
WINBASEAPI BOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX lpBuffer);

/*
 * Kilobytes of RAM; here what the kernel manages, for Linux tells a program of no more. FALSE with
 * ERROR_INVALID_PARAMETER for NULL. Source: Microsoft page "GetPhysicallyInstalledSystemMemory function
 * (sysinfoapi.h)".
 */
WINBASEAPI BOOL WINAPI GetPhysicallyInstalledSystemMemory(PULONGLONG TotalMemoryInKilobytes);

CAIRN_END_DECLS

#endif
