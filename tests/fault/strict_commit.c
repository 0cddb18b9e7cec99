/* A system without overcommit, on which every committed byte counts: threads fill several heaps until no commit
 * succeeds any more. No allocation is given memory that is not committed, each that finds none says so, what is freed
 * can be had again by any heap and thread, and a heap that has been emptied does not hold on to what others need. */
#include "traffic.h"

#include "arena_state.h"
#include "ledger.h"
#include "thread.h"

#define WORKERS 3u
#define HEAPS 3u
#define LIMIT ((size_t)40 << 20)
#define ROUNDS (SLOWNESS == SLOWNESS_PLAIN ? 6u : 2u)

static HANDLE heaps[HEAPS]; /* the first is the default heap */

struct worker {
    struct random random;
    struct model lists[HEAPS];
    bool hot; /* whether it keeps to a few sizes */
    struct thread thread;
};

static struct worker workers[WORKERS];

static void fill(void *arg)
{
    struct worker *w = arg;
    unsigned in_vain = 0;
    while (in_vain < 3) {
        struct model *list = &w->lists[random_below(&w->random, HEAPS)];
        SIZE_T size = w->hot ? traffic_hot_size(&w->random) : traffic_size(&w->random);
        bool done = traffic_allocate(list, size, random_percent(&w->random, 20), (unsigned)list->count);
        in_vain = done ? 0 : in_vain + 1;
    }
}

/* Frees all of one heap's blocks, and every other one of the rest: the other workers' as well as its own. */
static void drain(void *arg)
{
    struct worker *w = arg;
    traffic_free_all(&w->lists[random_below(&w->random, HEAPS)]);
    for (unsigned h = 0; h < HEAPS; h++) {
        for (size_t i = w->lists[h].count; i-- > 0;) {
            if (i % 2 == 0) {
                struct model_block block = traffic_take(&w->lists[h], i);
                traffic_release(&w->lists[h], &block);
            }
        }
    }
}

static void in_all(thread_fn *fn, unsigned shift)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        thread_start(&workers[i].thread, fn, &workers[(i + shift) % WORKERS]);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        thread_join(&workers[i].thread);
    }
}

static SIZE_T check_all(void)
{
    SIZE_T sum = 0;
    for (unsigned h = 0; h < HEAPS; h++) {
        struct model all = {.name = h == 0 ? "default" : "private", .heap = heaps[h]};
        for (unsigned i = 0; i < WORKERS; i++) {
            for (size_t b = 0; b < workers[i].lists[h].count; b++) {
                const struct model_block *block = &workers[i].lists[h].blocks[b];
                model_add(&all, block->data, block->size, block->pattern);
            }
        }
        census_take(&all, true);
        sum += all.total;
        free(all.blocks);
    }
    return sum;
}

static void run(struct random *random)
{
    SIZE_T first = 0;
    for (unsigned round = 0; round < ROUNDS && atomic_load(&check_failures) == 0; round++) {
        unsigned refused = ledger_refused();
        for (unsigned i = 0; i < WORKERS; i++) {
            workers[i].hot = random_percent(random, 50);
        }
        in_all(fill, 0);
        CHECK(ledger_refused() > refused);
        CHECK(ledger_committed() <= LIMIT);
        SIZE_T total = check_all();
        first = round == 0 ? total : first;
        if (!CHECK(total > LIMIT / 4) || !CHECK(total > first / 3)) {
            printf("    round %u: %zu KiB in blocks, %zu committed, at first %zu\n", round, (size_t)total >> 10,
                   ledger_committed() >> 10, (size_t)first >> 10);
        }
        in_all(drain, 1);
        check_all();
    }
}

/* Nothing more can be committed, and yet what is free can be had. */
static void use_without_commits(void)
{
    ledger_set_limit(0);
    for (unsigned h = 0; h < HEAPS; h++) {
        struct model *list = &workers[0].lists[h];
        if (list->count != 0) {
            SIZE_T size = list->blocks[0].size;
            struct model_block block = traffic_take(list, 0);
            traffic_release(list, &block);
            CHECK(traffic_allocate(list, size, false, 1));
        }
    }
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapCreate(0, 0x800000, 0), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapAlloc(heaps[0], 0, 0x2000000), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    check_all();
    ledger_set_limit(LIMIT);
}

/* All memory but what is kept warm, and what the empty default heap has, goes out of the books. */
static void end(size_t at_first)
{
    HEAP_OPTIMIZE_RESOURCES_INFORMATION information = {HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
    struct arena_state state;
    for (unsigned i = 0; i < WORKERS; i++) {
        for (unsigned h = 0; h < HEAPS; h++) {
            traffic_free_all(&workers[i].lists[h]);
            free(workers[i].lists[h].blocks);
        }
    }
    for (unsigned h = 1; h < HEAPS; h++) {
        CHECK(HeapDestroy(heaps[h]));
    }
    CHECK(HeapSetInformation(NULL, HeapOptimizeResources, &information, sizeof(information)));
    CHECK(arena_state_take(&state));
    if (!CHECK(ledger_committed() < at_first + LIMIT / 4)) {
        printf("    %zu KiB committed at first, %zu at last\n", at_first >> 10, ledger_committed() >> 10);
    }
}

int main(void)
{
    struct random random = {test_seed()};
    traffic_start();
    heaps[0] = GetProcessHeap();
    heaps[1] = HeapCreate(0, 0, 0);
    heaps[2] = HeapCreate(HEAP_CREATE_ENABLE_EXECUTE, 0, 0);
    size_t at_first = ledger_committed();
    CHECK(at_first > 0);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i].random.state = random_next(&random);
        for (unsigned h = 0; h < HEAPS; h++) {
            workers[i].lists[h] = (struct model){.name = "worker", .heap = heaps[h], .growable = true};
        }
    }
    ledger_set_limit(LIMIT);
    run(&random);
    if (atomic_load(&check_failures) == 0) {
        use_without_commits();
        end(at_first);
    }
    return check_report();
}
