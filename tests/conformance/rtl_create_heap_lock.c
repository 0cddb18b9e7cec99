/* RtlCreateHeap with a lock of the caller's: nt-heap.md 2.1, 2.3, 5. Wine reads no Lock. */
#ifndef _WIN32
#define _DEFAULT_SOURCE 1
#include "child.h"
#endif
#include "contender.h"

#include "nt.h"

static const char reads_no_lock[] = "RtlCreateHeap reads no Lock";

static CRITICAL_SECTION section; /* static, as programs have them */

static HANDLE create(ULONG flags, SIZE_T reserve, PVOID lock)
{
    HANDLE heap = RtlCreateHeap(flags, NULL, reserve, 0, lock, NULL);
    CHECK(heap != NULL);
    return heap;
}

/* A second thread that makes one call. */
struct caller {
    void (*call)(HANDLE heap);
    HANDLE heap;
    struct thread thread;
};

static void caller_run(void *arg)
{
    struct caller *caller = arg;
    caller->call(caller->heap);
}

static void *shared_block;
static PROCESS_HEAP_ENTRY shared_entry;

static void call_allocate(HANDLE heap)
{
    CHECK(HeapAlloc(heap, 0, 100) != NULL);
}

static void call_reallocate(HANDLE heap)
{
    shared_block = HeapReAlloc(heap, 0, shared_block, 50000);
    CHECK(shared_block != NULL);
}

static void call_free(HANDLE heap)
{
    CHECK(HeapFree(heap, 0, shared_block));
}

static void call_allocate_large(HANDLE heap)
{
    CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, LARGE_MIN)));
}

static void call_lock(HANDLE heap)
{
    CHECK(HeapLock(heap));
    CHECK(HeapUnlock(heap));
}

static void call_validate(HANDLE heap)
{
    CHECK(HeapValidate(heap, 0, NULL));
}

static void call_walk(HANDLE heap)
{
    memset(&shared_entry, 0, sizeof(shared_entry));
    CHECK(HeapWalk(heap, &shared_entry));
}

static void call_compact(HANDLE heap)
{
    (void)HeapCompact(heap, 0);
}

static const struct {
    const char *name;
    void (*call)(HANDLE heap);
} calls[] = {
    {"HeapAlloc", call_allocate},
    {"HeapReAlloc", call_reallocate},
    {"HeapAlloc and HeapFree of a large block", call_allocate_large},
    {"HeapLock", call_lock},
    {"HeapValidate", call_validate},
    {"HeapWalk", call_walk},
    {"HeapCompact", call_compact},
    {"HeapFree", call_free},
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* 2.3: whoever holds the lock keeps the others out of the heap, until he leaves it */
static void holder_keeps_others_out(void)
{
    SPEC("N2.3.5");
    InitializeCriticalSection(&section);
    HANDLE heap = create(HEAP_GROWABLE, 0, &section);
    shared_block = HeapAlloc(heap, 0, 100);
    for (unsigned i = 0; i < CALLS; i++) {
        struct caller caller = {calls[i].call, heap, {0}};
        EnterCriticalSection(&section);
        thread_start(&caller.thread, caller_run, &caller);
        bool waits = !thread_join_timeout(&caller.thread, BLOCKED_MS);
        WINE_DIFFERS(reads_no_lock) {
            if (!CHECK(waits)) {
                printf("    %s\n", calls[i].name);
            }
        }
        LeaveCriticalSection(&section);
        CHECK(!waits || thread_join_timeout(&caller.thread, THROUGH_MS));
    }
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
    DeleteCriticalSection(&section);
}

/* 2.3: the holder may use the heap meanwhile, and holds the lock as often as before */
static void holder_may_use_the_heap(void)
{
    SPEC("N2.3.5");
    InitializeCriticalSectionAndSpinCount(&section, 4000);
    const ULONG flags[] = {HEAP_GROWABLE, 0, HEAP_GROWABLE | HEAP_CREATE_ENABLE_EXECUTE};
    for (unsigned i = 0; i < 3; i++) {
        HANDLE heap = create(flags[i], 0x40000, &section);
        EnterCriticalSection(&section);
        void *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 100);
        CHECK(block != NULL);
        block = HeapReAlloc(heap, 0, block, 10000);
        CHECK(block != NULL);
        CHECK_EQ_UINT(HeapSize(heap, 0, block), 10000);
        CHECK(HeapLock(heap));
        CHECK(HeapValidate(heap, 0, block));
        CHECK(HeapUnlock(heap));
        CHECK(HeapFree(heap, 0, block));
        CHECK_EQ_INT(section.RecursionCount, 1);
        LeaveCriticalSection(&section);
        CHECK_EQ_INT(section.RecursionCount, 0);
        CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
    }
    DeleteCriticalSection(&section);
}

static void try_section(void *entered)
{
    *(BOOL *)entered = TryEnterCriticalSection(&section);
    if (*(BOOL *)entered) {
        LeaveCriticalSection(&section);
    }
}

