/* libcairn.so and libcairn_malloc.so in one process: one registry, one default heap, which is malloc's. */
#include "on_cairn.h"

#include <errno.h>
#include <windows.h>

static void test_default_heap(void)
{
    void *block = malloc(10);
    CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, block), 10);
    CHECK(HeapValidate(GetProcessHeap(), 0, block));
    CHECK(HeapFree(GetProcessHeap(), 0, block));

    block = HeapAlloc(GetProcessHeap(), 0, 1000);
    CHECK_EQ_UINT(malloc_usable_size(block), 1000);
    block = realloc(block, 3000);
    CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, block), 3000);
    free(block);
}

static void test_registry(void)
{
    HANDLE heaps[2] = {NULL, NULL};
    CHECK_EQ_UINT(GetProcessHeaps(2, heaps), 1);
    CHECK_EQ_PTR(heaps[0], GetProcessHeap());
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_UINT(GetProcessHeaps(2, heaps), 2);
    CHECK_EQ_PTR(heaps[1], heap);
    void *block = malloc(10);
    CHECK(!HeapFree(heap, 0, block));
    free(block);
    CHECK(HeapDestroy(heap));
}

/* The walk finds malloc's blocks as it finds HeapAlloc's. */
static void test_walk(void)
{
    void *block = malloc(12321);
    PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
    bool found = false;
    while (HeapWalk(GetProcessHeap(), &entry)) {
        found = found || (entry.lpData == block && (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) && entry.cbData == 12321);
    }
    CHECK(found);
    free(block);
}

static void test_last_error(void)
{
    POISON_LAST_ERROR();
    errno = 0;
    CHECK_EQ_PTR(malloc(opaque_size(SIZE_MAX)), NULL);
    CHECK_EQ_INT(errno, ENOMEM);
    free(realloc(calloc(3, 5), 5000));
    CHECK_LAST_ERROR_UNTOUCHED();
    errno = 77;
    HeapAlloc(GetProcessHeap(), 0, opaque_size(SIZE_MAX));
    CHECK_EQ_INT(errno, 77);
}

int main(void)
{
    CHECK(on_cairn());
    test_default_heap();
    test_registry();
    test_walk();
    test_last_error();
    return check_report();
}
