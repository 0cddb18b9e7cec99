/* What HeapLock does not hold up: win32-heap.md section 6, the rows with the LFH active, and section 5. */
#include "contender.h"
#include "lfh.h"

/* A heap whose LFH serves the contender's size, 0; its lock is held. */
static HANDLE locked_heap(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    lfh_use(heap, 0, LFH_LIVE);
    lfh_use(heap, 0, LFH_LIVE);
    CHECK_EQ_INT(HeapLock(heap), TRUE);
    return heap;
}

/* An allocation and a free of that size go through, while the heap is locked. Unlocks and destroys it. */
static void check_not_blocked(HANDLE heap)
{
    struct contender c;
    contender_start(&c, heap, false, 0);
    bool through = on_wine() ? !contender_is_blocked(&c) : contender_comes_through(&c);
    WINE_DIFFERS("the lock blocks every allocation") {
        CHECK(through);
    }
    CHECK_EQ_INT(HeapUnlock(heap), TRUE);
    CHECK(through || contender_comes_through(&c));
    CHECK(HeapDestroy(heap));
}

static void does_not_block_an_allocation(void)
{
    SPEC("W5.9 W6.8 W6.9 W9.9");
    check_not_blocked(locked_heap());
}

/* nor if other sizes were allocated last, which the LFH does not serve */
static void does_not_block_it_after_other_sizes(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    lfh_use(heap, 0, LFH_LIVE);
    lfh_use(heap, 0, LFH_LIVE);
    for (SIZE_T size = 100; size < 1000; size += 100) {
        CHECK(HeapAlloc(heap, 0, size) != NULL);
    }
    CHECK_EQ_INT(HeapLock(heap), TRUE);
    check_not_blocked(heap);
}

/* so do those of a heap from which nothing was freed yet, from the 18th block on */
static void does_not_block_a_heap_that_fills(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < LFH_LIVE + 1; i++) {
        CHECK(HeapAlloc(heap, 0, 0) != NULL);
    }
    CHECK_EQ_INT(HeapLock(heap), TRUE);
    check_not_blocked(heap);
}

/* whoever asks for the lock still waits */
static void blocks_a_lock(void)
{
    SPEC("W6.7 W6.9");
    struct contender c;
    HANDLE heap = locked_heap();
    contender_start(&c, heap, true, 0);
    bool blocked = CHECK(contender_is_blocked(&c));
    CHECK_EQ_INT(HeapUnlock(heap), TRUE);
    CHECK(!blocked || contender_comes_through(&c));
    CHECK(HeapDestroy(heap));
}

static void allocate_other_size(void *arg)
{
    HANDLE heap = *(HANDLE *)arg;
    CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 0x6000)));
}

/* and so does a size that the LFH does not serve */
static void blocks_other_sizes(void)
{
    SPEC("W9.9");
    struct thread thread;
    HANDLE heap = locked_heap();
    thread_start(&thread, allocate_other_size, &heap);
    bool blocked = CHECK(!thread_join_timeout(&thread, BLOCKED_MS));
    CHECK_EQ_INT(HeapUnlock(heap), TRUE);
    CHECK(!blocked || thread_join_timeout(&thread, THROUGH_MS));
    CHECK(HeapDestroy(heap));
}

/* the holder may use the heap, sizes of the LFH and others */
static void holder_goes_on(void)
{
    SPEC("W3.11.3");
    HANDLE heap = locked_heap();
    lfh_use(heap, 0, 100);
    lfh_use(heap, 64, 100);
    lfh_use(heap, 0x6000, 20);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK_EQ_INT(HeapUnlock(heap), TRUE);
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    does_not_block_an_allocation();
    does_not_block_it_after_other_sizes();
    does_not_block_a_heap_that_fills();
    blocks_a_lock();
    blocks_other_sizes();
    holder_goes_on();
    return check_report();
}
