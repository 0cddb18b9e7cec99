/*
 * A heap with a hard limit: a part of a program that may use so much memory and no more.
 *
 * A heap created with a maximum size never grows beyond it. When it is full, HeapAlloc fails and says so, the blocks in
 * it stay good, and the rest of the program has not lost any memory.
 */
#include <windows.h>
#include <stdio.h>

#define LIMIT (256 * 1024)

int main(void)
{
    enum {
        BLOCK = 1000,
        MOST = LIMIT / BLOCK + 1
    };
    static LPVOID blocks[MOST];
    int count = 0;
    HANDLE heap = HeapCreate(0, 0, LIMIT);

    if (!heap)
        return 1;
    while (count < MOST && (blocks[count] = HeapAlloc(heap, 0, BLOCK)) != NULL)
        count++;
    if (count == MOST)
        return 1; /* more than the limit: cannot be */
    printf("%d blocks of %d bytes fit into %d; then: error %u (ERROR_NOT_ENOUGH_MEMORY is %u)\n", count, BLOCK, LIMIT,
           (unsigned)GetLastError(), (unsigned)ERROR_NOT_ENOUGH_MEMORY);

    /* Freed memory can be had again. */
    if (!HeapFree(heap, 0, blocks[count / 2]))
        return 1;
    blocks[count / 2] = HeapAlloc(heap, 0, BLOCK);
    if (!blocks[count / 2])
        return 1;
    printf("one freed, one allocated in its place\n");

    if (!HeapValidate(heap, 0, NULL))
        return 1;
    return HeapDestroy(heap) ? 0 : 1;
}
