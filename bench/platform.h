/*
 * What the benchmark needs of the system it runs on: a clock, its own resident memory, two threads. One side is Linux,
 * the other a Windows program, which is judged under Wine.
 */
#ifndef BENCH_PLATFORM_H
#define BENCH_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

typedef void thread_work(void *context);

#ifdef _WIN32

#define PSAPI_VERSION 2
#include <windows.h>
#include <psapi.h>

/* A monotonic clock, in nanoseconds. */
static inline uint64_t now_ns(void)
{
    LARGE_INTEGER ticks, per_second;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&per_second);
    return (uint64_t)((double)ticks.QuadPart * 1e9 / (double)per_second.QuadPart);
}

/* Bytes of memory that the process has in RAM; 0: unknown. */
static inline size_t resident_bytes(void)
{
    PROCESS_MEMORY_COUNTERS counters;
    if (!GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters)))
        return 0;
    return counters.WorkingSetSize;
}

struct thread_start {
    thread_work *work;
    void *context;
};

static DWORD WINAPI thread_main(void *start)
{
    ((struct thread_start *)start)->work(((struct thread_start *)start)->context);
    return 0;
}

/* Runs both at the same time and waits for their ends. False: there is no second thread. */
static inline int run_in_two_threads(thread_work *work, void *first, void *second)
{
    struct thread_start start = {work, second};
    HANDLE thread = CreateThread(NULL, 0, thread_main, &start, 0, NULL);
    if (!thread)
        return 0;
    work(first);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    return 1;
}

#else

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline size_t resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm)
        return 0;
    if (fscanf(statm, "%*u %lu", &pages) != 1)
        pages = 0;
    fclose(statm);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

struct thread_start {
    thread_work *work;
    void *context;
};

static void *thread_main(void *start)
{
    ((struct thread_start *)start)->work(((struct thread_start *)start)->context);
    return NULL;
}

static inline int run_in_two_threads(thread_work *work, void *first, void *second)
{
    struct thread_start start = {work, second};
    pthread_t thread;
    if (pthread_create(&thread, NULL, thread_main, &start) != 0)
        return 0;
    work(first);
    pthread_join(thread, NULL);
    return 1;
}

#endif

#endif
