/* Heaps that are destroyed while threads have blocks of theirs in store, and new heaps at the same address: nothing of
 * the old heap comes to light in the new one. And many heaps, one after the other in several threads, without growth.
 */
#include "traffic.h"

#include "memory_use.h"
#include "thread.h"

#define WORKERS 3u
#define LIVES (600u / SLOWNESS)
#define BLOCKS 100u
#define CYCLES (100000u / SLOWNESS / (SLOWNESS == SLOWNESS_PLAIN ? 1 : 4)) /* of all threads together */
#define GROWTH_AT_MOST ((size_t)8 << 20)

/* --- one heap after the other at one address ---------------------------------------------------------------------- */

static HANDLE heap;
static DWORD options;
static pthread_barrier_t next_step;
static bool over;
static struct model parts[WORKERS]; /* the new heap's blocks, by thread */

static SIZE_T size_of(unsigned life, unsigned i)
{
    struct random random = {life + i % 3};
    return traffic_hot_size(&random);
}

/* Leaves blocks of each size of this life in the thread's store. */
static void fill_store(unsigned life)
{
    void *blocks[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK((blocks[i] = HeapAlloc(heap, 0, size_of(life, i))) != NULL);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
}

/* A heap without a lock is one thread's. */
static void use_new_heap(unsigned worker, unsigned life)
{
    struct model *part = &parts[worker];
    part->heap = heap;
    if ((options & HEAP_NO_SERIALIZE) != 0 && worker != life % WORKERS) {
        return;
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK(traffic_allocate(part, size_of(life, i), i % 2 == 0, life + i));
        if (i % 3 == 0 && part->count > 1) {
            struct model_block block = traffic_take(part, i / 3 % part->count);
            traffic_release(part, &block);
        }
    }
}

static void live(void *arg)
{
    unsigned worker = *(unsigned *)arg;
    for (unsigned life = 0;; life++) {
        pthread_barrier_wait(&next_step);
        if (over) {
            return;
        }
        fill_store(life);
        pthread_barrier_wait(&next_step);
        pthread_barrier_wait(&next_step); /* meanwhile the heap is replaced */
        use_new_heap(worker, life);
        pthread_barrier_wait(&next_step);
    }
}

static void check_new_heap(void)
{
    struct model all = {.name = "new", .heap = heap};
    for (unsigned w = 0; w < WORKERS; w++) {
        for (size_t i = 0; i < parts[w].count; i++) {
            const struct model_block *block = &parts[w].blocks[i];
            model_add(&all, block->data, block->size, block->pattern);
        }
        parts[w].count = parts[w].total = 0;
    }
    CHECK(all.count != 0);
    census_take(&all, true);
    free(all.blocks);
}

/* The heap that is destroyed has threads with stores; the new one is of any kind, a front end or none. */
static bool replace_heap(unsigned life)
{
    static const struct {
        DWORD options;
        SIZE_T maximum;
    } kinds[] = {{0, 0}, {HEAP_NO_SERIALIZE, 0}, {0, 0x100000}, {HEAP_CREATE_ENABLE_EXECUTE, 0}};
    HANDLE old = heap;
    CHECK(HeapDestroy(old));
    CHECK(!HeapValidate(old, 0, NULL));
    options = kinds[life % 4].options;
    heap = HeapCreate(options, 0, kinds[life % 4].maximum);
    return CHECK(heap != NULL) && heap == old;
}

static void one_heap_after_the_other(void)
{
    static unsigned numbers[WORKERS];
    struct thread threads[WORKERS];
    unsigned same = 0;
    pthread_barrier_init(&next_step, NULL, WORKERS + 1);
    for (unsigned i = 0; i < WORKERS; i++) {
        numbers[i] = i;
        thread_start(&threads[i], live, &numbers[i]);
    }
    for (unsigned life = 0; life < LIVES; life++) {
        heap = HeapCreate(0, 0, 0);
        pthread_barrier_wait(&next_step);
        pthread_barrier_wait(&next_step); /* the stores are full */
        same += replace_heap(life);
        pthread_barrier_wait(&next_step);
        pthread_barrier_wait(&next_step);
        check_new_heap();
        CHECK(HeapDestroy(heap));
    }
    over = true;
    pthread_barrier_wait(&next_step);
    for (unsigned i = 0; i < WORKERS; i++) {
        thread_join(&threads[i]);
        free(parts[i].blocks);
    }
    CHECK(same > LIVES / 4); /* else nothing was tested */
}

/* --- many heaps --------------------------------------------------------------------------------------------------- */

static atomic_uint cycles_left;

static void cycle(struct random *random)
{
    HANDLE mine = HeapCreate(0, 0, 0);
    SIZE_T size = traffic_hot_size(random);
    unsigned char *blocks[25];
    CHECK(mine != NULL);
    for (unsigned i = 0; i < 25; i++) {
        blocks[i] = HeapAlloc(mine, HEAP_ZERO_MEMORY, size);
        CHECK(blocks[i] != NULL && traffic_is_zero(blocks[i], 0, size));
        memset(blocks[i], 0xC5, size);
    }
    for (unsigned i = 0; i < 25; i += 1 + (unsigned)random_below(random, 3)) {
        CHECK(HeapFree(mine, 0, blocks[i]));
    }
    CHECK(HeapDestroy(mine));
}

static void run_cycles(void *arg)
{
    struct random random = {*(uint64_t *)arg};
    while (atomic_fetch_sub(&cycles_left, 1) > WORKERS) {
        cycle(&random);
    }
}

static void run_many(struct random *random, unsigned count)
{
    static uint64_t seeds[WORKERS];
    struct thread threads[WORKERS];
    atomic_store(&cycles_left, count + WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        seeds[i] = random_next(random);
        thread_start(&threads[i], run_cycles, &seeds[i]);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        thread_join(&threads[i]);
    }
}

static void many_heaps(struct random *random)
{
    run_many(random, CYCLES / 10);
    struct memory_use before = memory_use();
    run_many(random, CYCLES);
    struct memory_use after = memory_use();
    if (SLOWNESS == SLOWNESS_PLAIN) { /* a sanitizer's own memory grows */
        CHECK(after.resident < before.resident + GROWTH_AT_MOST);
        CHECK(after.writable < before.writable + GROWTH_AT_MOST);
        CHECK(after.mapped < before.mapped + GROWTH_AT_MOST);
    }
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), 1);
}

int main(void)
{
    struct random random = {test_seed()};
    traffic_start();
    one_heap_after_the_other();
    many_heaps(&random);
    return check_report();
}
