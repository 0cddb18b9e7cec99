/* HeapMemoryLimit, an information class that can be set: types-and-constants.md 5. What it does on Windows is not
 * public; this is what Cairn promises. */
#include "blocks.h"

#include "nt.h"

#ifndef _WIN32

#include <excpt.h>

#define COMMIT_CODE STATUS_COMMITMENT_LIMIT
#define SIZE_CODE STATUS_INSUFFICIENT_RESOURCES

static RTL_HEAP_MEMORY_LIMIT_INFO limits(SIZE_T commit, SIZE_T size)
{
    RTL_HEAP_MEMORY_LIMIT_INFO info;
    memset(&info, 0, sizeof(info));
    info.Version = RTL_HEAP_MEMORY_LIMIT_CURRENT_VERSION;
    info.Data.CommitLimitBytes = commit;
    info.Data.CommitLimitFailureCode = (ULONG)COMMIT_CODE;
    info.Data.MaxAllocationSizeBytes = size;
    info.Data.AllocationLimitFailureCode = (ULONG)SIZE_CODE;
    return info;
}

static bool set(HANDLE heap, SIZE_T commit, SIZE_T size)
{
    RTL_HEAP_MEMORY_LIMIT_INFO info = limits(commit, size);
    POISON_LAST_ERROR();
    bool ok = CHECK_EQ_UINT((ULONG)RtlSetHeapInformation(heap, HeapMemoryLimit, &info, sizeof(info)), STATUS_SUCCESS);
    return CHECK_LAST_ERROR_UNTOUCHED() && ok;
}

static SIZE_T committed(HANDLE heap)
{
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    CHECK(HeapSummary(heap, 0, &summary));
    return summary.cbCommitted;
}

static void failed(const void *block, NTSTATUS status)
{
    CHECK_EQ_PTR(block, NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ_UINT((ULONG)RtlGetLastNtStatus(), (ULONG)status);
}

/* Allocates until it fails, at most so often; links the blocks. */
static unsigned fill(HANDLE heap, SIZE_T size, unsigned most, void **last)
{
    unsigned count = 0;
    void **block;
    *last = NULL;
    while (count < most && (block = HeapAlloc(heap, 0, size)) != NULL) {
        *block = *last;
        *last = block;
        count++;
    }
    return count;
}

static void free_all(HANDLE heap, void *last)
{
    while (last != NULL) {
        void *next = *(void **)last;
        CHECK(HeapFree(heap, 0, last));
        last = next;
    }
}

/* Whatever the sizes, the heap commits up to the limit, nearly all of it, and nothing beyond. */
static void commits_up_to_the_limit(void)
{
    static const SIZE_T sizes[] = {40, 1000, 5000, 20000, 0x20000, LARGE_MIN};
    const SIZE_T limit = 0x600000;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *last;
        HANDLE heap = HeapCreate(0, 0, 0);
        set(heap, limit, 0);
        POISON_LAST_ERROR();
        unsigned count = fill(heap, sizes[i], (unsigned)(2 * limit / sizes[i]), &last);
        failed(NULL, COMMIT_CODE);
        CHECK(committed(heap) <= limit);
        CHECK(count * (sizes[i] + 24) + sizes[i] + limit / 8 >= limit);
        CHECK(HeapValidate(heap, 0, NULL));

        /* what was freed can be had again, in another size too */
        free_all(heap, last);
        unsigned again = fill(heap, sizes[i], count, &last);
        CHECK(again + count / 100 >= count); /* hot blocks leave a little over */
        CHECK(committed(heap) <= limit);
        free_all(heap, last);
        void *large = HeapAlloc(heap, 0, limit - 0x40000);
        CHECK(large != NULL);
        CHECK(committed(heap) <= limit);
        CHECK(HeapFree(heap, 0, large));
        CHECK(fill(heap, 100, 10000, &last) == 10000);
        CHECK(HeapDestroy(heap));
    }
}

/* Not by the header of another segment either. */
static void no_segment_beyond_the_limit(void)
{
    void *last;
    HANDLE heap = HeapCreate(0, 0, 0);
    set(heap, 0xF000, 0); /* all of the first, but for the page at its end that is never committed */
    POISON_LAST_ERROR();
    CHECK(fill(heap, 5000, 100, &last) >= 9);
    failed(NULL, COMMIT_CODE);
    fill(heap, 16, 5000, &last);
    CHECK_EQ_UINT(committed(heap), 0xF000);
    CHECK(HeapDestroy(heap));
}

/* A heap that has more than it may keeps it. */
static void limit_below_what_it_has(void)
{
    void *last;
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned count = fill(heap, 1000, 1000, &last);
    CHECK_EQ_UINT(count, 1000);
    SIZE_T before = committed(heap);
    set(heap, 0x1000, 0);
    CHECK_EQ_UINT(committed(heap), before);
    failed(HeapAlloc(heap, 0, 0x20000), COMMIT_CODE);
    failed(HeapAlloc(heap, 0, LARGE_MIN), COMMIT_CODE);
    CHECK(committed(heap) <= before);
    free_all(heap, last);
    void *block = HeapAlloc(heap, 0, 1000); /* from what it still has */
    CHECK(block != NULL);

    set(heap, 0, 0); /* no limit any more */
    CHECK(HeapAlloc(heap, 0, LARGE_MIN) != NULL);
    CHECK(HeapDestroy(heap));
}

