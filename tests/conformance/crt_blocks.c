/* _msize, _expand, _recalloc, and the _base functions: their pages in Microsoft's C runtime library reference. */
#include "crt_heap.h"

#define TOO_MUCH ((size_t)-1)
#define MUCH ((size_t)1 << 46) /* not above _HEAP_MAXREQ, but more than there is */

/* "_msize returns the size, in bytes, of the memory block" */
static void msize(void)
{
    static const size_t sizes[] = {1, 13, 100, 0x5000, 0x200000};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *block = crt_malloc(sizes[i]);
        CHECK_ERRNO_KEPT(_msize(block) == sizes[i]);
        crt_free(block);
    }
}

/* "If memblock is a null pointer ... sets errno to EINVAL and returns -1" */
static void msize_of_nothing(void)
{
#ifdef _WIN32
    wine_skip("_msize of NULL faults");
#else
    CHECK_ERRNO(_msize(NULL) == (size_t)-1, EINVAL);
#endif
}

/* "cannot move a block to change its size"; the size is what was asked for */
static void expand(void)
{
    char *block = crt_malloc(0x10000);
    pattern_fill(block, 0x10000, 1);
    CHECK_ERRNO_KEPT(_expand(block, 0x8000) == block);
    CHECK_EQ_UINT(_msize(block), 0x8000);
    CHECK_ERRNO_KEPT(_expand(block, 0xC000) == block);
    CHECK_EQ_UINT(_msize(block), 0xC000);
    CHECK(pattern_holds(block, 0x8000, 1));
    crt_free(block);
}

/* "If memblock is a null pointer ... errno is set to EINVAL"; no room, or size above _HEAP_MAXREQ: ENOMEM; NULL */
static void expand_fails(void)
{
    char *block = crt_malloc(100);
    pattern_fill(block, 100, 2);
    WINE_DIFFERS("_expand does not set errno") {
        CHECK_ERRNO(_expand(NULL, 10) == NULL, EINVAL);
        CHECK_ERRNO(_expand(block, TOO_MUCH) == NULL, ENOMEM);
        CHECK_ERRNO(_expand(block, 0x10000000) == NULL, ENOMEM);
    }
    CHECK_EQ_UINT(_msize(block), 100);
    CHECK(pattern_holds(block, 100, 2));
    crt_free(block);
}

/* "reallocates an array in memory and initializes its elements to 0": those that are new */
static void recalloc(void)
{
    char *block = crt_malloc(12);
    memset(block, 0xA5, 12);
    for (size_t count = 10; count < 100000; count *= 7) {
        size_t before = _msize(block);
        block = _recalloc(block, count, 4);
        CHECK(block != NULL);
        CHECK_EQ_UINT(_msize(block), count * 4);
        CHECK(all_bytes(block, before, 0xA5));
        CHECK(all_bytes(block + before, count * 4 - before, 0));
        memset(block, 0xA5, count * 4);
    }
    block = _recalloc(block, 5, 1);
    CHECK_EQ_UINT(_msize(block), 5);
    CHECK(all_bytes(block, 5, 0xA5));
    /* "If the requested size is zero, the block is freed; the return value is NULL" */
    crt_errno = POISON_ERRNO;
    CHECK(_recalloc(block, 0, 100) == NULL);
}

/* "sets errno to ENOMEM if the allocation fails or exceeds _HEAP_MAXREQ"; "the original block is left unchanged" */
static void recalloc_fails(void)
{
    char *block = crt_malloc(100);
    pattern_fill(block, 100, 3);
    CHECK_ERRNO(_recalloc(block, MUCH, 4) == NULL, ENOMEM);
#ifdef _WIN32
    wine_skip("_recalloc frees the block when the product overflows");
#else
    CHECK_ERRNO(_recalloc(block, MUCH, MUCH) == NULL, ENOMEM);
#endif
    CHECK_ERRNO(_recalloc(block, 1, TOO_MUCH) == NULL, ENOMEM);
    CHECK_ERRNO(_recalloc(NULL, MUCH, MUCH) == NULL, ENOMEM);
    CHECK_EQ_UINT(_msize(block), 100);
    CHECK(pattern_holds(block, 100, 3));
    crt_free(block);
}

#ifndef _WIN32

/* What _recalloc allocates is the C library's, whatever malloc that has; and so free is right for it. */
static void recalloc_of_null(void)
{
    char *block = _recalloc(NULL, 100, 10);
    CHECK(block != NULL && all_bytes(block, 1000, 0));
    free(block);
}

