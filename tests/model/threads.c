/* Several threads on the same heaps: blocks are freed by other threads than allocated them, while further threads
 * walk, validate and sum up the heaps, with HeapLock and without, trim them, list them, and make and destroy heaps
 * of their own. At the end the heaps must be exactly what the shadow says. */
#include "model.h"

#include "arena_state.h"
#include "thread.h"

#define SHARED 3
#define WORKERS 4
#define STEPS (100000u / SLOWNESS / WORK_SHARE)
#define QUEUE 256

/* Blocks on their way from one thread to another. */
static struct {
    pthread_mutex_t mutex;
    struct queued {
        unsigned heap;
        struct model_block block;
    } items[QUEUE];
    size_t count;
} queue = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static HANDLE heaps[SHARED];
static atomic_bool stop;

/* Everything here is called by many threads, so checks that fail are few and say little; the seed tells the rest. */
static void make_heaps(void)
{
    heaps[0] = HeapCreate(0, 0, 0);
    heaps[1] = HeapCreate(0, 0, 0x800000);
    heaps[2] = model_create_tuned();
    for (unsigned i = 0; i < SHARED; i++) {
        CHECK(heaps[i] != NULL);
    }
}

/* --- workers ------------------------------------------------------------------------------------------------------ */

static void release(const struct queued *item)
{
    const struct model_block *block = &item->block;
    CHECK(model_holds(block->data, block->size, block->size, block->pattern));
    CHECK_EQ_UINT(HeapSize(heaps[item->heap], 0, block->data), block->size);
    CHECK(HeapFree(heaps[item->heap], 0, block->data));
}

/* Puts a block into the queue and takes another one out, at a random place, when it is full. */
static bool exchange(struct random *random, const struct queued *in, struct queued *out)
{
    pthread_mutex_lock(&queue.mutex);
    bool full = queue.count == QUEUE;
    if (full) {
        size_t place = random_below(random, QUEUE);
        *out = queue.items[place];
        queue.items[place] = *in;
    } else {
        queue.items[queue.count++] = *in;
    }
    pthread_mutex_unlock(&queue.mutex);
    return full;
}

static bool take(struct random *random, struct queued *out)
{
    pthread_mutex_lock(&queue.mutex);
    bool any = queue.count != 0;
    if (any) {
        size_t place = random_below(random, queue.count);
        *out = queue.items[place];
        queue.items[place] = queue.items[--queue.count];
    }
    pthread_mutex_unlock(&queue.mutex);
    return any;
}

static void produce(struct random *random, unsigned heap)
{
    SIZE_T size = model_size(random);
    if (size > 0x20000 && !random_percent(random, 10)) {
        size /= 64;
    }
    struct queued in = {heap, {.size = size, .pattern = (unsigned)random_next(random)}}, out;
    in.block.data = HeapAlloc(heaps[heap], random_percent(random, 20) ? HEAP_ZERO_MEMORY : 0, in.block.size);
    if (in.block.data == NULL) {
        CHECK(heap == 1);
        return;
    }
    model_fill(&in.block);
    if (exchange(random, &in, &out)) {
        release(&out);
    }
}

static void resize(struct random *random, struct queued *item)
{
    struct model_block *block = &item->block;
    SIZE_T size = random_below(random, 2 * block->size + 100);
    DWORD flags = random_percent(random, 50) ? HEAP_REALLOC_IN_PLACE_ONLY : 0;
    unsigned char *data = HeapReAlloc(heaps[item->heap], flags, block->data, size);
    if (data == NULL) {
        return;
    }
    CHECK(model_holds(data, size < block->size ? size : block->size, block->size, block->pattern));
    block->data = data;
    block->size = size;
    model_fill(block);
}

static void work(void *arg)
{
    struct random random = {*(uint64_t *)arg};
    for (unsigned i = 0; i < STEPS; i++) {
        struct queued item;
        if (random_percent(&random, 50)) {
            produce(&random, (unsigned)random_below(&random, SHARED));
        } else if (take(&random, &item)) {
            if (random_percent(&random, 30)) {
                resize(&random, &item);
            }
            release(&item);
        }
    }
}

/* --- onlookers ---------------------------------------------------------------------------------------------------- */

/* The lock keeps others out of the back end; blocks of hot sizes come and go all the same, as on Windows. */
static void look_locked(HANDLE heap)
{
    struct walk_totals totals;
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    CHECK(HeapLock(heap));
    CHECK(walk_totals(heap, &totals));
    CHECK(HeapSummary(heap, 0, &summary));
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapUnlock(heap));
}

