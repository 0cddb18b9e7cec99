/* RtlMultipleAllocateHeap, RtlMultipleFreeHeap: nt-heap.md 12. Wine 8.0 has neither. */
#include "blocks.h"

#include "nt.h"

#define COUNT 100

static PVOID array[COUNT];

/* fills Array, returns the number; every block is one of its own */
static void allocates(HANDLE heap, SIZE_T size)
{
    SPEC("N12.1");
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlMultipleAllocateHeap(heap, HEAP_ZERO_MEMORY, size, COUNT, array), COUNT);
    CHECK_LAST_ERROR_UNTOUCHED();
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK_EQ_UINT(RtlSizeHeap(heap, 0, array[i]), size);
        CHECK(all_bytes(array[i], size, 0));
        pattern_fill(array[i], size, i);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK(pattern_holds(array[i], size, i));
    }
    CHECK(RtlValidateHeap(heap, 0, NULL));
}

/* frees in order, returns the number; NULL entries are skipped and counted */
static void frees(HANDLE heap)
{
    SPEC("N12.2");
    CHECK(RtlFreeHeap(heap, 0, array[7]));
    array[7] = NULL;
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlMultipleFreeHeap(heap, 0, COUNT, array), COUNT);
    CHECK_LAST_ERROR_UNTOUCHED();
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlSizeHeap(heap, 0, array[0]), FAILED_SIZE);
    CHECK(RtlValidateHeap(heap, 0, NULL));
}

/* a failing allocation ends it, with last error 8; what was allocated stays */
static void stops_without_memory(void)
{
    SPEC("N12.1");
    HANDLE fixed = HeapCreate(0, 0x10000, 0x10000);
    POISON_LAST_ERROR();
    ULONG count = RtlMultipleAllocateHeap(fixed, 0, 0x1000, COUNT, array);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    CHECK(count > 8 && count < 16);
    for (ULONG i = 0; i < count && i < COUNT; i++) {
        CHECK_EQ_UINT(RtlSizeHeap(fixed, 0, array[i]), 0x1000);
    }
    CHECK_EQ_UINT(RtlMultipleFreeHeap(fixed, 0, count, array), count);
    CHECK(HeapDestroy(fixed));
}

/* the first block that cannot be freed ends it, STATUS_INVALID_PARAMETER; HEAP_GENERATE_EXCEPTIONS is ignored */
static void stops_at_bad_block(HANDLE heap)
{
    SPEC("N12.2");
    CHECK_EQ_UINT(RtlMultipleAllocateHeap(heap, 0, 50, 4, array), 4);
    PVOID blocks[] = {array[0], array[1], array[0], array[2]};
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlMultipleFreeHeap(heap, HEAP_GENERATE_EXCEPTIONS, 4, blocks), 2);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT((ULONG)RtlGetLastNtStatus(), (ULONG)0xC000000D);
    CHECK_EQ_UINT(RtlSizeHeap(heap, 0, array[2]), 50);
    CHECK_EQ_UINT(RtlMultipleFreeHeap(heap, 0, 2, array + 2), 2);
}

/* nothing to do */
static void none(HANDLE heap)
{
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlMultipleAllocateHeap(heap, 0, 1, 0, NULL), 0);
    CHECK_EQ_UINT(RtlMultipleFreeHeap(heap, 0, 0, NULL), 0);
    CHECK_LAST_ERROR_UNTOUCHED();
}

/* arguments that Windows does not check */
static void bad_arguments(HANDLE heap)
{
    PVOID block = RtlAllocateHeap(heap, 0, 1);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlMultipleAllocateHeap(heap, 0, 1, 2, NULL), 0);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlMultipleFreeHeap(heap, 0, 2, NULL), 0);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlMultipleAllocateHeap(NULL, 0, 1, 2, array), 0);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlMultipleFreeHeap(NULL, 0, 1, &block), 0);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    CHECK(RtlFreeHeap(heap, 0, block));
}

int main(void)
{
    nt_load();
    CHECK(true);
    if (on_wine()) {
        wine_skip("RtlMultipleAllocateHeap and RtlMultipleFreeHeap are missing");
        return check_report();
    }
    HANDLE heap = HeapCreate(0, 0, 0);
    const SIZE_T sizes[] = {0, 24, 5000, LARGE_MIN};
    for (unsigned i = 0; i < 4; i++) {
        allocates(heap, sizes[i]);
        frees(heap);
    }
    stops_without_memory();
    stops_at_bad_block(heap);
    none(heap);
    bad_arguments(heap);
    CHECK(HeapDestroy(heap));
    return check_report();
}
