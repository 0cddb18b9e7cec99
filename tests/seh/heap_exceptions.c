/* Exceptions and heaps: HEAP_GENERATE_EXCEPTIONS, at creation and per call (win32-heap.md 1.4); faults on heap memory.
 */
#include <windows.h>
#include <ntifs.h>

#include "blocks.h"
#include "child.h"

enum what {
    ALLOCATE,
    ALLOCATE_NATIVE,
    REALLOCATE,
    REALLOCATE_IN_PLACE,
    REALLOCATE_NULL,
    REALLOCATE_FREED
};

static LONG keep(const EXCEPTION_POINTERS *pointers, EXCEPTION_RECORD *copy)
{
    *copy = *pointers->ExceptionRecord;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void *act(HANDLE heap, DWORD flags, enum what what, SIZE_T size)
{
    void *block = HeapAlloc(heap, 0, 64);
    void *fence = HeapAlloc(heap, 0, 64);
    CHECK(block != NULL && fence != NULL);
    switch (what) {
    case ALLOCATE:
        return HeapAlloc(heap, flags, size);
    case ALLOCATE_NATIVE:
        return RtlAllocateHeap(heap, flags, size);
    case REALLOCATE:
        return HeapReAlloc(heap, flags, block, size);
    case REALLOCATE_IN_PLACE:
        return HeapReAlloc(heap, flags | HEAP_REALLOC_IN_PLACE_ONLY, block, size);
    case REALLOCATE_NULL:
        return HeapReAlloc(heap, flags, NULL, size);
    default:
        CHECK(HeapFree(heap, 0, block));
        return HeapReAlloc(heap, flags, block, size);
    }
}

/* What raises, for a heap made with the flag and for a call with it; 0: nothing, and the call gives NULL. */
static void check_raises(DWORD options, DWORD flags, SIZE_T maximum, enum what what, SIZE_T size, DWORD code)
{
    HANDLE heap = HeapCreate(options, 0, maximum);
    CHECK(heap != NULL);
    volatile DWORD raised = 0;
    EXCEPTION_RECORD record = {0};
    void *volatile block = NULL;
    POISON_LAST_ERROR();
    __try {
        block = act(heap, flags, what, size);
    } __except (keep(GetExceptionInformation(), &record)) {
        raised = GetExceptionCode();
        /* the last error stays; the heap's lock is free, and the heap whole */
        SPEC("G9.6.2");
        CHECK_LAST_ERROR_UNTOUCHED();
        CHECK(HeapUnlock(heap) == FALSE || (options & HEAP_NO_SERIALIZE));
        CHECK(HeapAlloc(heap, 0, 10) != NULL);
    }
    if (!CHECK_EQ_UINT(raised, code)) {
        printf("    options %u, flags %u, what %d\n", (unsigned)options, (unsigned)flags, (int)what);
    }
    CHECK(block == NULL);
    if (raised != 0) {
        SPEC("W1.4.10");
        CHECK_EQ_UINT(record.ExceptionFlags, EXCEPTION_NONCONTINUABLE);
        CHECK_EQ_UINT(record.NumberParameters, 0);
    }
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

static void check_both_ways(SIZE_T maximum, enum what what, SIZE_T size, DWORD code)
{
    SPEC("W1.2.1 W1.2.2 W1.4.1 W1.4.9 N2.1.3 N4.4 G9.6.1 G9.6.2");
    check_raises(0, HEAP_GENERATE_EXCEPTIONS, maximum, what, size, code);
    check_raises(HEAP_GENERATE_EXCEPTIONS, 0, maximum, what, size, code);
    check_raises(HEAP_GENERATE_EXCEPTIONS | HEAP_NO_SERIALIZE, 0, maximum, what, size, code);
    if (code != 0) {
        HANDLE heap = HeapCreate(0, 0, maximum);
        CHECK(act(heap, 0, what, size) == NULL);
        CHECK(HeapDestroy(heap));
    }
}

/* a block whose header was run over */
static void damaged_block(void)
{
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS, 0, 0);
    char *block = HeapAlloc(heap, 0, 64);
    char saved[8];
    volatile DWORD raised = 0;
    SPEC("W1.4.3");
    CHECK(HeapAlloc(heap, 0, 64) != NULL);
    memcpy(saved, block - sizeof(saved), sizeof(saved));
    memset(block - sizeof(saved), 0xEE, sizeof(saved));
    __try {
        CHECK(HeapReAlloc(heap, 0, block, 500) == NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        raised = GetExceptionCode();
    }
    CHECK_EQ_UINT(raised, (DWORD)STATUS_ACCESS_VIOLATION);
    memcpy(block - sizeof(saved), saved, sizeof(saved));
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

/* on success nothing is raised */
static void success(void)
{
    HANDLE heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS, 0, 0);
    volatile int raised = 0;
    SPEC("W1.4.4");
    __try {
        void *block = HeapAlloc(heap, HEAP_GENERATE_EXCEPTIONS, 100);
        CHECK(block != NULL);
        block = HeapReAlloc(heap, HEAP_GENERATE_EXCEPTIONS, block, 1000);
        CHECK_EQ_UINT(HeapSize(heap, 0, block), 1000);
        CHECK(HeapFree(heap, 0, block));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        raised = 1;
    }
    CHECK_EQ_INT(raised, 0);
    CHECK(HeapDestroy(heap));
}

/* it is for allocation and reallocation only */
static void other_functions(void)
{
    HANDLE heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS, 0, 0);
    volatile int raised = 0;
    SPEC("W1.4.1 W1.4.8");
    __try {
        void *block = HeapAlloc(heap, 0, 100);
        CHECK(HeapFree(heap, HEAP_GENERATE_EXCEPTIONS, block));
        CHECK(!HeapFree(heap, HEAP_GENERATE_EXCEPTIONS, block));
        CHECK(!HeapValidate(heap, HEAP_GENERATE_EXCEPTIONS, block));
        CHECK_EQ_UINT(HeapSize(heap, HEAP_GENERATE_EXCEPTIONS, block), (SIZE_T)-1);
        CHECK(HeapAlloc((HANDLE)(uintptr_t)0x10000, HEAP_GENERATE_EXCEPTIONS, 1) == NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        raised = 1;
    }
    CHECK_EQ_INT(raised, 0);
    CHECK(HeapDestroy(heap));
}

static volatile int counted;

static LONG NTAPI count_no_memory(PEXCEPTION_POINTERS pointers)
{
    counted += pointers->ExceptionRecord->ExceptionCode == (DWORD)STATUS_NO_MEMORY;
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG NTAPI count_all(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    counted += 1;
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG NTAPI end_at_once(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    _exit(4);
}

/* vectored handlers see it too */
static void vectored(void)
{
    SPEC("G9.6.1");
    PVOID handle = AddVectoredExceptionHandler(1, count_no_memory);
    __try {
        HeapAlloc(GetProcessHeap(), HEAP_GENERATE_EXCEPTIONS, SIZE_MAX);
    } __except (GetExceptionCode() == (DWORD)STATUS_NO_MEMORY) {
        counted += 10;
    }
    CHECK_EQ_INT(counted, 11);
    CHECK(RemoveVectoredExceptionHandler(handle) != 0);
}

static void nobody_handles(void *arg)
{
    (void)arg;
    CHECK(freopen("/dev/null", "w", stderr) != NULL);
    HeapAlloc(GetProcessHeap(), HEAP_GENERATE_EXCEPTIONS, SIZE_MAX);
    _exit(2);
}

static void ends_the_process(void)
{
    SPEC("G9.6.1");
    CHECK_EQ_INT(child_wait(child_start(nobody_handles, NULL, 10)), 256 + SIGABRT);
}

/* Memory that the heap has reserved and not committed, and that of a heap which is no more. */
static void check_fault(volatile char *address, bool write)
{
    SPEC("G9.6.3");
    EXCEPTION_RECORD record = {0};
    __try {
        if (write) {
            *address = 1;
        } else {
            (void)*address;
        }
        CHECK(false && "no exception");
    } __except (keep(GetExceptionInformation(), &record)) {
        CHECK_EQ_UINT(GetExceptionCode(), EXCEPTION_ACCESS_VIOLATION);
    }
    CHECK_EQ_UINT(record.NumberParameters, 2);
    CHECK_EQ_UINT(record.ExceptionInformation[0], write ? EXCEPTION_WRITE_FAULT : EXCEPTION_READ_FAULT);
    CHECK_EQ_UINT(record.ExceptionInformation[1], (ULONG_PTR)address);
}

static void faults_on_heap_memory(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    PROCESS_HEAP_ENTRY region;
    CHECK(find_region(heap, 0, &region));
    CHECK(region.Region.dwUnCommittedSize != 0);
    char *uncommitted = (char *)region.lpData + region.Region.dwCommittedSize;
    check_fault(uncommitted, false);
    check_fault(uncommitted + region.Region.dwUnCommittedSize - 1, true);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
    check_fault(pages_unmapped(), false);
    check_fault(pages_unmapped(), true);
}

/* its own fault is not the caller's exception, nor any handler's */
static void validating_unmapped_memory(void)
{
    SPEC("G9.6.4");
    volatile int raised = 0;
    counted = 0;
    PVOID handle = AddVectoredExceptionHandler(1, count_all);
    HANDLE heap = HeapCreate(0, 0, 0);
    __try {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapValidate(heap, 0, pages_unmapped()), FALSE);
        CHECK_LAST_ERROR(ERROR_NOACCESS);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        raised = 1;
    }
    CHECK_EQ_INT(raised, 0);
    CHECK_EQ_INT(counted, 0);
    CHECK(HeapDestroy(heap));
    CHECK(RemoveVectoredExceptionHandler(handle) != 0);
}

static void corrupt_in_body(void *arg)
{
    (void)arg;
    CHECK(freopen("/dev/null", "w", stderr) != NULL);
    AddVectoredExceptionHandler(1, end_at_once);
    CHECK(HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0));
    void *block = HeapAlloc(GetProcessHeap(), 0, 64);
    CHECK(HeapFree(GetProcessHeap(), 0, block));
    __try {
        HeapFree(GetProcessHeap(), 0, block);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        _exit(3);
    }
    _exit(2);
}

static void corruption_is_not_caught(void)
{
    SPEC("G9.6.5");
    CHECK_EQ_INT(child_wait(child_start(corrupt_in_body, NULL, 10)), 256 + SIGABRT);
}

/* SIZE_MAX, and a fixed-size heap that is full */
static void lack_of_memory(void)
{
    SPEC("W1.4.2 W1.4.5 W3.5.8 W3.6.14 G9.6.1");
    check_both_ways(0, ALLOCATE, SIZE_MAX, (DWORD)STATUS_NO_MEMORY);
    check_both_ways(0, ALLOCATE_NATIVE, SIZE_MAX, (DWORD)STATUS_NO_MEMORY);
    check_both_ways(0x40000, ALLOCATE, 0x40000, (DWORD)STATUS_NO_MEMORY);
    check_both_ways(0, REALLOCATE, SIZE_MAX, (DWORD)STATUS_NO_MEMORY);
    check_both_ways(0x40000, REALLOCATE, 0x40000, (DWORD)STATUS_NO_MEMORY);
    CHECK_EQ_UINT((DWORD)STATUS_NO_MEMORY, 0xC0000017);
}

static void no_room_in_place(void)
{
    SPEC("W1.4.6");
    check_both_ways(0, REALLOCATE_IN_PLACE, 1000, (DWORD)STATUS_NO_MEMORY);
}

static void null_block(void)
{
    SPEC("W1.4.7");
    check_both_ways(0, REALLOCATE_NULL, 1000, 0);
}

static void no_block(void)
{
    SPEC("W1.4.3 W1.4.8");
    check_both_ways(0, REALLOCATE_FREED, 1000, (DWORD)STATUS_ACCESS_VIOLATION);
    CHECK_EQ_UINT((DWORD)STATUS_ACCESS_VIOLATION, 0xC0000005);
}

int main(void)
{
    lack_of_memory();
    no_room_in_place();
    null_block();
    no_block();
    damaged_block();
    success();
    other_functions();
    vectored();
    ends_the_process();
    faults_on_heap_memory();
    validating_unmapped_memory();
    corruption_is_not_caught();
    return check_report();
}
