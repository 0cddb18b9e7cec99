/* Critical sections: the Microsoft pages of synchapi.h. They are here to be heaps' locks (rtl_create_heap_lock.c). */
#ifndef _WIN32
#define _DEFAULT_SOURCE 1
#include "child.h"
#endif
#include "contender.h"

#include "nt.h"

#define THREADS 4
#define ROUNDS 20000

static CRITICAL_SECTION section;

struct attempt {
    BOOL entered;
    struct thread thread;
};

static void attempt_run(void *arg)
{
    struct attempt *attempt = arg;
    attempt->entered = TryEnterCriticalSection(&section);
    if (attempt->entered) {
        LeaveCriticalSection(&section);
    }
}

static BOOL other_thread_can_enter(void)
{
    struct attempt attempt;
    thread_start(&attempt.thread, attempt_run, &attempt);
    thread_join(&attempt.thread);
    return attempt.entered;
}

/* The thread that is in it may enter again; it leaves as often as it entered. */
static void is_recursive(void)
{
    POISON_LAST_ERROR();
    InitializeCriticalSection(&section);
    CHECK(section.DebugInfo != NULL);
    CHECK_EQ_INT(section.RecursionCount, 0);
    CHECK_EQ_PTR(section.OwningThread, NULL);
    for (LONG i = 1; i <= 3; i++) {
        EnterCriticalSection(&section);
        CHECK_EQ_INT(section.RecursionCount, i);
        CHECK(section.OwningThread != NULL);
        CHECK(!other_thread_can_enter());
    }
    CHECK(TryEnterCriticalSection(&section));
    CHECK_EQ_INT(section.RecursionCount, 4);
    for (unsigned i = 0; i < 4; i++) {
        CHECK(!other_thread_can_enter());
        LeaveCriticalSection(&section);
    }
    CHECK_EQ_PTR(section.OwningThread, NULL);
    CHECK(other_thread_can_enter());
    DeleteCriticalSection(&section);
    CHECK_EQ_PTR(section.DebugInfo, NULL);
    CHECK_LAST_ERROR_UNTOUCHED();
}

static void with_spin_count(void)
{
    CHECK(InitializeCriticalSectionAndSpinCount(&section, 400));
    EnterCriticalSection(&section);
    CHECK(!other_thread_can_enter());
    LeaveCriticalSection(&section);
    CHECK(other_thread_can_enter());
    DeleteCriticalSection(&section);
}

static unsigned counter; /* the section guards it */

static void count(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        EnterCriticalSection(&section);
        EnterCriticalSection(&section);
        counter++;
        LeaveCriticalSection(&section);
        LeaveCriticalSection(&section);
    }
}

