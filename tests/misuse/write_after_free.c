/* A block is written to after it was freed: found when the heap is validated, when the memory is used again, and with
 * full validation in the next call. */
#include "misuse.h"

static HANDLE heap;
static unsigned char *block;

static void overwrite(SIZE_T at)
{
    heap = misuse_in(HeapCreate(0, 0, 0));
    block = misuse_with(HeapAlloc(heap, 0, 100));
    HeapAlloc(heap, 0, 100);
    HeapFree(heap, 0, block);
    block[at] = 0x41;
}

static void validated(void)
{
    overwrite(16);
    bool found = !HeapValidate(heap, 0, NULL);
    block[16] = 0xEE;
    misuse_end(found && HeapValidate(heap, 0, NULL));
}

static void used_again(void)
{
    overwrite(99);
    bool failed = HeapAlloc(heap, 0, 100) == NULL;
    /* Once told, the memory is free again, and used. */
    misuse_end(failed && HeapAlloc(heap, 0, 100) == block && HeapValidate(heap, 0, NULL));
}

static void grown_into(void)
{
    heap = misuse_in(HeapCreate(0, 0, 0));
    unsigned char *first = HeapAlloc(heap, 0, 100);
    block = misuse_with(HeapAlloc(heap, 0, 100));
    HeapAlloc(heap, 0, 100);
    HeapFree(heap, 0, block);
    block[40] = 0x41;
    misuse_end(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, first, 200) == NULL && HeapSize(heap, 0, first) == 100 &&
               HeapValidate(heap, 0, NULL) && HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, first, 200) == first);
}

static void next_call(void)
{
    overwrite(20);
    misuse_end(HeapAlloc(heap, 0, 5) == NULL);
}

/* Merged with the free blocks on both sides, it is still known. */
static void merged(void)
{
    heap = misuse_in(HeapCreate(0, 0, 0));
    void *before = HeapAlloc(heap, 0, 50);
    block = misuse_with(HeapAlloc(heap, 0, 100));
    void *behind = HeapAlloc(heap, 0, 50);
    HeapAlloc(heap, 0, 50);
    HeapFree(heap, 0, before);
    HeapFree(heap, 0, behind);
    HeapFree(heap, 0, block);
    bool sound = HeapValidate(heap, 0, NULL);
    block[3] = 0;
    misuse_end(sound && !HeapValidate(heap, 0, NULL));
}

#define OF(byte, found) ": block was written to after it was freed: block B, heap H, size 100, byte " byte " is " found
#define VALIDATE "RtlValidateHeap (HeapValidate)"

MISUSE_MAIN_OF("N15.2.2", {"validated", validated, "+hfc", VALIDATE OF("16", "0x41")},
               {"validated", validated, "+hfc+htc+ust", VALIDATE OF("16", "0x41")},
               {"used again", used_again, "+hfc", "RtlAllocateHeap (HeapAlloc)" OF("99", "0x41")},
               {"used again", used_again, "+hpc", "RtlAllocateHeap (HeapAlloc)" OF("99", "0x41")},
               {"grown into", grown_into, "+hfc", "RtlReAllocateHeap (HeapReAlloc)" OF("40", "0x41")},
               {"next call", next_call, "+hvc", "RtlAllocateHeap (HeapAlloc)" OF("20", "0x41")},
               {"merged", merged, "+hfc", VALIDATE OF("3", "0x0")})
