/* HeapValidate tells what it found, in a process with debug heaps, whether a debugger watches it or not. */
#include "misuse.h"

static HANDLE heap;

static unsigned char *allocate(void)
{
    heap = misuse_in(HeapCreate(0, 0, 0));
    unsigned char *block = misuse_with(HeapAlloc(heap, 0, 40));
    HeapAlloc(heap, 0, 40);
    return block;
}

static void damaged_block(void)
{
    unsigned char *block = allocate();
    block[40] = 0x41;
    misuse_end(!HeapValidate(heap, 0, block));
}

static void damaged_heap(void)
{
    allocate()[40] = 0x41;
    misuse_end(!HeapValidate(heap, 0, NULL));
}

static void freed_block(void)
{
    unsigned char *block = allocate();
    HeapFree(heap, 0, block);
    misuse_end(!HeapValidate(heap, 0, block));
}

static void no_block(void)
{
    unsigned char *block = misuse_with(allocate() + 16);
    misuse_end(!HeapValidate(heap, 0, block));
}

static void no_heap(void)
{
    static char memory[64];
    misuse_end(!HeapValidate(misuse_in(memory), 0, NULL));
}

#define VALIDATE "RtlValidateHeap (HeapValidate): "
#define DAMAGED VALIDATE "block was written to past its end: block B, heap H, size 40, byte 40 is 0x41"
#define FREED VALIDATE "block is already free: block B, heap H, size 40"
#define NO_BLOCK VALIDATE "no block starts at this address: block B, heap H"
#define NO_HEAP VALIDATE "not the handle of a heap: heap H"

int main(int argc, char **argv)
{
    static const struct misuse all[] = {
        {"damaged block", damaged_block, "+htc", DAMAGED},
        {"damaged heap", damaged_heap, "+htc", DAMAGED},
        {"freed block", freed_block, "+htc", FREED},
        {"no block", no_block, "+hfc", NO_BLOCK},
        {"no heap", no_heap, "+htc", NO_HEAP},
    };
    SPEC("W3.9.12 N6.5 N15.6.1");
    return misuse_main(argc, argv, all, sizeof(all) / sizeof(all[0]));
}
