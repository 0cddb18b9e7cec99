/* Threads for tests that also build with MinGW: start, join, join for a limited time, sleep. */
#ifndef CAIRN_TESTS_THREAD_H
#define CAIRN_TESTS_THREAD_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

typedef void thread_fn(void *arg);

#ifdef _WIN32
#include <windows.h>

struct thread {
    thread_fn *fn;
    void *arg;
    HANDLE handle;
};

static inline DWORD WINAPI thread_main(LPVOID arg)
{
    struct thread *t = arg;
    t->fn(t->arg);
    return 0;
}

static inline void thread_start(struct thread *t, thread_fn *fn, void *arg)
{
    t->fn = fn;
    t->arg = arg;
    t->handle = CreateThread(NULL, 0, thread_main, t, 0, NULL);
    if (t->handle == NULL) {
        printf("cannot start a thread\n");
        exit(2);
    }
}

/* True if the thread ended within the time; only then is it joined and `t` done with. */
static inline bool thread_join_timeout(struct thread *t, unsigned milliseconds)
{
    if (WaitForSingleObject(t->handle, milliseconds) != WAIT_OBJECT_0) {
        return false;
    }
    CloseHandle(t->handle);
    return true;
}

static inline void thread_join(struct thread *t)
{
    (void)thread_join_timeout(t, INFINITE);
}

static inline void thread_sleep(unsigned milliseconds)
{
    Sleep(milliseconds);
}

#else
#include <pthread.h>
#include <threads.h>
#include <time.h>

struct thread {
    thread_fn *fn;
    void *arg;
    pthread_t id;
    pthread_mutex_t mutex; /* guards `ended` */
    pthread_cond_t cond;
    bool ended;
};

static inline void *thread_main(void *arg)
{
    struct thread *t = arg;
    t->fn(t->arg);
    pthread_mutex_lock(&t->mutex);
    t->ended = true;
    pthread_cond_signal(&t->cond);
    pthread_mutex_unlock(&t->mutex);
    return NULL;
}

static inline void thread_start(struct thread *t, thread_fn *fn, void *arg)
{
    t->fn = fn;
    t->arg = arg;
    t->ended = false;
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->cond, NULL);
    /* Tests that limit the address space have no room for the usual 8 MiB each. */
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)2 << 20);
    if (pthread_create(&t->id, &attributes, thread_main, t) != 0) {
        printf("cannot start a thread\n");
        exit(2);
    }
    pthread_attr_destroy(&attributes);
}

static inline void thread_join(struct thread *t)
{
    pthread_join(t->id, NULL);
    pthread_cond_destroy(&t->cond);
    pthread_mutex_destroy(&t->mutex);
}

/* True if the thread ended within the time; only then is it joined and `t` done with. */
static inline bool thread_join_timeout(struct thread *t, unsigned milliseconds)
{
    struct timespec until;
    timespec_get(&until, TIME_UTC);
    until.tv_sec += (time_t)(milliseconds / 1000);
    until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec += 1;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&t->mutex);
    int rc = 0;
    while (!t->ended && rc == 0) {
        rc = pthread_cond_timedwait(&t->cond, &t->mutex, &until);
    }
    bool ended = t->ended;
    pthread_mutex_unlock(&t->mutex);
    if (ended) {
        thread_join(t);
    }
    return ended;
}

static inline void thread_sleep(unsigned milliseconds)
{
    struct timespec left = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};
    while (thrd_sleep(&left, &left) == -1) {
    }
}

#endif
#endif
