/* CoTaskMemAlloc, CoTaskMemRealloc, CoTaskMemFree: their Microsoft pages. */
#include "blocks.h"

#include <objbase.h>

/* "allocates a block": one of the default heap */
static void allocation(void)
{
    static const SIZE_T sizes[] = {1, 13, 1000, 0x200000};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *block = CoTaskMemAlloc(sizes[i]);
        CHECK(HeapValidate(GetProcessHeap(), 0, block));
        CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, block), sizes[i]);
        pattern_fill(block, sizes[i], i);
        CoTaskMemFree(block);
        CHECK(!HeapValidate(GetProcessHeap(), 0, block));
    }
}

/* "If cb is 0, allocates a zero-length item and returns a valid pointer to that item" */
static void zero_length(void)
{
    void *block = CoTaskMemAlloc(0);
    CHECK(block != NULL);
    CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, block), 0);
    CoTaskMemFree(block);
    block = CoTaskMemRealloc(NULL, 0);
    CHECK(block != NULL);
    CoTaskMemFree(block);
}

/* "If there is insufficient memory available, returns NULL"; "the original block is unchanged" */
static void too_large(void)
{
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(CoTaskMemAlloc(SIZE_MAX), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ_PTR(CoTaskMemRealloc(NULL, SIZE_MAX), NULL);
    void *block = CoTaskMemAlloc(100);
    pattern_fill(block, 100, 1);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(CoTaskMemRealloc(block, SIZE_MAX), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, block), 100);
    CHECK(pattern_holds(block, 100, 1));
    CoTaskMemFree(block);
}

/* "The contents are unchanged up to the shorter of the new and old sizes"; NULL allocates */
static void reallocation(void)
{
    static const SIZE_T sizes[] = {10, 1000, 50, 0x200000, 7};
    void *block = CoTaskMemRealloc(NULL, sizes[0]);
    pattern_fill(block, sizes[0], 0);
    for (unsigned i = 1; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        block = CoTaskMemRealloc(block, sizes[i]);
        CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, block), sizes[i]);
        CHECK(pattern_holds(block, sizes[i] < sizes[i - 1] ? sizes[i] : sizes[i - 1], i - 1));
        pattern_fill(block, sizes[i], i);
    }
    /* "If pv is not NULL and cb is 0, then the memory is freed"; the return value is NULL */
    CHECK_EQ_PTR(CoTaskMemRealloc(block, 0), NULL);
    CHECK(!HeapValidate(GetProcessHeap(), 0, block));
}

/* "If this parameter is NULL, the function has no effect" */
static void free_of_null(void)
{
    POISON_LAST_ERROR();
    CoTaskMemFree(NULL);
    CHECK_LAST_ERROR_UNTOUCHED();
}

#ifndef _WIN32
/* What is no block is refused as by HeapFree and HeapReAlloc. */
static void no_block(void)
{
    struct witness w;
    witness_make(&w);
    void *freed = CoTaskMemAlloc(100);
    CoTaskMemFree(freed);
    void *wrong[] = {freed, w.small[0], plain_memory()};
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        POISON_LAST_ERROR();
        CoTaskMemFree(wrong[i]);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(CoTaskMemRealloc(wrong[i], 10), NULL);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    }
    witness_end(&w);
}
#endif

int main(void)
{
    allocation();
    zero_length();
    too_large();
    reallocation();
    free_of_null();
#ifndef _WIN32
    no_block();
#endif
    return check_report();
}
