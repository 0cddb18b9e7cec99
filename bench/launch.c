/*
 * Starts a program with a library preloaded and reports what it used.
 *
 *     launch REPORT LIBRARY PROGRAM [ARG...]
 *
 * The file REPORT gets one line: seconds of wall clock, user and system time, peak of resident memory in KiB, and the
 * wait status. Times include children that the program waited for. A program of its own, because on Linux a process's
 * peak begins with that of the process which it was forked from: Python's would hide a small program's.
 */
#include "platform.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static pid_t start(const char *library, char **command)
{
    setenv("LD_PRELOAD", library, 1);
    pid_t child = vfork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* who gives up on us ends it too */
        execvp(command[0], command);
        _exit(127);
    }
    return child;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    int status = 0;

    if (argc < 4) {
        fprintf(stderr, "usage: launch REPORT LIBRARY PROGRAM [ARG...]\n");
        return 2;
    }
    uint64_t begin = now_ns();
    pid_t child = start(argv[2], argv + 3);
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
        perror("launch");
        return 1;
    }
    double wall = (double)(now_ns() - begin) / 1e9;
    FILE *report = fopen(argv[1], "w");
    if (!report) {
        perror(argv[1]);
        return 1;
    }
    fprintf(report, "%.6f %.6f %.6f %ld %d\n", wall, seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss,
            status);
    return fclose(report) != 0;
}
