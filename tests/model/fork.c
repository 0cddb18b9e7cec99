/* Forking while other threads are inside the heaps: the child finds every heap between two operations and can go on
 * with all of them, as the parent can. */
#include "model.h"

#include "child.h"
#include "thread.h"

#define HEAPS 3
#define THREADS 3
#define FORKS (SLOWNESS == SLOWNESS_PLAIN ? 300u : 60u)
#define CHILD_SECONDS 30

static HANDLE heaps[HEAPS]; /* the first is the default heap */
static atomic_bool stop;

/* Many short operations, so that a fork falls into the middle of some. */
static void hammer(void *arg)
{
    struct random random = {*(uint64_t *)arg};
    void *kept[HEAPS] = {NULL};
    while (!atomic_load(&stop)) {
        size_t h = random_below(&random, HEAPS);
        CHECK(HeapFree(heaps[h], 0, kept[h]));
        kept[h] = HeapAlloc(heaps[h], 0, random_percent(&random, 2) ? 0x100000 : random_below(&random, 9000));
        HANDLE heap = random_percent(&random, 10) ? HeapCreate(0, 0, random_percent(&random, 50) ? 0x10000 : 0) : NULL;
        if (heap != NULL) {
            CHECK(HeapAlloc(heap, 0, 100) != NULL);
            CHECK(HeapDestroy(heap));
        }
    }
    for (size_t h = 0; h < HEAPS; h++) {
        CHECK(HeapFree(heaps[h], 0, kept[h]));
    }
}

static void use(HANDLE heap)
{
    unsigned char *a = HeapAlloc(heap, HEAP_ZERO_MEMORY, 5000);
    CHECK(a != NULL && model_is_zero(a, 0, 5000));
    void *b = HeapAlloc(heap, 0, 40);
    CHECK(b != NULL);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapFree(heap, 0, a));
    CHECK(HeapFree(heap, 0, b));
}

static void in_child(void *arg)
{
    struct walk_totals totals;
    (void)arg;
    for (size_t h = 0; h < HEAPS; h++) {
        use(heaps[h]);
        CHECK(HeapLock(heaps[h]));
        CHECK(walk_totals(heaps[h], &totals));
        CHECK(HeapUnlock(heaps[h]));
    }
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(heap != NULL);
    use(heap);
    CHECK(HeapDestroy(heap));
    for (size_t h = 1; h < HEAPS; h++) {
        CHECK(HeapDestroy(heaps[h]));
    }
    CHECK(GetProcessHeaps(0, NULL) >= 1);
    use(GetProcessHeap());
}

/* A lock that the forking thread holds is held by the child's one thread, too. */
static void in_child_of_holder(void *arg)
{
    HANDLE heap = arg;
    use(heap);
    CHECK(HeapUnlock(heap));
    CHECK(!HeapUnlock(heap));
    in_child(NULL);
}

static void fork_while_holding(HANDLE heap)
{
    CHECK(HeapLock(heap));
    pid_t child = child_start(in_child_of_holder, heap, CHILD_SECONDS);
    CHECK(HeapUnlock(heap));
    CHECK_EQ_INT(child_wait(child), 0);
}

int main(void)
{
    struct thread threads[THREADS];
    static uint64_t seeds[THREADS];
    struct random random = {test_seed()};

    heaps[0] = GetProcessHeap();
    heaps[1] = HeapCreate(0, 0, 0);
    heaps[2] = HeapCreate(0, 0x1000, 0x400000);
    for (size_t i = 0; i < THREADS; i++) {
        seeds[i] = random_next(&random);
        thread_start(&threads[i], hammer, &seeds[i]);
    }
    for (unsigned i = 0; i < FORKS && atomic_load(&check_failures) == 0; i++) {
        child_run(in_child, NULL, CHILD_SECONDS, "fork under load");
        if (i % 8 == 0) {
            fork_while_holding(heaps[random_below(&random, HEAPS)]);
        }
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    for (size_t h = 0; h < HEAPS; h++) {
        CHECK(HeapValidate(heaps[h], 0, NULL));
    }
    return check_report();
}
