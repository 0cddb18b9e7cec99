/*
 * Fast paths for a tool that counts instructions: so many pairs of one kind and nothing else. Two counts differ by the
 * pairs alone, and by the loop around them, which has a row of its own.
 */
#include "count.h"
#include "workload.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static void count_loop(size_t pairs)
{
    for (size_t i = 0; i < pairs; i++)
        use(&pairs);
}

static void count_malloc(size_t pairs)
{
    for (size_t i = 0; i < pairs; i++) {
        void *block = malloc(64);
        use(block);
        free(block);
    }
}

static void find_function(const char *name, void *pointer)
{
    void *address = dlsym(RTLD_DEFAULT, name);
    if (!address)
        fail(name);
    memcpy(pointer, &address, sizeof(address));
}

static void count_heap(void *heap, size_t pairs)
{
    void *(*allocate)(void *heap, uint32_t flags, size_t size);
    int (*release)(void *heap, uint32_t flags, void *block);

    find_function("HeapAlloc", &allocate);
    find_function("HeapFree", &release);
    for (size_t i = 0; i < pairs; i++) {
        void *block = allocate(heap, 0, 64);
        use(block);
        release(heap, 0, block);
    }
}

static void count_default_heap(size_t pairs)
{
    void *(*get_process_heap)(void);
    find_function("GetProcessHeap", &get_process_heap);
    count_heap(get_process_heap(), pairs);
}

static void count_private_heap(size_t pairs)
{
    void *(*create)(uint32_t flags, size_t initial_size, size_t maximum_size);
    find_function("HeapCreate", &create);
    count_heap(create(0, 0, 0), pairs);
}

int count_pairs(const char *what, size_t pairs)
{
    if (strcmp(what, "loop") == 0)
        count_loop(pairs);
    else if (strcmp(what, "malloc") == 0)
        count_malloc(pairs);
    else if (strcmp(what, "default_heap") == 0)
        count_default_heap(pairs);
    else if (strcmp(what, "private_heap") == 0)
        count_private_heap(pairs);
    else
        return 0;
    return 1;
}
