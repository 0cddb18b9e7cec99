/* HeapLock: win32-heap.md 3.11 and section 6 but for its LFH rows. */
#include "contender.h"

/* TRUE, last error untouched */
static void returns_true(void)
{
    SPEC("W3.11.2");
    static const DWORD options[] = {0, HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS, HEAP_CREATE_ENABLE_EXECUTE};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        HANDLE heap = HeapCreate(options[i], 0, i % 2 == 0 ? 0 : UNIT);
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapLock(heap), TRUE);
        CHECK_LAST_ERROR_UNTOUCHED();
        CHECK_EQ_INT(HeapUnlock(heap), TRUE);
        CHECK(HeapDestroy(heap));
    }
}

static void prototype(void)
{
    SPEC("W3.11.1");
    BOOL(WINAPI * function)(HANDLE) = HeapLock;
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(function(heap) && HeapUnlock(heap));
    CHECK(HeapDestroy(heap));
}

/* the default heap is serialized and has a lock */
static void default_heap(void)
{
    SPEC("W3.1.5");
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapLock(GetProcessHeap()), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_INT(HeapUnlock(GetProcessHeap()), TRUE);
}

/* who contends for a heap whose lock the main thread holds */
static void lock_against(DWORD options, bool contender_locks, DWORD contender_flags, bool blocks)
{
    SPEC("W6.1 W6.9");
    struct contender c;
    HANDLE heap = HeapCreate(options, 0, 0);
    CHECK_EQ_INT(HeapLock(heap), TRUE);
    contender_start(&c, heap, contender_locks, contender_flags);
    if (blocks) {
        bool blocked = CHECK(contender_is_blocked(&c));
        CHECK_EQ_INT(HeapUnlock(heap), TRUE);
        CHECK(!blocked || contender_comes_through(&c));
    } else {
        CHECK(contender_comes_through(&c));
        CHECK_EQ_INT(HeapUnlock(heap), TRUE);
    }
    CHECK(HeapDestroy(heap));
}

static void no_serialize_heap_does_not_block_a_lock(void)
{
    SPEC("W3.11.4 W6.2 W9.8");
    lock_against(HEAP_NO_SERIALIZE, true, 0, false);
}

static void no_serialize_heap_does_not_block_an_allocation(void)
{
    SPEC("W1.2.1 W1.2.2 W3.11.4 W6.3 W9.8");
    lock_against(HEAP_NO_SERIALIZE, false, 0, false);
}

static void blocks_a_lock_until_unlocked(void)
{
    SPEC("W3.11.2 W6.4");
    lock_against(0, true, 0, true);
}

static void blocks_an_allocation_until_unlocked(void)
{
    SPEC("W3.11.2 W6.5");
    lock_against(0, false, 0, true);
}

static void does_not_block_an_unserialized_allocation(void)
{
    SPEC("W1.2.1 W6.6");
    lock_against(0, false, HEAP_NO_SERIALIZE, false);
}

/* each lock needs its unlock before another thread gets in */
static void is_recursive(void)
{
    SPEC("W3.11.3");
    struct contender c;
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapLock(heap), TRUE);
        CHECK_LAST_ERROR_UNTOUCHED();
    }
    contender_start(&c, heap, true, 0);
    bool blocked = CHECK(contender_is_blocked(&c));
    for (unsigned i = 0; blocked && i < 2; i++) {
        CHECK_EQ_INT(HeapUnlock(heap), TRUE);
        blocked = CHECK(contender_is_blocked(&c));
    }
    CHECK_EQ_INT(HeapUnlock(heap), TRUE);
    CHECK(!blocked || contender_comes_through(&c));
    CHECK(HeapDestroy(heap));
}

/* the owner may call any heap function */
static void owner_may_call_everything(void)
{
    SPEC("W3.11.3");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapLock(heap));
    void *block = HeapAlloc(heap, 0, 100);
    CHECK(block != NULL);
    block = HeapReAlloc(heap, 0, block, 5000);
    CHECK(block != NULL);
    CHECK_EQ_UINT(HeapSize(heap, 0, block), 5000);
    CHECK(HeapValidate(heap, 0, block));
    CHECK(HeapValidate(heap, 0, NULL));
    (void)HeapCompact(heap, 0);
    PROCESS_HEAP_ENTRY entry;
    CHECK(find_record(heap, block, &entry));
    ULONG mode = 5;
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode), NULL));
    CHECK_EQ_UINT(mode, 0);
    CHECK(GetProcessHeaps(0, NULL) >= 2);
    CHECK(HeapFree(heap, 0, block));
    void *large = HeapAlloc(heap, 0, LARGE_MIN);
    CHECK(large != NULL);
    CHECK(HeapFree(heap, 0, large));
    CHECK(HeapUnlock(heap));
    CHECK(HeapDestroy(heap));
}

/* a heap's lock is its own */
static void heaps_are_independent(void)
{
    struct contender c;
    HANDLE locked = HeapCreate(0, 0, 0), other = HeapCreate(0, 0, 0);
    CHECK(HeapLock(locked));
    contender_start(&c, other, true, 0);
    CHECK(contender_comes_through(&c));
    CHECK(HeapUnlock(locked));
    CHECK(HeapDestroy(locked));
    CHECK(HeapDestroy(other));
}

/* several threads wait: all come through, one after the other */
static void every_waiter_gets_it(void)
{
    struct contender c[6];
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapLock(heap));
    for (unsigned i = 0; i < 6; i++) {
        contender_start(&c[i], heap, i % 2 == 0, 0);
    }
    CHECK(contender_is_blocked(&c[0]));
    CHECK(HeapUnlock(heap));
    for (unsigned i = 0; i < 6; i++) {
        CHECK(contender_comes_through(&c[i]));
    }
    CHECK(HeapDestroy(heap));
}

static void lock_and_leave(void *heap)
{
    CHECK_EQ_INT(HeapLock(heap), TRUE);
}

/* a thread that ends with the lock held leaves it held; heap and waiter are lost, so this is last */
static void thread_may_end_with_the_lock(void)
{
    SPEC("W3.11.7");
    static struct contender c;
    struct thread owner;
    HANDLE heap = HeapCreate(0, 0, 0);
    thread_start(&owner, lock_and_leave, heap);
    thread_join(&owner);
    contender_start(&c, heap, true, 0);
    CHECK(contender_is_blocked(&c));
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
    CHECK_EQ_INT(HeapLock(NULL), FALSE);
    CHECK_LAST_ERROR_UNTOUCHED();
}

#ifndef _WIN32
/* a handle that is no heap: FALSE, ERROR_INVALID_HANDLE */
static void bad_handle(void)
{
    SPEC("W1.1.5");
    static struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        bool ok = CHECK_EQ_INT(HeapLock(bad.list[i].handle), FALSE);
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
    default_heap();
    no_serialize_heap_does_not_block_a_lock();
    no_serialize_heap_does_not_block_an_allocation();
    blocks_a_lock_until_unlocked();
    blocks_an_allocation_until_unlocked();
    does_not_block_an_unserialized_allocation();
    is_recursive();
    owner_may_call_everything();
    heaps_are_independent();
    every_waiter_gets_it();
    null_heap();
#ifndef _WIN32
    bad_handle();
#endif
    thread_may_end_with_the_lock();
    return check_report();
}
