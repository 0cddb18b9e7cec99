/* HEAP_DISABLE_COALESCE_ON_FREE, which is also what the global flag dhc does to a heap: win32-heap.md 3.10, nt-heap.md
 * 11, 15.2. Wine does not know it. */
#include "walk.h"

#include "nt.h"

#ifndef _WIN32

#define COUNT 20
#define SIZE 1000

struct apart {
    HANDLE heap;
    unsigned char *blocks[COUNT];
};

static unsigned free_records(HANDLE heap)
{
    static struct walk walk;
    unsigned count = 0;
    CHECK(walk_take(heap, &walk));
    for (size_t i = 0; i < walk.count; i++) {
        count += record_kind(&walk.records[i]) == KIND_FREE;
    }
    return count;
}

/* A heap with blocks of which all between the first, the middle and the last one are free, one by one. */
static void make(struct apart *apart, ULONG flags, SIZE_T reserve)
{
    apart->heap = RtlCreateHeap(flags | HEAP_DISABLE_COALESCE_ON_FREE, NULL, reserve, 0, NULL, NULL);
    for (unsigned i = 0; i < COUNT; i++) {
        apart->blocks[i] = HeapAlloc(apart->heap, 0, SIZE);
        pattern_fill(apart->blocks[i], SIZE, i);
    }
}

static bool is_kept(unsigned i)
{
    return i == 0 || i == COUNT / 2 || i == COUNT - 1;
}

static void free_between(const struct apart *apart)
{
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK(is_kept(i) || HeapFree(apart->heap, 0, apart->blocks[i]));
    }
}

static void check_kept(const struct apart *apart)
{
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK(!is_kept(i) || pattern_holds(apart->blocks[i], SIZE, i));
    }
    CHECK(HeapValidate(apart->heap, 0, NULL));
}

/* 15.2: adjacent free blocks stay separate; 3.10, 11: HeapCompact makes them one */
static void compact_coalesces(ULONG flags, SIZE_T reserve)
{
    SPEC("W3.10.3 N11.2 N15.2.5");
    struct apart apart;
    make(&apart, flags, reserve);
    unsigned before = free_records(apart.heap);
    free_between(&apart);
    CHECK_EQ_UINT(free_records(apart.heap), before + COUNT - 3);
    check_kept(&apart);

    SIZE_T largest = HeapCompact(apart.heap, 0);
    CHECK_EQ_UINT(free_records(apart.heap), before + 2);
    check_kept(&apart);
    CHECK_EQ_UINT(HeapCompact(apart.heap, 0), largest);
    CHECK_EQ_UINT(free_records(apart.heap), before + 2);

    /* what was many is one block, of which all can be had */
    unsigned char *block = HeapAlloc(apart.heap, 0, 9 * SIZE);
    CHECK(block > apart.blocks[0] && block < apart.blocks[COUNT - 1]);
    pattern_fill(block, 9 * SIZE, 77);
    check_kept(&apart);
    CHECK(pattern_holds(block, 9 * SIZE, 77));
    CHECK(HeapFree(apart.heap, 0, block));
    CHECK(HeapFree(apart.heap, 0, apart.blocks[COUNT / 2]));
    CHECK(HeapCompact(apart.heap, 0) >= 17 * SIZE);
    CHECK(HeapValidate(apart.heap, 0, NULL));
    CHECK_EQ_PTR(RtlDestroyHeap(apart.heap), NULL);
}

/* all of it free again, the end of the heap too */
static void compact_coalesces_all(void)
{
    struct apart apart;
    make(&apart, HEAP_GROWABLE, 0);
    unsigned before = free_records(apart.heap);
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK(HeapFree(apart.heap, 0, apart.blocks[(i * 7) % COUNT]));
    }
    CHECK(free_records(apart.heap) >= COUNT);
    CHECK(HeapCompact(apart.heap, 0) >= COUNT * SIZE);
    CHECK(free_records(apart.heap) <= before);
    for (unsigned i = 0; i < 1000; i++) {
        CHECK(HeapAlloc(apart.heap, 0, SIZE) != NULL);
    }
    CHECK(HeapValidate(apart.heap, 0, NULL));
    CHECK_EQ_PTR(RtlDestroyHeap(apart.heap), NULL);
}

/* A heap of fixed size in which nothing is left but small pieces: an allocation makes one of them before it fails. */
static void full_heap_coalesces(ULONG flags)
{
    static unsigned char *blocks[4096];
    unsigned count = 0;
    HANDLE heap = RtlCreateHeap(flags | HEAP_DISABLE_COALESCE_ON_FREE, NULL, 0x20000, 0, NULL, NULL);
    while (count < 4096 && (blocks[count] = HeapAlloc(heap, 0, 100)) != NULL) {
        count++;
    }
    CHECK(count > 500 && count < 4096);
    for (unsigned i = 0; i < count; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
    CHECK(free_records(heap) >= count);
    unsigned char *large = HeapAlloc(heap, 0, 0x18000);
    if (CHECK(large != NULL)) {
        pattern_fill(large, 0x18000, 1);
        CHECK(HeapValidate(heap, 0, NULL));
        CHECK(pattern_holds(large, 0x18000, 1));
    }
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapAlloc(heap, 0, 0x18000), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    void *value = RtlAllocateHeap(heap, HEAP_SETTABLE_USER_VALUE, 100);
    CHECK(value != NULL);
    CHECK(HeapFree(heap, 0, value));
    CHECK(HeapFree(heap, 0, large));
    large = HeapAlloc(heap, 0, 100);
    large = HeapReAlloc(heap, 0, large, 0x18000);
    CHECK(large != NULL);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* Damage is not made worse, and is found afterwards. */
static void damaged_heap(void)
{
    struct apart apart;
    make(&apart, HEAP_GROWABLE, 0);
    free_between(&apart);
    unsigned before = free_records(apart.heap);
    unsigned char *header = apart.blocks[5] - 8;
    header[0] ^= 1;
    (void)HeapCompact(apart.heap, 0);
    CHECK(!HeapValidate(apart.heap, 0, NULL));
    header[0] ^= 1;
    check_kept(&apart);
    CHECK(free_records(apart.heap) <= before); /* those before the damage are merged */
    CHECK_EQ_PTR(RtlDestroyHeap(apart.heap), NULL);
}

#endif

int main(void)
{
#ifndef _WIN32
    nt_load();
    compact_coalesces(HEAP_GROWABLE, 0);
    compact_coalesces(HEAP_GROWABLE | HEAP_NO_SERIALIZE, 0);
    compact_coalesces(0, 0x20000);
    compact_coalesces(HEAP_GROWABLE | HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED, 0);
    compact_coalesces_all();
    full_heap_coalesces(0);
    full_heap_coalesces(HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED);
    damaged_heap();
#else
    wine_skip("HEAP_DISABLE_COALESCE_ON_FREE");
    CHECK(true);
#endif
    return check_report();
}
