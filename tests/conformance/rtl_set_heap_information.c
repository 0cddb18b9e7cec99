/* RtlSetHeapInformation: nt-heap.md 8. The last error is not its business (1.3). */
#include "nt_walk.h"

#ifndef STATUS_UNSUCCESSFUL
#define STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001)
#endif

#define OPTIMIZE_CLASS ((HEAP_INFORMATION_CLASS)3)

/* HEAP_OPTIMIZE_RESOURCES_INFORMATION, which MinGW's headers lack */
struct optimize_resources {
    DWORD version;
    DWORD flags;
};

static ULONG set(HANDLE heap, HEAP_INFORMATION_CLASS class, void *info, SIZE_T length)
{
    POISON_LAST_ERROR();
    ULONG status = (ULONG)RtlSetHeapInformation(heap, class, info, length);
    CHECK_LAST_ERROR_UNTOUCHED();
    return status;
}

static ULONG set_mode(HANDLE heap, ULONG mode)
{
    return set(heap, HeapCompatibilityInformation, &mode, sizeof(mode));
}

/* class 0, mode 2: enabled; mode 0 on a standard heap: success without change */
static void modes_that_work(void)
{
    SPEC("N8.5");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_UINT(set_mode(heap, 0), STATUS_SUCCESS);
    CHECK_EQ_UINT(set_mode(heap, 2), STATUS_SUCCESS);
    CHECK_EQ_UINT(set_mode(heap, 2), STATUS_SUCCESS); /* win32-heap.md 9 */
    ULONG mode = 0;
    WINE_DIFFERS("RtlSetHeapInformation does nothing") {
        CHECK_EQ_UINT(RtlQueryHeapInformation(heap, HeapCompatibilityInformation, &mode, 4, NULL), STATUS_SUCCESS);
        CHECK_EQ_UINT(mode, 2);
    }
    CHECK(HeapDestroy(heap));
}

/* class 0, the order of the checks: length, heap, HEAP_NO_SERIALIZE, mode */
static void order_of_checks(void)
{
    SPEC("N8.5");
    ULONG one = 1;
    HANDLE heap = HeapCreate(0, 0, 0), no_serialize = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    WINE_DIFFERS("RtlSetHeapInformation does nothing") {
        CHECK_EQ_UINT(set(NULL, HeapCompatibilityInformation, &one, 3), (ULONG)STATUS_BUFFER_TOO_SMALL);
        CHECK_EQ_UINT(set(no_serialize, HeapCompatibilityInformation, &one, 0), (ULONG)STATUS_BUFFER_TOO_SMALL);
        CHECK_EQ_UINT(set_mode(NULL, 1), (ULONG)STATUS_INVALID_HANDLE);
        CHECK_EQ_UINT(set_mode(no_serialize, 1), (ULONG)STATUS_INVALID_PARAMETER);
        CHECK_EQ_UINT(set_mode(no_serialize, 2), (ULONG)STATUS_INVALID_PARAMETER);
        CHECK_EQ_UINT(set_mode(heap, 1), (ULONG)STATUS_UNSUCCESSFUL);
        CHECK_EQ_UINT(set_mode(heap, 3), (ULONG)STATUS_UNSUCCESSFUL);
        CHECK_EQ_UINT(set_mode(heap, 2), STATUS_SUCCESS);
        CHECK_EQ_UINT(set_mode(heap, 0), (ULONG)STATUS_UNSUCCESSFUL);
        CHECK_EQ_UINT(set_mode(heap, 1), (ULONG)STATUS_UNSUCCESSFUL);
    }
    CHECK(HeapDestroy(heap));
    CHECK(HeapDestroy(no_serialize));
}

/* class 3: Version must be 1 */
static void optimize(void)
{
    SPEC("N8.3");
    struct optimize_resources info = {1, 0};
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_UINT(set(heap, OPTIMIZE_CLASS, &info, sizeof(info)), STATUS_SUCCESS);
    CHECK_EQ_UINT(set(NULL, OPTIMIZE_CLASS, &info, sizeof(info)), STATUS_SUCCESS);
    info.version = 2;
    WINE_DIFFERS("RtlSetHeapInformation does nothing") {
        CHECK_EQ_UINT(set(heap, OPTIMIZE_CLASS, &info, sizeof(info)), (ULONG)STATUS_INVALID_PARAMETER);
    }
    CHECK(HeapDestroy(heap));
}

#ifndef _WIN32

/* handles that are no heap */
static void bad_handle(void)
{
    static struct bad_handles bad;
    struct optimize_resources info = {1, 0};
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        bool ok = CHECK_EQ_UINT(set_mode(bad.list[i].handle, 2), (ULONG)STATUS_INVALID_HANDLE);
        ULONG status = set(bad.list[i].handle, OPTIMIZE_CLASS, &info, sizeof(info));
        ok = CHECK_EQ_UINT(status, (ULONG)STATUS_INVALID_HANDLE) && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}

/* fixed-size heaps cannot have an LFH; what we do not know we do not claim to have done */
static void refusals(void)
{
    SPEC("N8.4");
    ULONG buffer[8] = {0};
    HANDLE fixed = HeapCreate(0, 0, UNIT);
    CHECK_EQ_UINT(set_mode(fixed, 2), (ULONG)STATUS_INVALID_PARAMETER);
    const unsigned classes[] = {2, 4, 5, 7, 42, 0x80000001, 0x80000002};
    for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        HEAP_INFORMATION_CLASS class = (HEAP_INFORMATION_CLASS)classes[i];
        CHECK_EQ_UINT(set(fixed, class, buffer, sizeof(buffer)), (ULONG)STATUS_INVALID_INFO_CLASS);
    }
    CHECK(HeapDestroy(fixed));
}

#endif

/* class 1, NULL and 0, any heap or NULL: STATUS_SUCCESS; cannot be undone, so it is last */
static void termination_on_corruption(void)
{
    SPEC("N8.2");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_UINT(set(heap, HeapEnableTerminationOnCorruption, NULL, 0), STATUS_SUCCESS);
    CHECK_EQ_UINT(set(NULL, HeapEnableTerminationOnCorruption, NULL, 0), STATUS_SUCCESS);
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    nt_load();
    modes_that_work();
    order_of_checks();
    optimize();
#ifndef _WIN32
    bad_handle();
    refusals();
#endif
    termination_on_corruption();
    return check_report();
}
