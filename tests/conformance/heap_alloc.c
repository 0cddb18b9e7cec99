/* HeapAlloc: win32-heap.md 3.5, 1.3, 1.5, 2; stride: nt-heap.md 15.5. */
#include "blocks.h"

#define GROWTH_BLOCKS 256
#define GROWTH_SIZE 0x80000

/* Sizes of every class, the borders included. */
/* clang-format off */
static const SIZE_T sizes[] = {
    0, 1, 2, 7, 8, 15, 16, 17, 24, 25, 100, 255, 256, 1000,
    0xFF0, 0x1000, 0x3FF8, 0x4000, 0x10000, UNIT, 2 * UNIT,
    0x7F000, 0x7FFF8, NORMAL_MAX, GREY_SIZE, LARGE_MIN, 0x100000,
    4 * UNIT, 4 * UNIT + 1, 5 * UNIT + 1, 3 * 0x100000 + 37,
};
/* clang-format on */
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void *alloc(HANDLE heap, DWORD flags, SIZE_T size)
{
    POISON_LAST_ERROR();
    void *block = HeapAlloc(heap, flags, size);
    if (CHECK(block != NULL)) {
        CHECK_LAST_ERROR_UNTOUCHED();
        CHECK_EQ_UINT(HeapSize(heap, 0, block), size);
    }
    return block;
}

/* every size is met exactly, usable to the last byte, and no block overlaps another */
static void every_size_in(HANDLE heap)
{
    SPEC("W3.5.2 W3.5.6");
    void *blocks[SIZES];
    for (unsigned i = 0; i < SIZES; i++) {
        blocks[i] = alloc(heap, 0, sizes[i]);
        pattern_fill(blocks[i], sizes[i], i);
    }
    CHECK(HeapValidate(heap, 0, NULL));
    for (unsigned i = 0; i < SIZES; i++) {
        CHECK(HeapValidate(heap, 0, blocks[i]));
        CHECK(pattern_holds(blocks[i], sizes[i], i));
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
    CHECK(HeapValidate(heap, 0, NULL));
}

static void every_size(void)
{
    static const DWORD options[] = {0, HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS, HEAP_CREATE_ENABLE_EXECUTE};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        HANDLE heap = HeapCreate(options[i], 0, 0);
        every_size_in(heap);
        every_size_in(heap); /* again, on used memory */
        CHECK(HeapDestroy(heap));
    }
    every_size_in(GetProcessHeap());
}

static void prototype(void)
{
    SPEC("W3.5.1");
    LPVOID(WINAPI * function)(HANDLE, DWORD, SIZE_T) = HeapAlloc;
    void *block = function(GetProcessHeap(), 0, 100);
    CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, block), 100);
    CHECK(HeapFree(GetProcessHeap(), 0, block));
}

/* size 0 gives a unique pointer of size 0 */
static void size_zero(void)
{
    SPEC("W1.5.2 W3.5.3");
    HANDLE heap = HeapCreate(0, 0, 0);
    void *a = alloc(heap, 0, 0);
    void *b = alloc(heap, 0, 0);
    void *c = alloc(heap, HEAP_ZERO_MEMORY, 0);
    CHECK(a != b && b != c && a != c);
    CHECK(HeapValidate(heap, 0, a));
    CHECK(HeapFree(heap, 0, a));
    CHECK(HeapFree(heap, 0, b));
    CHECK(HeapFree(heap, 0, c));
    CHECK(HeapDestroy(heap));
}

/* all requested bytes are zero with HEAP_ZERO_MEMORY, also where others have written before */
static void zero_memory(void)
{
    SPEC("W1.5.5");
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < SIZES; i++) {
        for (unsigned round = 0; round < 2; round++) {
            void *dirty = alloc(heap, 0, sizes[i]);
            memset(dirty, 0xA5, sizes[i]);
            CHECK(HeapFree(heap, 0, dirty));
            void *block = alloc(heap, HEAP_ZERO_MEMORY, sizes[i]);
            CHECK(all_bytes(block, sizes[i], 0));
            memset(block, 0x5A, sizes[i]);
            CHECK(HeapFree(heap, 0, block));
        }
    }
    CHECK(HeapDestroy(heap));
}

