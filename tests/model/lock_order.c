/* A thread that holds a heap's lock may call any heap function, whatever other threads wait for that lock: nothing that
 * waits for a heap may keep the list of heaps, or the way from handles to heaps, for itself meanwhile. */
#include "model.h"

#include "child.h"
#include "thread.h"

#define SECONDS 5
#define LONG_ENOUGH_MS 50 /* for the other thread to have come to its wait */

static HANDLE held; /* the heap whose lock the main thread holds */

/* --- what the other thread does: each waits for the lock ---------------------------------------------------------- */

static void trim_all(void *arg)
{
    HEAP_OPTIMIZE_RESOURCES_INFORMATION information = {HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
    (void)arg;
    CHECK(HeapSetInformation(NULL, HeapOptimizeResources, &information, sizeof(information)));
}

static void fork_and_wait(void *arg)
{
    (void)arg;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(HeapFree(held, 0, HeapAlloc(held, 0, 10)) ? 0 : 1);
    }
    CHECK_EQ_INT(child_wait(child), 0);
}

/* --- what the holder does meanwhile ------------------------------------------------------------------------------- */

static void call_others(void)
{
    CHECK(GetProcessHeaps(0, NULL) >= 2);
    CHECK(!HeapValidate((HANDLE)(uintptr_t)0x12340000, 0, NULL));
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(heap != NULL && HeapAlloc(heap, 0, 100) != NULL);
    CHECK(HeapDestroy(heap));
}

struct scenario {
    const char *name;
    thread_fn *other;
};

static void run(void *arg)
{
    const struct scenario *scenario = arg;
    struct thread thread;

    held = HeapCreate(0, 0, 0);
    CHECK(HeapLock(held));
    thread_start(&thread, scenario->other, NULL);
    thread_sleep(LONG_ENOUGH_MS);
    call_others();
    CHECK(HeapUnlock(held));
    thread_join(&thread);
}

int main(void)
{
    static struct scenario scenarios[] = {
        {"another thread trims all heaps", trim_all},
        {"another thread forks", fork_and_wait},
    };
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        child_run(run, &scenarios[i], SECONDS, scenarios[i].name);
    }
    return check_report();
}
