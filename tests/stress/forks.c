/* Ten thousand forks (fewer in slow builds) of a process whose other threads use every heap all the time, and have
 * blocks of every heap in store. Each child can go on with every heap. */
#include "traffic.h"

#include "child.h"
#include "thread.h"

#define HEAPS 4u
#define HAMMERS 2u
#ifdef CAIRN_TEST_DEBUG
#define FORKS (SLOWNESS == SLOWNESS_PLAIN ? 500u : 100u)
#else
#define FORKS 10000u
#endif
#define VALIDATE_EVERY 16u
#define CHILDREN 4u /* at once */
#define CHILD_SECONDS 30
#define BLOCKS 40u

static HANDLE heaps[HEAPS]; /* the first is the default heap */
static atomic_bool stop;
static unsigned number; /* of this fork */

/* --- the parent's other threads ----------------------------------------------------------------------------------- */

/* Sometimes rests, or on a busy machine the forking thread gets no turn. */
static void hammer(void *arg)
{
    struct random random = {*(uint64_t *)arg};
    static _Thread_local void *kept[HEAPS][BLOCKS];
    while (!atomic_load(&stop)) {
        for (unsigned i = 0; i < 200; i++) {
            size_t h = random_below(&random, HEAPS);
            SIZE_T size = random_percent(&random, 95) ? traffic_hot_size(&random) : random_below(&random, 20000);
            void **slot = &kept[h][random_below(&random, BLOCKS)];
            CHECK(HeapFree(heaps[h], 0, *slot));
            CHECK((*slot = HeapAlloc(heaps[h], 0, size)) != NULL);
        }
        nanosleep(&(struct timespec){0, 100000}, NULL);
    }
    for (size_t h = 0; h < HEAPS; h++) {
        for (size_t i = 0; i < BLOCKS; i++) {
            CHECK(HeapFree(heaps[h], 0, kept[h][i]));
        }
    }
}

/* --- the child ---------------------------------------------------------------------------------------------------- */

static void use(HANDLE heap, struct random *random)
{
    struct model_block blocks[12];
    for (unsigned i = 0; i < 12; i++) {
        SIZE_T size = i % 4 == 3 ? random_below(random, 20000) : traffic_hot_size(random);
        blocks[i] = (struct model_block){HeapAlloc(heap, HEAP_ZERO_MEMORY, size), size, i, false};
        CHECK(blocks[i].data != NULL && traffic_is_zero(blocks[i].data, 0, size));
        traffic_fill(&blocks[i]);
    }
    for (unsigned i = 0; i < 12; i++) {
        CHECK_EQ_UINT(HeapSize(heap, 0, blocks[i].data), blocks[i].size);
        CHECK(traffic_holds(blocks[i].data, blocks[i].size, i));
        CHECK(HeapFree(heap, 0, blocks[i].data));
        CHECK(!HeapFree(heap, 0, blocks[i].data));
    }
}

/* The child has one thread, so even without a lock what it asks of a heap must agree. */
static void look(HANDLE heap)
{
    struct walk_totals totals;
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    PROCESS_HEAP_ENTRY entry;
    memset(&totals, 0, sizeof(totals));
    walk_begin(&entry);
    POISON_LAST_ERROR();
    while (HeapWalk(heap, &entry)) {
        totals.busy_bytes += (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0 ? entry.cbData : 0;
    }
    CHECK_LAST_ERROR(ERROR_NO_MORE_ITEMS);
    CHECK(HeapSummary(heap, 0, &summary));
    CHECK_EQ_UINT(summary.cbAllocated, totals.busy_bytes);
    CHECK(HeapValidate(heap, 0, NULL));
}

static void in_child(void *arg)
{
    struct random random = {number};
    (void)arg;
    for (size_t h = 0; h < HEAPS; h++) {
        use(heaps[h], &random);
        if (number % VALIDATE_EVERY == 0) {
            look(heaps[h]);
        }
        CHECK(HeapLock(heaps[h]) && HeapUnlock(heaps[h]));
    }
    HANDLE heap = HeapCreate(0, 0, 0);
    use(heap, &random);
    CHECK(HeapDestroy(heap));
    if (number % VALIDATE_EVERY == 1) {
        CHECK(HeapDestroy(heaps[1 + number / VALIDATE_EVERY % (HEAPS - 1)]));
        use(heaps[0], &random);
    }
}

/* --- the test ----------------------------------------------------------------------------------------------------- */

static void make_heaps(void)
{
    ULONG mode = HEAP_COMPATIBILITY_LFH;
    heaps[0] = GetProcessHeap();
    heaps[1] = HeapCreate(0, 0, 0);
    heaps[2] = HeapCreate(0, 0, 0x400000);
    heaps[3] = HeapCreate(HEAP_CREATE_ENABLE_EXECUTE, 0, 0);
    CHECK(HeapSetInformation(heaps[1], HeapCompatibilityInformation, &mode, sizeof(mode)));
}

static void fork_many(void)
{
    pid_t children[CHILDREN] = {0};
    for (number = 0; number < FORKS + CHILDREN && atomic_load(&check_failures) == 0; number++) {
        pid_t *child = &children[number % CHILDREN];
        if (*child != 0 && !CHECK_EQ_INT(child_wait(*child), 0)) {
            printf("    in the child of fork %u\n", number - CHILDREN);
        }
        *child = number < FORKS ? child_start(in_child, NULL, CHILD_SECONDS) : 0;
    }
}

int main(void)
{
    struct thread threads[HAMMERS];
    static uint64_t seeds[HAMMERS];
    struct random random = {test_seed()};

    traffic_start();
    make_heaps();
    for (size_t i = 0; i < HAMMERS; i++) {
        seeds[i] = random_next(&random);
        thread_start(&threads[i], hammer, &seeds[i]);
    }
    fork_many();
    atomic_store(&stop, true);
    for (size_t i = 0; i < HAMMERS; i++) {
        thread_join(&threads[i]);
    }
    for (size_t h = 0; h < HEAPS; h++) {
        struct model nothing = {.name = "after all forks", .heap = heaps[h]};
        census_take(&nothing, false);
    }
    return check_report();
}
