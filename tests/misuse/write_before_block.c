/* The bytes in front of a block, which are its header, are overwritten. */
#include "misuse.h"

static HANDLE heap;
static unsigned char *block;

static void overwrite(void)
{
    heap = misuse_in(HeapCreate(0, 0, 0));
    HeapAlloc(heap, 0, 100);
    block = misuse_with(HeapAlloc(heap, 0, 100));
    memset(block - 8, 'A', 8);
}

static void freed(void)
{
    overwrite();
    misuse_end(!HeapFree(heap, 0, block) && GetLastError() == ERROR_INVALID_PARAMETER);
}

static void resized(void)
{
    overwrite();
    misuse_end(HeapReAlloc(heap, 0, block, 200) == NULL);
}

static void validated(void)
{
    overwrite();
    misuse_end(!HeapValidate(heap, 0, NULL));
}

#define WHAT ": block header was overwritten: block B, heap H"

MISUSE_MAIN({"freed", freed, "", "RtlFreeHeap (HeapFree)" WHAT},
            {"freed", freed, "+htc", "RtlFreeHeap (HeapFree)" WHAT},
            {"resized", resized, "", "RtlReAllocateHeap (HeapReAlloc)" WHAT},
            {"resized", resized, "+hfc", "RtlReAllocateHeap (HeapReAlloc)" WHAT},
            {"validated", validated, "+htc", "RtlValidateHeap (HeapValidate)" WHAT})