static void resizing(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    set(heap, 0x400000, 0);
    unsigned char *large = HeapAlloc(heap, 0, 0x200000);
    pattern_fill(large, 0x200000, 1);
    failed(HeapReAlloc(heap, 0, large, 0x500000), COMMIT_CODE);
    CHECK_EQ_UINT(HeapSize(heap, 0, large), 0x200000);
    CHECK(pattern_holds(large, 0x200000, 1));
    CHECK(committed(heap) <= 0x400000);
    unsigned char *grown = HeapReAlloc(heap, 0, large, 0x300000);
    if (CHECK(grown != NULL)) {
        CHECK(pattern_holds(grown, 0x200000, 1));
    }
    unsigned char *small = HeapAlloc(heap, 0, 1000);
    failed(HeapReAlloc(heap, 0, small, 0x180000), COMMIT_CODE);
    CHECK_EQ_UINT(HeapSize(heap, 0, small), 1000);
    CHECK(committed(heap) <= 0x400000);
    CHECK(HeapDestroy(heap));
}

/* Sizes up to the limit, in every kind of heap, whatever serves them; not a byte more. */
static void largest_size(void)
{
    static const ULONG flags[] = {HEAP_GROWABLE, HEAP_GROWABLE | HEAP_NO_SERIALIZE, 0,
                                  HEAP_GROWABLE | HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED};
    static const SIZE_T sizes[] = {1, 100, 1024, 16384, 100000};
    for (unsigned i = 0; i < 4 * 5; i++) {
        SIZE_T size = sizes[i % 5];
        HANDLE heap = RtlCreateHeap(flags[i / 5], NULL, 0x800000, 0, NULL, NULL);
        set(heap, 0, size);
        void *block = NULL;
        for (unsigned n = 0; n < 40; n++) { /* hot, where such sizes can be */
            block = HeapAlloc(heap, 0, size);
            CHECK(block != NULL);
            failed(HeapAlloc(heap, 0, size + 1), SIZE_CODE);
        }
        failed(HeapAlloc(heap, HEAP_ZERO_MEMORY, size + 1), SIZE_CODE);
        failed(HeapAlloc(heap, 0, LARGE_MIN), SIZE_CODE);
        failed(HeapAlloc(heap, 0, SIZE_MAX), SIZE_CODE);
        failed(RtlAllocateHeap(heap, HEAP_SETTABLE_USER_VALUE, size + 1), SIZE_CODE);
        CHECK(RtlAllocateHeap(heap, HEAP_SETTABLE_USER_VALUE, size) != NULL);
        failed(HeapReAlloc(heap, 0, block, size + 1), SIZE_CODE);
        failed(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, size + 1), SIZE_CODE);
        CHECK_EQ_UINT(HeapSize(heap, 0, block), size);
        POISON_LAST_ERROR(); /* what is no block comes first */
        CHECK_EQ_PTR(HeapReAlloc(heap, 0, (char *)block + 16, size + 1), NULL);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        CHECK(HeapFree(heap, 0, block));

        RTL_HEAP_MEMORY_LIMIT_INFO plain = limits(0, size); /* without codes: the usual status */
        plain.Data.AllocationLimitFailureCode = 0;
        CHECK(RtlSetHeapInformation(heap, HeapMemoryLimit, &plain, sizeof(plain)) == STATUS_SUCCESS);
        failed(HeapAlloc(heap, 0, size + 1), STATUS_NO_MEMORY);
        set(heap, 0, 0);
        CHECK(HeapAlloc(heap, 0, size + 1) != NULL);
        CHECK(HeapValidate(heap, 0, NULL));
        CHECK(HeapDestroy(heap));
    }
}

/* What the low-fragmentation heap serves already it serves without asking: then a smaller limit is refused. */
static void not_below_what_is_hot(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    if (RtlGetNtGlobalFlags() == 0) {
        void *last;
        CHECK_EQ_UINT(fill(heap, 1000, 40, &last), 40);
        RTL_HEAP_MEMORY_LIMIT_INFO info = limits(0, 500);
        POISON_LAST_ERROR();
        CHECK(!HeapSetInformation(heap, HeapMemoryLimit, &info, sizeof(info)));
        CHECK_LAST_ERROR(ERROR_GEN_FAILURE);
        CHECK(HeapAlloc(heap, 0, 2000) != NULL);
        set(heap, 0, 1024);
        failed(HeapAlloc(heap, 0, 1025), SIZE_CODE);
        CHECK(HeapAlloc(heap, 0, 1024) != NULL);
    }
    CHECK(HeapDestroy(heap));
}

