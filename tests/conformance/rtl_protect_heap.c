/* RtlProtectHeap: nt-heap.md 11, which knows no more than what it is for. Wine 8.0 does not have it. */
#ifndef _WIN32
#define _DEFAULT_SOURCE 1
#include "child.h"
#include "thread.h"
#endif
#include "blocks.h"

#include "nt.h"

#ifndef _WIN32

#include <excpt.h>
#include <time.h>

#define BLOCKS 400

static const SIZE_T sizes[] = {40, 300, 5000, LARGE_MIN};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static HANDLE heap;
static unsigned char *block[SIZES][BLOCKS];

static unsigned count_of(size_t i)
{
    return sizes[i] < LARGE_MIN ? BLOCKS : 2;
}

static void fill(ULONG options)
{
    heap = HeapCreate(options, 0, 0);
    for (size_t i = 0; i < SIZES; i++) {
        for (unsigned k = 0; k < count_of(i); k++) {
            block[i][k] = HeapAlloc(heap, 0, sizes[i]);
            pattern_fill(block[i][k], sizes[i], k);
        }
    }
}

/* Whether a write to the byte faults; it is left as it was. */
static bool faults(unsigned char *byte)
{
    bool faulted = false;
    __try {
        *(volatile unsigned char *)byte = *byte;
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER
                                                                 : EXCEPTION_CONTINUE_SEARCH) {
        faulted = true;
    }
    return faulted;
}

static unsigned count_records(void)
{
    PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
    unsigned count = 0;
    while (HeapWalk(heap, &entry)) {
        count++;
    }
    CHECK_LAST_ERROR(ERROR_NO_MORE_ITEMS);
    return count;
}

#define CHECK_REFUSED(condition)                                                                                       \
    do {                                                                                                               \
        POISON_LAST_ERROR();                                                                                           \
        CHECK(condition);                                                                                              \
        CHECK_LAST_ERROR(ERROR_NOACCESS);                                                                              \
        CHECK_EQ_UINT((ULONG)RtlGetLastNtStatus(), (ULONG)STATUS_ACCESS_VIOLATION);                                    \
    } while (0)

