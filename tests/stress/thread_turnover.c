/* Ten thousand threads, a few at a time. Each frees what earlier ones left, leaves blocks of its own, and ends with
 * blocks in its store. The heaps hold what was left and nothing else, and the process does not grow. */
#include "traffic.h"

#include "memory_use.h"
#include "thread.h"

#define THREADS (10000u / SLOWNESS / (SLOWNESS == SLOWNESS_TSAN ? 2 : 1))
#define AT_ONCE 4u
#define HEAPS 2u
#define LEFT 20u    /* blocks that each thread leaves in each heap */
#define WAITING 40u /* such sets that wait for a thread */
#define BLOCKS 60u  /* of each size that a thread allocates and frees */
#define GROWTH_AT_MOST ((size_t)6 << 20)

static HANDLE heaps[HEAPS]; /* the first is the default heap */

/* What one thread left. */
struct legacy {
    struct model_block blocks[HEAPS][LEFT];
};

static _Atomic(struct legacy *) legacies[WAITING];

static void inherit(struct legacy *legacy)
{
    for (unsigned h = 0; h < HEAPS; h++) {
        const struct model list = {.heap = heaps[h]};
        for (unsigned i = 0; i < LEFT; i++) {
            traffic_release(&list, &legacy->blocks[h][i]);
        }
    }
    free(legacy);
}

static struct legacy *leave(struct random *random)
{
    struct legacy *legacy = malloc(sizeof(*legacy));
    for (unsigned h = 0; h < HEAPS; h++) {
        for (unsigned i = 0; i < LEFT; i++) {
            struct model_block *block = &legacy->blocks[h][i];
            *block = (struct model_block){.size = traffic_hot_size(random), .pattern = i};
            block->data = HeapAlloc(heaps[h], 0, block->size);
            CHECK(block->data != NULL);
            traffic_fill(block);
        }
    }
    return legacy;
}

static void use(HANDLE heap, SIZE_T size)
{
    void *blocks[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK((blocks[i] = HeapAlloc(heap, 0, size)) != NULL);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
}

static void live(void *arg)
{
    struct random random = {*(uint64_t *)arg};
    struct legacy *mine = leave(&random);
    for (unsigned i = 0; i < 3; i++) {
        use(heaps[random_below(&random, HEAPS)], traffic_hot_size(&random));
    }
    struct legacy *other = atomic_exchange(&legacies[random_below(&random, WAITING)], mine);
    if (other != NULL) {
        inherit(other);
    }
}

static void run(struct random *random, unsigned count)
{
    static uint64_t seeds[AT_ONCE];
    static struct thread threads[AT_ONCE];
    for (unsigned i = 0; i < count + AT_ONCE; i++) {
        if (i >= AT_ONCE) {
            thread_join(&threads[i % AT_ONCE]);
        }
        if (i < count) {
            seeds[i % AT_ONCE] = random_next(random);
            thread_start(&threads[i % AT_ONCE], live, &seeds[i % AT_ONCE]);
        }
    }
}

static void check_heaps(void)
{
    for (unsigned h = 0; h < HEAPS; h++) {
        struct model left = {.name = h == 0 ? "default" : "private", .heap = heaps[h]};
        for (unsigned i = 0; i < WAITING; i++) {
            const struct legacy *legacy = atomic_load(&legacies[i]);
            for (unsigned b = 0; legacy != NULL && b < LEFT; b++) {
                const struct model_block *block = &legacy->blocks[h][b];
                model_add(&left, block->data, block->size, block->pattern);
            }
        }
        census_take(&left, true);
        free(left.blocks);
    }
}

static SIZE_T committed(void)
{
    SIZE_T sum = 0;
    for (unsigned h = 0; h < HEAPS; h++) {
        HEAP_SUMMARY summary = {.cb = sizeof(summary)};
        CHECK(HeapSummary(heaps[h], 0, &summary));
        sum += summary.cbCommitted;
    }
    return sum;
}

int main(void)
{
    struct random random = {test_seed()};
    traffic_start();
    heaps[0] = GetProcessHeap();
    heaps[1] = HeapCreate(0, 0, 0);
    run(&random, THREADS / 10);
    check_heaps();
    SIZE_T committed_before = committed();
    struct memory_use before = memory_use();
    run(&random, THREADS);
    check_heaps();
    struct memory_use after = memory_use();
    CHECK(committed() < committed_before + GROWTH_AT_MOST / 2);
    if (SLOWNESS == SLOWNESS_PLAIN) { /* a sanitizer's own memory grows */
        CHECK(after.resident < before.resident + GROWTH_AT_MOST);
        CHECK(after.writable < before.writable + GROWTH_AT_MOST);
    }
    for (unsigned i = 0; i < WAITING; i++) {
        struct legacy *legacy = atomic_exchange(&legacies[i], NULL);
        if (legacy != NULL) {
            inherit(legacy);
        }
    }
    check_heaps();
    return check_report();
}
