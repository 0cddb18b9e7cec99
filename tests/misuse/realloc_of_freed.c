/* A block that was freed is resized, or asked for its size. */
#include "misuse.h"

static HANDLE heap;
static void *block;

static void free_it(void)
{
    heap = misuse_in(HeapCreate(0, 0, 0));
    block = misuse_with(HeapAlloc(heap, 0, 100));
    HeapAlloc(heap, 0, 100);
    HeapFree(heap, 0, block);
}

static void resized(void)
{
    free_it();
    misuse_end(HeapReAlloc(heap, 0, block, 200) == NULL);
}

static void measured(void)
{
    free_it();
    misuse_end(HeapSize(heap, 0, block) == (SIZE_T)-1);
}

#define WHAT ": block is already free: block B, heap H"
#define RESIZE "RtlReAllocateHeap (HeapReAlloc)" WHAT
#define MEASURE "RtlSizeHeap (HeapSize)" WHAT

MISUSE_MAIN({"resized", resized, "", RESIZE}, {"resized", resized, "+htc", RESIZE ", size 100"},
            {"resized", resized, "+hvc+ust", RESIZE ", size 100"}, {"measured", measured, "", MEASURE},
            {"measured", measured, "+hfc", MEASURE ", size 100"})