/* One thread at a time, and every one that waits gets it. */
static void excludes(void)
{
    struct thread threads[THREADS];
    InitializeCriticalSection(&section);
    for (unsigned i = 0; i < THREADS; i++) {
        thread_start(&threads[i], count, NULL);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ_UINT(counter, THREADS * ROUNDS);
    CHECK_EQ_INT(section.RecursionCount, 0);
    DeleteCriticalSection(&section);
}

static void enter(void *arg)
{
    (void)arg;
    EnterCriticalSection(&section);
}

/* A thread that ends within it leaves it taken. */
static void owner_ends(void)
{
    struct thread thread;
    InitializeCriticalSection(&section);
    thread_start(&thread, enter, NULL);
    thread_join(&thread);
    CHECK(!TryEnterCriticalSection(&section));
    CHECK_EQ_INT(section.RecursionCount, 1);
}

#ifndef _WIN32

/* The NT names, and their statuses. */
static void rtl_names(void)
{
    RTL_CRITICAL_SECTION own;
    CHECK(RtlInitializeCriticalSection(&own) == STATUS_SUCCESS);
    CHECK(RtlEnterCriticalSection(&own) == STATUS_SUCCESS);
    CHECK(RtlTryEnterCriticalSection(&own));
    CHECK_EQ_INT(own.RecursionCount, 2);
    CHECK(RtlLeaveCriticalSection(&own) == STATUS_SUCCESS);
    CHECK(RtlLeaveCriticalSection(&own) == STATUS_SUCCESS);
    CHECK(RtlDeleteCriticalSection(&own) == STATUS_SUCCESS);
    CHECK(RtlInitializeCriticalSectionAndSpinCount(&own, 77) == STATUS_SUCCESS);
    CHECK_EQ_UINT(own.SpinCount, 77);
    CHECK(RtlDeleteCriticalSection(&own) == STATUS_SUCCESS);
}

/* What is undefined on Windows ends the process, with one line. */
enum mistake {
    ENTER_ZEROS,
    TRY_DELETED,
    LEAVE_FREE,
    LEAVE_ANOTHERS,
    DELETE_ZEROS,
    ACQUIRE_ZEROS,
    RELEASE_FREE,
    SECTION_AS_RESOURCE
};

static ERESOURCE resource;

static void make(enum mistake mistake)
{
    static CRITICAL_SECTION zeros;
    static ERESOURCE zero_resource;
    struct thread thread;
    InitializeCriticalSection(&section);
    ExInitializeResourceLite(&resource);
    switch (mistake) {
    case ENTER_ZEROS:
        EnterCriticalSection(&zeros);
        return;
    case TRY_DELETED:
        DeleteCriticalSection(&section);
        TryEnterCriticalSection(&section);
        return;
    case LEAVE_FREE:
        LeaveCriticalSection(&section);
        return;
    case LEAVE_ANOTHERS:
        thread_start(&thread, enter, NULL);
        thread_join(&thread);
        LeaveCriticalSection(&section);
        return;
    case DELETE_ZEROS:
        DeleteCriticalSection(&zeros);
        return;
    case ACQUIRE_ZEROS:
        ExAcquireResourceExclusiveLite(&zero_resource, TRUE);
        return;
    case RELEASE_FREE:
        ExReleaseResourceLite(&resource);
        return;
    case SECTION_AS_RESOURCE:
        ExAcquireResourceExclusiveLite((PERESOURCE)(void *)&section, TRUE);
        return;
    }
}

static const struct {
    enum mistake mistake;
    const char *line; /* without the address */
} mistakes[] = {
    {ENTER_ZEROS, "RtlEnterCriticalSection (EnterCriticalSection): not initialised, or deleted: "},
    {TRY_DELETED, "RtlTryEnterCriticalSection (TryEnterCriticalSection): not initialised, or deleted: "},
    {LEAVE_FREE, "RtlLeaveCriticalSection (LeaveCriticalSection): not held by this thread: "},
    {LEAVE_ANOTHERS, "RtlLeaveCriticalSection (LeaveCriticalSection): not held by this thread: "},
    {DELETE_ZEROS, "RtlDeleteCriticalSection (DeleteCriticalSection): not initialised, or deleted: "},
    {ACQUIRE_ZEROS, "ExAcquireResourceExclusiveLite: not initialised, or deleted: "},
    {RELEASE_FREE, "ExReleaseResourceLite: not held by this thread: "},
    {SECTION_AS_RESOURCE, "ExAcquireResourceExclusiveLite: not initialised, or deleted: "},
};

struct stop {
    enum mistake mistake;
    int errors;
};

static void make_in_child(void *arg)
{
    struct stop *stop = arg;
    dup2(stop->errors, STDERR_FILENO);
    make(stop->mistake);
}

static void mistakes_stop(void)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        char line[256] = "", expected[256];
        int errors[2];
        CHECK(pipe(errors) == 0);
        struct stop stop = {mistakes[i].mistake, errors[1]};
        CHECK_EQ_INT(child_wait(child_start(make_in_child, &stop, 60)), 256 + SIGABRT);
        close(errors[1]);
        CHECK(read(errors[0], line, sizeof(line) - 1) > 0);
        close(errors[0]);
        snprintf(expected, sizeof(expected), "cairn: %s", mistakes[i].line);
        char *address = strstr(line, "0x");
        if (CHECK(address != NULL)) {
            *address = '\0';
        }
        CHECK_EQ_STR(line, expected);
    }
}

/* Executive resources: the pages of wdm.h. */
static void try_resource(void *acquired)
{
    *(BOOLEAN *)acquired = ExAcquireResourceExclusiveLite(&resource, FALSE);
}

static void resources(void)
{
    BOOLEAN acquired = TRUE;
    struct thread thread;
    CHECK(ExInitializeResourceLite(&resource) == STATUS_SUCCESS);
    CHECK_EQ_UINT(ExAcquireResourceExclusiveLite(&resource, TRUE), TRUE);
    CHECK_EQ_UINT(ExAcquireResourceExclusiveLite(&resource, FALSE), TRUE);
    ExReleaseResourceLite(&resource);
    thread_start(&thread, try_resource, &acquired);
    thread_join(&thread);
    CHECK_EQ_UINT(acquired, FALSE);
    ExReleaseResourceLite(&resource);
    thread_start(&thread, try_resource, &acquired);
    thread_join(&thread);
    CHECK_EQ_UINT(acquired, TRUE);
    CHECK_EQ_UINT(ExAcquireResourceExclusiveLite(&resource, FALSE), FALSE);
    CHECK(ExDeleteResourceLite(&resource) == STATUS_SUCCESS);
}

#endif

int main(void)
{
    nt_load();
    is_recursive();
    with_spin_count();
    excludes();
#ifndef _WIN32
    rtl_names();
    mistakes_stop();
    resources();
#endif
    owner_ends();
    return check_report();
}
