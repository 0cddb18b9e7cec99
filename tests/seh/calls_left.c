/* Calls of the heap that an exception leaves, from a wrong pointer or from a routine of the program's: afterwards every
 * heap, and the list of them, is as free as before the call. */
#include <windows.h>
#include <ntifs.h>

#include "contender.h"

#include <sys/mman.h>
#include <unistd.h>

#define RAISED_IN_ROUTINE 0xE0000011u

static char *new_pages(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    return pages;
}

static HANDLE heap;
static void *bad = (void *)0x10;
static const WCHAR tag_name[] = {'x', 0, 0};

/* What needs the heap's lock, and what needs the list of heaps. */
static void use_heaps(void *arg)
{
    (void)arg;
    CHECK(HeapLock(heap) && HeapUnlock(heap));
    CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 5000)));
    CHECK(HeapDestroy(HeapCreate(0, 0, 0)));
    CHECK(GetProcessHeaps(0, NULL) != 0);
}

static void check_all_is_free(const char *what)
{
    struct thread other;
    use_heaps(NULL);
    CHECK(HeapUnlock(heap) == FALSE);
    thread_start(&other, use_heaps, NULL);
    if (!CHECK(thread_join_timeout(&other, THROUGH_MS))) {
        printf("    after %s\n", what);
        exit(check_report());
    }
}

