/*
 * Workloads of several threads, which share a fixed amount of work: so a row with more threads does the same.
 */
#include "workload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define THREADS_MAX 64

struct worker {
    unsigned index;
    unsigned threads;
    uint32_t seed;
};

/* Runs the work in so many threads and waits for them all. */
static void run_in_threads(unsigned threads, void *(*work)(void *worker), uint32_t seed)
{
    pthread_t handles[THREADS_MAX];
    struct worker workers[THREADS_MAX];

    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (struct worker){i, threads, seed * THREADS_MAX + i};
        if (pthread_create(&handles[i], NULL, work, &workers[i]) != 0)
            fail("creation of a thread");
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(handles[i], NULL);
}

/* Each thread churns in blocks of its own. */
static void *churn_alone(void *context)
{
    struct worker *worker = context;
    uint32_t state = worker->seed;
    void *blocks[1000] = {NULL};
    size_t count = 32000000 / worker->threads;

    for (size_t i = 0; i < count; i++) {
        void **slot = &blocks[random_below(&state, 1000)];
        free(*slot);
        *slot = block_new(small_sizes[i & (SIZE_COUNT - 1)]);
    }
    free_all(blocks, 1000);
    return NULL;
}

static void alone(unsigned threads)
{
    run_in_threads(threads, churn_alone, 1);
}

/*
 * Slots that all threads fill: who puts a block there frees the one that was there, mostly another thread's. A thread
 * lives for an eighth of the work, then a new one goes on, as in a server.
 */

#define SLOTS 20000
#define GENERATIONS 8
static _Atomic(void *) slots[SLOTS];

static void *fill_slots(void *context)
{
    struct worker *worker = context;
    uint32_t state = worker->seed;
    size_t count = 8000000 / GENERATIONS / worker->threads;

    for (size_t i = 0; i < count; i++) {
        void *block = block_new(small_sizes[random_below(&state, SIZE_COUNT)]);
        free(atomic_exchange(&slots[random_below(&state, SLOTS)], block));
    }
    return NULL;
}

static void server_slots(unsigned threads)
{
    for (uint32_t generation = 0; generation < GENERATIONS; generation++)
        run_in_threads(threads, fill_slots, 2 + generation);
    for (size_t i = 0; i < SLOTS; i++)
        free(atomic_exchange(&slots[i], NULL));
}

/*
 * Producers and consumers, in pairs: one allocates, the other frees. Blocks go from one to the other a hundred at a
 * time.
 */

#define PARCEL 100
#define PARCELS 64

struct channel {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t sent, received;
    void *parcels[PARCELS][PARCEL];
};

static struct channel channels[THREADS_MAX / 2];

static void **wait_for_parcel(struct channel *channel, int is_producer)
{
    pthread_mutex_lock(&channel->lock);
    while (is_producer ? channel->sent - channel->received == PARCELS : channel->sent == channel->received)
        pthread_cond_wait(&channel->changed, &channel->lock);
    size_t which = (is_producer ? channel->sent : channel->received) % PARCELS;
    pthread_mutex_unlock(&channel->lock);
    return channel->parcels[which];
}

static void finish_parcel(struct channel *channel, int is_producer)
{
    pthread_mutex_lock(&channel->lock);
    if (is_producer)
        channel->sent++;
    else
        channel->received++;
    pthread_cond_signal(&channel->changed);
    pthread_mutex_unlock(&channel->lock);
}

static void *produce_or_consume(void *context)
{
    struct worker *worker = context;
    struct channel *channel = &channels[worker->index / 2];
    int is_producer = worker->index % 2 == 0;
    size_t count = 10000000 / PARCEL / (worker->threads / 2);

    for (size_t i = 0; i < count; i++) {
        void **parcel = wait_for_parcel(channel, is_producer);
        for (size_t k = 0; k < PARCEL; k++) {
            if (is_producer)
                parcel[k] = block_new(small_sizes[(i * PARCEL + k) & (SIZE_COUNT - 1)]);
            else
                free(parcel[k]);
        }
        finish_parcel(channel, is_producer);
    }
    return NULL;
}

static void producer_consumer(unsigned threads)
{
    for (size_t i = 0; i < threads / 2; i++) {
        channels[i].sent = channels[i].received = 0;
        pthread_mutex_init(&channels[i].lock, NULL);
        pthread_cond_init(&channels[i].changed, NULL);
    }
    run_in_threads(threads, produce_or_consume, 10);
}

/*
 * A storm of short threads. Each frees what the one before it in its place left, and leaves as much.
 */

#define STORM 5000
#define STORM_BLOCKS 200
static void *left_blocks[THREADS_MAX][STORM_BLOCKS];

static void *live_shortly(void *context)
{
    struct worker *worker = context;
    uint32_t state = worker->seed;
    void **left = left_blocks[worker->index];

    for (size_t i = 0; i < STORM_BLOCKS; i++) {
        free(left[i]);
        left[i] = block_new(small_sizes[random_below(&state, SIZE_COUNT)]);
        free(block_new(small_sizes[random_below(&state, SIZE_COUNT)]));
    }
    return NULL;
}

static void thread_storm(unsigned threads)
{
    for (uint32_t i = 0; i < STORM / threads; i++)
        run_in_threads(threads, live_shortly, 11 + i);
    for (size_t i = 0; i < threads; i++)
        free_all(left_blocks[i], STORM_BLOCKS);
}

const struct workload thread_workloads[] = {
    {"alone", alone, 1},
    {"server_slots", server_slots, 1},
    {"producer_consumer", producer_consumer, 1},
    {"thread_storm", thread_storm, 1},
    {NULL, NULL, 0},
};
