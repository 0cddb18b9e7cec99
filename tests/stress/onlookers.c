/* Threads that allocate and free small blocks as fast as they can, while others walk, validate, sum up, compact and
 * trim the heap, without its lock and with it. Without the lock nothing crashes, and what is told is possible. With it
 * a walk comes to its end and tells of every block that lives throughout, and blocks that do not come from the threads'
 * own stores do not change. A block that was freed is free, in whichever thread's store it lies. */
#include "traffic.h"

#include "thread.h"

#define WORKERS 3u
#define PILLARS 200u /* blocks of each worker that live throughout */
#define LOOSE 300u   /* blocks of each worker that come and go */
#define ROUNDS (1500u / SLOWNESS)
#define BIG ((SIZE_T)0x5000) /* from here on no block comes from a thread's store: win32-heap.md section 5 */
#define BIG_PERCENT 3u
#define IDLE_SIZE ((SIZE_T)1777) /* only the idle thread uses it, and it has freed all of them */
#define IDLE_BLOCKS 500u

static HANDLE heap;
static atomic_bool stop;
static atomic_uint waiting; /* threads that are not ready yet */

struct worker {
    struct random random;
    struct model pillars, loose;
    struct thread thread;
};

static struct worker workers[WORKERS];
static struct model pillars; /* of all workers */

/* --- those who allocate ------------------------------------------------------------------------------------------- */

static SIZE_T small_size(struct random *random)
{
    SIZE_T size = random_percent(random, 80) ? traffic_hot_size(random) : random_below(random, 3000);
    return size == IDLE_SIZE ? size + 1 : size;
}

static void raise_pillars(struct worker *w)
{
    for (unsigned i = 0; i < PILLARS; i++) {
        /* What is freed in between lies beside them. */
        CHECK(traffic_allocate(&w->loose, small_size(&w->random), false, i));
        CHECK(traffic_allocate(&w->pillars, small_size(&w->random), true, i));
    }
    traffic_free_all(&w->loose);
}

static void allocate(struct worker *w)
{
    raise_pillars(w);
    atomic_fetch_sub(&waiting, 1);
    while (!atomic_load(&stop)) {
        if (w->loose.count < LOOSE && random_percent(&w->random, 50)) {
            bool big = random_percent(&w->random, BIG_PERCENT);
            SIZE_T size = big ? random_between(&w->random, BIG, 3 * BIG) : small_size(&w->random);
            CHECK(traffic_allocate(&w->loose, size, random_percent(&w->random, 20), (unsigned)size));
        } else if (w->loose.count != 0) {
            struct model_block block = traffic_take(&w->loose, random_below(&w->random, w->loose.count));
            traffic_release(&w->loose, &block);
        }
    }
}

static void work(void *arg)
{
    allocate(arg);
}

