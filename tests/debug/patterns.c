/* nt-heap.md 15.3 to 15.5: fill patterns, what HeapValidate finds, and the distances between blocks. */
#include "gflags.h"

#include <malloc.h>

static const unsigned char new_pattern[4] = {0x0D, 0xF0, 0xAD, 0xBA};
static const unsigned char free_pattern[4] = {0xEE, 0xFE, 0xEE, 0xFE};

static bool is_new(const unsigned char *block, SIZE_T from, SIZE_T end)
{
    while (from < end && block[from] == new_pattern[from % 4]) {
        from++;
    }
    return from >= end;
}

static bool is_zero(const unsigned char *block, SIZE_T from, SIZE_T end)
{
    while (from < end && block[from] == 0) {
        from++;
    }
    return from >= end;
}

static bool has_whole_tail(const unsigned char *block, SIZE_T size)
{
    SIZE_T i = 0;
    while (i < tail_size() && block[size + i] == 0xAB) {
        i++;
    }
    return i == tail_size();
}

static void new_blocks(HANDLE heap, bool fills)
{
    SPEC("N15.3.1 N15.3.2 N15.3.3 N15.3.5");
    for (SIZE_T size = 0; size < 64; size++) {
        unsigned char *block = HeapAlloc(heap, 0, size), *zero = HeapAlloc(heap, HEAP_ZERO_MEMORY, size);
        CHECK(has_whole_tail(block, size) && has_whole_tail(zero, size));
        CHECK(!fills || is_new(block, 0, size & ~(SIZE_T)3));
        CHECK(is_zero(zero, 0, size));
        CHECK_EQ_UINT(HeapSize(heap, 0, block), size);
        CHECK(HeapFree(heap, 0, block) && HeapFree(heap, 0, zero));
    }
    /* a trailing part of a word is not filled */
    unsigned char *seven = HeapAlloc(heap, 0, 7);
    CHECK(!fills || !is_new(seven, 4, 7));
    seven[6] = 0x11;
    seven = HeapReAlloc(heap, 0, seven, 15);
    CHECK(!fills || (is_new(seven, 0, 4) && seven[6] == 0x11 && is_new(seven, 8, 12) && !is_new(seven, 12, 15)));
    CHECK(has_whole_tail(seven, 15));
    CHECK(HeapFree(heap, 0, seven));
}

static void shrunk_in_place(HANDLE heap)
{
    SPEC("N15.3.6");
    unsigned char *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 17);
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 14), block);
    CHECK(has_whole_tail(block, 14) && is_zero(block, 0, 14));
    CHECK(HeapValidate(heap, 0, block) && HeapFree(heap, 0, block));
}

static void freed_blocks(HANDLE heap, bool fills)
{
    unsigned char *block = HeapAlloc(heap, 0, 37);
    unsigned char *stop = HeapAlloc(heap, 0, 37);
    SPEC("W1.5.9 W3.9.10 W10.7 N15.3.4 N15.4.4 N15.4.5");
    CHECK(HeapFree(heap, 0, block));
    for (SIZE_T i = 16; fills && i < 37; i++) {
        CHECK_EQ_UINT(block[i], free_pattern[i % 4]);
    }
    unsigned char before = block[16];
    block[16] = 0x55;
    CHECK_EQ_INT(HeapValidate(heap, 0, NULL), !fills);
    block[16] = before;
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapFree(heap, 0, stop));
}

static void tail_overwritten(HANDLE heap)
{
    SPEC("N15.4.1 N15.4.3");
    for (SIZE_T size = 0; size < 40; size++) {
        SPEC("W3.9.9");
        unsigned char *block = HeapAlloc(heap, 0, size);
        for (SIZE_T i = 0; i < tail_size(); i++) {
            block[size + i] ^= 1;
            CHECK(!HeapValidate(heap, 0, block));
            CHECK(!HeapValidate(heap, 0, NULL));
            block[size + i] ^= 1;
            CHECK(HeapValidate(heap, 0, block));
        }
        CHECK_EQ_UINT(HeapSize(heap, 0, block), size);
        block = HeapReAlloc(heap, 0, block, size + 20);
        CHECK(HeapFree(heap, 0, block));
    }
}

/* No tail, no fill: zero to the end of the page. */
static void large_blocks(HANDLE heap)
{
    SPEC("N15.3.7");
    unsigned char *block = HeapAlloc(heap, 0, LARGE_MIN);
    SPEC("W1.5.6 W2.4");
    CHECK(is_zero(block, 0, LARGE_MIN + 1));
    block[LARGE_MIN - 1] = 1;
    block = HeapReAlloc(heap, 0, block, LARGE_MIN + 5000);
    CHECK(block != NULL && block[LARGE_MIN - 1] == 1 && is_zero(block, LARGE_MIN, LARGE_MIN + 5000));
    CHECK(HeapFree(heap, 0, block));
}

static void distances(SIZE_T of_hundred)
{
    SPEC("N15.5.1 N15.5.2 N15.5.8");
    for (SIZE_T size = 0x20000 * sizeof(void *) - 0x3000; size != 0; size /= 2) {
        HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
        char *a = HeapAlloc(heap, 0, size), *b = HeapAlloc(heap, 0, size), *c = HeapAlloc(heap, 0, size);
        SIZE_T first = (SIZE_T)(b > a ? b - a : a - b), second = (SIZE_T)(c > b ? c - b : b - c);
        CHECK_EQ_UINT(first < second ? first : second, block_stride(size));
        CHECK(HeapDestroy(heap));
    }
    CHECK_EQ_UINT(block_stride(100), of_hundred);

    SPEC("N15.5.7");
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    char *one = HeapAlloc(heap, 0, 1), *sixteen = HeapAlloc(heap, 0, 16), *end = HeapAlloc(heap, 0, 16);
    CHECK_EQ_INT(sixteen - one, end - sixteen);
    char *large = HeapAlloc(heap, 0, LARGE_MIN), *other = HeapAlloc(heap, 0, LARGE_MIN);
    SIZE_T apart = (SIZE_T)(other > large ? other - large : large - other);
    CHECK_EQ_UINT((UINT_PTR)large % LARGE_ALIGNMENT, 0);
    CHECK(apart > block_stride(LARGE_MIN) && large[LARGE_MIN] == 0);
    CHECK(HeapDestroy(heap));
}

