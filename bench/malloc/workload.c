/*
 * The helpers of workload.h.
 */
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

uint32_t small_sizes[SIZE_COUNT];
uint32_t mixed_sizes[SIZE_COUNT];
uint32_t buffer_sizes[SIZE_COUNT];

void fail(const char *what)
{
    fprintf(stderr, "malloc benchmark: %s failed\n", what);
    exit(1);
}

void *check_block(void *block, size_t size)
{
    if (!block)
        fail("allocation");
    ((char *)block)[0] = 1;
    ((char *)block)[size - 1] = 1;
    use(block);
    return block;
}

void *block_new(size_t size)
{
    return check_block(malloc(size), size);
}

uint32_t random_below(uint32_t *state, uint32_t limit)
{
    *state = *state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)*state * limit >> 32);
}

/* Sizes from `first` on, over so many doublings of it. */
static void draw_sizes(uint32_t *sizes, uint32_t first, uint32_t doublings)
{
    uint32_t state = first;
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        uint32_t low = first << random_below(&state, doublings);
        sizes[i] = low + random_below(&state, low);
    }
}

__attribute__((constructor)) static void draw_all_sizes(void)
{
    draw_sizes(small_sizes, 16, 6);
    draw_sizes(mixed_sizes, 16, 12);
    draw_sizes(buffer_sizes, 65536, 6);
}

void free_all(void **blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
}

void touch_pages(void *block, size_t size)
{
    for (size_t offset = 0; offset < size; offset += 4096)
        ((char *)block)[offset] = 1;
    use(block);
}