/* nt-heap.md 15.3: a large block reads as zero without the flag, up to the end of its last page */
static void large_blocks_read_as_zero(void)
{
    SPEC("W1.5.6 W2.4");
    static const SIZE_T large[] = {LARGE_MIN, 4 * UNIT, 5 * UNIT + 1, 3 * 0x100000 + 37};
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        for (unsigned round = 0; round < 2; round++) {
            unsigned char *block = alloc(heap, 0, large[i]);
            uintptr_t end = (uintptr_t)block + large[i];
            uintptr_t page_end = (end + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
            CHECK(all_bytes(block, large[i] + (page_end - end), 0));
            memset(block, 0xA5, large[i]);
            CHECK(HeapFree(heap, 0, block));
        }
    }
    CHECK(HeapDestroy(heap));
}

/* The bits in which the addresses of 128 blocks of a size differ from zero. */
static uintptr_t address_bits(HANDLE heap, SIZE_T size)
{
    void *blocks[128];
    uintptr_t bits = 0;
    for (unsigned i = 0; i < 128; i++) {
        blocks[i] = HeapAlloc(heap, 0, size);
        CHECK(blocks[i] != NULL);
        bits |= (uintptr_t)blocks[i];
    }
    for (unsigned i = 0; i < 128; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
    return bits;
}

/* normal blocks are aligned to 2 * ptr, large ones to 8 * ptr, and not all to more */
static void alignment(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    {
        SPEC("W1.5.3");
        uintptr_t bits = address_bits(heap, UNIT);
        CHECK_EQ_UINT(bits & (GRANULARITY - 1), 0);
        CHECK(debug_bits() != 0 || (bits & GRANULARITY) != 0);
        for (SIZE_T size = 0; size < 300; size++) {
            void *block = alloc(heap, 0, size);
            CHECK_EQ_UINT((uintptr_t)block & (GRANULARITY - 1), 0);
        }
    }
    {
        SPEC("W1.5.4");
        uintptr_t bits = address_bits(heap, 4 * UNIT);
        CHECK_EQ_UINT(bits & (LARGE_ALIGNMENT - 1), 0);
        CHECK_EQ_UINT(bits & LARGE_ALIGNMENT, LARGE_ALIGNMENT);
    }
    CHECK(HeapDestroy(heap));
}

/* where normal blocks end and large ones begin */
static void thresholds(void)
{
    SPEC("W1.5.4 W2.3 W2.4 W3.5.6");
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    void *normal = alloc(heap, 0, NORMAL_MAX);
    void *grey = alloc(heap, 0, GREY_SIZE);
    void *large = alloc(heap, 0, LARGE_MIN);
    void *larger = alloc(heap, 0, 0x100000);
    CHECK(!is_large(heap, normal));
    CHECK(!is_large(heap, grey));
    CHECK(is_large(heap, large));
    CHECK(is_large(heap, larger));
    CHECK(is_large(heap, alloc(heap, 0, 4 * UNIT)));
    CHECK(is_large(heap, alloc(heap, 0, 5 * UNIT + 1)));
    CHECK_EQ_UINT((uintptr_t)grey % GRANULARITY, 0);
    CHECK_EQ_UINT((uintptr_t)large % LARGE_ALIGNMENT, 0);
    CHECK_EQ_UINT((uintptr_t)larger % LARGE_ALIGNMENT, 0);
    CHECK((uintptr_t)large % PAGE != 0); /* its header comes first */
    CHECK(HeapDestroy(heap));
}

static SIZE_T distance(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)a;
    uintptr_t y = (uintptr_t)b;
    return x < y ? y - x : x - y;
}

/* The smaller distance between neighbours of three allocations. */
static SIZE_T measured_stride(HANDLE heap, SIZE_T size)
{
    void *p[3];
    for (unsigned i = 0; i < 3; i++) {
        p[i] = alloc(heap, 0, size);
        pattern_fill(p[i], size, i);
    }
    SIZE_T first = distance(p[0], p[1]);
    SIZE_T second = distance(p[1], p[2]);
    for (unsigned i = 0; i < 3; i++) {
        CHECK(pattern_holds(p[i], size, i));
        CHECK(HeapFree(heap, 0, p[i]));
    }
    return first < second ? first : second;
}

