/* Which flags the heap functions take: win32-heap.md 1.2. What each does: the tests of the functions. */
#include "blocks.h"

#define FLAGS(list) list, sizeof(list) / sizeof((list)[0])

static HANDLE heap;

/* Reallocates a block to `size`. */
static void check_realloc(DWORD flag, SIZE_T size)
{
    void *block = HeapAlloc(heap, 0, 100);
    POISON_LAST_ERROR();
    block = HeapReAlloc(heap, flag, block, size);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(HeapSize(heap, 0, block), size);
    CHECK(HeapFree(heap, 0, block));
}

static void check_alloc(DWORD flag)
{
    POISON_LAST_ERROR();
    void *block = HeapAlloc(heap, flag, 100);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(HeapSize(heap, 0, block), 100);
    CHECK(HeapFree(heap, 0, block));
}

/* Functions that take HEAP_NO_SERIALIZE and no other flag. */
static void check_others(DWORD flag)
{
    void *block = HeapAlloc(heap, 0, 100);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(HeapSize(heap, flag, block), 100);
    CHECK_EQ_INT(HeapValidate(heap, flag, block), TRUE);
    CHECK_EQ_INT(HeapValidate(heap, flag, NULL), TRUE);
    CHECK_EQ_INT(HeapFree(heap, flag, block), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    WINE_DIFFERS("HeapCompact returns the size of the largest free block") {
        CHECK(HeapCompact(heap, flag) != 0);
    }
}

static void each(const DWORD *flags, size_t count, void (*check)(DWORD))
{
    for (size_t i = 0; i < count; i++) {
        check(flags[i]);
    }
}

static void check_realloc_larger(DWORD flag)
{
    check_realloc(flag, 3000);
}

static void check_realloc_smaller(DWORD flag)
{
    check_realloc(flag, 50);
}

static void documented_flags(void)
{
    static const DWORD alloc[] = {0, HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS, HEAP_ZERO_MEMORY, 0xD};
    static const DWORD realloc_in_place[] = {HEAP_REALLOC_IN_PLACE_ONLY, 0x1D};
    static const DWORD others[] = {0, HEAP_NO_SERIALIZE};
    SPEC("W1.2.7");
    each(FLAGS(alloc), check_alloc);
    each(FLAGS(alloc), check_realloc_larger);
    each(FLAGS(alloc), check_realloc_smaller);
    each(FLAGS(realloc_in_place), check_realloc_smaller);
    each(FLAGS(others), check_others);
}

/* what no function knows is no mistake; HeapSummary, which is newer, has a test of its own */
static void undefined_flags(void)
{
    static const DWORD undefined[] = {0x2, 0x80, 0x1000, 0x2000, 0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000000};
    static const DWORD elsewhere[] = {HEAP_GENERATE_EXCEPTIONS, HEAP_ZERO_MEMORY, HEAP_REALLOC_IN_PLACE_ONLY};
    static const DWORD in_place[] = {HEAP_REALLOC_IN_PLACE_ONLY};
    SPEC("W1.2.4");
    each(FLAGS(undefined), check_alloc);
    each(FLAGS(undefined), check_realloc_larger);
    each(FLAGS(undefined), check_realloc_smaller);
    each(FLAGS(undefined), check_others);
    each(FLAGS(elsewhere), check_others);
    each(FLAGS(in_place), check_alloc);
}

int main(void)
{
    heap = HeapCreate(0, 0, 0);
    documented_flags();
    undefined_flags();
    CHECK(HeapDestroy(heap));
    return check_report();
}
