/* HeapUnlock: win32-heap.md 3.11. */
#include "contender.h"

/* TRUE, last error untouched */
static void returns_true(void)
{
    SPEC("W3.11.2");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapLock(heap));
    CHECK(HeapLock(heap));
    for (unsigned i = 0; i < 2; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapUnlock(heap), TRUE);
        CHECK_LAST_ERROR_UNTOUCHED();
    }
    CHECK(HeapDestroy(heap));
}

static void prototype(void)
{
    SPEC("W3.11.1");
    BOOL(WINAPI * function)(HANDLE) = HeapUnlock;
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapLock(heap) && function(heap));
    CHECK(HeapDestroy(heap));
}

/* one unlock for each lock; the last one lets the waiter in */
static void last_one_releases(void)
{
    SPEC("W3.11.2 W3.11.3");
    struct contender c;
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapLock(heap));
    CHECK(HeapLock(heap));
    CHECK(HeapUnlock(heap));
    contender_start(&c, heap, false, 0);
    bool blocked = CHECK(contender_is_blocked(&c));
    CHECK(HeapUnlock(heap));
    CHECK(!blocked || contender_comes_through(&c));
    CHECK(HeapDestroy(heap));
}

/* once released, it can be taken and released again by anyone */
static void lock_can_be_taken_again(void)
{
    SPEC("W3.11.2");
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        struct contender c;
        CHECK(HeapLock(heap));
        CHECK(HeapUnlock(heap));
        contender_start(&c, heap, true, 0);
        CHECK(contender_comes_through(&c));
    }
    CHECK(HeapDestroy(heap));
}

/* HEAP_NO_SERIALIZE heap: TRUE and nothing happens, locked before or not */
static void no_serialize_heap(void)
{
    SPEC("W3.11.4 W9.8");
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapUnlock(heap), TRUE);
        CHECK_LAST_ERROR_UNTOUCHED();
    }
    CHECK_EQ_INT(HeapLock(heap), TRUE);
    CHECK_EQ_INT(HeapUnlock(heap), TRUE);
    CHECK(HeapDestroy(heap));
}

/* asked of Wine only, as Windows leaves it undefined */
static void null_heap(void)
{
#ifdef _WIN32
    if (!on_wine()) {
        return;
    }
#endif
    SPEC("W3.11.6");
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapUnlock(NULL), FALSE);
    CHECK_LAST_ERROR_UNTOUCHED();
}

#ifndef _WIN32

static void unlock_is_refused(HANDLE heap)
{
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapUnlock(heap), FALSE);
    CHECK_LAST_ERROR(ERROR_NOT_OWNER);
}

/* undefined on Windows: nobody holds the lock */
static void lock_that_nobody_holds(void)
{
    SPEC("W3.11.5");
    HANDLE heap = HeapCreate(0, 0, 0);
    unlock_is_refused(heap);
    CHECK(HeapLock(heap));
    CHECK(HeapUnlock(heap));
    unlock_is_refused(heap);

    struct contender c; /* the lock works as before */
    CHECK(HeapLock(heap));
    contender_start(&c, heap, true, 0);
    bool blocked = CHECK(contender_is_blocked(&c));
    CHECK(HeapUnlock(heap));
    CHECK(!blocked || contender_comes_through(&c));
    CHECK(HeapDestroy(heap));
}

static void unlock_in_thread(void *heap)
{
    unlock_is_refused(heap);
}

/* ownership is per thread: another thread's lock is not released */
static void lock_that_another_thread_holds(void)
{
    SPEC("W3.11.5 W3.11.7");
    struct thread thief;
    struct contender c;
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapLock(heap));
    thread_start(&thief, unlock_in_thread, heap);
    thread_join(&thief);
    contender_start(&c, heap, true, 0);
    bool blocked = CHECK(contender_is_blocked(&c));
    CHECK(HeapUnlock(heap));
    CHECK(!blocked || contender_comes_through(&c));
    CHECK(HeapDestroy(heap));
}

/* a handle that is no heap: FALSE, ERROR_INVALID_HANDLE */
static void bad_handle(void)
{
    SPEC("W1.1.5");
    static struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        bool ok = CHECK_EQ_INT(HeapUnlock(bad.list[i].handle), FALSE);
        ok = CHECK_LAST_ERROR(ERROR_INVALID_HANDLE) && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}

#endif

int main(void)
{
    returns_true();
    prototype();
    last_one_releases();
    lock_can_be_taken_again();
    no_serialize_heap();
    null_heap();
#ifndef _WIN32
    lock_that_nobody_holds();
    lock_that_another_thread_holds();
    bad_handle();
#endif
    return check_report();
}