/* The call leaves by an exception with this code. */
#define CHECK_LEFT(code, call)                                                                                         \
    do {                                                                                                               \
        volatile DWORD raised = 0;                                                                                     \
        __try {                                                                                                        \
            call;                                                                                                      \
        } __except (EXCEPTION_EXECUTE_HANDLER) {                                                                       \
            raised = GetExceptionCode();                                                                               \
        }                                                                                                              \
        if (!CHECK_EQ_UINT(raised, (code)))                                                                            \
            printf("    %s\n", #call);                                                                                 \
        check_all_is_free(#call);                                                                                      \
    } while (0)

#define CHECK_FAULTS(call) CHECK_LEFT((DWORD)STATUS_ACCESS_VIOLATION, call)

/* An extended query whose buffer is shorter than its length. */
static void query_into_short_buffer(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = new_pages(2 * page);
    CHECK_EQ_INT(mprotect(pages + page, page, PROT_NONE), 0);
    HEAP_EXTENDED_INFORMATION *query = (void *)(pages + page - sizeof *query);
    *query = (HEAP_EXTENDED_INFORMATION){.HeapHandle = heap, .Level = HeapExtendedHeapBlockInformationLevel};
    CHECK_FAULTS(HeapQueryInformation(heap, HeapExtendedInformation, query, 0x10000, NULL));
    munmap(pages, 2 * page);
}

static void query_into_bad_view(void)
{
    RTL_DEBUG_INFORMATION query = {
        .ViewBaseClient = bad,
        .ViewBaseTarget = bad,
        .ViewSize = 0x100000,
        .OffsetFree = sizeof query,
        .Flags = RTL_QUERY_PROCESS_HEAP_SUMMARY | RTL_QUERY_PROCESS_HEAP_ENTRIES,
    };
    CHECK_FAULTS(RtlQueryProcessHeapInformation(&query));
}

static void wrong_pointers(void)
{
    ULONG value;
    SPEC("G9.6.2");
    CHECK_FAULTS(GetProcessHeaps(5, bad));
    CHECK_FAULTS(HeapQueryInformation(heap, HeapCompatibilityInformation, bad, sizeof(ULONG), NULL));
    CHECK_FAULTS(HeapQueryInformation(heap, HeapCompatibilityInformation, &value, sizeof value, bad));
    CHECK_FAULTS(HeapSetInformation(heap, HeapCompatibilityInformation, bad, sizeof(ULONG)));
    CHECK_FAULTS(RtlCreateTagHeap(heap, 0, bad, tag_name));
    CHECK_FAULTS(RtlCreateTagHeap(NULL, 0, bad, tag_name));
    CHECK_FAULTS(RtlCreateTagHeap(heap, 0, NULL, bad));
    CHECK_FAULTS(RtlUsageHeap(heap, HEAP_USAGE_ALLOCATED_BLOCKS, bad));
    CHECK_FAULTS(HeapWalk(heap, bad));
    CHECK_FAULTS(HeapSummary(heap, 0, bad));
    query_into_short_buffer();
    query_into_bad_view();
}

static NTSTATUS NTAPI raise_for_heap(PVOID any, PVOID parameter)
{
    (void)any;
    (void)parameter;
    RaiseException(RAISED_IN_ROUTINE, 0, 0, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI raise_for_item(PHEAP_INFORMATION_ITEM item, PVOID context)
{
    (void)item;
    return raise_for_heap(NULL, context);
}

static void routines_of_enumerations(void)
{
    HEAP_EXTENDED_INFORMATION query = {
        .HeapHandle = heap,
        .Level = HeapExtendedHeapInformationLevel,
        .CallbackRoutine = raise_for_item,
    };
    SPEC("G9.6.2");
    CHECK_LEFT(RAISED_IN_ROUTINE, RtlEnumProcessHeaps(raise_for_heap, NULL));
    CHECK_LEFT(RAISED_IN_ROUTINE, HeapQueryInformation(heap, HeapExtendedInformation, &query, sizeof query, NULL));
}

static bool refuses;

static NTSTATUS NTAPI commit(PVOID base, PVOID *address, PSIZE_T size)
{
    ULONG_PTR arguments[] = {(ULONG_PTR)base, *size};
    (void)address;
    if (refuses)
        return STATUS_NO_MEMORY;
    RaiseException(RAISED_IN_ROUTINE, EXCEPTION_NONCONTINUABLE, 2, arguments);
    return STATUS_SUCCESS;
}

static LONG keep(const EXCEPTION_POINTERS *pointers, EXCEPTION_RECORD *copy)
{
    *copy = *pointers->ExceptionRecord;
    return EXCEPTION_EXECUTE_HANDLER;
}

#define OWN_SIZE ((size_t)0x100000)

/* Makes `heap` one in memory of the test's own, which is returned. */
static char *create_heap_that_commits_by(PRTL_HEAP_COMMIT_ROUTINE routine)
{
    char *memory = new_pages(OWN_SIZE);
    RTL_HEAP_PARAMETERS parameters = {
        .Length = sizeof parameters,
        .CommitRoutine = routine,
        .InitialCommit = 0x10000,
        .InitialReserve = OWN_SIZE,
    };
    heap = RtlCreateHeap(0, memory, 0, 0, NULL, &parameters);
    CHECK(heap != NULL);
    return memory;
}

static void commit_routine(void)
{
    EXCEPTION_RECORD record = {0};
    SPEC("G9.6.2");
    char *memory = create_heap_that_commits_by(commit);
    void *block = HeapAlloc(heap, 0, 100);
    __try {
        CHECK(HeapAlloc(heap, 0, 0x20000) == NULL);
    } __except (keep(GetExceptionInformation(), &record)) {
    }
    CHECK_EQ_UINT(record.ExceptionCode, RAISED_IN_ROUTINE);
    CHECK_EQ_UINT(record.ExceptionFlags, EXCEPTION_NONCONTINUABLE);
    CHECK_EQ_UINT(record.NumberParameters, 2);
    CHECK_EQ_PTR((void *)record.ExceptionInformation[0], heap);
    check_all_is_free("a commit routine");
    CHECK_LEFT(RAISED_IN_ROUTINE, HeapReAlloc(heap, 0, block, 0x20000));
    CHECK_LEFT(RAISED_IN_ROUTINE, RtlMultipleAllocateHeap(heap, 0, 0x20000, 1, &block));

    /* The exception is over: the next failure is one like any other. */
    refuses = true;
    CHECK_LEFT(0, CHECK(HeapAlloc(heap, 0, 0x20000) == NULL));
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
    munmap(memory, OWN_SIZE);
}

static size_t most;

static NTSTATUS NTAPI commit_little(PVOID base, PVOID *address, PSIZE_T size)
{
    (void)base;
    (void)address;
    if (*size > most)
        RaiseException(RAISED_IN_ROUTINE, 0, 0, NULL);
    return STATUS_SUCCESS;
}

/* More is asked for than is needed; if only that raises, the call succeeds, and the next failure is another's. */
static void commit_routine_that_raises_at_first(void)
{
    char *memory = create_heap_that_commits_by(commit_little);
    most = 0x2000;
    unsigned allocated = 0;
    CHECK_LEFT(0, while (allocated < 100 && HeapAlloc(heap, 0, 0x800) != NULL) allocated++);
    CHECK_EQ_UINT(allocated, 100);
    CHECK_LEFT(0, CHECK(HeapAlloc(heap, 0, 2 * OWN_SIZE) == NULL));
    CHECK(HeapDestroy(heap));
    munmap(memory, OWN_SIZE);
}

int main(void)
{
    heap = HeapCreate(0, 0, 0);
    wrong_pointers();
    routines_of_enumerations();
    CHECK(HeapDestroy(heap));
    commit_routine();
    commit_routine_that_raises_at_first();
    return check_report();
}