/* Without it a walk may end early, or tell of what is gone, but it ends. */
static void look_unlocked(HANDLE heap)
{
    PROCESS_HEAP_ENTRY entry;
    ULONG mode;
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode), NULL));
    CHECK(mode == HEAP_COMPATIBILITY_STANDARD || mode == HEAP_COMPATIBILITY_LFH);
    walk_begin(&entry);
    for (unsigned i = 0; i < 3000 && HeapWalk(heap, &entry); i++) {
        CHECK(record_kind(&entry) != KIND_UNKNOWN);
    }
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapSummary(heap, 0, &summary));
    CHECK(summary.cbAllocated <= summary.cbCommitted && summary.cbCommitted <= summary.cbReserved);
    SIZE_T largest = HeapCompact(heap, 0);
    CHECK(largest < summary.cbReserved + ((SIZE_T)1 << 30));
}

static void set_information(HANDLE heap, bool all)
{
    HEAP_OPTIMIZE_RESOURCES_INFORMATION optimize = {HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
    ULONG mode = HEAP_COMPATIBILITY_LFH;
    CHECK(HeapSetInformation(all ? NULL : heap, HeapOptimizeResources, &optimize, sizeof(optimize)));
    HeapSetInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode)); /* not every heap can */
}

static void look(void *arg)
{
    struct random random = {*(uint64_t *)arg};
    while (!atomic_load(&stop)) {
        HANDLE heap = heaps[random_below(&random, SHARED)];
        switch (random_below(&random, 4)) {
        case 0:
            look_locked(heap);
            break;
        case 1:
            set_information(heap, random_percent(&random, 30));
            break;
        default:
            look_unlocked(heap);
        }
        thread_sleep(1);
    }
}

/* --- heaps that come and go --------------------------------------------------------------------------------------- */

static void make_and_destroy(struct random *random)
{
    HANDLE heap = HeapCreate(random_percent(random, 50) ? HEAP_NO_SERIALIZE : 0, 0,
                             random_percent(random, 30) ? 0x40000 : 0);
    if (!CHECK(heap != NULL)) {
        return;
    }
    for (unsigned i = 0; i < 20; i++) {
        struct model_block block = {.size = random_below(random, 3000), .pattern = i};
        block.data = HeapAlloc(heap, HEAP_ZERO_MEMORY, block.size);
        CHECK(block.data != NULL && model_is_zero(block.data, 0, block.size));
        model_fill(&block);
        CHECK(i % 3 != 0 || HeapFree(heap, 0, block.data));
    }
    if (random_percent(random, 10)) {
        CHECK(HeapAlloc(heap, 0, 0x120000) != NULL || !HeapValidate(heap, 0, NULL) ||
              GetLastError() == ERROR_NOT_ENOUGH_MEMORY);
    }
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

static void come_and_go(void *arg)
{
    struct random random = {*(uint64_t *)arg};
    while (!atomic_load(&stop)) {
        make_and_destroy(&random);
    }
}

static NTSTATUS NTAPI count_shared(PVOID heap, PVOID context)
{
    unsigned *count = context;
    for (unsigned i = 0; i < SHARED; i++) {
        *count += heap == heaps[i];
    }
    return 0;
}

/* The shared heaps are always in the list, and the default heap is always first. */
static void list(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        HANDLE handles[64];
        unsigned found = 0, enumerated = 0;
        DWORD count = GetProcessHeaps(64, handles);
        CHECK(count >= SHARED + 1 && count < 64);
        CHECK_EQ_PTR(handles[0], GetProcessHeap());
        for (DWORD i = 0; i < count && i < 64; i++) {
            count_shared(handles[i], &found);
        }
        CHECK_EQ_UINT(found, SHARED);
        CHECK_EQ_INT(RtlEnumProcessHeaps(count_shared, &enumerated), 0);
        CHECK_EQ_UINT(enumerated, SHARED);
        thread_sleep(1);
    }
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

static void check_exactly(void)
{
    for (unsigned h = 0; h < SHARED; h++) {
        struct model model = {.name = "shared", .heap = heaps[h], .growable = h != 1};
        for (size_t i = 0; i < queue.count; i++) {
            if (queue.items[i].heap == h) {
                const struct model_block *block = &queue.items[i].block;
                model_add(&model, block->data, block->size, block->pattern);
            }
        }
        model_check(&model, true);
        model_free_all(&model);
        model_check(&model, true);
        model_destroy(&model);
    }
}

int main(void)
{
    static uint64_t seeds[WORKERS + 4];
    struct thread workers[WORKERS], others[4];
    struct arena_state before;
    struct random random = {test_seed()};

    arena_state_take(&before);
    make_heaps();
    for (unsigned i = 0; i < WORKERS + 4; i++) {
        seeds[i] = random_next(&random);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        thread_start(&workers[i], work, &seeds[i]);
    }
    thread_fn *const other_work[4] = {look, look, come_and_go, list};
    for (unsigned i = 0; i < 4; i++) {
        thread_start(&others[i], other_work[i], &seeds[WORKERS + i]);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        thread_join(&workers[i]);
    }
    atomic_store(&stop, true);
    for (unsigned i = 0; i < 4; i++) {
        thread_join(&others[i]);
    }
    check_exactly();
    struct arena_state after;
    CHECK(arena_state_take(&after));
    CHECK_EQ_UINT(after.used_units, before.used_units);
    return check_report();
}
