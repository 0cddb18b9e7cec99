/* Threads that use up all the address space that the process may have (`ulimit -v`): each allocation that finds none is
 * answered, by NULL and the last error, nothing that was given is harmed, and what is freed can be had again, whichever
 * thread had it, whatever its size was. */
#include "traffic.h"

#include "child.h"
#include "thread.h"

#include <sys/resource.h>

#define WORKERS 3u
#define CHILD_SECONDS 60
#define MEBIBYTE ((size_t)1 << 20)
#define MOST_BLOCKS 200000u

struct worker {
    struct random random;
    struct model list;
    SIZE_T size; /* 0: any size */
    struct thread thread;
};

static struct worker workers[WORKERS];

static void fill(void *arg)
{
    struct worker *w = arg;
    SIZE_T size;
    do {
        size = w->size != 0 ? w->size : traffic_size(&w->random);
    } while (w->list.count < MOST_BLOCKS &&
             traffic_allocate(&w->list, size, random_percent(&w->random, 10), (unsigned)w->list.count));
    CHECK(w->list.count < MOST_BLOCKS);
}

static void free_all(void *arg)
{
    struct worker *w = arg;
    traffic_free_all(&w->list);
}

/* By every worker in a thread of its own, each of which ends. */
static void in_all(thread_fn *fn, unsigned shift)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        thread_start(&workers[i].thread, fn, &workers[(i + shift) % WORKERS]);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        thread_join(&workers[i].thread);
    }
}

static SIZE_T total(void)
{
    SIZE_T sum = 0;
    for (unsigned i = 0; i < WORKERS; i++) {
        sum += workers[i].list.total;
    }
    return sum;
}

static void check_heap(HANDLE heap)
{
    struct model all = {.name = "full", .heap = heap};
    all.blocks = calloc(MOST_BLOCKS * WORKERS, sizeof(all.blocks[0]));
    if (all.blocks == NULL) { /* the test has no memory left either */
        CHECK(HeapValidate(heap, 0, NULL));
        return;
    }
    all.capacity = MOST_BLOCKS * WORKERS;
    for (unsigned i = 0; i < WORKERS; i++) {
        for (size_t b = 0; b < workers[i].list.count; b++) {
            const struct model_block *block = &workers[i].list.blocks[b];
            model_add(&all, block->data, block->size, block->pattern);
        }
    }
    census_take(&all, true);
    free(all.blocks);
}

/* In a program that was started under the limit. */
static int use_all(size_t limit)
{
    static const SIZE_T sizes[] = {400, 1000, 0, 4000, 400};
    static struct model_block lists[WORKERS][MOST_BLOCKS]; /* must not compete with what they list */
    HANDLE heap = GetProcessHeap();
    SIZE_T first = 0;
    if (!CHECK(heap != NULL)) {
        return 1;
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i].list = (struct model){.name = "worker", .heap = heap, .blocks = lists[i], .capacity = MOST_BLOCKS};
        workers[i].random.state = limit + i;
    }
    for (unsigned round = 0; round < sizeof(sizes) / sizeof(sizes[0]); round++) {
        for (unsigned i = 0; i < WORKERS; i++) {
            workers[i].size = sizes[round];
        }
        in_all(fill, 0);
        first = round == 0 ? total() : first;
        if (!CHECK(total() > first / 2) || !CHECK(total() > limit / 16)) {
            printf("    %zu KiB of %zu in blocks of %zu bytes, at first %zu\n", total() >> 10, limit >> 10,
                   (size_t)sizes[round], first >> 10);
        }
        check_heap(heap);
        in_all(free_all, 1);
        check_heap(heap);
        /* What small blocks took of the address space is there for a large one, and the other way round. */
        void *large = HeapAlloc(heap, 0, limit / 5);
        CHECK(large != NULL && HeapFree(heap, 0, large));
    }
    return check_report();
}

static void execute(void *arg)
{
    const size_t *limit = arg;
    struct rlimit address_space = {*limit, *limit};
    char text[24];
    snprintf(text, sizeof(text), "%zu", *limit);
    setenv("CAIRN_TEST_LIMIT", text, 1);
    setenv("MALLOC_ARENA_MAX", "1", 1); /* the C library reserves 64 MiB for each thread that it can */
    if (setrlimit(RLIMIT_AS, &address_space) == 0) {
        execl("/proc/self/exe", "little_memory", (char *)NULL);
    }
    _exit(127);
}

int main(void)
{
    static size_t limits[] = {64 * MEBIBYTE, 96 * MEBIBYTE, 160 * MEBIBYTE};
    const char *limit = getenv("CAIRN_TEST_LIMIT");
    traffic_start();
    if (limit != NULL) {
        return use_all(strtoull(limit, NULL, 10));
    }
    CHECK(GetProcessHeap() != NULL);
    for (size_t i = 0; SLOWNESS == SLOWNESS_PLAIN && i < sizeof(limits) / sizeof(limits[0]); i++) {
        if (!child_run(execute, &limits[i], CHILD_SECONDS, "under a limit of the address space")) {
            printf("    of %zu MiB\n", limits[i] / MEBIBYTE);
        }
    }
    return check_report();
}
