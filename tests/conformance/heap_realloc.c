/* HeapReAlloc: win32-heap.md 3.6, 7, 1.3, 1.5, 2. */
#include "blocks.h"

static void *alloc(HANDLE heap, DWORD flags, SIZE_T size)
{
    void *block = HeapAlloc(heap, flags, size);
    CHECK(block != NULL);
    return block;
}

/* A reallocation that must succeed. */
static void *re(HANDLE heap, DWORD flags, void *block, SIZE_T size)
{
    POISON_LAST_ERROR();
    void *moved = HeapReAlloc(heap, flags, block, size);
    if (CHECK(moved != NULL)) {
        CHECK_LAST_ERROR_UNTOUCHED();
        CHECK_EQ_UINT(HeapSize(heap, 0, moved), size);
        CHECK(HeapValidate(heap, 0, moved));
    }
    return moved;
}

/* min(old, new) bytes are preserved, the size is exact, for every pair of sizes of every class */
static void every_pair_of_sizes(DWORD flags, HANDLE heap)
{
    SPEC("W1.5.8 W3.6.2");
    static const SIZE_T sizes[] = {0,      1,       15,       16,         17,        24,        100,         1000,
                                   0x4000, 0x10000, 2 * UNIT, NORMAL_MAX, GREY_SIZE, LARGE_MIN, 5 * UNIT + 1};
    const unsigned count = sizeof(sizes) / sizeof(sizes[0]);
    for (unsigned from = 0; from < count; from++) {
        for (unsigned to = 0; to < count; to++) {
            SIZE_T common = sizes[from] < sizes[to] ? sizes[from] : sizes[to];
            unsigned char *block = alloc(heap, 0, sizes[from]);
            pattern_fill(block, sizes[from], from);
            block = re(heap, flags, block, sizes[to]);
            CHECK(pattern_holds(block, common, from));
            if ((flags & HEAP_ZERO_MEMORY) != 0) {
                CHECK(all_bytes(block + common, sizes[to] - common, 0));
            }
            pattern_fill(block, sizes[to], to);
            CHECK(HeapFree(heap, 0, block));
        }
    }
    CHECK(HeapValidate(heap, 0, NULL));
}

static void contents_and_sizes(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    every_pair_of_sizes(0, heap);
    every_pair_of_sizes(HEAP_ZERO_MEMORY, heap);
    CHECK(HeapDestroy(heap));
    heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    every_pair_of_sizes(HEAP_ZERO_MEMORY, heap);
    CHECK(HeapDestroy(heap));
    every_pair_of_sizes(0, GetProcessHeap());
}

static void prototype(void)
{
    SPEC("W3.6.1");
    LPVOID(WINAPI * function)(HANDLE, DWORD, LPVOID, SIZE_T) = HeapReAlloc;
    void *block = function(GetProcessHeap(), 0, alloc(GetProcessHeap(), 0, 1), 100);
    CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, block), 100);
    CHECK(HeapFree(GetProcessHeap(), 0, block));
}

/* zero from the old requested size on, the slack inside the block included */
static void zero_begins_at_the_old_requested_size(void)
{
    SPEC("W1.5.7");
    HANDLE heap = HeapCreate(0, 0, 0);
    for (SIZE_T size = 0; size < 64; size++) {
        unsigned char *block = alloc(heap, 0, 256);
        memset(block, 0xA5, 256);
        block = re(heap, 0, block, size);
        block = re(heap, HEAP_ZERO_MEMORY, block, size + 40);
        CHECK(all_bytes(block, size, 0xA5));
        CHECK(all_bytes(block + size, 40, 0));
        CHECK(HeapFree(heap, 0, block));
    }
    CHECK(HeapDestroy(heap));
}

static void shrink_large_and_grow_again(void)
{
    SPEC("W3.6.7");
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned char *block = alloc(heap, HEAP_ZERO_MEMORY, 3 * UNIT);
    block = re(heap, HEAP_ZERO_MEMORY, block, 1);
    block = re(heap, HEAP_ZERO_MEMORY, block, 0x100000);
    CHECK(all_bytes(block, 0x100000, 0));
    CHECK(HeapFree(heap, 0, block));

    block = alloc(heap, 0, 0x200000);
    memset(block, 0xA5, 0x200000);
    block = re(heap, 0, block, 1);
    block = re(heap, HEAP_ZERO_MEMORY, block, 0x200000);
    CHECK_EQ_UINT(block[0], 0xA5);
    CHECK(all_bytes(block + 1, 0x200000 - 1, 0));
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapDestroy(heap));
}