static void check_stride(HANDLE heap, SIZE_T size)
{
    if (size <= GRANULARITY + 8) {
        WINE_DIFFERS("the smallest block is 2 * ptr and its header") {
            CHECK_EQ_UINT(measured_stride(heap, size), block_stride(size));
        }
    } else {
        CHECK_EQ_UINT(measured_stride(heap, size), block_stride(size));
    }
}

/* nt-heap.md 15.5, "no flags": 8 bytes of header per block, rounded up to 16 */
static void stride(void)
{
    SPEC("W2.2");
    HANDLE shared = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    for (SIZE_T size = NORMAL_MAX; size > 0; size >>= 1) {
        check_stride(shared, size);
        HANDLE fresh = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
        check_stride(fresh, size);
        CHECK(HeapDestroy(fresh));
    }
    CHECK(HeapDestroy(shared));

    static const SIZE_T more[] = {0, 1, 15, 16, 17, 23, 24, 25, 31, 32, 40, 41, 100, 104, 105, 1000, 0x1000};
    for (unsigned i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        HANDLE fresh = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
        check_stride(fresh, more[i]);
        CHECK(HeapDestroy(fresh));
    }
}

/* sizes that overflow or that no memory can meet: NULL and ERROR_NOT_ENOUGH_MEMORY, the heap unchanged */
static void impossible_sizes(HANDLE heap)
{
    SPEC("W1.3.2 W3.5.4 W3.5.5 W9.1");
    static const SIZE_T impossible[] = {SIZE_MAX,          SIZE_MAX - 7,      SIZE_MAX - 8,       SIZE_MAX - 15,
                                        SIZE_MAX - 16,     SIZE_MAX - 63,     SIZE_MAX - 64,      SIZE_MAX - 0xFFF,
                                        SIZE_MAX - 0x1000, SIZE_MAX - 0xFFFF, SIZE_MAX - 0x10000, SIZE_MAX - 0x10040,
                                        SIZE_MAX / 2,      SIZE_MAX / 2 + 1,  (SIZE_T)1 << 60,    (SIZE_T)1 << 48};
    static const DWORD flags[] = {0, HEAP_ZERO_MEMORY, HEAP_NO_SERIALIZE};
    void *block = alloc(heap, 0, 100);
    pattern_fill(block, 100, 1);
    for (unsigned i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
        for (unsigned f = 0; f < sizeof(flags) / sizeof(flags[0]); f++) {
            POISON_LAST_ERROR();
            CHECK_EQ_PTR(HeapAlloc(heap, flags[f], impossible[i]), NULL);
            CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        }
    }
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(pattern_holds(block, 100, 1));
    CHECK(HeapFree(heap, 0, block));
}

static void sizes_that_cannot_be_met(void)
{
    HANDLE growable = HeapCreate(0, 0, 0);
    HANDLE fixed = HeapCreate(0, 0, 8 * UNIT);
    impossible_sizes(growable);
    impossible_sizes(fixed);
    CHECK(HeapDestroy(growable));
    CHECK(HeapDestroy(fixed));
    impossible_sizes(GetProcessHeap());
}

/* HeapCreate(0, 8 * A, 8 * A): large blocks never come from a fixed heap, smaller ones do */
static void fixed_heap(void)
{
    SPEC("W2.5 W2.9 W2.10 W3.5.9 W9.7");
    HANDLE heap = HeapCreate(0, 8 * UNIT, 8 * UNIT);
    void *zero = alloc(heap, 0, 0);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapAlloc(heap, 0, 4 * UNIT), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);

    void *block = alloc(heap, 0, UNIT);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapAlloc(heap, 0, 4 * UNIT), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapAlloc(heap, 0, LARGE_MIN), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);

    static const SIZE_T normal[] = {0x7FFF7, 0x7FFF8, NORMAL_MAX};
    for (unsigned i = 0; i < sizeof(normal) / sizeof(normal[0]); i++) {
        CHECK(HeapFree(heap, 0, alloc(heap, 0, normal[i])));
    }
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapFree(heap, 0, zero));
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