static void raises(void)
{
    HANDLE heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS, 0, 0);
    set(heap, 0x10000, 0x8000);
    const SIZE_T sizes[] = {0x8001, 0x8000};
    for (unsigned i = 0; i < 2; i++) {
        volatile DWORD code = 0;
        __try {
            for (unsigned n = 0; n < 16; n++) {
                HeapAlloc(heap, 0, sizes[i]);
            }
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            code = GetExceptionCode();
        }
        CHECK_EQ_UINT(code, (DWORD)STATUS_NO_MEMORY);
    }
    CHECK(committed(heap) <= 0x10000);
    CHECK(HeapDestroy(heap));
}

static unsigned char *own_base;
static SIZE_T own_committed;

/* Commits more than it is asked for. */
static NTSTATUS NTAPI commit_generously(PVOID base, PVOID *address, PSIZE_T size)
{
    CHECK_EQ_PTR(base, own_base);
    CHECK_EQ_PTR(*address, own_base + own_committed);
    *size += 0x8000;
    CHECK(pages_commit(*address, *size));
    own_committed += *size;
    return STATUS_SUCCESS;
}

/* In memory of the caller's; what a commit routine gives beyond the limit the heap does not take. */
static void callers_memory(void)
{
    RTL_HEAP_PARAMETERS p;
    memset(&p, 0, sizeof(p));
    p.Length = sizeof(p);
    p.InitialReserve = 0x40000;
    p.InitialCommit = 0x4000;
    p.CommitRoutine = commit_generously;
    own_base = pages_reserve(0x40000);
    own_committed = 0x4000;
    CHECK(pages_commit(own_base, own_committed));
    HANDLE heap = RtlCreateHeap(0, own_base, 0, 0, NULL, &p);
    if (CHECK_EQ_PTR(heap, own_base)) {
        void *last;
        set(heap, 0xA000, 0);
        POISON_LAST_ERROR();
        CHECK(fill(heap, 0x1000, 16, &last) >= 5);
        failed(NULL, COMMIT_CODE);
        CHECK_EQ_UINT(committed(heap), 0xA000);
        CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
    }
    pages_release(own_base, 0x40000);
}

static void limits_are_one_heaps(void)
{
    HANDLE heap = HeapCreate(0, 0, 0), other = HeapCreate(0, 0, 0);
    set(heap, 0x10000, 100);
    void *block = HeapAlloc(other, 0, LARGE_MIN);
    CHECK(block != NULL);
    CHECK(HeapFree(GetProcessHeap(), 0, HeapAlloc(GetProcessHeap(), 0, LARGE_MIN)));
    failed(HeapAlloc(heap, 0, LARGE_MIN), SIZE_CODE);
    CHECK(HeapDestroy(heap));
    CHECK(HeapDestroy(other));
}

static void refused(HANDLE heap, const RTL_HEAP_MEMORY_LIMIT_INFO *info, SIZE_T length, NTSTATUS expected)
{
    RTL_HEAP_MEMORY_LIMIT_INFO copy = *info;
    NTSTATUS status = RtlSetHeapInformation(heap, HeapMemoryLimit, &copy, length);
    CHECK_EQ_UINT((ULONG)status, (ULONG)expected);
}

static void refusals(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    RTL_HEAP_MEMORY_LIMIT_INFO info = limits(0x1000, 10), wrong = info;
    refused(heap, &info, sizeof(info) - 1, STATUS_INVALID_PARAMETER);
    refused(heap, &info, 0, STATUS_INVALID_PARAMETER);
    refused(NULL, &info, sizeof(info), STATUS_INVALID_HANDLE);
    refused((HANDLE)((char *)heap + 16), &info, sizeof(info), STATUS_INVALID_HANDLE);
    CHECK_EQ_UINT((ULONG)RtlSetHeapInformation(heap, HeapMemoryLimit, NULL, sizeof(info)),
                  (ULONG)STATUS_INVALID_PARAMETER);
    wrong.Version = 2;
    refused(heap, &wrong, sizeof(wrong), STATUS_INVALID_PARAMETER);
    wrong = info;
    wrong.Data.CommitLimitFailureCode = 1;
    refused(heap, &wrong, sizeof(wrong), STATUS_INVALID_PARAMETER);
    wrong = info;
    wrong.Data.AllocationLimitFailureCode = 0x80000005u; /* a warning */
    refused(heap, &wrong, sizeof(wrong), STATUS_INVALID_PARAMETER);
    CHECK(HeapAlloc(heap, 0, LARGE_MIN) != NULL); /* nothing was set */

    info.Data.CommitLimitFailureCode = (SIZE_T)(LONG_PTR)STATUS_NO_MEMORY; /* sign-extended */
    refused(heap, &info, sizeof(info) + 8, STATUS_SUCCESS);
    failed(HeapAlloc(heap, 0, 11), SIZE_CODE);
    CHECK(HeapDestroy(heap));
}

#endif

int main(void)
{
#ifndef _WIN32
    commits_up_to_the_limit();
    no_segment_beyond_the_limit();
    limit_below_what_it_has();
    resizing();
    largest_size();
    not_below_what_is_hot();
    raises();
    callers_memory();
    limits_are_one_heaps();
    refusals();
#else
    wine_skip("HeapMemoryLimit");
    CHECK(true);
#endif
    return check_report();
}
