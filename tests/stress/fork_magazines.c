/* Forks of a process whose other threads rest, or work, with thousands of free blocks in their stores. All that is free
 * is the child's: it has it again without more memory. Nothing that lives is among it, and nothing is given out twice.
 */
#include "traffic.h"

#include "child.h"
#include "thread.h"

#define THREADS 8u
#define HEAPS 4u
#define UNLOCKED (HEAPS - 1) /* has no lock: the first thread's, and the child's */
#define CHILD_SECONDS 60

static const char *const names[HEAPS] = {"default", "private", "low-fragmentation", "without a lock"};
static HANDLE heaps[HEAPS];

static void make_heaps(void)
{
    ULONG mode = HEAP_COMPATIBILITY_LFH;
    heaps[0] = GetProcessHeap();
    heaps[1] = HeapCreate(0, 0, 0);
    heaps[2] = HeapCreate(0, 0, 0);
    heaps[UNLOCKED] = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    CHECK(HeapSetInformation(heaps[2], HeapCompatibilityInformation, &mode, sizeof(mode)));
}

static SIZE_T committed(HANDLE heap)
{
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    CHECK(HeapSummary(heap, 0, &summary));
    return summary.cbCommitted;
}

static bool uses(unsigned thread, unsigned h)
{
    return h != UNLOCKED || thread == 0;
}

static unsigned users_of(unsigned h)
{
    return h == UNLOCKED ? 1 : THREADS;
}

/* --- what a thread allocates in a heap: blocks of many sizes, of which some stay ---------------------------------- */

static const SIZE_T sizes[] = {1,   32,  40,  64,   80,   100,  128,  200,  256,  320,
                               400, 500, 700, 1000, 1500, 2000, 3000, 5000, 9000, 12000};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define BYTES_OF_A_SIZE 40000u /* which a store holds */
#define MOST_OF_A_SIZE 400u
#define STAYS_EVERY 16u

static unsigned count_of(unsigned s)
{
    return sizes[s] < BYTES_OF_A_SIZE / MOST_OF_A_SIZE ? MOST_OF_A_SIZE : (unsigned)(BYTES_OF_A_SIZE / sizes[s]);
}

static bool stays(unsigned i)
{
    return i % STAYS_EVERY == 0;
}

/* --- threads that rest -------------------------------------------------------------------------------------------- */

#define ROUNDS 3u

struct worker {
    unsigned number;
    struct random random;
    struct model loose[HEAPS], staying[HEAPS];
    struct thread thread;
};

static struct worker workers[THREADS];
static pthread_barrier_t barrier;

static void next_step(void)
{
    pthread_barrier_wait(&barrier);
}

static void fill(struct worker *w, unsigned h)
{
    for (unsigned s = 0; s < SIZES; s++) {
        for (unsigned i = 0; i < count_of(s); i++) {
            struct model *list = stays(i) ? &w->staying[h] : &w->loose[h];
            CHECK(traffic_allocate(list, sizes[s], false, (unsigned)random_next(&w->random)));
        }
    }
}

static void free_in_any_order(struct worker *w, struct model *list)
{
    while (list->count != 0) {
        struct model_block block = traffic_take(list, random_below(&w->random, list->count));
        traffic_release(list, &block);
    }
}

static void work_and_rest(void *arg)
{
    struct worker *w = arg;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned h = 0; h < HEAPS; h++) {
            if (uses(w->number, h)) {
                fill(w, h);
            }
        }
        next_step(); /* all is there */
        next_step();
        for (unsigned h = 0; h < HEAPS; h++) {
            free_in_any_order(w, &w->loose[h]);
        }
        next_step(); /* all is free but what stays */
        next_step();
        for (unsigned h = 0; h < HEAPS; h++) {
            free_in_any_order(w, &w->staying[h]);
        }
    }
}

/* --- their child -------------------------------------------------------------------------------------------------- */

/* Of what the stores of a thread held of a heap, a third of a mebibyte and more: the rest may lie less well. */
#define GROWTH_AT_MOST ((SIZE_T)128 << 10)

