/* A signal handler that uses a heap while the code it interrupted is inside of it. Windows has no such thing and the C
 * library forbids it; a program that does it all the same must not hang, and its heaps must not be damaged silently:
 * either it works, or the process ends with SIGABRT and one line on standard error that says why. */
#include "traffic.h"

#include "child.h"
#include "thread.h"

#include <pthread.h>
#include <time.h>

#define RUN_MS (SLOWNESS == SLOWNESS_PLAIN ? 250u : 120u)
#define PERIOD_NS 60000
#define CHILD_SECONDS 5
#define BLOCKS 64u
#define HANDLER_BLOCKS 8u

static HANDLE heap;
static atomic_uint signals;
static atomic_bool over;

/* --- the handler -------------------------------------------------------------------------------------------------- */

/* Each of its blocks lives over several signals, so that damage has the time to show. */
static void handler(int signal)
{
    static struct model_block kept[HANDLER_BLOCKS];
    unsigned n = atomic_fetch_add(&signals, 1);
    struct model_block *block = &kept[n % HANDLER_BLOCKS];
    (void)signal;
    if (block->data != NULL) {
        CHECK(traffic_holds(block->data, block->size, block->pattern));
        CHECK(HeapFree(heap, 0, block->data));
    }
    struct random random = {n};
    *block = (struct model_block){.size = traffic_hot_size(&random), .pattern = n};
    block->data = HeapAlloc(heap, 0, block->size);
    if (block->data != NULL) {
        traffic_fill(block);
    }
}

static void set_handler(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
}

/* --- what is interrupted ------------------------------------------------------------------------------------------ */

static void use_heap(struct random *random, struct model *list)
{
    if (list->count < BLOCKS && random_percent(random, 55)) {
        traffic_allocate(list, traffic_size(random), random_percent(random, 30), (unsigned)random_next(random));
    } else if (list->count != 0) {
        struct model_block block = traffic_take(list, random_below(random, list->count));
        CHECK(traffic_holds(block.data, block.size, block.pattern));
        CHECK(HeapFree(list->heap, 0, block.data));
    }
}

static bool is_time_up(void)
{
    static struct timespec end; /* of the child's one run */
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (end.tv_sec == 0) {
        end = now;
        end.tv_nsec += (long)RUN_MS * 1000000;
        end.tv_sec += end.tv_nsec / 1000000000;
        end.tv_nsec %= 1000000000;
    }
    return now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec > end.tv_nsec);
}

static void use_for_a_while(void)
{
    struct random random = {7};
    struct model list = {.name = "interrupted", .heap = heap};
    list.blocks = malloc((BLOCKS + 1) * sizeof(list.blocks[0])); /* realloc, interrupted, is not what is tested */
    list.capacity = BLOCKS + 1;
    while (!is_time_up() && atomic_load(&check_failures) == 0) {
        use_heap(&random, &list);
    }
    traffic_free_all(&list);
    CHECK(HeapValidate(heap, 0, NULL));
}

/* --- where signals come from -------------------------------------------------------------------------------------- */

/* A process with one thread: heaps take no locks in it. */
static void alone(void *arg)
{
    struct itimerspec often = {{0, PERIOD_NS}, {0, PERIOD_NS}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_t timer;
    heap = arg;
    set_handler();
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &often, NULL) == 0);
    use_for_a_while();
    timer_delete(timer);
}

/* A process with two: the other sends signals as fast as it can. */
static void pester(void *arg)
{
    const pthread_t *victim = arg;
    struct timespec pause = {0, 20000};
    while (!atomic_load(&over)) {
        pthread_kill(*victim, SIGUSR1);
        nanosleep(&pause, NULL);
    }
}

static void other_thread(void *arg)
{
    struct thread thread;
    pthread_t self = pthread_self();
    heap = arg;
    set_handler();
    thread_start(&thread, pester, &self);
    use_for_a_while();
    atomic_store(&over, true);
    thread_join(&thread);
}

/* --- how it ended ------------------------------------------------------------------------------------------------- */

static bool is_diagnosis(const char *text)
{
    const char *newline = strchr(text, '\n');
    return strncmp(text, "cairn: ", 7) == 0 && newline != NULL && newline[1] == '\0';
}

struct scenario {
    const char *name;
    child_fn *fn;
    HANDLE heap;
};

static void in_child(void *arg)
{
    struct scenario *scenario = arg;
    scenario->fn(scenario->heap);
    atomic_fetch_add(&check_failures, atomic_load(&signals) == 0); /* else nothing was tested */
}

static void run(struct scenario *scenario)
{
    char text[1000];
    int end = child_capture(in_child, scenario, CHILD_SECONDS, text, sizeof(text));
    bool ok = CHECK((end == 0 && text[0] == '\0') || (end == 256 + SIGABRT && is_diagnosis(text)));
    printf("%s: %s, exit %d %s", ok ? "ok" : "FAILED", scenario->name, end, text[0] != '\0' ? text : "\n");
}

int main(void)
{
    traffic_start();
    struct scenario scenarios[] = {
        {"timer, default heap", alone, GetProcessHeap()},
        {"timer, private heap", alone, HeapCreate(0, 0, 0)},
        {"other thread, default heap", other_thread, GetProcessHeap()},
        {"other thread, private heap", other_thread, HeapCreate(0, 0, 0)},
    };
    /* The thread sanitizer puts signals off until the interrupted code has come to an end. */
    for (size_t i = 0; SLOWNESS != SLOWNESS_TSAN && i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        run(&scenarios[i]);
    }
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
    return check_report();
}
