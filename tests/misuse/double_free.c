/* A block is freed twice. */
#include "misuse.h"

static void make(void)
{
    HANDLE heap = misuse_in(HeapCreate(0, 0, 0));
    void *block = misuse_with(HeapAlloc(heap, 0, 100));
    HeapAlloc(heap, 0, 100);
    HeapFree(heap, 0, block);
    misuse_end(!HeapFree(heap, 0, block) && GetLastError() == ERROR_INVALID_PARAMETER && HeapValidate(heap, 0, NULL));
}

/* Merged with a free block before it, it is no block any more. */
static void make_merged(void)
{
    HANDLE heap = misuse_in(HeapCreate(0, 0, 0));
    void *before = HeapAlloc(heap, 0, 100);
    void *block = misuse_with(HeapAlloc(heap, 0, 100));
    HeapAlloc(heap, 0, 100);
    HeapFree(heap, 0, before);
    HeapFree(heap, 0, block);
    misuse_end(!HeapFree(heap, 0, block) && HeapValidate(heap, 0, NULL));
}

#define SENTENCE "RtlFreeHeap (HeapFree): block is already free: block B, heap H"

MISUSE_MAIN({"double free", make, "", SENTENCE}, {"double free", make, "+htc", SENTENCE ", size 100"},
            {"double free", make, "+hfc", SENTENCE ", size 100"}, {"double free", make, "+hvc", SENTENCE ", size 100"},
            {"double free", make, "+ust", SENTENCE ", size 100"},
            {"double free of a merged block", make_merged, "+hfc", SENTENCE ", size 100"})