/* The _base functions: the default heap's, whatever malloc is. */
static void base(void)
{
    char *block = _malloc_base(100);
    CHECK(HeapValidate(GetProcessHeap(), 0, block));
    CHECK_ERRNO_KEPT(_msize_base(block) == 100);
    memset(block, 0xA5, 100);
    block = _realloc_base(block, 5000);
    CHECK_EQ_UINT(_msize(block), 5000);
    CHECK(all_bytes(block, 100, 0xA5));
    CHECK_ERRNO_KEPT(_expand_base(block, 4000) == block);
    block = _recalloc_base(block, 10000, 1);
    CHECK_EQ_UINT(_msize(block), 10000);
    CHECK(all_bytes(block + 5000, 5000, 0));
    CHECK_ERRNO_KEPT(_realloc_base(block, 0) == NULL);
    CHECK(!HeapValidate(GetProcessHeap(), 0, block));

    block = _realloc_base(NULL, 50);
    CHECK_EQ_UINT(_msize(block), 50);
    CHECK_ERRNO_KEPT(_recalloc_base(block, 0, 1) == NULL);
    block = _calloc_base(30, 7);
    CHECK_EQ_UINT(_msize(block), 210);
    CHECK(all_bytes(block, 210, 0));
    _free_base(block);
    block = _recalloc_base(NULL, 30, 7);
    CHECK(HeapValidate(GetProcessHeap(), 0, block) && all_bytes(block, 210, 0));
    _free_base(block);
    block = _malloc_base(0);
    CHECK_ERRNO_KEPT(_msize(block) == 0);
    crt_errno = POISON_ERRNO;
    _free_base(block);
    _free_base(NULL);
    CHECK_EQ_INT(crt_errno, POISON_ERRNO);
}

static void base_fails(void)
{
    char *block = _malloc_base(100);
    CHECK_ERRNO(_malloc_base(TOO_MUCH) == NULL, ENOMEM);
    CHECK_ERRNO(_malloc_base(_HEAP_MAXREQ + 1) == NULL, ENOMEM);
    CHECK_ERRNO(_malloc_base(_HEAP_MAXREQ) == NULL, ENOMEM);
    CHECK_ERRNO(_calloc_base(MUCH, MUCH) == NULL, ENOMEM);
    CHECK_ERRNO(_realloc_base(block, TOO_MUCH) == NULL, ENOMEM);
    CHECK_ERRNO(_realloc_base(NULL, TOO_MUCH) == NULL, ENOMEM);
    CHECK_EQ_UINT(_msize(block), 100);
    _free_base(block);
}

/* What is no block of the default heap: EINVAL, NULL or -1, nothing is changed. malloc's own blocks are none, too. */
static void no_block(void)
{
    struct witness w;
    witness_make(&w);
    char *block = _malloc_base(100);
    char *freed = _malloc_base(100);
    void *libc_block = malloc(100);
    _free_base(freed);
    bool is_ours = HeapValidate(GetProcessHeap(), 0, libc_block);
    void *wrong[] = {
        freed,     block + 16, block + 1, w.small[0], w.large, plain_memory(), (void *)(uintptr_t)16, pages_unmapped(),
        libc_block};
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]) - (is_ours ? 1 : 0); i++) {
        CHECK_ERRNO(_msize(wrong[i]) == (size_t)-1, EINVAL);
        CHECK_ERRNO(_msize_base(wrong[i]) == (size_t)-1, EINVAL);
        CHECK_ERRNO(_expand(wrong[i], 10) == NULL, EINVAL);
        CHECK_ERRNO(_recalloc(wrong[i], 10, 10) == NULL, EINVAL);
        CHECK_ERRNO(_recalloc(wrong[i], 0, 10) == NULL, EINVAL);
        CHECK_ERRNO(_realloc_base(wrong[i], 10) == NULL, EINVAL);
        crt_errno = 0;
        _free_base(wrong[i]);
        CHECK_EQ_INT(crt_errno, EINVAL);
    }
    free(libc_block);
    CHECK_EQ_UINT(_msize(block), 100);
    _free_base(block);
    witness_end(&w);
}
#endif

int main(void)
{
    crt_load();
    msize();
    msize_of_nothing();
    expand();
    expand_fails();
    recalloc();
    recalloc_fails();
#ifndef _WIN32
    recalloc_of_null();
    base();
    base_fails();
    no_block();
#endif
    return check_report();
}
