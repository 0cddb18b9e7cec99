/* Tests of debug heaps: each case runs in a fresh start of the test's program, with global flags of its own. */
#ifndef CAIRN_TESTS_GFLAGS_H
#define CAIRN_TESTS_GFLAGS_H

#include "blocks.h"
#include "child.h"

#include <cairn_rtl_heap.h>

struct gflags_case {
    const char *flags;
    void (*run)(void);
};

static inline void gflags_start(const char *flags, const char *number)
{
    char options[64];
    snprintf(options, sizeof(options), "gflags=%s", flags);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (flags[0] != '\0') {
            setenv("CAIRN_OPTIONS", options, 1);
        }
        execl("/proc/self/exe", "gflags", number, (char *)NULL);
        _exit(127);
    }
    if (!CHECK(child > 0) || !CHECK_EQ_INT(child_wait(child), 0)) {
        printf("    with gflags=%s\n", flags);
    }
}

static inline int gflags_main(int argc, char **argv, const struct gflags_case *cases, unsigned count)
{
    if (argc == 2) {
        cases[atoi(argv[1])].run();
        return check_report();
    }
    unsetenv("CAIRN_OPTIONS");
    for (unsigned i = 0; i < count; i++) {
        char number[16];
        snprintf(number, sizeof(number), "%u", i);
        gflags_start(cases[i].flags, number);
    }
    return check_report();
}

#define GFLAGS_MAIN(...)                                                                                               \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        static const struct gflags_case cases[] = {__VA_ARGS__};                                                       \
        return gflags_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));                                       \
    }

#endif
