/* An address inside a block is freed. */
#include "misuse.h"

static void make(void)
{
    HANDLE heap = misuse_in(HeapCreate(0, 0, 0));
    char *block = HeapAlloc(heap, 0, 100);
    misuse_with(block + 32);
    misuse_end(!HeapFree(heap, 0, block + 32) && HeapFree(heap, 0, block));
}

#define SENTENCE "RtlFreeHeap (HeapFree): no block starts at this address: block B, heap H"

MISUSE_MAIN({"interior free", make, "", SENTENCE}, {"interior free", make, "+hpc", SENTENCE})
