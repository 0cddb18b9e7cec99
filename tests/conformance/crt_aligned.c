/* The _aligned functions: their pages in Microsoft's C runtime library reference. */
#include "crt_heap.h"

#include "thread.h"

#define TOO_MUCH ((size_t)-1)
#define MUCH ((size_t)1 << 46)

static bool is_aligned_at(const void *block, size_t offset, size_t alignment)
{
    return ((uintptr_t)block + offset) % alignment == 0;
}

/* "The pointer is a multiple of alignment", with an offset that many bytes into the block */
static void allocation(void)
{
    static const size_t sizes[] = {1, 10, 100, 5000, 0x180000};
    for (size_t alignment = 1; alignment <= 0x20000; alignment *= 2) {
        for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
            const size_t offsets[] = {0, 1, 5, 8, sizes[s] / 2, sizes[s] - 1};
            for (unsigned o = 0; o < sizeof(offsets) / sizeof(offsets[0]); o++) {
                bool is_large = sizes[s] > 0x10000;
                if ((offsets[o] != 0 && offsets[o] >= sizes[s]) || (is_large && o != 0)) {
                    continue;
                }
                void *block = o == 0 ? _aligned_malloc(sizes[s], alignment)
                                     : _aligned_offset_malloc(sizes[s], alignment, offsets[o]);
                CHECK(block != NULL && is_aligned_at(block, offsets[o], alignment));
                pattern_fill(block, sizes[s], o);
                CHECK_ERRNO_KEPT(_aligned_msize(block, alignment, offsets[o]) == sizes[s]);
                CHECK(pattern_holds(block, sizes[s], o));
                _aligned_free(block);
            }
        }
    }
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
}

/* Many at a time: none overlaps another */
static void many(void)
{
    unsigned char *blocks[200];
    for (unsigned i = 0; i < 200; i++) {
        blocks[i] = _aligned_offset_malloc(i % 60 + 10, (size_t)1 << i % 10, i % 9);
        memset(blocks[i], (int)i, i % 60 + 10);
    }
    for (unsigned i = 0; i < 200; i++) {
        CHECK(all_bytes(blocks[i], i % 60 + 10, (unsigned char)i));
        _aligned_free(blocks[i]);
    }
}

/* "If alignment is not a power of 2 or size is zero ... returns NULL and sets errno to EINVAL" */
static void wrong_allocation(void)
{
    CHECK_ERRNO(_aligned_malloc(10, 3) == NULL, EINVAL);
    CHECK_ERRNO(_aligned_malloc(10, 24) == NULL, EINVAL);
    WINE_DIFFERS("_aligned_malloc takes size 0 and alignment 0") {
        CHECK_ERRNO(_aligned_malloc(0, 16) == NULL, EINVAL);
        CHECK_ERRNO(_aligned_malloc(10, 0) == NULL, EINVAL);
        CHECK_ERRNO(_aligned_offset_malloc(10, 0, 0) == NULL, EINVAL);
    }
    /* "if offset is greater than or equal to size and nonzero" */
    CHECK_ERRNO(_aligned_offset_malloc(10, 16, 10) == NULL, EINVAL);
    CHECK_ERRNO(_aligned_offset_malloc(10, 16, 11) == NULL, EINVAL);
    CHECK_ERRNO(_aligned_offset_malloc(10, 5, 1) == NULL, EINVAL);
    CHECK_ERRNO(_aligned_offset_malloc(0, 16, 1) == NULL, EINVAL);
    void *empty = _aligned_offset_malloc(0, 16, 0);
    CHECK(empty != NULL);
    _aligned_free(empty);
}

/* "sets errno to ENOMEM if the memory allocation failed or if the requested size was greater than _HEAP_MAXREQ" */
static void too_large(void)
{
    CHECK_ERRNO(_aligned_malloc(MUCH, 64) == NULL, ENOMEM);
#ifdef _WIN32
    wine_skip("_aligned_malloc of sizes near the largest succeeds");
#else
    CHECK_ERRNO(_aligned_malloc(TOO_MUCH, 16) == NULL, ENOMEM);
    CHECK_ERRNO(_aligned_malloc(TOO_MUCH - 40, 16) == NULL, ENOMEM);
    CHECK_ERRNO(_aligned_offset_malloc(TOO_MUCH, 16, TOO_MUCH - 1) == NULL, ENOMEM);
    CHECK_ERRNO(_aligned_malloc(10, (size_t)1 << 63) == NULL, ENOMEM);
#endif
}

