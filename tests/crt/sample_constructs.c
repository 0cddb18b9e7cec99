/* What the documentation's sample programs write, in a program without UNICODE. */
#include <windows.h>
#include <tchar.h>

#include "check.h"

/* a DWORD, and on an error path a SIZE_T, for %d */
static void numbers(void)
{
    TCHAR text[64];
    {
        SPEC("G12.3.2");
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        CHECK_EQ_INT(_stprintf(text, TEXT("Failed, last error: %d."), GetLastError()), 22);
        CHECK_EQ_STR(text, "Failed, last error: 8.");
        CHECK_EQ_UINT(sizeof(DWORD), sizeof(int));
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat"
    {
        SPEC("G12.3.4");
        SIZE_T bytes = 4096;
        CHECK_EQ_INT(_stprintf(text, TEXT("Failed to allocate %d bytes."), bytes), 30);
        CHECK_EQ_STR(text, "Failed to allocate 4096 bytes.");
    }
    {
        SPEC("G12.3.3");
        CHECK_EQ_INT(_stprintf(text, TEXT("%#p"), (void *)0x530000), 8);
        CHECK_EQ_STR(text, "0x530000"); /* 0X0000000000530000 by Microsoft's library */
    }
#pragma GCC diagnostic pop
}

/* the names of types and members */
static void names(void)
{
    {
        SPEC("G12.3.6");
        HRESULT Result = S_OK;
        CHECK(!(Result != S_OK));
        CHECK_EQ_INT(sizeof(Result), 4);
    }
    {
        SPEC("G12.3.7");
        PHANDLE aHeaps = (PHANDLE)HeapAlloc(GetProcessHeap(), 0, 10 * sizeof(*aHeaps));
        CHECK(aHeaps != NULL);
        CHECK_EQ_UINT(sizeof(*aHeaps), sizeof(void *));
        CHECK(GetProcessHeaps(10, aHeaps) >= 1);
        CHECK_EQ_PTR(aHeaps[0], GetProcessHeap());
        CHECK(HeapFree(GetProcessHeap(), 0, aHeaps) != FALSE);
    }
    SPEC("G12.3.8");
    PROCESS_HEAP_ENTRY Entry = {0};
    Entry.Region.dwCommittedSize = 5;
    CHECK_EQ_UINT(Entry.Region.dwCommittedSize, 5);
    Entry.Block.hMem = &Entry;
    CHECK_EQ_PTR(Entry.Block.hMem, &Entry);
}

static void booleans(void)
{
    SPEC("G12.3.9");
    HANDLE heap = HeapCreate(0, 0, 0);
    PROCESS_HEAP_ENTRY entry = {0};
    void *block = HeapAlloc(heap, 0, 10);
    CHECK_EQ_INT(HeapValidate(heap, 0, NULL), TRUE);
    CHECK_EQ_INT(HeapValidate(heap, 0, block), TRUE);
    CHECK_EQ_INT(HeapValidate(heap, 0, &entry), FALSE);
    CHECK_EQ_INT(HeapLock(heap), TRUE);
    CHECK_EQ_INT(HeapWalk(heap, &entry), TRUE);
    while (HeapWalk(heap, &entry) != FALSE) {
    }
    CHECK_EQ_INT(HeapWalk(heap, &entry), FALSE);
    CHECK_EQ_INT(HeapUnlock(heap), TRUE);
    CHECK_EQ_INT(HeapFree(heap, 0, block), TRUE);
    CHECK_EQ_INT(HeapFree(heap, 0, block), FALSE);
    CHECK_EQ_INT(HeapDestroy(heap), TRUE);
    CHECK_EQ_INT(HeapDestroy(GetProcessHeap()), FALSE);
}

/* the sample of a termination handler; StringCchCopy is of strsafe.h, which is not there */
static CRITICAL_SECTION CriticalSection;

static void termination_handler(void)
{
    SPEC("G12.3.10");
    InitializeCriticalSection(&CriticalSection);
    __try {
        EnterCriticalSection(&CriticalSection);
        LPTSTR lpszBuffer = (LPTSTR)LocalAlloc(LPTR, 10);
        _tcscpy(lpszBuffer, TEXT("Hello"));
        CHECK_EQ_STR(lpszBuffer, "Hello");
        CHECK_EQ_INT(CriticalSection.RecursionCount, 1);
        LocalFree(lpszBuffer);
    } __finally {
        LeaveCriticalSection(&CriticalSection);
    }
    CHECK_EQ_INT(CriticalSection.RecursionCount, 0);
    DeleteCriticalSection(&CriticalSection);
}

#pragma GCC diagnostic ignored "-Wstrict-prototypes"
int __cdecl _tmain()
{
    SPEC("G12.3.1");
    numbers();
    names();
    booleans();
    termination_handler();
    return check_report();
}
