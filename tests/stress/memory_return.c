/* After a burst of allocations that are all freed, memory goes back to the system by itself, from threads that do
 * nothing any more, too; at once when the program asks for it. */
#include "traffic.h"

#include "child.h"
#include "memory_use.h"
#include "thread.h"

#define BURST ((SIZE_T)192 << 20)
#define KEPT_AT_MOST ((size_t)24 << 20) /* beyond what was resident before: warm memory, tables, threads' stores */
#define SECONDS_AT_MOST 5u
#define CHILD_SECONDS 60
#define THREADS 3u

static HANDLE heap;
static atomic_uint busy_threads;
static atomic_bool stop;

/* --- bursts ------------------------------------------------------------------------------------------------------- */

/* Blocks of 64 bytes to 4 KiB, all of them touched, chained through themselves; then all freed, oldest first. */
static void burst(SIZE_T bytes)
{
    static const SIZE_T sizes[] = {64, 128, 1000, 4096, 256, 2048, 512, 80};
    void *first = NULL, **last = &first;
    SIZE_T had = 0;
    for (unsigned i = 0; had < bytes; i++) {
        SIZE_T size = sizes[i % (sizeof(sizes) / sizeof(sizes[0]))];
        void **block = HeapAlloc(heap, 0, size);
        if (!CHECK(block != NULL)) {
            return;
        }
        memset(block, 1, size);
        *block = NULL;
        *last = block;
        last = block;
        had += size;
    }
    while (first != NULL) {
        void *block = first;
        first = *(void **)block;
        CHECK(HeapFree(heap, 0, block));
    }
}

/* Bursts, and then does nothing, but lives. */
static void burst_and_sleep(void *arg)
{
    (void)arg;
    burst(BURST / THREADS);
    atomic_fetch_sub(&busy_threads, 1);
    while (!atomic_load(&stop)) {
        thread_sleep(20);
    }
}

/* --- what must become of it --------------------------------------------------------------------------------------- */

static bool is_small(const struct memory_use *before)
{
    return memory_use().resident <= before->resident + KEPT_AT_MOST;
}

/* Without any call of ours. */
static void shrinks_by_itself(const struct memory_use *before)
{
    for (unsigned i = 0; i < SECONDS_AT_MOST * 50 && !is_small(before); i++) {
        thread_sleep(20);
    }
    if (!CHECK(is_small(before))) {
        printf("    %zu KiB resident before the burst, %zu KiB %u seconds after\n", before->resident >> 10,
               memory_use().resident >> 10, SECONDS_AT_MOST);
    }
}

static void shrinks_when_asked(const struct memory_use *before, HANDLE which)
{
    HEAP_OPTIMIZE_RESOURCES_INFORMATION information = {HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
    CHECK(HeapSetInformation(which, HeapOptimizeResources, &information, sizeof(information)));
    if (!CHECK(is_small(before))) {
        printf("    %zu KiB resident before, %zu KiB after\n", before->resident >> 10, memory_use().resident >> 10);
    }
}

/* --- scenarios ---------------------------------------------------------------------------------------------------- */

static void one_thread(void *arg)
{
    struct memory_use before = memory_use();
    (void)arg;
    burst(BURST);
    shrinks_by_itself(&before);
}

static void one_thread_trims_heap(void *arg)
{
    struct memory_use before = memory_use();
    (void)arg;
    burst(BURST);
    shrinks_when_asked(&before, heap);
}

static void several_threads_then(void (*then)(const struct memory_use *, HANDLE))
{
    struct thread threads[THREADS];
    struct memory_use before = memory_use();
    atomic_store(&busy_threads, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        thread_start(&threads[i], burst_and_sleep, NULL);
    }
    while (atomic_load(&busy_threads) != 0) {
        thread_sleep(1);
    }
    then(&before, NULL);
    atomic_store(&stop, true);
    for (unsigned i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
}

static void wait_for_it(const struct memory_use *before, HANDLE which)
{
    (void)which;
    shrinks_by_itself(before);
}

static void idle_threads(void *arg)
{
    (void)arg;
    several_threads_then(wait_for_it);
}

static void idle_threads_trimmed(void *arg)
{
    (void)arg;
    several_threads_then(shrinks_when_asked);
}

/* Threads that have ended leave nothing behind either. */
static void ended_threads(void *arg)
{
    struct thread threads[THREADS];
    struct memory_use before = memory_use();
    (void)arg;
    atomic_store(&stop, true);
    for (unsigned i = 0; i < THREADS; i++) {
        thread_start(&threads[i], burst_and_sleep, NULL);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    shrinks_by_itself(&before);
}

/* HeapCompact says how large a block can be had without a commit, and that is true with small blocks in store. */
static void compact(void *arg)
{
    (void)arg;
    burst((SIZE_T)4 << 20);
    SIZE_T largest = HeapCompact(heap, 0);
    CHECK(largest > 0);
    if (largest <= NORMAL_MAX) {
        void *block = HeapAlloc(heap, 0, largest);
        CHECK(block != NULL);
        CHECK(HeapFree(heap, 0, block));
    }
    CHECK(HeapValidate(heap, 0, NULL));
}

static void run_on(HANDLE which, const char *name)
{
    heap = which;
    bool ok = child_run(one_thread, NULL, CHILD_SECONDS, "one thread");
    ok = child_run(one_thread_trims_heap, NULL, CHILD_SECONDS, "one thread that trims its heap") && ok;
    ok = child_run(idle_threads, NULL, CHILD_SECONDS, "threads that are idle") && ok;
    ok = child_run(idle_threads_trimmed, NULL, CHILD_SECONDS, "idle threads, trimmed by another") && ok;
    ok = child_run(ended_threads, NULL, CHILD_SECONDS, "threads that have ended") && ok;
    ok = child_run(compact, NULL, CHILD_SECONDS, "HeapCompact") && ok;
    tell_case(ok, name);
}

int main(void)
{
    CHECK(HeapLock(GetProcessHeap()) && HeapUnlock(GetProcessHeap()));
    if (SLOWNESS == SLOWNESS_PLAIN) { /* a sanitizer's shadow stays resident */
        run_on(GetProcessHeap(), "default heap");
        run_on(HeapCreate(0, 0, 0), "private heap");
    }
    return check_report();
}