/* a growable heap grows; 128 MiB of blocks of one size, all whole */
static void growable_heap_grows(void)
{
    SPEC("W3.3.6");
    static unsigned char *blocks[GROWTH_BLOCKS];
    HANDLE heap = HeapCreate(0, 0x1000, 0);
    for (unsigned i = 0; i < GROWTH_BLOCKS; i++) {
        blocks[i] = alloc(heap, 0, GROWTH_SIZE);
        pattern_fill(blocks[i], 64, i);
        pattern_fill(blocks[i] + GROWTH_SIZE - 64, 64, i + 1);
    }
    CHECK(HeapValidate(heap, 0, NULL));
    for (unsigned i = 0; i < GROWTH_BLOCKS; i++) {
        CHECK(pattern_holds(blocks[i], 64, i));
        CHECK(pattern_holds(blocks[i] + GROWTH_SIZE - 64, 64, i + 1));
    }
    CHECK(HeapDestroy(heap));
}

#ifdef __x86_64__
/* with HEAP_CREATE_ENABLE_EXECUTE blocks of every class can be executed */
static void executable_memory(void)
{
    SPEC("W3.5.10 N2.1.5");
    static const unsigned char code[] = {0xB8, 0x2A, 0x00, 0x00, 0x00, 0xC3}; /* mov eax, 42; ret */
    static const SIZE_T room[] = {sizeof(code), 0x9000, 0x80000, LARGE_MIN};
    HANDLE heaps[2];
    heaps[0] = HeapCreate(HEAP_CREATE_ENABLE_EXECUTE, 0, 0);
    heaps[1] = HeapCreate(HEAP_CREATE_ENABLE_EXECUTE, 0, 4 * UNIT);
    for (unsigned h = 0; h < 2; h++) {
        for (unsigned i = 0; i < sizeof(room) / sizeof(room[0]); i++) {
            if (h == 1 && room[i] >= LARGE_MIN) {
                continue;
            }
            unsigned char *block = alloc(heaps[h], 0, room[i]);
            int (*function)(void);
            unsigned char *start = block + room[i] - sizeof(code);
            memcpy(start, code, sizeof(code));
            memcpy(&function, &start, sizeof(function));
            CHECK_EQ_INT(function(), 42);
        }
        CHECK(HeapDestroy(heaps[h]));
    }
}
#endif

static void null_heap(void)
{
    SPEC("W3.5.7");
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapAlloc(NULL, 0, 100), NULL);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapAlloc(NULL, HEAP_ZERO_MEMORY | HEAP_NO_SERIALIZE, 0), NULL);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
}

#ifndef _WIN32
/* undefined on Windows: Cairn's promise */
static void bad_handles_are_refused(void)
{
    SPEC("W1.1.5");
    static const SIZE_T tried[] = {0, 100, LARGE_MIN, SIZE_MAX};
    struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        for (unsigned s = 0; s < sizeof(tried) / sizeof(tried[0]); s++) {
            POISON_LAST_ERROR();
            tell_case(CHECK_EQ_PTR(HeapAlloc(bad.list[i].handle, 0, tried[s]), NULL), bad.list[i].name);
            tell_case(CHECK_LAST_ERROR(ERROR_INVALID_HANDLE), bad.list[i].name);
        }
        tell_case(witness_unharmed(&bad.witness), bad.list[i].name);
    }
    bad_handles_end(&bad);
}
#endif

int main(void)
{
    every_size();
    prototype();
    size_zero();
    zero_memory();
    large_blocks_read_as_zero();
    alignment();
    thresholds();
    stride();
    sizes_that_cannot_be_met();
    fixed_heap();
    growable_heap_grows();
#ifdef __x86_64__
    executable_memory();
#endif
    null_heap();
#ifndef _WIN32
    bad_handles_are_refused();
#endif
    return check_report();
}