/* size 0 succeeds; from 1 to 0 the block does not move */
static void to_size_zero(void)
{
    SPEC("W3.6.5");
    HANDLE heap = HeapCreate(0, 0, 0);
    void *tiny = alloc(heap, 0, 1);
    void *zero = re(heap, 0, tiny, 0);
    CHECK_EQ_PTR(zero, tiny);
    CHECK(HeapFree(heap, 0, tiny));

    void *large = alloc(heap, 0, 5 * UNIT);
    zero = re(heap, 0, large, 0);
    CHECK(HeapFree(heap, 0, zero));
    CHECK(HeapDestroy(heap));
}

/* a NULL block: NULL and last error 0; it is not an allocation */
static void null_block(void)
{
    SPEC("W9.2");
    static const SIZE_T sizes[] = {0, 1, 100, LARGE_MIN, SIZE_MAX};
    SPEC("W3.6.4 W1.3.4");
    struct witness w;
    witness_make(&w);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(HeapReAlloc(w.heap, 0, NULL, sizes[i]), NULL);
        WINE_DIFFERS("HeapReAlloc of NULL sets the last error to 0") {
            CHECK_LAST_ERROR(NO_ERROR);
        }
    }
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapReAlloc(w.heap, HEAP_ZERO_MEMORY | HEAP_REALLOC_IN_PLACE_ONLY, NULL, 1), NULL);
    WINE_DIFFERS("HeapReAlloc of NULL sets the last error to 0") {
        CHECK_LAST_ERROR(NO_ERROR);
    }
    CHECK(witness_unharmed(&w));
    witness_end(&w);
}

/* impossible sizes: NULL, ERROR_NOT_ENOUGH_MEMORY, the block as it was */
static void impossible_sizes(void)
{
    SPEC("W1.3.3 W3.6.3 W3.6.6 W9.1");
    static const SIZE_T impossible[] = {SIZE_MAX,        SIZE_MAX - 7,     SIZE_MAX - 8,      SIZE_MAX - 16,
                                        SIZE_MAX - 64,   SIZE_MAX - 0xFFF, SIZE_MAX - 0xFFFF, SIZE_MAX / 2 + 1,
                                        (SIZE_T)1 << 60, (SIZE_T)1 << 48};
    static const DWORD flags[] = {0, HEAP_ZERO_MEMORY, HEAP_REALLOC_IN_PLACE_ONLY};
    static const SIZE_T from[] = {0, 100, 0x10000, 5 * UNIT};
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned s = 0; s < sizeof(from) / sizeof(from[0]); s++) {
        unsigned char *block = alloc(heap, 0, from[s]);
        pattern_fill(block, from[s], s);
        for (unsigned i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
            for (unsigned f = 0; f < sizeof(flags) / sizeof(flags[0]); f++) {
                POISON_LAST_ERROR();
                CHECK_EQ_PTR(HeapReAlloc(heap, flags[f], block, impossible[i]), NULL);
                CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
            }
        }
        CHECK(HeapValidate(heap, 0, block));
        CHECK_EQ_UINT(HeapSize(heap, 0, block), from[s]);
        CHECK(pattern_holds(block, from[s], s));
        CHECK(HeapFree(heap, 0, block));
    }
    CHECK(HeapDestroy(heap));
}

static void in_place(HANDLE heap, unsigned char *block, SIZE_T from, SIZE_T to)
{
    SIZE_T common = from < to ? from : to;
    pattern_fill(block, from, 9);
    CHECK_EQ_PTR(re(heap, HEAP_REALLOC_IN_PLACE_ONLY | HEAP_ZERO_MEMORY, block, to), block);
    CHECK(pattern_holds(block, common, 9));
    CHECK(all_bytes(block + common, to - common, 0));
}

/* a normal block keeps its shrunk tail as a free neighbour */
static void in_place_normal_block(void)
{
    SPEC("W3.6.8 W7.1 W7.2");
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned char *block = alloc(heap, 0, 3 * UNIT);
    in_place(heap, block, 3 * UNIT, UNIT + UNIT / 2);
    in_place(heap, block, UNIT + UNIT / 2, 2 * UNIT);
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapDestroy(heap));
}

/* a large block shrinks in place, but what it gave up does not come back */
static void in_place_large_block(void)
{
    SPEC("W3.6.8 W7.3 W7.4 W7.5 W7.8");
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned char *block = alloc(heap, 0, 0x100000);
    in_place(heap, block, 0x100000, UNIT + UNIT / 2);
    pattern_fill(block, UNIT + UNIT / 2, 5);

    void *result = NULL;
    WINE_DIFFERS("a large block that was shrunk cannot grow again in place") {
        POISON_LAST_ERROR();
        result = HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY | HEAP_ZERO_MEMORY, block, 2 * UNIT);
        CHECK_EQ_PTR(result, NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        CHECK_EQ_UINT(HeapSize(heap, 0, block), UNIT + UNIT / 2);
    }
    CHECK(pattern_holds(block, UNIT + UNIT / 2, 5));
    CHECK(HeapValidate(heap, 0, block));
    if (result == NULL) {
        CHECK_EQ_INT(HeapFree(heap, 0, result), TRUE); /* the failed result, as the Windows test does */
    }
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapDestroy(heap));
}