/* Fills its store and then only waits; the onlookers must see into it. */
static void idle(void *arg)
{
    static void *blocks[IDLE_BLOCKS];
    (void)arg;
    for (unsigned i = 0; i < IDLE_BLOCKS; i++) {
        CHECK((blocks[i] = HeapAlloc(heap, 0, IDLE_SIZE)) != NULL);
    }
    for (unsigned i = 0; i < IDLE_BLOCKS; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
    atomic_fetch_sub(&waiting, 1);
    while (!atomic_load(&stop)) {
        thread_sleep(2);
    }
}

/* --- without the lock --------------------------------------------------------------------------------------------- */

static void walk_unlocked(void)
{
    PROCESS_HEAP_ENTRY entry;
    walk_begin(&entry);
    for (unsigned i = 0; i < 20000 && HeapWalk(heap, &entry); i++) {
        bool busy = (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0;
        CHECK(!busy || (entry.cbData <= 3 * BIG && entry.cbData != IDLE_SIZE));
    }
}

static void ask_unlocked(struct random *random)
{
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    const struct model_block *pillar = &pillars.blocks[random_below(random, pillars.count)];
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapValidate(heap, 0, pillar->data));
    CHECK_EQ_UINT(HeapSize(heap, 0, pillar->data), pillar->size);
    CHECK(HeapSummary(heap, 0, &summary));
    CHECK(summary.cbAllocated >= pillars.total);
    CHECK(summary.cbAllocated <= pillars.total + (SIZE_T)WORKERS * (LOOSE + 1) * 3 * BIG);
    CHECK(summary.cbCommitted >= summary.cbAllocated && summary.cbReserved >= summary.cbCommitted);
}

static void trim(struct random *random)
{
    HEAP_OPTIMIZE_RESOURCES_INFORMATION information = {HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
    HANDLE which = random_percent(random, 50) ? heap : NULL;
    CHECK(HeapSetInformation(which, HeapOptimizeResources, &information, sizeof(information)));
    HeapCompact(heap, 0);
}

/* --- with the lock ------------------------------------------------------------------------------------------------ */

/* What one walk told. */
struct view {
    size_t pillars;
    size_t big;
    uint64_t big_sum; /* of a hash over address and size of each */
};

static uint64_t hash(const PROCESS_HEAP_ENTRY *entry)
{
    struct random random = {(uintptr_t)entry->lpData * 31 + entry->cbData};
    return random_next(&random);
}

static bool view_take(struct view *view)
{
    PROCESS_HEAP_ENTRY entry;
    memset(view, 0, sizeof(*view));
    walk_begin(&entry);
    POISON_LAST_ERROR();
    while (HeapWalk(heap, &entry)) {
        if ((entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) == 0) {
            continue;
        }
        const struct model_block *pillar = model_find(&pillars, entry.lpData);
        if (pillar != NULL) {
            view->pillars++;
            CHECK_EQ_UINT(entry.cbData, pillar->size);
        } else if (entry.cbData >= BIG) {
            view->big++;
            view->big_sum += hash(&entry);
        }
        CHECK(entry.cbData != IDLE_SIZE);
    }
    return CHECK_LAST_ERROR(ERROR_NO_MORE_ITEMS) && CHECK_EQ_UINT(view->pillars, pillars.count);
}

static void look_locked(void)
{
    struct view first, second;
    CHECK(HeapLock(heap));
    if (view_take(&first)) {
        CHECK(HeapValidate(heap, 0, NULL));
        thread_sleep(1);
        CHECK(view_take(&second));
        CHECK_EQ_UINT(first.big, second.big);
        CHECK(first.big_sum == second.big_sum);
    }
    CHECK(HeapUnlock(heap));
}

/* The holder of the lock may allocate and free, too. */
static void use_locked(struct random *random)
{
    struct model mine = {.name = "locked", .heap = heap};
    CHECK(HeapLock(heap));
    for (unsigned i = 0; i < 30; i++) {
        CHECK(traffic_allocate(&mine, traffic_hot_size(random), true, i));
    }
    CHECK(HeapValidate(heap, 0, NULL));
    traffic_free_all(&mine);
    CHECK(HeapUnlock(heap));
    free(mine.blocks);
}

static void look(void *arg)
{
    struct random random = {*(uint64_t *)arg};
    for (unsigned i = 0; i < ROUNDS && atomic_load(&check_failures) == 0; i++) {
        size_t dice = random_below(&random, 100);
        if (dice < 40) {
            walk_unlocked();
        } else if (dice < 80) {
            ask_unlocked(&random);
        } else if (dice < 85) {
            look_locked();
        } else if (dice < 97) {
            use_locked(&random);
        } else {
            trim(&random);
        }
    }
}

/* --- the test ----------------------------------------------------------------------------------------------------- */

static void wait_until_ready(void)
{
    while (atomic_load(&waiting) != 0) {
        thread_sleep(1);
    }
    pillars = (struct model){.name = "pillars", .heap = heap};
    for (unsigned i = 0; i < WORKERS; i++) {
        for (size_t b = 0; b < workers[i].pillars.count; b++) {
            const struct model_block *block = &workers[i].pillars.blocks[b];
            model_add(&pillars, block->data, block->size, block->pattern);
        }
    }
    model_sort(&pillars);
}

static void run(struct random *random)
{
    static uint64_t seeds[2];
    struct thread idler, lookers[2];
    heap = HeapCreate(0, 0, 0);
    atomic_store(&stop, false);
    atomic_store(&waiting, WORKERS + 1);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i].random.state = random_next(random);
        workers[i].pillars = workers[i].loose = (struct model){.name = "worker", .heap = heap, .growable = true};
        thread_start(&workers[i].thread, work, &workers[i]);
    }
    thread_start(&idler, idle, NULL);
    wait_until_ready();
    for (unsigned i = 0; i < 2; i++) {
        seeds[i] = random_next(random);
        thread_start(&lookers[i], look, &seeds[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        thread_join(&lookers[i]);
    }
    atomic_store(&stop, true);
    thread_join(&idler);
    for (unsigned i = 0; i < WORKERS; i++) {
        thread_join(&workers[i].thread);
    }
}

/* Everything comes to rest: the heap is what is left in the lists, and then empty. */
static void end(void)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        for (size_t b = 0; b < workers[i].loose.count; b++) {
            const struct model_block *block = &workers[i].loose.blocks[b];
            model_add(&pillars, block->data, block->size, block->pattern);
        }
        free(workers[i].loose.blocks);
        free(workers[i].pillars.blocks);
    }
    census_take(&pillars, true);
    traffic_free_all(&pillars);
    census_take(&pillars, false);
    model_destroy(&pillars);
}

int main(void)
{
    struct random random = {test_seed()};
    traffic_start();
    run(&random);
    if (atomic_load(&check_failures) == 0) {
        end();
    }
    return check_report();
}
