/*
 * The allocator under test, under one set of names: the Windows heap (Cairn's on Linux, Wine's in a Windows program),
 * or with BENCH_LIBC the C library's malloc, which has no heaps to create, destroy, walk or validate.
 */
#ifndef BENCH_CONTESTANT_H
#define BENCH_CONTESTANT_H

#include <stddef.h>

#ifdef BENCH_LIBC

#include <malloc.h>
#include <stdlib.h>

typedef int test_heap;
#define HEAP_NO_SERIALIZE 1u

static inline test_heap heap_new(unsigned flags)
{
    (void)flags;
    return 1;
}

static inline int heap_end(test_heap heap)
{
    return heap;
}

static inline void *block_new(test_heap heap, size_t size)
{
    (void)heap;
    return malloc(size);
}

static inline int block_end(test_heap heap, void *block)
{
    free(block);
    return heap;
}

static inline void *block_resize(test_heap heap, void *block, size_t size)
{
    (void)heap;
    return realloc(block, size);
}

static inline size_t block_size(test_heap heap, void *block)
{
    (void)heap;
    return malloc_usable_size(block);
}

#else

#include <windows.h>

typedef HANDLE test_heap;

static inline test_heap heap_new(unsigned flags)
{
    return HeapCreate(flags, 0, 0);
}

static inline int heap_end(test_heap heap)
{
    return HeapDestroy(heap);
}

static inline void *block_new(test_heap heap, size_t size)
{
    return HeapAlloc(heap, 0, size);
}

static inline int block_end(test_heap heap, void *block)
{
    return HeapFree(heap, 0, block);
}

static inline void *block_resize(test_heap heap, void *block, size_t size)
{
    return HeapReAlloc(heap, 0, block, size);
}

static inline size_t block_size(test_heap heap, void *block)
{
    return HeapSize(heap, 0, block);
}

#endif

#endif
