/* Runs a program a few times on the C library's malloc and on Cairn's, in turn, and prints what each took:
 *
 *     build/compare PROGRAM [ARGUMENT]...
 *
 * The program is not changed, only preloaded with libcairn_malloc.so, which lies beside this one. Its output is thrown
 * away. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    ROUNDS = 5
};

/* What one run took. */
struct cost {
    double elapsed; /* seconds */
    double processor;
    double peak; /* MiB */
};

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* In the child; returns only when the program cannot be run. */
static void start(const char *library, char **command)
{
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    if (library != NULL) {
        setenv("LD_PRELOAD", library, 1);
    } else {
        unsetenv("LD_PRELOAD");
    }
    execvp(command[0], command);
    fprintf(stderr, "compare: %s: %s\n", command[0], strerror(errno));
}

/* `library` NULL: on the C library's malloc. */
static bool run(const char *library, char **command, struct cost *cost)
{
    struct rusage usage;
    int status;
    double from = now();
    pid_t child = fork();

    if (child == 0) {
        start(library, command);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return false;
    }
    cost->elapsed = now() - from;
    cost->processor = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    cost->peak = (double)usage.ru_maxrss / 1024;
    return true;
}

static int compare_elapsed(const void *a, const void *b)
{
    double difference = ((const struct cost *)a)->elapsed - ((const struct cost *)b)->elapsed;
    return (difference > 0) - (difference < 0);
}

/* The run with the median time. */
static void print(const char *name, struct cost costs[ROUNDS])
{
    qsort(costs, ROUNDS, sizeof(costs[0]), compare_elapsed);
    const struct cost *cost = &costs[ROUNDS / 2];
    printf("  %-20s %10.3f s %14.3f s %12.1f MiB\n", name, cost->elapsed, cost->processor, cost->peak);
}

int main(int argc, char **argv)
{
    struct cost plain[ROUNDS];
    struct cost cairn[ROUNDS];
    char self[4096];
    char library[4200];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (argc < 2 || length < 0) {
        fprintf(stderr, "usage: compare PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    self[length] = '\0';
    snprintf(library, sizeof(library), "%s/libcairn_malloc.so", dirname(self));
    if (access(library, R_OK) != 0 || strpbrk(library, " :") != NULL) {
        fprintf(stderr, "compare: the loader cannot preload %s\n", library);
        return 1;
    }
    for (int i = 0; i < ROUNDS; i++) {
        if (!run(NULL, &argv[1], &plain[i]) || !run(library, &argv[1], &cairn[i])) {
            fprintf(stderr, "compare: %s did not end well\n", argv[1]);
            return 1;
        }
    }
    printf("  %-20s %12s %16s %16s\n", argv[1], "time", "processor time", "peak memory");
    print("C library's malloc", plain);
    print("Cairn's malloc", cairn);
    return 0;
}
