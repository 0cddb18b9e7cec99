/* A heap is unlocked by a thread that has not locked it. */
#include "misuse.h"

#include "thread.h"

static void end(HANDLE heap)
{
    misuse_end(!HeapUnlock(heap) && GetLastError() == ERROR_NOT_OWNER);
}

/* Nobody has locked it. */
static void make(void)
{
    end(misuse_in(HeapCreate(0, 0, 0)));
}

/* Unlocked once too often. */
static void make_twice(void)
{
    HANDLE heap = misuse_in(HeapCreate(0, 0, 0));
    HeapLock(heap);
    HeapUnlock(heap);
    end(heap);
}

static void lock(void *heap)
{
    HeapLock(heap);
}

/* Another thread has locked it. */
static void make_for_another(void)
{
    struct thread thread;
    HANDLE heap = misuse_in(HeapCreate(0, 0, 0));
    thread_start(&thread, lock, heap);
    thread_join(&thread);
    end(heap);
}

/* Its lock is the program's, and nobody is in it. */
static void make_with_program_lock(void)
{
    static CRITICAL_SECTION section;
    InitializeCriticalSection(&section);
    end(misuse_in(RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, &section, NULL)));
}

#define SENTENCE "RtlUnlockHeap (HeapUnlock): heap is not locked by this thread: heap H"

MISUSE_MAIN({"unlock", make, "+htc", SENTENCE}, {"unlock twice", make_twice, "+hvc", SENTENCE},
            {"unlock for another thread", make_for_another, "+ust", SENTENCE},
            {"unlock with a lock of the program's", make_with_program_lock, "+hfc", SENTENCE})
