/*
 * Workloads of one thread that allocate and free: pairs, queues, batches, and churn over a large live set.
 */
#include "workload.h"

#include <stdlib.h>

#define LIVE_MAX 300000
static void *live[LIVE_MAX];

/*
 * Pairs: a block ends before the next begins. A thousand others stay, as a program that uses nothing else has them too.
 */

#define OTHERS 1000

static void run_pairs(const uint32_t *sizes, uint32_t mask, size_t count)
{
    for (size_t i = 0; i < OTHERS; i++)
        live[i] = block_new(small_sizes[i]);
    for (size_t i = 0; i < count; i++)
        free(block_new(sizes[i & mask]));
    free_all(live, OTHERS);
}

static void pair_64(unsigned threads)
{
    static const uint32_t size = 64;
    (void)threads;
    run_pairs(&size, 0, 40000000);
}

static void pair_mixed(unsigned threads)
{
    (void)threads;
    run_pairs(small_sizes, SIZE_COUNT - 1, 40000000);
}

/* A queue: the oldest block ends when a new one comes. */
static void queue(unsigned threads)
{
    (void)threads;
    for (size_t i = 0; i < 30000000; i++) {
        void **slot = &live[i % 1024];
        free(*slot);
        *slot = block_new(small_sizes[i & (SIZE_COUNT - 1)]);
    }
    free_all(live, 1024);
}

/*
 * Batches: ten thousand blocks, which end in another order.
 */

#define BATCH 10000
static uint16_t batch_order[BATCH];

static void shuffle_batch(void)
{
    uint32_t state = 2;
    for (uint16_t i = 0; i < BATCH; i++)
        batch_order[i] = i;
    for (uint16_t i = BATCH - 1; i > 0; i--) {
        uint32_t other = random_below(&state, i + 1u);
        uint16_t swapped = batch_order[i];
        batch_order[i] = batch_order[other];
        batch_order[other] = swapped;
    }
}

static void run_batches(const uint32_t *sizes, uint32_t mask, size_t rounds)
{
    shuffle_batch();
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < BATCH; i++)
            live[i] = block_new(sizes[i & mask]);
        for (size_t i = 0; i < BATCH; i++)
            free(live[batch_order[i]]);
    }
}

static void batch_64(unsigned threads)
{
    static const uint32_t size = 64;
    (void)threads;
    run_batches(&size, 0, 2000);
}

static void batch_mixed(unsigned threads)
{
    (void)threads;
    run_batches(small_sizes, SIZE_COUNT - 1, 1500);
}

/*
 * Churn: any block of a live set ends, and one of another size takes its place.
 */

static void run_churn(const uint32_t *sizes, uint32_t live_count, size_t count)
{
    uint32_t state = 3;
    for (size_t i = 0; i < live_count; i++)
        live[i] = block_new(sizes[i & (SIZE_COUNT - 1)]);
    for (size_t i = 0; i < count; i++) {
        void **slot = &live[random_below(&state, live_count)];
        free(*slot);
        *slot = block_new(sizes[random_below(&state, SIZE_COUNT)]);
    }
    free_all(live, live_count);
}

static void churn_small(unsigned threads)
{
    (void)threads;
    run_churn(small_sizes, LIVE_MAX, 4000000);
}

static void churn_mixed(unsigned threads)
{
    (void)threads;
    run_churn(mixed_sizes, 10000, 3000000);
}

/* Buffers of which each page is written. */
static void buffers(unsigned threads)
{
    uint32_t state = 4;
    (void)threads;
    for (size_t i = 0; i < 4000; i++) {
        void **slot = &live[random_below(&state, 32)];
        uint32_t size = buffer_sizes[i];
        free(*slot);
        *slot = block_new(size);
        touch_pages(*slot, size);
    }
    free_all(live, 32);
}

const struct workload block_workloads[] = {
    {"pair_64", pair_64, 0},         {"pair_mixed", pair_mixed, 0},   {"queue", queue, 0},
    {"batch_64", batch_64, 0},       {"batch_mixed", batch_mixed, 0}, {"churn_small", churn_small, 0},
    {"churn_mixed", churn_mixed, 0}, {"buffers", buffers, 0},         {NULL, NULL, 0},
};