/* what would change the heap fails, and changes nothing */
static void changes_are_refused(void)
{
    PVOID array[1] = {block[0][0]};
    for (size_t i = 0; i < SIZES; i++) {
        CHECK_REFUSED(HeapAlloc(heap, 0, sizes[i]) == NULL);
        CHECK_REFUSED(HeapAlloc(heap, HEAP_ZERO_MEMORY, sizes[i]) == NULL);
        CHECK_REFUSED(HeapAlloc(heap, HEAP_SETTABLE_USER_VALUE, sizes[i]) == NULL);
        CHECK_REFUSED(!HeapFree(heap, 0, block[i][1]));
        CHECK_REFUSED(HeapReAlloc(heap, 0, block[i][1], sizes[i] + 1) == NULL);
        CHECK_REFUSED(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block[i][1], sizes[i] - 1) == NULL);
        CHECK_REFUSED(!RtlSetUserValueHeap(heap, 0, block[i][1], NULL));
        CHECK_REFUSED(!RtlSetUserFlagsHeap(heap, 0, block[i][1], 0, 0));
    }
    CHECK_REFUSED(RtlMultipleAllocateHeap(heap, 0, 40, 1, array) == 0);
    CHECK_EQ_UINT((ULONG)RtlZeroHeap(heap, 0), (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(HeapFree(heap, 0, NULL));
}

/* what looks at it goes on */
static void questions_are_answered(unsigned records)
{
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    RTL_HEAP_USAGE usage = {.Length = sizeof(usage)};
    for (size_t i = 0; i < SIZES; i++) {
        for (unsigned k = 0; k < count_of(i); k++) {
            bool ok = CHECK_EQ_UINT(HeapSize(heap, 0, block[i][k]), sizes[i]) &&
                      CHECK(pattern_holds(block[i][k], sizes[i], k)) && CHECK(HeapValidate(heap, 0, block[i][k]));
            if (!ok) {
                return;
            }
        }
    }
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK_EQ_UINT(count_records(), records);
    CHECK(HeapSummary(heap, 0, &summary));
    CHECK(summary.cbAllocated > 0);
    CHECK_EQ_UINT((ULONG)RtlUsageHeap(heap, 0, &usage), STATUS_SUCCESS);
    CHECK(HeapLock(heap) && HeapUnlock(heap));
    HeapCompact(heap, 0);
    HEAP_OPTIMIZE_RESOURCES_INFORMATION optimize = {.Version = HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION};
    CHECK(HeapSetInformation(heap, HeapOptimizeResources, &optimize, sizeof(optimize)));
    CHECK(HeapSetInformation(NULL, HeapOptimizeResources, &optimize, sizeof(optimize)));
}

static void blocks_fault(bool wanted)
{
    for (size_t i = 0; i < SIZES; i++) {
        for (unsigned k = count_of(i) / 2; k < count_of(i); k++) {
            if (!CHECK(faults(block[i][k]) == wanted) || !CHECK(faults(block[i][k] + sizes[i] - 1) == wanted)) {
                return;
            }
        }
    }
}

static void use_from_another_thread(void *unused)
{
    (void)unused;
    CHECK_REFUSED(HeapAlloc(heap, 0, 40) == NULL);
    CHECK_REFUSED(!HeapFree(heap, 0, block[0][2]));
    CHECK_EQ_UINT(HeapSize(heap, 0, block[0][2]), 40);
}

static void use_again(void *unused)
{
    (void)unused;
    for (unsigned k = 0; k < BLOCKS; k += 2) {
        CHECK(HeapFree(heap, 0, block[0][k]));
        block[0][k] = HeapAlloc(heap, 0, 40);
        pattern_fill(block[0][k], 40, k);
    }
}

static void there_and_back(ULONG options)
{
    SPEC("N11.5");
    struct thread thread;
    fill(options);
    use_again(NULL);
    for (unsigned round = 0; round < 3; round++) {
        unsigned records = count_records();
        POISON_LAST_ERROR();
        RtlProtectHeap(heap, TRUE);
        RtlProtectHeap(heap, TRUE);
        CHECK_LAST_ERROR_UNTOUCHED();
        blocks_fault(true);
        changes_are_refused();
        questions_are_answered(records);
        CHECK_EQ_UINT(count_records(), records); /* nothing was trimmed */
        if (!(options & HEAP_NO_SERIALIZE)) {
            thread_start(&thread, use_from_another_thread, NULL);
            thread_join(&thread);
        }
        POISON_LAST_ERROR();
        RtlProtectHeap(heap, FALSE);
        RtlProtectHeap(heap, FALSE);
        CHECK_LAST_ERROR_UNTOUCHED();
        blocks_fault(false);
        use_again(NULL);
        if (!(options & HEAP_NO_SERIALIZE)) {
            thread_start(&thread, use_again, NULL);
            thread_join(&thread);
        }
        CHECK(HeapValidate(heap, 0, NULL));
        questions_are_answered(count_records());
    }
    CHECK(HeapDestroy(heap));
}

/* the page of the heap's header stays writable, but not for the heap's functions */
static void header_page(void)
{
    SPEC("N11.5");
    heap = HeapCreate(0, 0, 0);
    unsigned char *first = HeapAlloc(heap, 0, 40), *later = HeapAlloc(heap, 0, 0x4000);
    CHECK((UINT_PTR)first - (UINT_PTR)heap < 0x1000);
    RtlProtectHeap(heap, TRUE);
    CHECK(!faults(first));
    CHECK(faults(later + 0x2000));
    CHECK_REFUSED(!HeapFree(heap, 0, first));
    CHECK_REFUSED(HeapReAlloc(heap, 0, first, 10) == NULL);
    CHECK(HeapDestroy(heap));
}

/* a read-only heap can be destroyed; what is made of its memory can be written */
static void destroyed(void)
{
    for (unsigned round = 0; round < 5; round++) {
        fill(0);
        RtlProtectHeap(heap, TRUE);
        CHECK(HeapDestroy(heap));
    }
    fill(0);
    blocks_fault(false);
    CHECK(HeapDestroy(heap));
}

/* the cleaner leaves it alone */
static void left_alone(void)
{
    struct timespec time = {.tv_nsec = 300000000};
    fill(0);
    for (unsigned k = 0; k < BLOCKS; k += 2) {
        CHECK(HeapFree(heap, 0, block[2][k]));
    }
    RtlProtectHeap(heap, TRUE);
    unsigned records = count_records();
    nanosleep(&time, NULL);
    CHECK_EQ_UINT(count_records(), records);
    CHECK(HeapValidate(heap, 0, NULL));
    RtlProtectHeap(heap, FALSE);
    CHECK(HeapDestroy(heap));
}

static void raises(void)
{
    heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS, 0, 0);
    void *kept = HeapAlloc(heap, 0, 20000);
    DWORD code = 0;
    RtlProtectHeap(heap, TRUE);
    __try {
        HeapAlloc(heap, 0, 40);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
    }
    CHECK_EQ_UINT(code, EXCEPTION_ACCESS_VIOLATION);
    RtlProtectHeap(heap, FALSE);
    CHECK(HeapFree(heap, 0, kept));
    CHECK(HeapDestroy(heap));
}