/* "changes the size of a memory block"; contents and alignment are kept */
static void reallocation(void)
{
    static const size_t sizes[] = {10, 1000, 20, 100000, 5000, 0x120000, 33};
    for (size_t alignment = 1; alignment <= 0x10000; alignment *= 16) {
        for (size_t offset = 0; offset <= 5; offset += 5) {
            size_t size = sizes[0];
            unsigned char *block = _aligned_offset_realloc(NULL, size, alignment, offset);
            CHECK(block != NULL && is_aligned_at(block, offset, alignment));
            pattern_fill(block, size, 0);
            for (unsigned i = 1; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                size_t common = size < sizes[i] ? size : sizes[i];
                size = sizes[i];
                block = offset == 0 ? _aligned_realloc(block, size, alignment)
                                    : _aligned_offset_realloc(block, size, alignment, offset);
                CHECK(block != NULL && is_aligned_at(block, offset, alignment));
                CHECK(pattern_holds(block, common, i - 1));
                CHECK_EQ_UINT(_aligned_msize(block, alignment, offset), size);
                pattern_fill(block, size, i);
            }
            /* "NULL if the size is zero and the buffer argument is not NULL ... the original block is freed" */
            CHECK(_aligned_offset_realloc(block, 0, alignment, offset) == NULL);
        }
    }
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
}

/* EINVAL for what cannot be, ENOMEM for what cannot be had; "the original block is unchanged" */
static void wrong_reallocation(void)
{
    unsigned char *block = _aligned_malloc(100, 64);
    pattern_fill(block, 100, 1);
    CHECK_ERRNO(_aligned_realloc(NULL, 10, 3) == NULL, EINVAL);
    CHECK_ERRNO(_aligned_realloc(block, 10, 3) == NULL, EINVAL);
    CHECK_ERRNO(_aligned_offset_realloc(block, 10, 64, 10) == NULL, EINVAL);
    CHECK_ERRNO(_aligned_offset_realloc(NULL, 10, 64, 10) == NULL, EINVAL);
    WINE_DIFFERS("_aligned_realloc without memory does not set errno") {
        CHECK_ERRNO(_aligned_realloc(block, MUCH, 64) == NULL, ENOMEM);
    }
    CHECK_EQ_UINT(_aligned_msize(block, 64, 0), 100);
    CHECK(pattern_holds(block, 100, 1));
    _aligned_free(block);
}

/* "and initializes the memory to 0": what is added */
static void recallocation(void)
{
    if (!crt_has(_aligned_recalloc)) {
        wine_skip("no _aligned_recalloc and _aligned_offset_recalloc");
        return;
    }
    unsigned char *block = _aligned_recalloc(NULL, 10, 10, 32);
    CHECK(block != NULL && is_aligned_at(block, 0, 32) && all_bytes(block, 100, 0));
    size_t size = 100;
    for (size_t count = 20; count < 500000; count *= 5) {
        memset(block, 0xA5, size);
        block = _aligned_recalloc(block, count, 10, 32);
        CHECK(block != NULL && is_aligned_at(block, 0, 32));
        CHECK(all_bytes(block, size, 0xA5) && all_bytes(block + size, count * 10 - size, 0));
        size = count * 10;
    }
    CHECK_ERRNO(_aligned_recalloc(block, MUCH, MUCH, 32) == NULL, ENOMEM);
    CHECK_ERRNO(_aligned_recalloc(block, 10, 10, 33) == NULL, EINVAL);
    CHECK(_aligned_recalloc(block, 0, 10, 32) == NULL);

    block = _aligned_offset_recalloc(NULL, 10, 10, 128, 7);
    CHECK(block != NULL && is_aligned_at(block, 7, 128) && all_bytes(block, 100, 0));
    memset(block, 0xA5, 100);
    block = _aligned_offset_recalloc(block, 100, 10, 128, 7);
    CHECK(is_aligned_at(block, 7, 128) && all_bytes(block, 100, 0xA5) && all_bytes(block + 100, 900, 0));
    CHECK_ERRNO(_aligned_offset_recalloc(block, 1, 10, 128, 10) == NULL, EINVAL);
    CHECK_ERRNO(_aligned_offset_recalloc(NULL, MUCH, MUCH, 128, 7) == NULL, ENOMEM);
    CHECK_EQ_UINT(_aligned_msize(block, 128, 7), 1000);
    CHECK(_aligned_offset_recalloc(block, 0, 10, 128, 7) == NULL);
}

/* "If memblock is a null pointer or alignment is not a power of 2 ... sets errno to EINVAL and returns -1" */
static void size_of_nothing(void)
{
    void *block = _aligned_malloc(10, 16);
    CHECK_ERRNO(_aligned_msize(NULL, 16, 0) == (size_t)-1, EINVAL);
    WINE_DIFFERS("_aligned_msize takes any alignment") {
        CHECK_ERRNO(_aligned_msize(block, 3, 0) == (size_t)-1, EINVAL);
    }
    _aligned_free(block);
    CHECK_ERRNO_KEPT((_aligned_free(NULL), true));
}

#define THREADS 4
#define ROUNDS 500

