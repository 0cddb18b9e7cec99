/* Every C function of libcairn_malloc.so: results, alignment, errors. The rules are those of the GNU C library's manual
 * (3.2.3 Unconstrained Allocation), of POSIX for posix_memalign and of C23 for free_sized. */
#include "on_cairn.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#define TOO_MUCH opaque_size((size_t)PTRDIFF_MAX + 1)

static const size_t sizes[] = {0, 1, 7, 8, 15, 16, 17, 100, 1000, 4095, 4096, 70000, 1000000, 5000000};
#define SIZE_COUNT (sizeof(sizes) / sizeof(sizes[0]))

/* Fills a block, and later tells whether its first bytes are still what was filled in. */
static void fill(void *block, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((unsigned char *)block)[i] = (unsigned char)(i * 7 + 3);
    }
}

static bool is_filled(const void *block, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (((const unsigned char *)block)[i] != (unsigned char)(i * 7 + 3)) {
            return false;
        }
    }
    return true;
}

static bool is_zero(const void *block, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (((const unsigned char *)block)[i] != 0) {
            return false;
        }
    }
    return true;
}

#define CHECK_FAILS(call, error)                                                                                       \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        CHECK_EQ_PTR(call, NULL);                                                                                      \
        CHECK_EQ_INT(errno, error);                                                                                    \
    } while (0)

static void test_malloc(void)
{
    void *blocks[SIZE_COUNT];

    for (size_t i = 0; i < SIZE_COUNT; i++) {
        blocks[i] = malloc(sizes[i]);
        CHECK(blocks[i] != NULL);
        CHECK(is_aligned_to(blocks[i], 16));
        CHECK_EQ_UINT(malloc_usable_size(blocks[i]), sizes[i]);
        fill(blocks[i], sizes[i]);
    }
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        CHECK(is_filled(blocks[i], sizes[i]));
        free(blocks[i]);
    }

    void *empty = malloc(0);
    void *other = malloc(0);
    CHECK(empty != NULL && other != NULL && empty != other);
    free(empty);
    free(other);
    CHECK_FAILS(malloc(TOO_MUCH), ENOMEM);
    CHECK_FAILS(malloc(opaque_size(SIZE_MAX)), ENOMEM);
    CHECK_FAILS(malloc(opaque_size(PTRDIFF_MAX)), ENOMEM);
}

static void test_calloc(void)
{
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        /* What was freed just before is dirty, and is often what comes back. */
        void *dirty = malloc(sizes[i]);
        fill(dirty, sizes[i]);
        free(dirty);
        void *block = calloc(1, sizes[i]);
        CHECK(block != NULL && is_zero(block, sizes[i]));
        CHECK_EQ_UINT(malloc_usable_size(block), sizes[i]);
        free(block);
    }
    void *block = calloc(30, 7);
    CHECK_EQ_UINT(malloc_usable_size(block), 210);
    free(block);
    block = calloc(0, 100);
    CHECK(block != NULL);
    free(block);
    CHECK_FAILS(calloc(opaque_size(SIZE_MAX / 2), 3), ENOMEM);
    CHECK_FAILS(calloc(2, TOO_MUCH), ENOMEM);
    CHECK_FAILS(calloc(1, TOO_MUCH), ENOMEM);
}

static void test_realloc(void)
{
    for (size_t from = 0; from < SIZE_COUNT; from++) {
        for (size_t to = 1; to < SIZE_COUNT; to++) {
            void *block = malloc(sizes[from]);
            fill(block, sizes[from]);
            block = realloc(block, sizes[to]);
            CHECK(block != NULL && is_aligned_to(block, 16));
            CHECK_EQ_UINT(malloc_usable_size(block), sizes[to]);
            CHECK(is_filled(block, sizes[from] < sizes[to] ? sizes[from] : sizes[to]));
            free(block);
        }
    }

    void *block = realloc(NULL, 50);
    CHECK_EQ_UINT(malloc_usable_size(block), 50);
    fill(block, 50);
    CHECK_FAILS(realloc(opaque(block), TOO_MUCH), ENOMEM);
    CHECK_FAILS(reallocarray(opaque(block), opaque_size(SIZE_MAX / 2), 3), ENOMEM);
    CHECK(is_filled(block, 50));
    block = reallocarray(block, 20, 5);
    CHECK_EQ_UINT(malloc_usable_size(block), 100);
    CHECK(is_filled(block, 50));
    errno = 0;
    CHECK_EQ_PTR(realloc(block, opaque_size(0)), NULL);
    CHECK_EQ_INT(errno, 0);
    block = realloc(NULL, opaque_size(0));
    CHECK(block != NULL);
    free(block);
}

static void check_aligned(void *block, size_t alignment, size_t size)
{
    CHECK(block != NULL);
    CHECK(is_aligned_to(block, alignment));
    CHECK_EQ_UINT(malloc_usable_size(block), size);
    fill(block, size);
    block = realloc(block, size + 1000);
    CHECK(block != NULL && is_filled(block, size));
    free(block);
}

static void test_alignments(void)
{
    static const size_t some_sizes[] = {0, 1, 100, 5000, 100000, 3000000};

    for (size_t alignment = 1; alignment <= (size_t)64 << 20; alignment *= 2) {
        for (size_t i = 0; i < sizeof(some_sizes) / sizeof(some_sizes[0]); i++) {
            size_t size = some_sizes[i];
            void *block = (void *)-1;
            check_aligned(memalign(alignment, size), alignment, size);
            check_aligned(aligned_alloc(alignment, size), alignment, size);
            if (alignment >= sizeof(void *)) {
                CHECK_EQ_INT(posix_memalign(&block, alignment, size), 0);
                check_aligned(block, alignment, size);
            }
        }
    }

    /* Many at once, so that not each is at the start of memory just taken from the system. */
    void *blocks[300];
    for (size_t i = 0; i < 300; i++) {
        size_t alignment = (size_t)16 << i % 10;
        blocks[i] = memalign(alignment, i * 3);
        CHECK(blocks[i] != NULL && is_aligned_to(blocks[i], alignment));
        fill(blocks[i], i * 3);
    }
    for (size_t i = 0; i < 300; i++) {
        CHECK(is_filled(blocks[i], i * 3));
        free(blocks[i]);
    }
}