static SIZE_T peaks[HEAPS]; /* committed bytes when all was there */

static void add_all(struct model *to, const struct model *from)
{
    for (size_t i = 0; i < from->count; i++) {
        model_add(to, from->blocks[i].data, from->blocks[i].size, from->blocks[i].pattern);
    }
}

/* All that the threads freed. */
static void allocate_again(struct model *list, unsigned h)
{
    for (unsigned s = 0; s < SIZES; s++) {
        for (unsigned i = 0; i < count_of(s) * users_of(h); i++) {
            if (!stays(i % count_of(s))) {
                CHECK(traffic_allocate(list, sizes[s], i % 4 == 1, i));
            }
        }
    }
}

static void take_again(unsigned h)
{
    struct model all = {.name = names[h], .heap = heaps[h]};
    for (unsigned t = 0; t < THREADS; t++) {
        add_all(&all, &workers[t].staying[h]);
    }
    census_take(&all, true);
    SIZE_T before = committed(heaps[h]);
    allocate_again(&all, h);
    SIZE_T now = committed(heaps[h]);
    if (!CHECK(now <= peaks[h] + users_of(h) * GROWTH_AT_MOST)) {
        printf("    heap %s: with all blocks %zu KiB in the parent, %zu KiB in the child, which began with %zu KiB\n",
               names[h], peaks[h] >> 10, now >> 10, before >> 10);
    }
    census_take(&all, true);
    traffic_free_all(&all);
    census_take(&all, false);
    free(all.blocks);
}

static void take_all_again(void *arg)
{
    (void)arg;
    for (unsigned h = 0; h < HEAPS; h++) {
        take_again(h);
    }
}

static void fork_and_take_again(void *arg)
{
    (void)arg;
    child_run(take_all_again, NULL, CHILD_SECONDS, "the child of a child");
    take_all_again(NULL);
}

static void take_one_again(void *arg)
{
    take_again(*(unsigned *)arg);
}

/* New threads take the places of the ones that are not there. */
static void take_again_in_threads(void *arg)
{
    struct thread threads[HEAPS];
    unsigned numbers[HEAPS];
    (void)arg;
    for (unsigned h = 0; h < HEAPS; h++) {
        numbers[h] = h;
        thread_start(&threads[h], take_one_again, &numbers[h]);
    }
    for (unsigned h = 0; h < HEAPS; h++) {
        thread_join(&threads[h]);
    }
}

static void use_new_heap(void)
{
    struct model list = {.name = "new", .heap = HeapCreate(0, 0, 0)};
    CHECK(list.heap != NULL);
    allocate_again(&list, UNLOCKED);
    census_take(&list, true);
    free(list.blocks);
    CHECK(HeapDestroy(list.heap));
}

/* With all that is in them. */
static void destroy_heaps(void)
{
    for (unsigned h = 1; h < HEAPS; h++) {
        CHECK(HeapDestroy(heaps[h]));
    }
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), 1);
    use_new_heap();
}

static void destroy_and_take_again(void *arg)
{
    (void)arg;
    destroy_heaps();
    take_again(0);
}

static void fork_at_rest(void)
{
    child_run(take_all_again, NULL, CHILD_SECONDS, "takes again what is free");
    child_run(fork_and_take_again, NULL, CHILD_SECONDS, "forks, and takes again what is free");
    child_run(destroy_and_take_again, NULL, CHILD_SECONDS, "destroys heaps");
    if (SLOWNESS != SLOWNESS_TSAN) { /* which knows no threads in the child of threads */
        child_run(take_again_in_threads, NULL, CHILD_SECONDS, "takes again what is free, in threads");
    }
}