/* a fixed heap, and one in the caller's memory, which is writable again when the heap is gone */
static void other_kinds(void)
{
    static __attribute__((aligned(4096))) unsigned char memory[0x40000];
    for (unsigned kind = 0; kind < 2; kind++) {
        heap = kind == 0 ? HeapCreate(0, 0x1000, 0x40000)
                         : RtlCreateHeap(0, memory, sizeof(memory), sizeof(memory), NULL, NULL);
        unsigned char *data = HeapAlloc(heap, 0, 0x9000);
        RtlProtectHeap(heap, TRUE);
        CHECK(faults(data + 0x2000));
        CHECK_REFUSED(HeapAlloc(heap, 0, 40) == NULL);
        CHECK_EQ_UINT(HeapSize(heap, 0, data), 0x9000);
        RtlProtectHeap(heap, FALSE);
        CHECK(!faults(data + 0x2000));
        CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 40)));
        RtlProtectHeap(heap, TRUE);
        CHECK(HeapDestroy(heap));
    }
    memset(memory, 1, sizeof(memory));
}

static void child(void *unused)
{
    (void)unused;
    CHECK(faults(block[1][BLOCKS - 1]));
    CHECK_REFUSED(HeapAlloc(heap, 0, 40) == NULL);
    RtlProtectHeap(heap, FALSE);
    CHECK(HeapFree(heap, 0, block[1][BLOCKS - 1]));
    CHECK(HeapDestroy(heap));
}

static void forked(void)
{
    fill(0);
    RtlProtectHeap(heap, TRUE);
    child_run(child, NULL, 15, "a read-only heap in a child");
    CHECK(faults(block[1][BLOCKS - 1]));
    CHECK(HeapDestroy(heap));
}

/* no heap; the default heap, which nobody can do without */
static void refused(void)
{
    POISON_LAST_ERROR();
    RtlProtectHeap(NULL, TRUE);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    POISON_LAST_ERROR();
    RtlProtectHeap((PVOID)(UINT_PTR)0xDEADBE00, TRUE);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    POISON_LAST_ERROR();
    RtlProtectHeap(GetProcessHeap(), TRUE);
    CHECK_LAST_ERROR(ERROR_NOT_SUPPORTED);
    CHECK(HeapFree(GetProcessHeap(), 0, HeapAlloc(GetProcessHeap(), 0, 40)));
}

#endif

int main(void)
{
    nt_load();
    CHECK(true);
#ifndef _WIN32
    there_and_back(0);
    there_and_back(HEAP_NO_SERIALIZE);
    header_page();
    destroyed();
    left_alone();
    raises();
    other_kinds();
    forked();
    refused();
#else
    wine_skip("RtlProtectHeap is missing");
#endif
    return check_report();
}
