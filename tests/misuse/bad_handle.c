/* What is no heap's handle is used as one: memory of the program, and a heap that was destroyed. */
#include "misuse.h"

static char memory[64];

static void allocate(void)
{
    misuse_end(HeapAlloc(misuse_in(memory), 0, 100) == NULL && GetLastError() == ERROR_INVALID_HANDLE);
}

static void destroy(void)
{
    misuse_end(!HeapDestroy(misuse_in(memory)) && GetLastError() == ERROR_INVALID_HANDLE);
}

static void destroy_twice(void)
{
    HANDLE heap = misuse_in(HeapCreate(0, 0, 0));
    HeapDestroy(heap);
    misuse_end(!HeapDestroy(heap) && GetLastError() == ERROR_INVALID_HANDLE);
}

static void free_in_destroyed(void)
{
    HANDLE heap = misuse_in(HeapCreate(0, 0, 0));
    void *block = misuse_with(HeapAlloc(heap, 0, 100));
    HeapDestroy(heap);
    misuse_end(!HeapFree(heap, 0, block));
}

static void lock(void)
{
    misuse_end(!HeapLock(misuse_in(memory)));
}

#define ALLOCATE "RtlAllocateHeap (HeapAlloc): not the handle of a heap: heap H"
#define DESTROY "RtlDestroyHeap (HeapDestroy): not the handle of a heap: heap H"
#define FREE "RtlFreeHeap (HeapFree): not the handle of a heap: block B, heap H"
#define LOCK "RtlLockHeap (HeapLock): not the handle of a heap: heap H"

MISUSE_MAIN({"allocate", allocate, "", ALLOCATE}, {"allocate", allocate, "+htc", ALLOCATE},
            {"destroy", destroy, "", DESTROY}, {"destroy", destroy, "+hpc", DESTROY},
            {"destroy twice", destroy_twice, "", DESTROY}, {"destroy twice", destroy_twice, "+hfc", DESTROY},
            {"free in a destroyed heap", free_in_destroyed, "", FREE},
            {"free in a destroyed heap", free_in_destroyed, "+hfc", FREE}, {"lock", lock, "", LOCK})
