/*
 * Lists the heaps of the process.
 *
 * A Windows program does not have one heap but as many as it likes. One, the default heap, is there before main; others
 * are made with HeapCreate and named by a handle. Libraries make their own, and GetProcessHeaps tells of all of them.
 *
 * _tmain, TEXT and _tprintf are the generic spellings: compiled with -DUNICODE -D_UNICODE the program uses 16-bit
 * characters.
 */
#include <windows.h>
#include <tchar.h>
#include <stdio.h>

/* The list of heaps can grow between asking how long it is and asking for it, so it is asked for until it fits. */
static PHANDLE get_heaps(DWORD *count)
{
    PHANDLE heaps = NULL;
    DWORD room = 0;

    while ((*count = GetProcessHeaps(room, heaps)) > room) {
        if (heaps)
            HeapFree(GetProcessHeap(), 0, heaps);
        room = *count;
        heaps = (PHANDLE)HeapAlloc(GetProcessHeap(), 0, room * sizeof(*heaps));
        if (!heaps)
            return NULL;
    }
    return heaps;
}

static BOOL list_heaps(void)
{
    DWORD count;
    PHANDLE heaps = get_heaps(&count);

    if (!heaps)
        return FALSE;
    _tprintf(TEXT("number of heaps: %u\n"), (unsigned)count);
    for (DWORD i = 0; i < count; i++) {
        const TCHAR *note = heaps[i] == GetProcessHeap() ? TEXT("  the default heap") : TEXT("");
        _tprintf(TEXT("  heap %u at %p%s\n"), (unsigned)i, heaps[i], note);
    }
    return HeapFree(GetProcessHeap(), 0, heaps);
}

int __cdecl _tmain(void)
{
    HANDLE growing, fixed;

    _tprintf(TEXT("At the start, "));
    if (!list_heaps())
        return 1;

    growing = HeapCreate(0, 0, 0);        /* grows as needed */
    fixed = HeapCreate(0, 4096, 1 << 20); /* one page to begin with, never more than 1 MiB */
    if (!growing || !fixed) {
        _tprintf(TEXT("HeapCreate failed, error %u\n"), (unsigned)GetLastError());
        return 1;
    }
    _tprintf(TEXT("With two of our own, "));
    if (!list_heaps())
        return 1;

    if (!HeapDestroy(growing) || !HeapDestroy(fixed))
        return 1;
    _tprintf(TEXT("After HeapDestroy, "));
    return list_heaps() ? 0 : 1;
}
