/* HeapSize: win32-heap.md 3.8, 1.5. */
#include "blocks.h"

static void check_size(HANDLE heap, DWORD flags, const void *block, SIZE_T size)
{
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(HeapSize(heap, flags, block), size);
    CHECK_LAST_ERROR_UNTOUCHED();
}

/* exactly the requested byte count, for every block kind */
static void exact_size_in(HANDLE heap)
{
    SPEC("W1.5.1 W3.8.2");
    static const SIZE_T sizes[] = {0,          1,         17,        UNIT,   0x100000, 3 * 1000 * 1000 + 37,
                                   NORMAL_MAX, GREY_SIZE, LARGE_MIN, 0x4000, 4 * UNIT, 3 * 0x100000 + 37};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *block = HeapAlloc(heap, 0, sizes[i]);
        CHECK(block != NULL);
        check_size(heap, 0, block, sizes[i]);
        check_size(heap, HEAP_NO_SERIALIZE, block, sizes[i]);
        CHECK(HeapFree(heap, 0, block));
    }
    for (SIZE_T size = 0; size < 1100; size++) {
        void *block = HeapAlloc(heap, 0, size);
        check_size(heap, 0, block, size);
        CHECK(HeapFree(heap, 0, block));
    }
}

static void exact_size(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    exact_size_in(heap);
    CHECK(HeapDestroy(heap));
    heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    exact_size_in(heap);
    CHECK(HeapDestroy(heap));
    exact_size_in(GetProcessHeap());
}

static void prototype(void)
{
    SPEC("W3.8.1");
    SIZE_T(WINAPI * function)(HANDLE, DWORD, LPCVOID) = HeapSize;
    void *block = HeapAlloc(GetProcessHeap(), 0, 1234);
    CHECK_EQ_UINT(function(GetProcessHeap(), 0, block), 1234);
    CHECK(HeapFree(GetProcessHeap(), 0, block));
}

/* the same in a fixed heap, and after reallocation in place or not */
static void exact_size_after_change(void)
{
    SPEC("W3.8.2");
    HANDLE heap = HeapCreate(0, 0, 8 * UNIT);
    void *block = HeapAlloc(heap, 0, 100);
    for (SIZE_T size = 0; size < 300; size += 7) {
        block = HeapReAlloc(heap, 0, block, size);
        check_size(heap, 0, block, size);
    }
    block = HeapReAlloc(heap, 0, block, 2 * UNIT + 3);
    check_size(heap, 0, block, 2 * UNIT + 3);
    block = HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, UNIT + 5);
    check_size(heap, 0, block, UNIT + 5);
    CHECK(HeapDestroy(heap));
}

/* the size does not depend on what the program writes into the block */
static void size_is_not_kept_in_the_block(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    for (SIZE_T size = 0; size < 100; size += 9) {
        unsigned char *block = HeapAlloc(heap, 0, size);
        memset(block, 0xFF, size);
        check_size(heap, 0, block, size);
        memset(block, 0, size);
        check_size(heap, 0, block, size);
    }
    CHECK(HeapDestroy(heap));
}

static void bad_blocks_are_refused(void)
{
    SPEC("W1.3.7 W3.8.3 W3.8.4 W3.8.6");
    struct bad_blocks bad;
    bad_blocks_make(&bad);
    for (unsigned i = 0; i < bad.count; i++) {
        const struct bad_block *b = &bad.list[i];
        if (!bad_block_may_run(b)) {
            continue;
        }
        POISON_LAST_ERROR();
        tell_case(CHECK_EQ_UINT(HeapSize(bad.witness.heap, 0, b->address), FAILED_SIZE), b->name);
        tell_case(CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER), b->name);
        tell_case(witness_unharmed(&bad.witness) && witness_unharmed(&bad.foreign), b->name);
    }
    bad_blocks_end(&bad);
}

static void null_heap(void)
{
    SPEC("W1.3.7 W3.8.3 W3.8.4");
    struct witness w;
    witness_make(&w);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(HeapSize(NULL, 0, w.small[1]), FAILED_SIZE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    witness_end(&w);
}

/* a NULL block: -1 is the safe choice; Windows and Wine fault */
static void null_block(void)
{
#ifdef _WIN32
    wine_skip("HeapSize of NULL faults");
#else
    SPEC("W3.8.5");
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, NULL), FAILED_SIZE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(HeapSize(NULL, 0, NULL), FAILED_SIZE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
#endif
}

#ifndef _WIN32
/* undefined on Windows: Cairn's promise */
static void bad_handles_are_refused(void)
{
    SPEC("W1.1.5");
    struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        tell_case(CHECK_EQ_UINT(HeapSize(bad.list[i].handle, 0, bad.witness.small[1]), FAILED_SIZE), bad.list[i].name);
        tell_case(CHECK_LAST_ERROR(ERROR_INVALID_HANDLE), bad.list[i].name);
        tell_case(witness_unharmed(&bad.witness), bad.list[i].name);
    }
    bad_handles_end(&bad);
}
#endif

int main(void)
{
    exact_size();
    prototype();
    exact_size_after_change();
    size_is_not_kept_in_the_block();
    bad_blocks_are_refused();
    null_heap();
    null_block();
#ifndef _WIN32
    bad_handles_are_refused();
#endif
    return check_report();
}