static void with_threads_at_rest(struct random *random)
{
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (unsigned t = 0; t < THREADS; t++) {
        workers[t] = (struct worker){.number = t, .random = {random_next(random)}};
        for (unsigned h = 0; h < HEAPS; h++) {
            workers[t].loose[h].heap = workers[t].staying[h].heap = heaps[h];
        }
        thread_start(&workers[t].thread, work_and_rest, &workers[t]);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        next_step();
        for (unsigned h = 0; h < HEAPS; h++) {
            peaks[h] = committed(heaps[h]);
        }
        next_step();
        next_step();
        if (round != 0) { /* in which the heaps learn what they are used for */
            fork_at_rest();
        }
        next_step();
    }
    for (unsigned t = 0; t < THREADS; t++) {
        thread_join(&workers[t].thread);
        for (unsigned h = 0; h < HEAPS; h++) {
            free(workers[t].loose[h].blocks);
            free(workers[t].staying[h].blocks);
        }
    }
    pthread_barrier_destroy(&barrier);
}

/* --- threads at work ---------------------------------------------------------------------------------------------- */

#define THREADS_AT_WORK 3u
#define FORKS_AT_WORK (20u / SLOWNESS)
#define BURST 150u
#define BLOCKS_IN_CHILD 3000u

static atomic_bool stop;

/* Each burst moves blocks into stores, out of them, or from one to the other. */
static void burst(struct random *random, HANDLE heap)
{
    void *blocks[BURST];
    SIZE_T size = sizes[random_below(random, SIZES)];
    for (unsigned i = 0; i < BURST; i++) {
        CHECK((blocks[i] = HeapAlloc(heap, 0, size)) != NULL);
    }
    for (unsigned i = 0; i < BURST; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
}

static void work(void *arg)
{
    struct random random = {*(uint64_t *)arg};
    while (!atomic_load(&stop)) {
        burst(&random, heaps[random_below(&random, UNLOCKED)]);
        nanosleep(&(struct timespec){0, 100000}, NULL); /* or the forking thread gets no turn on a busy machine */
    }
}

/* What lives is not known here but by the walk, which must not have it lie where another block is. */
static void take_from_threads_at_work(struct random *random, unsigned h)
{
    struct model all = {.name = names[h], .heap = heaps[h]};
    struct model own = {.name = names[h], .heap = heaps[h]};
    PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
    while (HeapWalk(heaps[h], &entry)) {
        if ((entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0) {
            model_add(&all, entry.lpData, entry.cbData, 0);
        }
    }
    for (unsigned i = 0; i < BLOCKS_IN_CHILD; i++) {
        CHECK(traffic_allocate(&own, sizes[random_below(random, SIZES)], i % 4 == 1, i));
    }
    add_all(&all, &own);
    census_take(&all, false);
    traffic_free_all(&own);
    CHECK(HeapValidate(heaps[h], 0, NULL));
    free(own.blocks);
    free(all.blocks);
}

static void in_child_at_work(void *arg)
{
    for (unsigned h = 0; h < HEAPS; h++) {
        take_from_threads_at_work(arg, h);
    }
    destroy_heaps();
}

static void with_threads_at_work(struct random *random)
{
    static uint64_t seeds[THREADS_AT_WORK];
    struct thread threads[THREADS_AT_WORK];
    for (unsigned t = 0; t < THREADS_AT_WORK; t++) {
        seeds[t] = random_next(random);
        thread_start(&threads[t], work, &seeds[t]);
    }
    for (unsigned i = 0; i < FORKS_AT_WORK && atomic_load(&check_failures) == 0; i++) {
        random_next(random); /* each child has other numbers */
        child_run(in_child_at_work, random, CHILD_SECONDS, "threads at work");
    }
    atomic_store(&stop, true);
    for (unsigned t = 0; t < THREADS_AT_WORK; t++) {
        thread_join(&threads[t]);
    }
}

int main(void)
{
    struct random random = {test_seed()};
    traffic_start();
    make_heaps();
    with_threads_at_rest(&random);
    with_threads_at_work(&random);
    for (unsigned h = 0; h < HEAPS; h++) {
        struct model nothing = {.name = names[h], .heap = heaps[h]};
        census_take(&nothing, false);
    }
    return check_report();
}
