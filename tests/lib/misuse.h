/*
 * Tests of mistakes: each is made in a child process of its own, a fresh start of the test's program, so that it can
 * have global flags of its own. What the child writes to standard error, with its pointers named, and how it ends, is
 * compared with what was expected.
 */
#ifndef CAIRN_TESTS_MISUSE_H
#define CAIRN_TESTS_MISUSE_H

#include "check.h"

#include <windows.h>

#include <cairn_rtl_heap.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The pointers of the line, which the mistake notes as it goes. */
static HANDLE misuse_heap;
static void *misuse_block;

static inline HANDLE misuse_in(HANDLE heap)
{
    return misuse_heap = heap;
}

static inline void *misuse_with(void *block)
{
    return misuse_block = block;
}

/* In the child, after the mistake: it goes on, and its call failed as it should. The pointers go to standard output. */
static inline void misuse_end(bool failed_as_it_should)
{
    printf("%p %p\n", misuse_block, misuse_heap);
    fflush(stdout);
    _exit(failed_as_it_should ? 0 : 3);
}

typedef void misuse_fn(void);

struct misuse_result {
    char line[4096];   /* standard error */
    char pointers[64]; /* standard output */
    int end;           /* exit status, or 256 plus a signal */
};

static inline size_t misuse_read(int descriptor, char *text, size_t size)
{
    size_t length = 0;
    ssize_t count;
    while (length < size - 1 && (count = read(descriptor, text + length, size - 1 - length)) > 0) {
        length += (size_t)count;
    }
    text[length] = '\0';
    return length;
}

/* Starts the program again with these options and the argument that names the mistake. */
static inline struct misuse_result misuse_run(const char *options, const char *name)
{
    struct misuse_result result = {.end = -1};
    int errors[2], output[2], status;
    if (!CHECK(pipe(errors) == 0 && pipe(output) == 0)) {
        return result;
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(errors[1], STDERR_FILENO);
        dup2(output[1], STDOUT_FILENO);
        setenv("CAIRN_OPTIONS", options, 1);
        execl("/proc/self/exe", "misuse", name, (char *)NULL);
        _exit(127);
    }
    close(errors[1]);
    close(output[1]);
    misuse_read(errors[0], result.line, sizeof(result.line));
    misuse_read(output[0], result.pointers, sizeof(result.pointers));
    close(errors[0]);
    close(output[0]);
    if (CHECK(child > 0 && waitpid(child, &status, 0) == child)) {
        result.end = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
    }
    return result;
}

/* What stands there for a block, a handle or a heap; NULL: no pointer with such a name begins there. */
static inline const char *misuse_name_at(const char *text)
{
    static const char *const names[][2] = {{"block 0x", "block B"}, {"handle 0x", "handle B"}, {"heap 0x", "heap H"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(text, names[i][0], strlen(names[i][0])) == 0) {
            return names[i][1];
        }
    }
    return NULL;
}

/* Puts B and H in place of the pointers that follow the words, and drops the lines of traces. */
static inline void misuse_name_pointers(char *text)
{
    char named[4096];
    size_t length = 0;
    const char *at = text;
    while (*at != '\0' && length < sizeof(named) - 16) {
        const char *name = misuse_name_at(at);
        if (strncmp(at, "cairn:  ", 8) == 0) {
            at += strcspn(at, "\n");
            at += *at == '\n';
        } else if (name != NULL) {
            length += (size_t)sprintf(named + length, "%s", name);
            at = strchr(at, '0') + 2;
            at += strspn(at, "0123456789abcdef");
        } else {
            named[length++] = *at++;
        }
    }
    named[length] = '\0';
    strcpy(text, named);
}

static inline bool misuse_says(const struct misuse_result *result, const char *name, const void *pointer)
{
    char expected[64];
    snprintf(expected, sizeof(expected), "%s %p", name, pointer);
    return strstr(result->line, expected) != NULL;
}

/* The block, or handle, and the heap that the text names are those of the child's output. */
static inline bool misuse_names(const struct misuse_result *result)
{
    void *block, *heap;
    if (sscanf(result->pointers, "%p %p", &block, &heap) != 2) {
        return CHECK(false);
    }
    bool ok = CHECK(block == NULL || misuse_says(result, "block", block) || misuse_says(result, "handle", block));
    return CHECK(heap == NULL || misuse_says(result, "heap", heap)) && ok;
}

struct misuse {
    const char *name;
    misuse_fn *make;
    const char *flags; /* global flags of the child; "": a plain heap that reports because it was asked to terminate */
    const char *sentence; /* without "cairn: " and the newline; B is the block or handle, H the heap */
};

/* Runs a mistake once with each ending: going on and, with soe, stopping. In a plain heap, saying nothing and, with
 * HeapEnableTerminationOnCorruption, stopping. */
static inline void misuse_check(const struct misuse *misuse, const char *argument)
{
    char options[128], expected[512];
    bool plain = misuse->flags[0] == '\0';
    snprintf(expected, sizeof(expected), "cairn: %s\n", misuse->sentence);

    snprintf(options, sizeof(options), plain ? "help=off" : "gflags=%s", misuse->flags);
    struct misuse_result goes_on = misuse_run(options, argument);
    bool ok = CHECK_EQ_INT(goes_on.end, 0);
    ok = (plain || misuse_names(&goes_on)) && ok;
    misuse_name_pointers(goes_on.line);
    ok = CHECK_EQ_STR(goes_on.line, plain ? "" : expected) && ok;

    char stop_argument[64];
    snprintf(stop_argument, sizeof(stop_argument), plain ? "t%s" : "%s", argument);
    snprintf(options, sizeof(options), plain ? "help=off" : "gflags=%s+soe", misuse->flags);
    struct misuse_result stops = misuse_run(options, stop_argument);
    misuse_name_pointers(stops.line);
    ok = CHECK_EQ_INT(stops.end, 256 + SIGABRT) && ok;
    ok = CHECK_EQ_STR(stops.line, expected) && ok;
    if (!ok) {
        printf("    in %s, %s\n", misuse->name, plain ? "a plain heap" : misuse->flags);
    }
}

static inline int misuse_main(int argc, char **argv, const struct misuse *all, size_t count)
{
    if (argc == 2) {
        const char *number = argv[1];
        if (*number == 't') {
            HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
            number++;
        }
        all[atoi(number)].make();
        _exit(4); /* the mistake ends with misuse_end */
    }
    for (size_t i = 0; i < count; i++) {
        char argument[24];
        snprintf(argument, sizeof(argument), "%zu", i);
        misuse_check(&all[i], argument);
    }
    return check_report();
}

/* The same of lines of the specification. */
#define MISUSE_MAIN_OF(spec, ...)                                                                                      \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        static const struct misuse all[] = {__VA_ARGS__};                                                              \
        SPEC(spec);                                                                                                    \
        return misuse_main(argc, argv, all, sizeof(all) / sizeof(all[0]));                                             \
    }

#define MISUSE_MAIN(...)                                                                                               \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        static const struct misuse all[] = {__VA_ARGS__};                                                              \
        return misuse_main(argc, argv, all, sizeof(all) / sizeof(all[0]));                                             \
    }

#endif
