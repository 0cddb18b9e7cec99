/* RtlLockHeap, RtlUnlockHeap: nt-heap.md 5, win32-heap.md 3.11 and section 6. */
#include "contender.h"

#include "nt.h"

/* TRUE for every valid heap, HEAP_NO_SERIALIZE ones included; 1.3: last error untouched */
static void valid_heaps(void)
{
    SPEC("N5.1");
    HANDLE heaps[] = {HeapCreate(0, 0, 0), HeapCreate(HEAP_NO_SERIALIZE, 0, 0), HeapCreate(0, 0, UNIT),
                      GetProcessHeap()};
    for (size_t i = 0; i < 4; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(RtlLockHeap(heaps[i]), TRUE);
        CHECK_EQ_INT(RtlUnlockHeap(heaps[i]), TRUE);
        CHECK_LAST_ERROR_UNTOUCHED();
    }
    for (size_t i = 0; i < 3; i++) {
        CHECK(HeapDestroy(heaps[i]));
    }
}

/* a recursive critical section owned by the thread, the one that HeapLock takes */
static void recursive_and_shared_with_heap_lock(void)
{
    SPEC("N5.1 N1.1.7");
    struct contender c;
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_INT(RtlLockHeap(heap), TRUE);
    CHECK_EQ_INT(HeapLock(heap), TRUE);
    CHECK_EQ_INT(RtlLockHeap(heap), TRUE);
    contender_start(&c, heap, true, 0);
    bool blocked = CHECK(contender_is_blocked(&c));
    CHECK_EQ_INT(RtlUnlockHeap(heap), TRUE);
    CHECK_EQ_INT(RtlUnlockHeap(heap), TRUE);
    blocked = blocked && CHECK(contender_is_blocked(&c));
    CHECK_EQ_INT(HeapUnlock(heap), TRUE);
    CHECK(!blocked || contender_comes_through(&c));
    CHECK(HeapDestroy(heap));
}

/* section 6 of win32-heap.md: HEAP_NO_SERIALIZE: no effect */
static void no_serialize_heap_blocks_nobody(void)
{
    SPEC("N5.1");
    struct contender c;
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    CHECK_EQ_INT(RtlLockHeap(heap), TRUE);
    contender_start(&c, heap, true, 0);
    CHECK(contender_comes_through(&c));
    CHECK_EQ_INT(RtlUnlockHeap(heap), TRUE);
    CHECK_EQ_INT(RtlUnlockHeap(heap), TRUE);
    CHECK(HeapDestroy(heap));
}

/* NULL: FALSE; asked of Wine only, as Windows leaves it undefined */
static void null_heap(void)
{
    SPEC("N5.1");
#ifdef _WIN32
    if (!on_wine()) {
        return;
    }
#endif
    POISON_LAST_ERROR();
    CHECK_EQ_INT(RtlLockHeap(NULL), FALSE);
    CHECK_EQ_INT(RtlUnlockHeap(NULL), FALSE);
    CHECK_LAST_ERROR_UNTOUCHED();
}

#ifndef _WIN32

/* invalid handle: FALSE */
static void bad_handle(void)
{
    SPEC("N5.1");
    static struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        bool ok = CHECK_EQ_INT(RtlLockHeap(bad.list[i].handle), FALSE);
        ok = CHECK_EQ_INT(RtlUnlockHeap(bad.list[i].handle), FALSE) && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}

/* undefined on Windows: a lock that this thread does not hold stays as it is */
static void unlock_without_lock(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_INT(RtlUnlockHeap(heap), FALSE);
    struct contender c;
    CHECK_EQ_INT(RtlLockHeap(heap), TRUE);
    contender_start(&c, heap, true, 0);
    bool blocked = CHECK(contender_is_blocked(&c));
    CHECK_EQ_INT(RtlUnlockHeap(heap), TRUE);
    CHECK(!blocked || contender_comes_through(&c));
    CHECK(HeapDestroy(heap));
}

#endif

int main(void)
{
    nt_load();
    valid_heaps();
    recursive_and_shared_with_heap_lock();
    no_serialize_heap_blocks_nobody();
    null_heap();
#ifndef _WIN32
    bad_handle();
    unlock_without_lock();
#endif
    return check_report();
}
