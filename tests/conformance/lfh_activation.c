/* When the low-fragmentation heap turns itself on: win32-heap.md section 5. */
#include "lfh.h"

/* 17 live blocks of a size do not turn it on, the 18th does */
static void by_live_blocks(void)
{
    SPEC("W3.13.9 W5.3 W5.4");
    HANDLE below = HeapCreate(0, 0, 0), at = HeapCreate(0, 0, 0);
    CHECK_EQ_UINT(lfh_mode(below), 0);
    lfh_use(below, 0, LFH_LIVE - 1);
    CHECK_EQ_UINT(lfh_mode(below), 0);
    WINE_DIFFERS("HeapQueryInformation never says that the LFH is on") {
        lfh_use(at, 0, LFH_LIVE);
        CHECK_EQ_UINT(lfh_mode(at), 2);
    }
    CHECK(HeapDestroy(below));
    CHECK(HeapDestroy(at));
}

/* blocks are counted by size: many sizes with few live blocks each do not add up */
static void sizes_count_for_themselves(void)
{
    SPEC("W5.4");
    HANDLE heap = HeapCreate(0, 0, 0);
    for (SIZE_T size = 8; size < 16000; size = size * 2 + 40) {
        lfh_use(heap, size, 10);
    }
    CHECK_EQ_UINT(lfh_mode(heap), 0);
    CHECK(HeapDestroy(heap));
}

/* a size that is asked for again and again turns it on with one live block, too, but not at once */
static void by_allocations_in_all(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < 500; i++) {
        CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 100)));
    }
    CHECK_EQ_UINT(lfh_mode(heap), 0);
    for (unsigned i = 0; i < 20000; i++) {
        CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 100)));
    }
    WINE_DIFFERS("HeapQueryInformation never says that the LFH is on") {
        CHECK_EQ_UINT(lfh_mode(heap), 2);
    }
    CHECK(HeapDestroy(heap));
}

/* it cannot be turned off, by no request and by no lack of use */
static void it_stays_on(void)
{
    SPEC("W5.7");
    HANDLE heap = HeapCreate(0, 0, 0);
    DWORD optimize[] = {1, 0}; /* version and flags; MinGW does not know the structure */
    lfh_use(heap, 24, LFH_LIVE);
    CHECK(HeapSetInformation(heap, (HEAP_INFORMATION_CLASS)3, optimize, sizeof(optimize)));
    WINE_DIFFERS("HeapQueryInformation never says that the LFH is on") {
        CHECK_EQ_UINT(lfh_mode(heap), 2);
        for (ULONG mode = 0; mode < 2; mode++) {
            POISON_LAST_ERROR();
            CHECK(!lfh_set(heap, mode));
            CHECK_LAST_ERROR(ERROR_GEN_FAILURE);
        }
        CHECK_EQ_UINT(lfh_mode(heap), 2);
    }
    CHECK(HeapDestroy(heap));
}

/* requests up to about 16 KiB use it, larger ones never */
static void large_requests(void)
{
    SPEC("W2.1 W5.1");
    HANDLE heap = HeapCreate(0, 0, 0);
    lfh_use(heap, 0x5000, 100);
    lfh_use(heap, 0x20000, 40);
    CHECK_EQ_UINT(lfh_mode(heap), 0);
    lfh_use(heap, 0x3F00, LFH_LIVE);
    WINE_DIFFERS("HeapQueryInformation never says that the LFH is on") {
        CHECK_EQ_UINT(lfh_mode(heap), 2);
    }
    CHECK(HeapDestroy(heap));
}

/* HEAP_NO_SERIALIZE and fixed-size heaps have none */
static void excluded_heaps(void)
{
    SPEC("W3.3.13 W3.13.10 W3.13.11 W5.2");
    HANDLE heaps[] = {HeapCreate(HEAP_NO_SERIALIZE, 0, 0), HeapCreate(0, 0, 4 * UNIT)};
    for (unsigned h = 0; h < 2; h++) {
        lfh_use(heaps[h], 24, 200);
        for (unsigned i = 0; i < 10000; i++) {
            CHECK(HeapFree(heaps[h], 0, HeapAlloc(heaps[h], 0, 100)));
        }
        CHECK_EQ_UINT(lfh_mode(heaps[h]), 0);
        CHECK(HeapDestroy(heaps[h]));
    }
}

/* an executable heap has one like any other */
static void executable_heap(void)
{
    HANDLE heap = HeapCreate(HEAP_CREATE_ENABLE_EXECUTE, 0, 0);
    lfh_use(heap, 24, LFH_LIVE);
    WINE_DIFFERS("HeapQueryInformation never says that the LFH is on") {
        CHECK_EQ_UINT(lfh_mode(heap), 2);
    }
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    by_live_blocks();
    sizes_count_for_themselves();
    by_allocations_in_all();
    it_stays_on();
    large_requests();
    excluded_heaps();
    executable_heap();
    return check_report();
}
