/*
 * The malloc benchmark's workloads, under whatever malloc the process has: contestants are preloaded.
 *
 *     malloc WORKLOAD [THREADS]   does the work once; prints `WALL CPU RESIDENT`: seconds of each clock, and bytes that
 *                                 the process has in RAM after it. THREADS is an even number, for the threaded ones
 *     malloc --list               prints the names, and `threads` behind those that take a number of them
 *     malloc --count KIND N       N pairs and nothing else, see count.h
 *     malloc --whose              prints the file that malloc comes from
 *     malloc --nothing            begins and ends
 */
#include "count.h"
#include "platform.h"
#include "workload.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const struct workload *const groups[] = {block_workloads, resize_workloads, program_workloads, thread_workloads};

#define GROUP_COUNT (sizeof(groups) / sizeof(groups[0]))

static const struct workload *find_workload(const char *name)
{
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        for (const struct workload *workload = groups[i]; workload->name; workload++) {
            if (strcmp(workload->name, name) == 0)
                return workload;
        }
    }
    return NULL;
}

static void list_workloads(void)
{
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        for (const struct workload *workload = groups[i]; workload->name; workload++)
            printf("%s%s\n", workload->name, workload->is_threaded ? " threads" : "");
    }
}

/* Seconds of user and system time of the process, or of the children that it has waited for. */
static double cpu_seconds_of(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double cpu_seconds(void)
{
    return cpu_seconds_of(RUSAGE_SELF) + cpu_seconds_of(RUSAGE_CHILDREN);
}

static void measure(const struct workload *workload, unsigned threads)
{
    double cpu = cpu_seconds();
    uint64_t start = now_ns();
    workload->run(threads);
    double wall = (double)(now_ns() - start) / 1e9;
    cpu = cpu_seconds() - cpu;
    printf("%.6f %.6f %zu\n", wall, cpu, resident_bytes());
}

static int measure_by_name(const char *name, const char *number)
{
    const struct workload *workload = find_workload(name);
    unsigned long threads = number ? strtoul(number, NULL, 10) : 1;

    if (!workload || workload->is_threaded != (number != NULL) || threads == 0 || threads > 64 ||
        (workload->is_threaded && threads % 2 != 0))
        return 0;
    measure(workload, (unsigned)threads);
    return 1;
}

/* A library that cannot be preloaded is left out by the loader with a mere remark. */
static void print_whose_malloc(void)
{
    Dl_info info;
    if (!dladdr(dlsym(RTLD_DEFAULT, "malloc"), &info))
        fail("finding malloc");
    puts(info.dli_fname);
}

int main(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : "";
    int is_done = 0;

    if (strcmp(first, "--nothing") == 0)
        return 0;
    if (strcmp(first, "--list") == 0 && argc == 2) {
        list_workloads();
        return 0;
    }
    if (strcmp(first, "--whose") == 0 && argc == 2) {
        print_whose_malloc();
        return 0;
    }
    if (strcmp(first, "--count") == 0 && argc == 4)
        is_done = count_pairs(argv[2], (size_t)strtoul(argv[3], NULL, 10));
    else if (argc == 2 || argc == 3)
        is_done = measure_by_name(first, argc == 3 ? argv[2] : NULL);
    if (!is_done)
        fprintf(stderr, "malloc benchmark: no such workload; malloc --list names them\n");
    return is_done ? 0 : 2;
}
