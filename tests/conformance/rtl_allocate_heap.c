/* RtlAllocateHeap: nt-heap.md 4, 1.3; the semantics are those of HeapAlloc (win32-heap.md 3.5). */
#include "blocks.h"

#include "nt.h"

/* as HeapAlloc: exact sizes, zero filled on request, on the heaps of either layer */
static void as_heap_alloc(void)
{
    SPEC("N4.1 N1.1.5");
    static const SIZE_T sizes[] = {0, 1, 16, 17, 1000, UNIT, NORMAL_MAX, LARGE_MIN, 5 * UNIT + 1};
    HANDLE heaps[] = {HeapCreate(0, 0, 0), RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL), GetProcessHeap()};
    for (unsigned h = 0; h < 3; h++) {
        for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            for (unsigned flags = 0; flags <= HEAP_ZERO_MEMORY; flags += HEAP_ZERO_MEMORY) {
                POISON_LAST_ERROR();
                void *block = RtlAllocateHeap(heaps[h], flags, sizes[i]);
                CHECK(block != NULL);
                CHECK_LAST_ERROR_UNTOUCHED();
                CHECK_EQ_UINT(RtlSizeHeap(heaps[h], 0, block), sizes[i]);
                CHECK_EQ_UINT(HeapSize(heaps[h], 0, block), sizes[i]);
                CHECK_EQ_UINT((uintptr_t)block % GRANULARITY, 0);
                CHECK(flags == 0 || all_bytes(block, sizes[i], 0));
                memset(block, 0xA5, sizes[i]);
                CHECK(HeapFree(heaps[h], 0, block));
            }
        }
    }
    CHECK(HeapDestroy(heaps[0]));
    CHECK_EQ_PTR(RtlDestroyHeap(heaps[1]), NULL);
}

/* every flag that is accepted per call, with and without the others */
static void accepted_flags(void)
{
    SPEC("N4.2");
    static const ULONG flags[] = {HEAP_NO_SERIALIZE,
                                  HEAP_GENERATE_EXCEPTIONS,
                                  HEAP_ZERO_MEMORY,
                                  0x100,
                                  0x200,
                                  0x400,
                                  0x800,
                                  0xF00,
                                  0x20,
                                  0x40,
                                  0x60,
                                  0x40000,
                                  0x16D};
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        unsigned char *block = RtlAllocateHeap(heap, flags[i], 100);
        CHECK(block != NULL);
        CHECK_EQ_UINT(RtlSizeHeap(heap, 0, block), 100);
        CHECK((flags[i] & HEAP_ZERO_MEMORY) == 0 || all_bytes(block, 100, 0));
        CHECK(RtlValidateHeap(heap, 0, block));
        CHECK(RtlFreeHeap(heap, 0, block));
    }
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* failure: NULL, last status STATUS_NO_MEMORY, last error 8 */
static void failure(void)
{
    SPEC("N4.3 N1.3.1");
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    static const SIZE_T impossible[] = {SIZE_MAX, SIZE_MAX - 7, SIZE_MAX - 0x1000, SIZE_MAX / 2 + 1, (SIZE_T)1 << 60};
    for (unsigned i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, impossible[i]), NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        CHECK_EQ_UINT((ULONG)RtlGetLastNtStatus(), (ULONG)STATUS_NO_MEMORY);
    }
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* in a non-growable heap the size is at most the VirtualMemoryThreshold */
static void non_growable(void)
{
    SPEC("N4.5");
    HANDLE heap = RtlCreateHeap(0, NULL, 8 * UNIT, 0, NULL, NULL);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, LARGE_MIN + 1), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    CHECK(RtlAllocateHeap(heap, 0, NORMAL_MAX) != NULL);
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* HEAP_CREATE_ALIGN_16 has no effect per call, and all blocks are aligned to 16 anyway on x64 */
static void alignment_flag(void)
{
    SPEC("N4.6 N2.1.4");
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE | 0x10000, NULL, 0, 0, NULL, NULL);
    for (SIZE_T size = 0; size < 100; size++) {
        void *block = RtlAllocateHeap(heap, 0x10000, size);
        CHECK_EQ_UINT((uintptr_t)block % 16, 0);
        CHECK_EQ_UINT(RtlSizeHeap(heap, 0, block), size);
    }
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* 4: NULL heap: NULL, ERROR_INVALID_HANDLE */
static void null_heap(void)
{
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(RtlAllocateHeap(NULL, 0, 100), NULL);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
}

#ifndef _WIN32
/* undefined on Windows: Cairn's promise */
static void bad_handles_are_refused(void)
{
    struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        tell_case(CHECK_EQ_PTR(RtlAllocateHeap(bad.list[i].handle, 0, 100), NULL), bad.list[i].name);
        tell_case(CHECK_LAST_ERROR(ERROR_INVALID_HANDLE), bad.list[i].name);
        tell_case(CHECK_EQ_UINT((ULONG)RtlGetLastNtStatus(), (ULONG)STATUS_INVALID_HANDLE), bad.list[i].name);
        tell_case(witness_unharmed(&bad.witness), bad.list[i].name);
    }
    bad_handles_end(&bad);
}
#endif

int main(void)
{
    nt_load();
    as_heap_alloc();
    accepted_flags();
    failure();
    non_growable();
    alignment_flag();
    null_heap();
#ifndef _WIN32
    bad_handles_are_refused();
#endif
    return check_report();
}