static void work(void *arg)
{
    size_t seed = (size_t)(uintptr_t)arg;
    for (size_t i = 0; i < ROUNDS; i++) {
        size_t alignment = (size_t)1 << (i + seed) % 10;
        unsigned char *block = _aligned_malloc(i % 700 + 1, alignment);
        memset(block, (int)seed, i % 700 + 1);
        block = _aligned_realloc(block, i * 37 % 3000 + 1, alignment);
        CHECK(block != NULL && is_aligned_at(block, 0, alignment) && block[0] == seed);
        _aligned_free(block);
    }
}

/* Any thread may call any function at any time. */
static void threads(void)
{
    struct thread started[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        thread_start(&started[i], work, (void *)(i + 1));
    }
    for (unsigned i = 0; i < THREADS; i++) {
        thread_join(&started[i]);
    }
}

#ifndef _WIN32
/* Where the default heap's first uncommitted range begins. */
static char *uncommitted_start(void)
{
    PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
    while (HeapWalk(GetProcessHeap(), &entry)) {
        if ((entry.wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE) != 0) {
            return entry.lpData;
        }
    }
    return NULL;
}

/* Whether the words in front of an address are taken for those of an aligned block. */
static bool believes(char *address, void *base, size_t size)
{
    memcpy(address - 2 * sizeof(void *), &base, sizeof(base));
    memcpy(address - sizeof(void *), &size, sizeof(size));
    return _aligned_msize(address, 16, 0) != (size_t)-1;
}

/* What lies in front of an aligned block is checked: base must be a block, and both words and data inside it */
static void forged_words(void)
{
    char *block = HeapAlloc(GetProcessHeap(), 0, 1000);
    char *before = HeapAlloc(GetProcessHeap(), 0, 1000);
    char *after = HeapAlloc(GetProcessHeap(), 0, 1000);
    CHECK(believes(block + 500, block, 500));
    CHECK(!believes(block + 500, block, 501));
    CHECK(!believes(block + 500, block, (size_t)-1));
    CHECK(!believes(before + 500, block, 1));
    CHECK(!believes(after + 500, block, 1));
    CHECK(!believes(block + 500, after, 1));
    CHECK(!believes(block + 500, block + 16, 1));
    CHECK(!believes(block + 500, NULL, 1));
    CHECK(!believes(block + 500, pages_unmapped(), 1));
    CHECK(HeapFree(GetProcessHeap(), 0, block));
    CHECK(HeapFree(GetProcessHeap(), 0, before));
    CHECK(HeapFree(GetProcessHeap(), 0, after));
}

/* "It is an error to change the alignment of a block": the new one is kept to all the same */
static void other_alignment(void)
{
    char *blocks[8];
    for (unsigned i = 0; i < 8; i++) {
        blocks[i] = _aligned_malloc(100, 16);
        pattern_fill(blocks[i], 100, i);
    }
    for (unsigned i = 0; i < 8; i++) {
        blocks[i] = _aligned_realloc(blocks[i], 90, 0x1000);
        CHECK(is_aligned_at(blocks[i], 0, 0x1000));
        CHECK(pattern_holds(blocks[i], 90, i));
        _aligned_free(blocks[i]);
    }
}

/* What is no aligned block, wherever it lies: EINVAL, nothing is changed */
static void no_block(void)
{
    char *block = _aligned_malloc(1000, 64);
    char *freed = _aligned_malloc(100, 64);
    char *plain = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 0x5000);
    _aligned_free(freed);
    char *uncommitted = uncommitted_start();
    CHECK(uncommitted != NULL);
    void *wrong[] = {freed,
                     block + 16,
                     block + 64,
                     plain,
                     plain + 64,
                     uncommitted,
                     uncommitted + 8,
                     uncommitted + 16,
                     uncommitted + 64,
                     pages_unmapped(),
                     (void *)(uintptr_t)1,
                     plain_memory(),
                     (void *)&block,
                     GetProcessHeap(),
                     (char *)GetProcessHeap() + 8,
                     (void *)~(uintptr_t)0};
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_ERRNO(_aligned_msize(wrong[i], 64, 0) == (size_t)-1, EINVAL);
        CHECK_ERRNO(_aligned_realloc(wrong[i], 10, 64) == NULL, EINVAL);
        CHECK_ERRNO(_aligned_realloc(wrong[i], 0, 64) == NULL, EINVAL);
        CHECK_ERRNO(_aligned_recalloc(wrong[i], 10, 10, 64) == NULL, EINVAL);
        CHECK_ERRNO((_aligned_free(wrong[i]), true), EINVAL);
    }
    CHECK_EQ_UINT(_aligned_msize(block, 64, 0), 1000);
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
    CHECK(HeapFree(GetProcessHeap(), 0, plain));
    _aligned_free(block);
}
#endif

int main(void)
{
    crt_load();
    allocation();
    many();
    wrong_allocation();
    too_large();
    reallocation();
    wrong_reallocation();
    recallocation();
    size_of_nothing();
    threads();
#ifndef _WIN32
    other_alignment();
    forged_words();
    no_block();
#endif
    return check_report();
}
