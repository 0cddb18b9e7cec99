/*
 * What the workloads of the malloc benchmark share: how one looks to main.c, checked allocation, random numbers, and
 * the sizes that programs ask for.
 */
#ifndef BENCH_MALLOC_WORKLOAD_H
#define BENCH_MALLOC_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

/* Fixed work: the same operations in the same order for every allocator. What it keeps about its blocks lies in static
 * memory, so that only the work itself allocates. */
struct workload {
    const char *name;
    void (*run)(unsigned threads); /* threads: how many share the work; 1 for a workload that takes no number */
    int is_threaded;
};

extern const struct workload block_workloads[];
extern const struct workload resize_workloads[];
extern const struct workload program_workloads[];
extern const struct workload thread_workloads[];

/* Ends the process with a message. */
_Noreturn void fail(const char *what);

/* Ends the process when there is no block; writes both ends of one that there is. */
void *check_block(void *block, size_t size);

void *block_new(size_t size);

/* A generator of its own for each place that draws, so that threads draw the same numbers whatever their order. */
uint32_t random_below(uint32_t *state, uint32_t limit);

#define SIZE_COUNT 4096u /* a power of two */

/* Sizes that were drawn before the clock runs, each magnitude as likely as another: most blocks are small, most bytes
 * are in large ones. */
extern uint32_t small_sizes[SIZE_COUNT];  /* 16 .. 1023 */
extern uint32_t mixed_sizes[SIZE_COUNT];  /* 16 .. 65,535 */
extern uint32_t buffer_sizes[SIZE_COUNT]; /* 64 KiB .. 4 MiB */

/* Ends the blocks of a table and empties it. */
void free_all(void **blocks, size_t count);

/* Writes a byte of each page, as somebody who fills a buffer does. */
void touch_pages(void *block, size_t size);

/* Makes the compiler believe that a pointer is used, and what it points to. */
static inline void use(void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

#endif