static BOOL other_thread_can_enter(void)
{
    BOOL entered = FALSE;
    struct thread thread;
    thread_start(&thread, try_section, &entered);
    thread_join(&thread);
    return entered;
}

/* 2.3, 5: HeapLock takes the caller's lock, HeapUnlock leaves it; the one may undo what the other did */
static void heap_lock_is_the_lock(void)
{
    SPEC("N2.3.5 N5.1");
    InitializeCriticalSection(&section);
    HANDLE heap = create(HEAP_GROWABLE, 0, &section);
    WINE_DIFFERS(reads_no_lock) {
        CHECK(HeapLock(heap));
        CHECK(RtlLockHeap(heap));
        CHECK_EQ_INT(section.RecursionCount, 2);
        CHECK(!other_thread_can_enter());
        CHECK(HeapUnlock(heap));
        CHECK(!other_thread_can_enter());
        CHECK(RtlUnlockHeap(heap));
    }
    CHECK(other_thread_can_enter());
#ifndef _WIN32
    CHECK(HeapLock(heap));
    LeaveCriticalSection(&section);
    EnterCriticalSection(&section);
    CHECK(HeapUnlock(heap));
    POISON_LAST_ERROR();
    CHECK(!HeapUnlock(heap));
    CHECK_LAST_ERROR(ERROR_NOT_OWNER);
    CHECK(other_thread_can_enter());
#endif
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
    DeleteCriticalSection(&section);
}

/* 2.3: two heaps may have the same; the end of a heap leaves it as it is, held or not */
static void outlives_its_heaps(void)
{
    SPEC("N2.3.5");
    struct contender c;
    InitializeCriticalSection(&section);
    HANDLE first = create(HEAP_GROWABLE, 0, &section), second = create(0, 0x20000, &section);
    EnterCriticalSection(&section);
    contender_start(&c, second, false, 0);
    bool waits = contender_is_blocked(&c);
    WINE_DIFFERS(reads_no_lock) {
        CHECK(waits);
    }
    CHECK_EQ_PTR(RtlDestroyHeap(first), NULL);
    CHECK_EQ_INT(section.RecursionCount, 1);
    CHECK(!other_thread_can_enter());
    LeaveCriticalSection(&section);
    CHECK(!waits || contender_comes_through(&c));
    CHECK_EQ_PTR(RtlDestroyHeap(second), NULL);
    EnterCriticalSection(&section);
    CHECK(!other_thread_can_enter());
    LeaveCriticalSection(&section);
    CHECK(other_thread_can_enter());
    DeleteCriticalSection(&section);
}

/* 2.1, 2.3: not together with HEAP_NO_SERIALIZE */
static void not_without_serialization(void)
{
    SPEC("N2.1.2 N2.3.6");
    InitializeCriticalSection(&section);
    ULONG before = RtlGetProcessHeaps(0, NULL);
    HANDLE heap = NULL;
    WINE_DIFFERS(reads_no_lock) {
        heap = RtlCreateHeap(HEAP_GROWABLE | HEAP_NO_SERIALIZE, NULL, 0, 0, &section, NULL);
        CHECK_EQ_PTR(heap, NULL);
    }
    RtlDestroyHeap(heap);
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before);
    DeleteCriticalSection(&section);
}

#ifndef _WIN32

/* a Lock that was never initialised, or was deleted, or is none: NULL, where Windows goes wrong later */
static void must_be_initialised(void)
{
    static ERESOURCE resource;
    static CRITICAL_SECTION zeros, copy;
    ULONG before = RtlGetProcessHeaps(0, NULL);
    InitializeCriticalSection(&section);
    DeleteCriticalSection(&section);
    CHECK(ExInitializeResourceLite(&resource) == STATUS_SUCCESS);
    CHECK(ExDeleteResourceLite(&resource) == STATUS_SUCCESS);
    memset(&copy, 0xA5, sizeof(copy));
    void *locks[] = {&section, &resource, &zeros, &copy, pages_unmapped(), (char *)&section + 1, (void *)8};
    for (unsigned i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, locks[i], NULL), NULL);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        CHECK_EQ_UINT((ULONG)RtlGetLastNtStatus(), (ULONG)STATUS_INVALID_PARAMETER);
    }
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before);
}

static ERESOURCE resource;

static void try_resource(void *acquired)
{
    *(BOOLEAN *)acquired = ExAcquireResourceExclusiveLite(&resource, FALSE);
    if (*(BOOLEAN *)acquired) {
        ExReleaseResourceLite(&resource);
    }
}

static BOOLEAN other_thread_can_acquire(void)
{
    BOOLEAN acquired = FALSE;
    struct thread thread;
    thread_start(&thread, try_resource, &acquired);
    thread_join(&thread);
    return acquired;
}

