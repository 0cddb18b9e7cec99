/* A block is freed with another heap's handle. */
#include "misuse.h"

static void make(void)
{
    void *block = misuse_with(HeapAlloc(HeapCreate(0, 0, 0), 0, 100));
    misuse_end(!HeapFree(misuse_in(HeapCreate(0, 0, 0)), 0, block));
}

#define SENTENCE "RtlFreeHeap (HeapFree): block of another heap: block B, heap H"

MISUSE_MAIN({"foreign free", make, "", SENTENCE}, {"foreign free", make, "+hpc", SENTENCE})