/* a fixed heap: 2 A, 1.5 A and 2 A again, and growth from A with zeros */
static void in_place_fixed_heap(void)
{
    SPEC("W2.11 W3.6.8 W7.6");
    HANDLE heap = HeapCreate(0, 8 * UNIT, 8 * UNIT);
    unsigned char *block = alloc(heap, 0, UNIT);
    memset(block, 0xA5, UNIT);
    block = re(heap, HEAP_ZERO_MEMORY, block, 2 * UNIT);
    CHECK(all_bytes(block, UNIT, 0xA5));
    CHECK(all_bytes(block + UNIT, UNIT, 0));
    in_place(heap, block, 2 * UNIT, UNIT + UNIT / 2);
    in_place(heap, block, UNIT + UNIT / 2, 2 * UNIT);
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapDestroy(heap));
}

/* a 0x20000-byte block with room behind it: + 512, down to 10 and to 0 */
static void in_place_0x20000(void)
{
    SPEC("W3.6.8 W7.9");
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned char *block = alloc(heap, 0, 0x20000);
    in_place(heap, block, 0x20000, 0x20200);
    in_place(heap, block, 0x20200, 10);
    CHECK(HeapFree(heap, 0, block));
    block = alloc(heap, 0, 0x20000);
    in_place(heap, block, 0x20000, 0);
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapDestroy(heap));
}

/* 17 to 14 bytes may or may not stay; if it does, what follows keeps its zeros, or has the pattern of a watched tail */
static void in_place_17_to_14(void)
{
    SPEC("W7.7");
    HANDLE heap = GetProcessHeap();
    unsigned char *block = alloc(heap, HEAP_ZERO_MEMORY, 17);
    POISON_LAST_ERROR();
    unsigned char *same = HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 14);
    if (same == NULL) {
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        CHECK_EQ_UINT(HeapSize(heap, 0, block), 17);
    } else {
        CHECK_EQ_PTR(same, block);
        CHECK_EQ_UINT(HeapSize(heap, 0, block), 14);
        CHECK(all_bytes(block, tail_size() != 0 ? 14 : 16, 0));
        CHECK(all_bytes(block + 14, tail_size(), 0xAB));
    }
    CHECK(HeapFree(heap, 0, block));
}

/* no room behind the block: NULL, ERROR_NOT_ENOUGH_MEMORY, the block and its neighbour unchanged */
static void in_place_without_room(void)
{
    SPEC("W1.3.3 W3.6.3 W3.6.8 W7.8");
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    unsigned char *block = alloc(heap, 0, 1000);
    unsigned char *next = alloc(heap, 0, 1000);
    pattern_fill(block, 1000, 1);
    pattern_fill(next, 1000, 2);
    CHECK_EQ_PTR(next, block + block_stride(1000));

    static const SIZE_T too_large[] = {1001 + 8, 2000, 0x10000, LARGE_MIN};
    for (unsigned i = 0; i < sizeof(too_large) / sizeof(too_large[0]); i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, too_large[i]), NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        CHECK_EQ_UINT(HeapSize(heap, 0, block), 1000);
    }
    CHECK(pattern_holds(block, 1000, 1));
    CHECK(pattern_holds(next, 1000, 2));
    CHECK(HeapValidate(heap, 0, NULL));

    /* without the flag it moves, and the old block is free */
    unsigned char *moved = re(heap, 0, block, 2000);
    CHECK(moved != block);
    CHECK(pattern_holds(moved, 1000, 1));
    CHECK(pattern_holds(next, 1000, 2));
    CHECK(!HeapValidate(heap, 0, block));
    CHECK(HeapDestroy(heap));
}