static void test_alignment_rules(void)
{
    void *block = memalign(opaque_size(24), 10); /* rounded up to 32 */
    CHECK(block != NULL && is_aligned_to(block, 32));
    free(block);
    block = memalign(opaque_size(0), 10);
    CHECK(block != NULL);
    free(block);
    CHECK_FAILS(memalign(opaque_size(SIZE_MAX / 2 + 2), 10), EINVAL);
    CHECK_FAILS(memalign(64, TOO_MUCH), ENOMEM);
    CHECK_FAILS(memalign(opaque_size(SIZE_MAX / 2 + 1), 10), ENOMEM);

    CHECK_FAILS(aligned_alloc(opaque_size(24), 48), EINVAL);
    CHECK_FAILS(aligned_alloc(opaque_size(0), 48), EINVAL);
    CHECK_FAILS(aligned_alloc(64, TOO_MUCH), ENOMEM);
    block = aligned_alloc(64, 10);
    CHECK(block != NULL && is_aligned_to(block, 64));
    free(block);

    void *untouched = (void *)-1;
    errno = 77;
    CHECK_EQ_INT(posix_memalign(&untouched, opaque_size(4), 10), EINVAL);
    CHECK_EQ_INT(posix_memalign(&untouched, opaque_size(24), 10), EINVAL);
    CHECK_EQ_INT(posix_memalign(&untouched, opaque_size(0), 10), EINVAL);
    CHECK_EQ_INT(posix_memalign(&untouched, 64, TOO_MUCH), ENOMEM);
    CHECK_EQ_PTR(untouched, (void *)-1);
    CHECK_EQ_INT(errno, 77);

    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *blocks[10]; /* more than one, of which each might be aligned by chance */
    for (size_t i = 0; i < 10; i++) {
        blocks[i] = i % 2 == 0 ? valloc(10) : pvalloc(page + 1);
        CHECK(blocks[i] != NULL && is_aligned_to(blocks[i], page));
        CHECK_EQ_UINT(malloc_usable_size(blocks[i]), i % 2 == 0 ? 10 : 2 * page);
    }
    for (size_t i = 0; i < 10; i++) {
        free(blocks[i]);
    }
    CHECK_FAILS(valloc(TOO_MUCH), ENOMEM);
    CHECK_FAILS(pvalloc(TOO_MUCH), ENOMEM);
    CHECK_FAILS(pvalloc(opaque_size(SIZE_MAX - 5)), ENOMEM);
}

static void test_free(void)
{
    errno = 77;
    free(NULL);
    free(malloc(10));
    free(malloc(3000000));
    call_free_sized(NULL, 10);
    call_free_sized(malloc(10), 10);
    call_free_sized(malloc(2000000), 2000000);
    call_free_aligned_sized(NULL, 64, 10);
    call_free_aligned_sized(aligned_alloc(64, 10), 64, 10);
    CHECK_EQ_INT(errno, 77);
    CHECK_EQ_UINT(malloc_usable_size(NULL), 0);
}

/* The sums are exact: one block more is that many bytes more. */
static void test_information(void)
{
    struct mallinfo2 before = mallinfo2();
    void *block = malloc(12345);
    struct mallinfo2 after = mallinfo2();
    CHECK_EQ_UINT(after.uordblks - before.uordblks, 12345);
    CHECK_EQ_UINT(after.uordblks + after.fordblks, after.arena + after.hblkhd);
    CHECK(after.arena >= after.uordblks);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    CHECK_EQ_INT(mallinfo().uordblks, after.uordblks);
#pragma GCC diagnostic pop
    free(block);
    CHECK_EQ_UINT(mallinfo2().uordblks, before.uordblks);

    char text[4096] = "";
    FILE *stream = fmemopen(text, sizeof(text), "w");
    CHECK_EQ_INT(malloc_info(0, stream), 0);
    fclose(stream);
    CHECK(strncmp(text, "<malloc ", 8) == 0);
    CHECK(strstr(text, "<blocks type=\"requested\" size=\"") != NULL);
    CHECK(strstr(text, "</malloc>\n") != NULL);
    errno = 0;
    CHECK_EQ_INT(malloc_info(1, stdout), -1);
    CHECK_EQ_INT(errno, EINVAL);

    CHECK_EQ_INT(mallopt(M_MMAP_THRESHOLD, 100000), 0);
    CHECK_EQ_INT(mallopt(M_CHECK_ACTION, 2), 0);
    CHECK_EQ_INT(mallopt(M_CHECK_ACTION, 3), 1);
}

static void test_trim(void)
{
    enum {
        COUNT = 2000
    };
    static void *blocks[COUNT];

    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(5000);
        fill(blocks[i], 5000);
    }
    for (int i = 0; i < COUNT; i++) {
        free(blocks[i]);
    }
    malloc_trim(0);
    struct mallinfo2 info = mallinfo2();
    CHECK(info.arena - info.uordblks < 1000000);
}

int main(void)
{
    CHECK(on_cairn());
    test_malloc();
    test_calloc();
    test_realloc();
    test_alignments();
    test_alignment_rules();
    test_free();
    test_information();
    test_trim();
    return check_report();
}