/* 2.3: in kernel mode the lock is an ERESOURCE */
static void resource_as_lock(void)
{
    SPEC("N2.3.5");
    struct contender c;
    CHECK(ExInitializeResourceLite(&resource) == STATUS_SUCCESS);
    HANDLE heap = create(HEAP_GROWABLE, 0, &resource);
    CHECK(ExAcquireResourceExclusiveLite(&resource, TRUE));
    contender_start(&c, heap, false, 0);
    bool waits = CHECK(contender_is_blocked(&c));
    void *block = RtlAllocateHeap(heap, 0, 100);
    CHECK(RtlFreeHeap(heap, 0, block));
    ExReleaseResourceLite(&resource);
    CHECK(!waits || contender_comes_through(&c));

    CHECK(RtlLockHeap(heap));
    CHECK(!other_thread_can_acquire());
    CHECK(ExAcquireResourceExclusiveLite(&resource, FALSE));
    CHECK(RtlUnlockHeap(heap));
    CHECK(!other_thread_can_acquire());
    ExReleaseResourceLite(&resource);
    CHECK(other_thread_can_acquire());
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
    CHECK(ExDeleteResourceLite(&resource) == STATUS_SUCCESS);
}

/* such a heap has no low-fragmentation heap: its locks would not be the caller's */
static void has_no_front_end(void)
{
    ULONG mode = 2;
    InitializeCriticalSection(&section);
    HANDLE heap = create(HEAP_GROWABLE, 0, &section);
    CHECK(!HeapSetInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode)));
    for (unsigned i = 0; i < 100; i++) {
        CHECK(HeapAlloc(heap, 0, 64) != NULL);
    }
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode), NULL));
    CHECK_EQ_UINT(mode, 0);
    struct contender c;
    EnterCriticalSection(&section);
    contender_start(&c, heap, false, 0);
    bool waits = CHECK(contender_is_blocked(&c));
    LeaveCriticalSection(&section);
    CHECK(!waits || contender_comes_through(&c));
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
    DeleteCriticalSection(&section);
}

/* in memory of the caller's too, with a walk over all heaps of the process */
static void heap_in_callers_memory(void)
{
    size_t size = 0x20000;
    void *base = pages_reserve(size);
    CHECK(pages_commit(base, size));
    InitializeCriticalSection(&section);
    HANDLE heap = RtlCreateHeap(0, base, size, size, &section, NULL);
    if (CHECK_EQ_PTR(heap, base)) {
        CHECK(HeapAlloc(heap, 0, 1000) != NULL);
        EnterCriticalSection(&section);
        CHECK(RtlValidateProcessHeaps());
        CHECK_EQ_INT(section.RecursionCount, 1);
        LeaveCriticalSection(&section);
        CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
    }
    DeleteCriticalSection(&section);
    pages_release(base, size);
}

static atomic_bool holds, forks, forked;

/*
 * Holds the lock when the fork begins, and a while longer. Ends after the fork: ThreadSanitizer takes a thread that
 * ended before it, and that the child cannot join, for a leak of the child's.
 */
static void hold_for_a_while(void *heap)
{
    EnterCriticalSection(&section);
    atomic_store(&holds, true);
    while (!atomic_load(&forks)) {
        thrd_yield();
    }
    CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 100)));
    thread_sleep(20);
    LeaveCriticalSection(&section);
    while (!atomic_load(&forked)) {
        thread_sleep(1);
    }
}

static void use_in_child(void *heap)
{
    CHECK(TryEnterCriticalSection(&section));
    CHECK_EQ_INT(section.RecursionCount, 1);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 100)));
    LeaveCriticalSection(&section);
}

static void own_while_forking(void *heap)
{
    CHECK_EQ_INT(section.RecursionCount, 1);
    CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 100)));
    LeaveCriticalSection(&section);
    CHECK_EQ_INT(section.RecursionCount, 0);
}

/* a fork waits for the lock, as for any heap's: in the child nobody holds it but who did in this thread */
static void fork_waits_for_it(void)
{
    struct thread thread;
    InitializeCriticalSection(&section);
    HANDLE heap = create(HEAP_GROWABLE, 0, &section);
    for (unsigned i = 0; i < 5; i++) {
        atomic_store(&holds, false);
        atomic_store(&forks, false);
        atomic_store(&forked, false);
        thread_start(&thread, hold_for_a_while, heap);
        while (!atomic_load(&holds)) {
            thrd_yield();
        }
        atomic_store(&forks, true);
        CHECK(child_run(use_in_child, heap, 60, "fork beside a holder"));
        atomic_store(&forked, true);
        thread_join(&thread);
    }
    EnterCriticalSection(&section);
    CHECK(child_run(own_while_forking, heap, 60, "fork by the holder"));
    CHECK_EQ_INT(section.RecursionCount, 1);
    LeaveCriticalSection(&section);
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
    DeleteCriticalSection(&section);
}

#endif

int main(void)
{
    nt_load();
    holder_keeps_others_out();
    holder_may_use_the_heap();
    heap_lock_is_the_lock();
    outlives_its_heaps();
    not_without_serialization();
#ifndef _WIN32
    must_be_initialised();
    resource_as_lock();
    has_no_front_end();
    heap_in_callers_memory();
    fork_waits_for_it();
#endif
    return check_report();
}
