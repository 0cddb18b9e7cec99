/*
 * Workloads of the other ways to ask for memory: realloc, calloc, and alignment.
 */
#include "workload.h"

#include <stdlib.h>

static void *grow(void *block, size_t size)
{
    return check_block(realloc(block, size), size);
}

/* Vectors that grow by half, some of them at the same time: to 128 KiB, to 16 MiB. */
static void run_vectors(size_t rounds, size_t final_size)
{
    void *vectors[16] = {NULL};
    for (size_t round = 0; round < rounds; round++) {
        for (size_t size = 16; size <= final_size; size += size / 2) {
            for (size_t i = 0; i < 16; i++)
                vectors[i] = grow(vectors[i], size);
        }
        free_all(vectors, 16);
    }
}

static void realloc_vectors(unsigned threads)
{
    (void)threads;
    run_vectors(1000, 128 << 10);
}

static void realloc_huge(unsigned threads)
{
    (void)threads;
    run_vectors(10, 16 << 20);
}

/* Strings that a few characters at a time are added to. */
static void realloc_strings(unsigned threads)
{
    static void *strings[1000];
    static size_t lengths[1000];
    uint32_t state = 5;

    (void)threads;
    for (size_t i = 0; i < 12000000; i++) {
        size_t which = random_below(&state, 1000);
        lengths[which] += 1 + random_below(&state, 32);
        if (lengths[which] > 2000) {
            free(strings[which]);
            strings[which] = NULL;
            lengths[which] = 16;
        }
        strings[which] = grow(strings[which], lengths[which]);
    }
    free_all(strings, 1000);
}

static void run_calloc(const uint32_t *sizes, size_t window, size_t count)
{
    static void *blocks[1024];
    for (size_t i = 0; i < count; i++) {
        void **slot = &blocks[i % window];
        uint32_t size = sizes[i & (SIZE_COUNT - 1)];
        free(*slot);
        *slot = check_block(calloc(1, size), size);
    }
    free_all(blocks, window);
}

static void calloc_small(unsigned threads)
{
    (void)threads;
    run_calloc(small_sizes, 1024, 12000000);
}

static void calloc_buffers(unsigned threads)
{
    (void)threads;
    run_calloc(buffer_sizes, 16, 4000);
}

static void aligned(unsigned threads)
{
    static void *blocks[1024];
    (void)threads;
    for (size_t i = 0; i < 5000000; i++) {
        void **slot = &blocks[i % 1024];
        uint32_t size = small_sizes[i & (SIZE_COUNT - 1)];
        free(*slot);
        if (posix_memalign(slot, i % 16 == 0 ? 4096 : 64, size) != 0)
            fail("posix_memalign");
        check_block(*slot, size);
    }
    free_all(blocks, 1024);
}

const struct workload resize_workloads[] = {
    {"realloc_vectors", realloc_vectors, 0},
    {"realloc_huge", realloc_huge, 0},
    {"realloc_strings", realloc_strings, 0},
    {"calloc_small", calloc_small, 0},
    {"calloc_buffers", calloc_buffers, 0},
    {"aligned", aligned, 0},
    {NULL, NULL, 0},
};
