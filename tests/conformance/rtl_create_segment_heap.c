/* RtlCreateHeap with HEAP_CREATE_SEGMENT_HEAP: nt-heap.md 16, types-and-constants.md 13. Wine reads no parameters. */
#include "blocks.h"

#include "nt.h"

#ifndef _WIN32

#define SEGMENT_HEAP (HEAP_GROWABLE | HEAP_CREATE_SEGMENT_HEAP)

static HANDLE create(ULONG flags, const RTL_SEGMENT_HEAP_PARAMETERS *parameters)
{
    POISON_LAST_ERROR();
    return RtlCreateHeap(flags, NULL, 0, 0, NULL, (PRTL_HEAP_PARAMETERS)(uintptr_t)parameters);
}

static RTL_SEGMENT_HEAP_PARAMETERS defaults(void)
{
    return (RTL_SEGMENT_HEAP_PARAMETERS){
        .Version = SEGMENT_HEAP_PARAMETERS_VERSION,
        .Size = sizeof(RTL_SEGMENT_HEAP_PARAMETERS),
        .MemorySource = {.NumaNode = RTL_SEGHEAP_MEM_SOURCE_ANY_NODE},
    };
}

/* How the heap does with a size that becomes hot elsewhere: the mode that HeapQueryInformation tells then. */
static ULONG mode_after_use(HANDLE heap)
{
    void *blocks[100];
    ULONG mode = 77;
    for (unsigned i = 0; i < 100; i++) {
        blocks[i] = HeapAlloc(heap, 0, 40);
    }
    for (unsigned i = 0; i < 100; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode), NULL));
    return mode;
}

static void accepted(void)
{
    SPEC("N2.1.6 N16.1 N16.2 N16.5");
    RTL_SEGMENT_HEAP_PARAMETERS p = defaults();
    HANDLE heap = create(SEGMENT_HEAP, NULL);
    CHECK_EQ_UINT(mode_after_use(heap), 2);
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);

    heap = create(SEGMENT_HEAP, &p);
    CHECK_LAST_ERROR_UNTOUCHED();
    {
        /* it is a heap like others: their signature, and no record of its own kind */
        SPEC("N16.6 N16.9");
        PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
        ULONG signature;
        memcpy(&signature, (char *)heap + 0x10, sizeof(signature));
        CHECK_EQ_UINT(signature, 0xFFEEFFEE);
        while (HeapWalk(heap, &entry)) {
            CHECK((entry.wFlags & PROCESS_HEAP_SEG_ALLOC) == 0);
        }
    }
    CHECK_EQ_UINT(mode_after_use(heap), 2);
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);

    p.MemorySource = (RTL_SEGMENT_HEAP_MEMORY_SOURCE){.MemoryTypeMask = 1u << MemoryTypePaged};
    heap = create(SEGMENT_HEAP | HEAP_CREATE_HARDENED, &p);
    CHECK_EQ_UINT(mode_after_use(heap), 2);
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* SEGMENT_HEAP_FLG_NO_LFH: no size becomes hot, and it cannot be asked for */
static void without_front_end(void)
{
    SPEC("N16.3");
    RTL_SEGMENT_HEAP_PARAMETERS p = defaults();
    ULONG mode = 2;
    p.Flags = SEGMENT_HEAP_FLG_NO_LFH;
    HANDLE heap = create(SEGMENT_HEAP, &p);
    CHECK_EQ_UINT(mode_after_use(heap), 0);
    POISON_LAST_ERROR();
    CHECK(!HeapSetInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode)));
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(mode_after_use(heap), 0);
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

static bool is_refused(const RTL_SEGMENT_HEAP_PARAMETERS *p, NTSTATUS status)
{
    ULONG before = RtlGetProcessHeaps(0, NULL);
    bool ok = CHECK_EQ_PTR(create(SEGMENT_HEAP, p), NULL);
    ok = CHECK_LAST_ERROR(RtlNtStatusToDosError(status)) && ok;
    ok = CHECK_EQ_UINT((ULONG)RtlGetLastNtStatus(), (ULONG)status) && ok;
    return CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before) && ok;
}

/* a structure that is none */
static void invalid(void)
{
    SPEC("N16.2");
    const USHORT versions[] = {0, 1, 2, 4, sizeof(RTL_SEGMENT_HEAP_PARAMETERS), 0xFFFF};
    const USHORT lengths[] = {0, 1, sizeof(RTL_SEGMENT_HEAP_PARAMETERS) - 1, sizeof(RTL_SEGMENT_HEAP_PARAMETERS) + 1};
    RTL_SEGMENT_HEAP_PARAMETERS p;
    for (unsigned i = 0; i < 6; i++) {
        p = defaults();
        p.Version = versions[i];
        CHECK(is_refused(&p, STATUS_INVALID_PARAMETER));
    }
    for (unsigned i = 0; i < 4; i++) {
        p = defaults();
        p.Size = lengths[i];
        CHECK(is_refused(&p, STATUS_INVALID_PARAMETER));
    }
    for (unsigned bit = 2; bit < 32; bit++) {
        p = defaults();
        p.Flags = 1u << bit;
        CHECK(is_refused(&p, STATUS_INVALID_PARAMETER));
    }
    for (unsigned i = 0; i < 6; i++) {
        p = defaults();
        *(i < 4 ? &p.Reserved[i] : &p.MemorySource.Reserved[i - 4]) = 1;
        CHECK(is_refused(&p, STATUS_INVALID_PARAMETER));
    }
    CHECK(is_refused(pages_unmapped(), STATUS_ACCESS_VIOLATION));
}

/* what Windows may have, and Cairn has not */
static void not_supported(void)
{
    SPEC("N16.3 N16.4");
    RTL_SEGMENT_HEAP_VA_CALLBACKS callbacks = {0};
    RTL_SEGMENT_HEAP_PARAMETERS p = defaults();
    p.Flags = SEGMENT_HEAP_FLG_USE_PAGE_HEAP;
    CHECK(is_refused(&p, STATUS_NOT_SUPPORTED));
    for (unsigned type = MemoryTypeNonPaged; type < MemoryTypeMax; type++) {
        p = defaults();
        p.MemorySource.MemoryTypeMask = 1u << type;
        CHECK(is_refused(&p, STATUS_NOT_SUPPORTED));
    }
    p = defaults();
    p.MemorySource.Flags = 1;
    CHECK(is_refused(&p, STATUS_NOT_SUPPORTED));
    p = defaults();
    p.MemorySource.NumaNode = 1;
    CHECK(is_refused(&p, STATUS_NOT_SUPPORTED));
    p = defaults();
    p.MemorySource.Callbacks = &callbacks;
    CHECK(is_refused(&p, STATUS_NOT_SUPPORTED));
}

/* without the flag it is a structure of another kind, whose length says that it is none */
static void of_another_heap(void)
{
    RTL_SEGMENT_HEAP_PARAMETERS p = defaults();
    p.Flags = SEGMENT_HEAP_FLG_USE_PAGE_HEAP;
    HANDLE heap = create(HEAP_GROWABLE, &p);
    CHECK_EQ_UINT(mode_after_use(heap), 2);
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

#endif

int main(void)
{
    nt_load();
    CHECK(true);
#ifndef _WIN32
    accepted();
    without_front_end();
    invalid();
    not_supported();
    of_another_heap();
#else
    wine_skip("RtlCreateHeap reads no parameters");
#endif
    return check_report();
}
