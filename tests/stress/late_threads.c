/* Threads that use heaps first in the last round of the destructors of their keys, as the C library itself does for
 * some that it ends: nothing is told of their end. No heap that is destroyed later looks at what they were, whose
 * memory may be gone, and what they leave behind does not add up. */
#include "check.h"

#include "child.h"
#include "memory_use.h"
#include "seed.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#include <windows.h>

#define CHILD_SECONDS 60
#define STACK ((size_t)1 << 20)
#define THREADS (4000u / SLOWNESS)
#define THREADS_BEFORE 100u /* after which all that a thread needs is there */
#define BLOCKS_BEFORE 200u
#define SHIFT 64u /* as far apart as the thread-local memory of two threads can lie at least */

/* A record and a store for each thread would be ten times as much; the system itself counts by some hundred KiB. */
#define GROWTH_AT_MOST ((size_t)2 << 20)

static HANDLE heap;

/* --- a thread that is late ---------------------------------------------------------------------------------------- */

struct late {
    void (*use)(struct late *late);
    void *block; /* another thread's */
    unsigned rounds;
};

static pthread_key_t key; /* younger than the library's, so that its turn comes later in each round */

static void in_each_round(void *value)
{
    struct late *late = value;
    if (++late->rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(key, late);
    } else {
        late->use(late);
    }
}

static void *wait_for_the_end(void *late)
{
    pthread_setspecific(key, late);
    return NULL;
}

/* On that stack, or where it is NULL on one of the C library's, which the next thread gets again. */
static void run_late(struct late *late, void *stack, size_t size)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    if (stack != NULL) {
        CHECK_EQ_INT(pthread_attr_setstack(&attributes, stack, size), 0);
    }
    late->rounds = 0;
    if (CHECK_EQ_INT(pthread_create(&thread, &attributes, wait_for_the_end, late), 0)) {
        pthread_join(thread, NULL);
        CHECK_EQ_UINT(late->rounds, PTHREAD_DESTRUCTOR_ITERATIONS);
    }
    pthread_attr_destroy(&attributes);
}

static void allocate_and_free(struct late *late)
{
    (void)late;
    void *block = HeapAlloc(heap, 0, 100);
    CHECK(block != NULL);
    CHECK(HeapFree(heap, 0, block));
}

static void free_only(struct late *late)
{
    CHECK(HeapFree(heap, 0, late->block));
}

/* A heap that is used enough for threads to have stores of its blocks. */
static HANDLE make_heap(void)
{
    void *used[BLOCKS_BEFORE];
    HANDLE made = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < BLOCKS_BEFORE; i++) {
        CHECK((used[i] = HeapAlloc(made, 0, 100)) != NULL);
    }
    for (unsigned i = 0; i < BLOCKS_BEFORE; i++) {
        CHECK(HeapFree(made, 0, used[i]));
    }
    return made;
}

static void *map_stacks(size_t size)
{
    void *stacks = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stacks != MAP_FAILED);
    return stacks;
}

/* --- its memory is gone ------------------------------------------------------------------------------------------- */

/* The C library puts the thread-local memory of a thread on its stack. */
static void on_a_stack_that_goes(void *arg)
{
    struct late late = {.use = allocate_and_free};
    HANDLE other = make_heap();
    (void)arg;
    heap = make_heap();
    for (unsigned i = 0; i < 3; i++) {
        void *stack = map_stacks(STACK);
        run_late(&late, stack, STACK);
        munmap(stack, STACK);
    }
    CHECK(HeapDestroy(other));
    allocate_and_free(&late);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));

    other = make_heap();
    CHECK(HeapFree(other, 0, HeapAlloc(other, 0, 100)));
    CHECK(HeapDestroy(other));
}

/* --- many --------------------------------------------------------------------------------------------------------- */

static void check_growth(const struct memory_use *before, const char *name)
{
    size_t now = memory_use().resident;
    /* a sanitizer's own memory grows */
    if (!CHECK(now < before->resident + GROWTH_AT_MOST || SLOWNESS != SLOWNESS_PLAIN)) {
        printf("    %s: %zu KiB resident before, %zu KiB after\n", name, before->resident >> 10, now >> 10);
    }
}

static void many_that_allocate(void *arg)
{
    struct late late = {.use = allocate_and_free};
    struct memory_use before = {0, 0, 0};
    (void)arg;
    heap = make_heap();
    for (unsigned i = 0; i < THREADS_BEFORE + THREADS; i++) {
        if (i == THREADS_BEFORE) {
            before = memory_use();
        }
        run_late(&late, NULL, 0);
    }
    check_growth(&before, "threads that allocate");
    CHECK(HeapDestroy(heap));
}

/* No thread's memory lies where that of another was, so that none can be known to be gone by that. */
static void many_that_free(void *arg)
{
    struct late late = {.use = free_only};
    size_t size = STACK + (size_t)(THREADS_BEFORE + THREADS) * SHIFT;
    char *stacks = map_stacks(size);
    struct memory_use before = {0, 0, 0};
    (void)arg;
    memset(stacks, 0, size);
    heap = make_heap();
    for (unsigned i = 0; i < THREADS_BEFORE + THREADS; i++) {
        if (i == THREADS_BEFORE) {
            before = memory_use();
        }
        CHECK((late.block = HeapAlloc(heap, 0, 100)) != NULL);
        run_late(&late, stacks, STACK + (size_t)i * SHIFT);
    }
    check_growth(&before, "threads that free");
    munmap(stacks, size);
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    CHECK(HeapLock(GetProcessHeap()) && HeapUnlock(GetProcessHeap()));
    CHECK_EQ_INT(pthread_key_create(&key, in_each_round), 0);
    if (SLOWNESS != SLOWNESS_TSAN) { /* which has forgotten a thread before that */
        child_run(on_a_stack_that_goes, NULL, CHILD_SECONDS, "on a stack that goes");
        child_run(many_that_allocate, NULL, CHILD_SECONDS, "many that allocate");
        child_run(many_that_free, NULL, CHILD_SECONDS, "many that free");
    }
    return check_report();
}
