/* Test cases in child processes of their own, so that a crash or a hang is one failed check and not the end of the
 * test. */
#ifndef CAIRN_TESTS_CHILD_H
#define CAIRN_TESTS_CHILD_H

#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void child_fn(void *arg);

/* How a child ended: its exit status, or 256 plus the signal that killed it (SIGALRM: it ran longer than it may). */
static inline int child_wait(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* Runs fn(arg) in a child for at most so many seconds. The child exits with 0 if all of its checks held. */
static inline pid_t child_start(child_fn *fn, void *arg, unsigned seconds)
{
    fflush(NULL);
    pid_t child = fork();
    if (child != 0) {
        return child;
    }
    alarm(seconds);
    atomic_store(&check_failures, 0);
    fn(arg);
    fflush(stdout);
    _exit(atomic_load(&check_failures) == 0 ? 0 : 1);
}

struct child_captured {
    child_fn *fn;
    void *arg;
    int pipe[2];
};

static inline void child_write_to_pipe(void *arg)
{
    struct child_captured *captured = arg;
    dup2(captured->pipe[1], STDERR_FILENO);
    close(captured->pipe[0]);
    close(captured->pipe[1]);
    captured->fn(captured->arg);
}

/* The same, and waits for it: how it ended, and the beginning of what it wrote to standard error. */
static inline int child_capture(child_fn *fn, void *arg, unsigned seconds, char *text, size_t size)
{
    struct child_captured captured = {.fn = fn, .arg = arg};
    size_t length = 0;
    ssize_t got;
    text[0] = '\0';
    if (!CHECK(pipe(captured.pipe) == 0)) {
        return -1;
    }
    pid_t child = child_start(child_write_to_pipe, &captured, seconds);
    close(captured.pipe[1]);
    while (length + 1 < size && (got = read(captured.pipe[0], text + length, size - 1 - length)) > 0) {
        length += (size_t)got;
    }
    text[length] = '\0';
    close(captured.pipe[0]);
    return child_wait(child);
}

/* The same, and waits for it; false and one failed check if it did not end well. */
static inline bool child_run(child_fn *fn, void *arg, unsigned seconds, const char *name)
{
    pid_t child = child_start(fn, arg, seconds);
    if (!CHECK(child > 0)) {
        return false;
    }
    int end = child_wait(child);
    if (!CHECK_EQ_INT(end, 0)) {
        printf("    in the child process: %s\n", name);
        return false;
    }
    return true;
}

#endif