/* The flags of a call alone. */
static void distances_by_call(void)
{
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    char *a = HeapAlloc(heap, 0x60, 100), *b = HeapAlloc(heap, 0x60, 100), *c = HeapAlloc(heap, 0, 100);
    SPEC("W1.2.5 N15.5.4");
    CHECK_EQ_INT(b - a, 128);
    CHECK_EQ_INT(c - b, 128);
    CHECK(HeapFree(heap, 0x60, b) && HeapFree(heap, 0, a) && HeapFree(heap, 0, c));
    CHECK(HeapValidate(heap, 0, NULL));
    for (unsigned i = 0; i < 100; i++) {
        CHECK(HeapAlloc(heap, 0x20, 100) != NULL);
    }
    CHECK(HeapDestroy(heap));
    SPEC("N15.5.3");
    distances(112);
}

/* Between the value of a block and the next header; a block that has none. */
static void user_values(HANDLE heap)
{
    {
        SPEC("N15.3.8");
        for (SIZE_T size = 0; size < 40; size++) {
            unsigned char *block = HeapAlloc(heap, HEAP_SETTABLE_USER_VALUE, size);
            SIZE_T end = block_stride(size + GRANULARITY) - 8; /* the header of the next block begins there */
            CHECK(has_whole_tail(block, size) && is_zero(block, size + tail_size(), end));
            CHECK(HeapFree(heap, 0, block));
        }
    }
    {
        SPEC("N9.15");
        PVOID value = heap;
        ULONG flags = 77;
        void *plain = HeapAlloc(heap, 0, 40);
        CHECK(RtlGetUserInfoHeap(heap, 0, plain, &value, &flags));
        CHECK(value == heap && flags == 0);
        CHECK(HeapFree(heap, 0, plain));
    }
}

/* The tail lies right behind the bytes of an aligned block, whatever the alignment took. */
static void aligned_blocks(void)
{
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        for (size_t size = 8; size < 64; size++) {
            unsigned char *block = _aligned_offset_malloc(size, alignment, 7);
            CHECK(has_whole_tail(block, size));
            block = _aligned_offset_realloc(block, size * 50, alignment, 7);
            CHECK(has_whole_tail(block, size * 50));
            block = _aligned_offset_realloc(block, size, alignment, 7);
            CHECK(has_whole_tail(block, size));
            _aligned_free(block);
        }
    }
}

static void all(HANDLE heap, bool fills)
{
    user_values(heap);
    new_blocks(heap, fills);
    shrunk_in_place(heap);
    freed_blocks(heap, fills);
    tail_overwritten(heap);
    large_blocks(heap);
    CHECK(HeapValidate(heap, 0, NULL));
}

static void all_heaps(bool fills, SIZE_T of_hundred)
{
    HANDLE heap = HeapCreate(0, 0, 0), fixed = HeapCreate(HEAP_NO_SERIALIZE, 0, 0x200000);
    ULONG mode = HEAP_COMPATIBILITY_LFH;
    all(heap, fills);
    all(GetProcessHeap(), fills);
    new_blocks(fixed, fills);
    freed_blocks(fixed, fills);
    SPEC("W3.13.11 W3.14.8 W5.2 N15.2.8");
    POISON_LAST_ERROR();
    CHECK(!HeapSetInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode)));
    CHECK_LAST_ERROR(ERROR_GEN_FAILURE);
    for (unsigned i = 0; i < 1000; i++) {
        CHECK(HeapAlloc(heap, 0, 24) != NULL);
    }
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode), NULL) && mode == 0);
    CHECK(HeapDestroy(heap) && HeapDestroy(fixed));
    distances(of_hundred);
}

static void with_tail(void)
{
    aligned_blocks();
    SPEC("N15.5.5");
    all_heaps(false, 144);
}

static void with_free_checks(void)
{
    SPEC("N15.5.4");
    all_heaps(true, 128);
}

static void with_both(void)
{
    aligned_blocks();
    all_heaps(true, 144);
}

static void with_validation(void)
{
    SPEC("N15.5.6");
    all_heaps(true, 160);
}

/* A heap alone can be made so. */
static void one_heap(void)
{
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE | HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED, NULL, 0, 0,
                                NULL, NULL);
    unsigned char *block = RtlAllocateHeap(heap, 0, 8), *other = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 8);
    CHECK(is_new(block, 0, 8) && block[8] == 0xAB && block[23] == 0xAB && other[8] != 0xAB);
    block[8] = 0;
    CHECK(!RtlFreeHeap(heap, 0, block));
    block[8] = 0xAB;
    CHECK(RtlFreeHeap(heap, 0, block));
    CHECK(RtlDestroyHeap(heap) == NULL);
}

GFLAGS_MAIN({"", distances_by_call}, {"", one_heap}, {"+htc", with_tail}, {"+hfc", with_free_checks},
            {"+htc+hfc", with_both}, {"+htc+hfc+ust", with_both}, {"+hpc", with_validation}, {"+hvc", with_validation})
