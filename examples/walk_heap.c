/*
 * Walks a heap: prints every element of it.
 *
 * HeapWalk steps through all that a heap consists of: regions (ranges of address space), the busy and free blocks in
 * them, and what is reserved but not yet backed by memory. The entry holds the whole state of the walk, so a walk needs
 * no end; the heap must hold still meanwhile, which is what HeapLock is for.
 */
#include <windows.h>
#include <stdio.h>

static const char *describe(const PROCESS_HEAP_ENTRY *entry)
{
    if (entry->wFlags & PROCESS_HEAP_REGION)
        return "region";
    if (entry->wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE)
        return "uncommitted";
    if (entry->wFlags & PROCESS_HEAP_ENTRY_BUSY)
        return "busy";
    return "free";
}

static BOOL print_heap(HANDLE heap)
{
    PROCESS_HEAP_ENTRY entry;
    DWORD error;

    if (!HeapLock(heap))
        return FALSE;
    printf("%-12s %18s %8s %8s\n", "element", "address", "bytes", "overhead");
    entry.lpData = NULL; /* starts a walk */
    while (HeapWalk(heap, &entry))
        printf("%-12s %18p %8u %8u\n", describe(&entry), entry.lpData, (unsigned)entry.cbData, entry.cbOverhead);
    error = GetLastError(); /* says why the walk ended */
    return HeapUnlock(heap) && error == ERROR_NO_MORE_ITEMS;
}

int main(void)
{
    static const SIZE_T sizes[] = {24, 100, 1000, 5000};
    LPVOID blocks[4];
    HANDLE heap = HeapCreate(0, 0, 0);

    if (!heap)
        return 1;
    for (int i = 0; i < 4; i++) {
        blocks[i] = HeapAlloc(heap, 0, sizes[i]);
        if (!blocks[i])
            return 1;
    }
    /* A hole in the middle. */
    if (!HeapFree(heap, 0, blocks[2]))
        return 1;
    if (!print_heap(heap)) {
        printf("the walk failed, error %u\n", (unsigned)GetLastError());
        return 1;
    }
    return HeapDestroy(heap) ? 0 : 1;
}
