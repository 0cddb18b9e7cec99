/* Blocks larger than the system has memory for, which it refuses: each answer is NULL, and however many were asked for,
 * no address space is lost, nor is the room for what can be had. */
#include "check.h"

#include "child.h"
#include "memory_use.h"

#include <unistd.h>

#include <windows.h>

#define GIBIBYTE ((SIZE_T)1 << 30)
#define BLOCKS 70u
#define BLOCK (300 * GIBIBYTE) /* the smallest of them */
#define HEAP_SIZE (400 * GIBIBYTE)
#define GROWTH_AT_MOST ((size_t)70 << 30) /* address space that heaps reserve at a time */

static bool can_have_heap(void)
{
    HANDLE heap = HeapCreate(0, 0, HEAP_SIZE);
    return heap != NULL && HeapDestroy(heap);
}

/* In a child, for the address space that such a heap had stays, and blocks would be looked for in it. */
static void exit_with_heap(void *arg)
{
    (void)arg;
    _exit(can_have_heap() ? 0 : 2);
}

/* False: the system promises more than it has. */
static bool ask_for_blocks(void)
{
    for (SIZE_T i = 0; i < BLOCKS; i++) {
        POISON_LAST_ERROR();
        void *block = HeapAlloc(GetProcessHeap(), 0, BLOCK + i * GIBIBYTE);
        if (block != NULL) {
            CHECK(HeapFree(GetProcessHeap(), 0, block));
            return false;
        }
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    }
    return true;
}

int main(void)
{
    CHECK(HeapLock(GetProcessHeap()) && HeapUnlock(GetProcessHeap()));
    bool could = child_wait(child_start(exit_with_heap, NULL, 30)) == 0;
    size_t before = memory_use().mapped;
    if (!ask_for_blocks()) {
        printf("the system refuses no such block: left out\n");
        return check_report();
    }
    size_t after = memory_use().mapped;
    if (!CHECK(after <= before + GROWTH_AT_MOST)) {
        printf("    %zu GiB of address space before, %zu GiB after\n", before >> 30, after >> 30);
    }
    CHECK(can_have_heap() || !could);
    return check_report();
}
