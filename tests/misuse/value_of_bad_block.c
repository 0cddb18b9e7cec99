/* The value of what is no block is asked for, or set. That a block has none is an answer, and no mistake. */
#include "misuse.h"

static HANDLE heap;
static char *block;

static void allocate(void)
{
    heap = misuse_in(HeapCreate(0, 0, 0));
    block = HeapAlloc(heap, HEAP_SETTABLE_USER_VALUE, 100);
    misuse_with(block + 16);
}

static void asked(void)
{
    PVOID value;
    ULONG flags;
    allocate();
    misuse_end(!RtlGetUserInfoHeap(heap, 0, block + 16, &value, &flags));
}

static void set(void)
{
    allocate();
    void *without = HeapAlloc(heap, 0, 100);
    bool answered = !RtlSetUserValueHeap(heap, 0, without, NULL);
    misuse_end(answered && !RtlSetUserValueHeap(heap, 0, block + 16, NULL));
}

#define WHAT ": no block starts at this address: block B, heap H"

MISUSE_MAIN({"asked", asked, "", "RtlGetUserInfoHeap" WHAT}, {"asked", asked, "+hvc", "RtlGetUserInfoHeap" WHAT},
            {"set", set, "", "RtlSetUserValueHeap" WHAT}, {"set", set, "+htc", "RtlSetUserValueHeap" WHAT})