/* in a fixed heap the limits are those of HeapAlloc */
static void fixed_heap_limits(void)
{
    SPEC("W3.6.13");
    HANDLE heap = HeapCreate(0, 0, 8 * UNIT);
    unsigned char *block = alloc(heap, 0, UNIT);
    pattern_fill(block, UNIT, 1);
    static const SIZE_T too_large[] = {LARGE_MIN, 4 * UNIT, 16 * UNIT};
    for (unsigned i = 0; i < sizeof(too_large) / sizeof(too_large[0]); i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(HeapReAlloc(heap, 0, block, too_large[i]), NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        CHECK_EQ_UINT(HeapSize(heap, 0, block), UNIT);
    }
    CHECK(pattern_holds(block, UNIT, 1));
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapDestroy(heap));

    /* free space, but not in one piece with the old block kept: the block stays as it is */
    heap = HeapCreate(0, 0, UNIT);
    block = alloc(heap, 0, UNIT / 2);
    pattern_fill(block, UNIT / 2, 2);
    void *stop = alloc(heap, 0, 16);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, UNIT / 2 + 0x1000), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ_UINT(HeapSize(heap, 0, block), UNIT / 2);
    CHECK(pattern_holds(block, UNIT / 2, 2));
    CHECK(HeapFree(heap, 0, stop));
    CHECK(HeapDestroy(heap));
}

static void null_heap(void)
{
    SPEC("W3.6.12");
    struct witness w;
    witness_make(&w);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapReAlloc(NULL, 0, w.small[1], 10), NULL);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    witness_end(&w);
}

/* freed, foreign, misaligned, interior: NULL, ERROR_INVALID_PARAMETER; unmapped also ERROR_NOACCESS */
static void bad_blocks_are_refused(void)
{
    SPEC("W3.6.9");
    static const DWORD flags[] = {0, HEAP_ZERO_MEMORY, HEAP_REALLOC_IN_PLACE_ONLY};
    static const SIZE_T sizes[] = {0, 50, 5000, LARGE_MIN};
    struct bad_blocks bad;
    bad_blocks_make(&bad);
    for (unsigned i = 0; i < bad.count; i++) {
        const struct bad_block *b = &bad.list[i];
        if (!bad_block_may_run(b)) {
            continue;
        }
        for (unsigned n = 0; n < 12; n++) {
            POISON_LAST_ERROR();
            void *result = HeapReAlloc(bad.witness.heap, flags[n % 3], b->address, sizes[n % 4]);
            DWORD error = GetLastError();
            tell_case(CHECK_EQ_PTR(result, NULL), b->name);
            tell_case(CHECK(error == ERROR_INVALID_PARAMETER || (b->unmapped && error == ERROR_NOACCESS)), b->name);
        }
        tell_case(witness_unharmed(&bad.witness) && witness_unharmed(&bad.foreign), b->name);
    }
    bad_blocks_end(&bad);
}

#ifndef _WIN32
static void check_refused(HANDLE heap, void *block, DWORD error)
{
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapReAlloc(heap, 0, block, 10), NULL);
    CHECK_LAST_ERROR(error);
}

/* where nothing is mapped: NULL, ERROR_NOACCESS; where something is: ERROR_INVALID_PARAMETER. Windows may crash */
static void foreign_memory(void)
{
    struct witness w;
    witness_make(&w);
    {
        SPEC("W1.3.5 W3.6.10");
        check_refused(w.heap, pages_unmapped(), ERROR_NOACCESS);
        check_refused(w.heap, (void *)(uintptr_t)16, ERROR_NOACCESS);
#ifndef SANITIZED
        check_refused(w.heap, (void *)(uintptr_t)0xDEADBE00u, ERROR_NOACCESS);
#endif
    }
    {
        SPEC("W1.3.6 W3.6.11");
        check_refused(w.heap, plain_memory() + 64, ERROR_INVALID_PARAMETER);
        check_refused(w.heap, &w, ERROR_INVALID_PARAMETER);
    }
    witness_end(&w);
}

/* undefined on Windows: Cairn's promise */
static void bad_handles_are_refused(void)
{
    SPEC("W1.1.5");
    struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        tell_case(CHECK_EQ_PTR(HeapReAlloc(bad.list[i].handle, 0, bad.witness.small[1], 10), NULL), bad.list[i].name);
        tell_case(CHECK_LAST_ERROR(ERROR_INVALID_HANDLE), bad.list[i].name);
        tell_case(witness_unharmed(&bad.witness), bad.list[i].name);
    }
    bad_handles_end(&bad);
}
#endif

int main(void)
{
    contents_and_sizes();
    prototype();
    zero_begins_at_the_old_requested_size();
    shrink_large_and_grow_again();
    to_size_zero();
    null_block();
    impossible_sizes();
    in_place_normal_block();
    in_place_large_block();
    in_place_fixed_heap();
    in_place_0x20000();
    in_place_17_to_14();
    in_place_without_room();
    fixed_heap_limits();
    null_heap();
    bad_blocks_are_refused();
#ifndef _WIN32
    foreign_memory();
    bad_handles_are_refused();
#endif
    return check_report();
}
