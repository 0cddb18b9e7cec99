/* RtlQueryHeapInformation: nt-heap.md 8. The last error is not its business (1.3). */
#include "nt_walk.h"

#define UNTOUCHED 0x5A5A5A5Au
#define NO_SUCH_CLASS ((HEAP_INFORMATION_CLASS)42)

static NTSTATUS query(HANDLE heap, ULONG *mode, SIZE_T given, SIZE_T *length)
{
    *mode = UNTOUCHED;
    *length = UNTOUCHED;
    POISON_LAST_ERROR();
    NTSTATUS status = (NTSTATUS)RtlQueryHeapInformation(heap, HeapCompatibilityInformation, mode, given, length);
    CHECK_LAST_ERROR_UNTOUCHED();
    return status;
}

/* class 0: STATUS_SUCCESS, the mode, 4 bytes */
static void compatibility(void)
{
    SPEC("N8.1");
    ULONG mode;
    SIZE_T length;
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_UINT((ULONG)query(heap, &mode, sizeof(mode), &length), STATUS_SUCCESS);
    CHECK_EQ_UINT(mode, 0);
    CHECK_EQ_UINT(length, sizeof(ULONG));
    CHECK_EQ_UINT((ULONG)RtlQueryHeapInformation(heap, HeapCompatibilityInformation, &mode, 4, NULL), STATUS_SUCCESS);
    CHECK(HeapDestroy(heap));
}

/* class 0, Length < 4: STATUS_BUFFER_TOO_SMALL and ReturnLength 4, buffer untouched */
static void short_buffer(void)
{
    SPEC("N8.1");
    ULONG mode;
    SIZE_T length;
    HANDLE heap = HeapCreate(0, 0, 0);
    for (SIZE_T given = 0; given < 4; given++) {
        CHECK_EQ_UINT((ULONG)query(heap, &mode, given, &length), (ULONG)STATUS_BUFFER_TOO_SMALL);
        CHECK_EQ_UINT(mode, UNTOUCHED);
        CHECK_EQ_UINT(length, sizeof(ULONG));
    }
    NTSTATUS status = (NTSTATUS)RtlQueryHeapInformation(heap, HeapCompatibilityInformation, NULL, 0, NULL);
    CHECK_EQ_UINT((ULONG)status, (ULONG)STATUS_BUFFER_TOO_SMALL);
    CHECK(HeapDestroy(heap));
}

/* class 0, NULL heap: STATUS_ACCESS_VIOLATION without touching ReturnLength */
static void null_heap(void)
{
    SPEC("N8.1");
    ULONG mode;
    SIZE_T length;
    WINE_DIFFERS("RtlQueryHeapInformation succeeds for a NULL heap") {
        CHECK_EQ_UINT((ULONG)query(NULL, &mode, sizeof(mode), &length), (ULONG)STATUS_ACCESS_VIOLATION);
        CHECK_EQ_UINT(length, UNTOUCHED);
        CHECK_EQ_UINT(mode, UNTOUCHED);
    }
}

static void is_refused(HANDLE heap, HEAP_INFORMATION_CLASS class)
{
    ULONG buffer[32];
    SIZE_T length = UNTOUCHED;
    memset(buffer, 0, sizeof(buffer));
    POISON_LAST_ERROR();
    NTSTATUS status = (NTSTATUS)RtlQueryHeapInformation(heap, class, buffer, sizeof(buffer), &length);
    CHECK_EQ_UINT((ULONG)status, (ULONG)STATUS_INVALID_INFO_CLASS);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(length, UNTOUCHED);
}

/* unknown class: STATUS_INVALID_INFO_CLASS; here also those that only public headers name, and do not explain */
static void unknown_class(void)
{
    SPEC("N8.4");
    HANDLE heap = HeapCreate(0, 0, 0);
    is_refused(heap, NO_SUCH_CLASS);
#ifndef _WIN32
    const unsigned named[] = {1, 3, 4, 5, 6, 7, 0x80000001, 0x80000002};
    for (unsigned i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        is_refused(heap, (HEAP_INFORMATION_CLASS)named[i]);
    }
#endif
    CHECK(HeapDestroy(heap));
}

#ifndef _WIN32

/* class 0, no buffer but a Length: Windows faults */
static void null_buffer(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    NTSTATUS status = RtlQueryHeapInformation(heap, HeapCompatibilityInformation, NULL, 4, NULL);
    CHECK_EQ_UINT((ULONG)status, (ULONG)STATUS_ACCESS_VIOLATION);
    CHECK(HeapDestroy(heap));
}

/* class 0, a handle that is no heap: as for a NULL heap */
static void bad_handle(void)
{
    SPEC("N8.1");
    static struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        ULONG mode;
        SIZE_T length;
        bool ok = CHECK_EQ_UINT((ULONG)query(bad.list[i].handle, &mode, 4, &length), (ULONG)STATUS_ACCESS_VIOLATION);
        ok = CHECK_EQ_UINT(length, UNTOUCHED) && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}

#endif

int main(void)
{
    nt_load();
    compatibility();
    short_buffer();
    null_heap();
    unknown_class();
#ifndef _WIN32
    null_buffer();
    bad_handle();
#endif
    return check_report();
}
