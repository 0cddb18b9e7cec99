/* A signal handler that forks, whatever it interrupts, in a process with one thread beside the one that gives memory
 * back. Parent and child leave the handler and go on with their heaps. */
#include "traffic.h"

#include "child.h"
#include "seed.h"

#include <errno.h>
#include <sys/time.h>

#define FORKS (500u / SLOWNESS)
#define PERIOD_US 300
#define CHILD_STEPS 1000u
#define CHILD_SECONDS 5
#define BLOCKS 64u
#define LARGE ((SIZE_T)3 << 20) /* gives the cleaner something to do */

static volatile pid_t child;
static volatile sig_atomic_t is_child;

static void fork_here(int signal)
{
    (void)signal;
    if (child != 0 || is_child) {
        return;
    }
    int error = errno;
    pid_t id = fork();
    if (id == 0) {
        is_child = 1;
        struct sigaction plain = {.sa_handler = SIG_DFL};
        sigaction(SIGALRM, &plain, NULL);
        alarm(CHILD_SECONDS);
    } else {
        child = id;
    }
    errno = error;
}

static void use_heap(struct random *random, struct model *list)
{
    if (random_percent(random, 2)) {
        HeapFree(list->heap, 0, HeapAlloc(list->heap, 0, LARGE));
    } else if (list->count < BLOCKS && random_percent(random, 55)) {
        traffic_allocate(list, traffic_size(random), random_percent(random, 30), (unsigned)random_next(random));
    } else if (list->count != 0) {
        struct model_block block = traffic_take(list, random_below(random, list->count));
        traffic_release(list, &block);
    }
}

static void go_on_in_child(struct random *random, struct model *list)
{
    for (unsigned i = 0; i < CHILD_STEPS; i++) {
        use_heap(random, list);
    }
    traffic_free_all(list);
    CHECK(HeapValidate(list->heap, 0, NULL));
    fflush(stdout);
    _exit(atomic_load(&check_failures) == 0 ? 0 : 1);
}

static void fork_often(HANDLE heap, struct random *random)
{
    struct model list = {.name = "interrupted", .heap = heap};
    list.blocks = malloc((BLOCKS + 1) * sizeof(list.blocks[0])); /* realloc, interrupted, is not what is tested */
    list.capacity = BLOCKS + 1;
    for (unsigned forks = 0; forks < FORKS && atomic_load(&check_failures) == 0;) {
        use_heap(random, &list);
        if (is_child) {
            go_on_in_child(random, &list);
        }
        if (child != 0) {
            CHECK_EQ_INT(child_wait(child), 0);
            forks++;
            child = 0;
        }
    }
    traffic_free_all(&list);
    CHECK(HeapValidate(heap, 0, NULL));
    free(list.blocks);
}

static void set_timer(suseconds_t period)
{
    struct itimerval often = {{0, period}, {0, period}};
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
}

int main(int argc, char **argv)
{
    /* Memory goes back as soon as it is free. */
    if (argc == 1 && setenv("CAIRN_OPTIONS", "decay=1", 1) == 0) {
        execl("/proc/self/exe", argv[0], "again", (char *)NULL);
    }
    struct random random = {test_seed()};
    struct sigaction action = {.sa_handler = fork_here, .sa_flags = SA_RESTART};
    traffic_start();
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    HANDLE heaps[] = {GetProcessHeap(), HeapCreate(0, 0, 0)};
    set_timer(PERIOD_US);
    /* The thread sanitizer itself allocates when a handler forks, and takes that for a mistake. */
    for (size_t i = 0; SLOWNESS != SLOWNESS_TSAN && i < 2; i++) {
        fork_often(heaps[i], &random);
    }
    set_timer(0);
    return check_report();
}
