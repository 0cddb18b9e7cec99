/* HeapQueryInformation: win32-heap.md 3.13. */
#include "lfh.h"

#define UNTOUCHED 0x5A5A5A5Au

/* Asks for class 0 in the proper way; UNTOUCHED if that fails. */
static ULONG mode_of(HANDLE heap)
{
    ULONG mode = UNTOUCHED;
    CHECK_EQ_INT(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode), NULL), TRUE);
    return mode;
}

/* last error untouched, too */
static void fresh_heap(void)
{
    SPEC("W3.13.2 W3.13.4");
    HANDLE heap = HeapCreate(0, 0, 0);
    ULONG mode = UNTOUCHED;
    SIZE_T length = UNTOUCHED;
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode), &length), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(mode, 0);
    CHECK_EQ_UINT(length, sizeof(ULONG));
    CHECK(HeapDestroy(heap));
}

static void prototype(void)
{
    SPEC("W3.13.1");
    BOOL(WINAPI * function)(HANDLE, HEAP_INFORMATION_CLASS, PVOID, SIZE_T, PSIZE_T) = HeapQueryInformation;
    ULONG mode = UNTOUCHED;
    CHECK_EQ_INT(function(GetProcessHeap(), HeapCompatibilityInformation, &mode, sizeof(mode), NULL), TRUE);
}

/* class 0: ReturnLength may be NULL */
static void no_return_length(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_UINT(mode_of(heap), 0);
    CHECK(HeapDestroy(heap));
}

static void longer_buffer(void)
{
    SPEC("W3.13.3 W3.13.4");
    HANDLE heap = HeapCreate(0, 0, 0);
    for (SIZE_T given = 5; given <= 16; given++) {
        unsigned char buffer[16];
        SIZE_T length = UNTOUCHED;
        memset(buffer, 0xCD, sizeof(buffer));
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapQueryInformation(heap, HeapCompatibilityInformation, buffer, given, &length), TRUE);
        CHECK_LAST_ERROR_UNTOUCHED();
        CHECK(all_bytes(buffer, 4, 0));
        CHECK(all_bytes(buffer + 4, 12, 0xCD));
        CHECK_EQ_UINT(length, sizeof(ULONG));
    }
    CHECK(HeapDestroy(heap));
}

static void size_query(void)
{
    SPEC("W3.13.5 W3.13.6");
    HANDLE heap = HeapCreate(0, 0, 0);
    SIZE_T length = UNTOUCHED;
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapQueryInformation(heap, HeapCompatibilityInformation, NULL, 0, &length), FALSE);
    CHECK_LAST_ERROR(ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ_UINT(length, sizeof(ULONG));
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapQueryInformation(heap, HeapCompatibilityInformation, NULL, 0, NULL), FALSE);
    CHECK_LAST_ERROR(ERROR_INSUFFICIENT_BUFFER);
    CHECK(HeapDestroy(heap));
}

/* class 0, Length 1 to 3 (nt-heap.md 8): the same, and the buffer stays as it was */
static void short_buffer(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    for (SIZE_T given = 0; given < 4; given++) {
        ULONG mode = UNTOUCHED;
        SIZE_T length = UNTOUCHED;
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, given, &length), FALSE);
        CHECK_LAST_ERROR(ERROR_INSUFFICIENT_BUFFER);
        CHECK_EQ_UINT(mode, UNTOUCHED);
        CHECK_EQ_UINT(length, sizeof(ULONG));
    }
    CHECK(HeapDestroy(heap));
}

static void null_heap(void)
{
    SPEC("W3.13.7");
    ULONG mode = UNTOUCHED;
    SIZE_T length = UNTOUCHED;
    WINE_DIFFERS("HeapQueryInformation succeeds for a NULL heap") {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapQueryInformation(NULL, HeapCompatibilityInformation, &mode, sizeof(mode), &length), FALSE);
        CHECK_LAST_ERROR(ERROR_NOACCESS);
        CHECK_EQ_UINT(length, UNTOUCHED);
        CHECK_EQ_UINT(mode, UNTOUCHED);
    }
}

static void after_setting_lfh(void)
{
    SPEC("W3.13.9");
    HANDLE heap = HeapCreate(0, 0, 0);
    ULONG mode = 2;
    CHECK_EQ_INT(HeapSetInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode)), TRUE);
    WINE_DIFFERS("HeapQueryInformation never says that the LFH is on") {
        CHECK_EQ_UINT(mode_of(heap), 2);
    }
    CHECK(HeapDestroy(heap));
}

/* HEAP_NO_SERIALIZE and fixed-size heaps; debug heaps: tests/debug */
static void heaps_without_lfh(void)
{
    SPEC("W3.3.13 W3.13.10 W3.13.11 W5.2");
    HANDLE no_serialize = HeapCreate(HEAP_NO_SERIALIZE, 0, 0), fixed = HeapCreate(0, 0, UNIT);
    for (unsigned i = 0; i < 40; i++) {
        CHECK(HeapAlloc(no_serialize, 0, 24) != NULL);
        CHECK(HeapAlloc(fixed, 0, 24) != NULL);
    }
    CHECK_EQ_UINT(mode_of(no_serialize), 0);
    CHECK_EQ_UINT(mode_of(fixed), 0);
    CHECK(HeapDestroy(no_serialize));
    CHECK(HeapDestroy(fixed));
}

/* 0 or 2, and 2 once a size is used often */
static void default_heap(void)
{
    SPEC("W3.13.12");
    ULONG mode = mode_of(GetProcessHeap());
    CHECK(mode == 0 || mode == 2);
    lfh_use(GetProcessHeap(), 24, LFH_LIVE);
    WINE_DIFFERS("HeapQueryInformation never says that the LFH is on") {
        CHECK_EQ_UINT(mode_of(GetProcessHeap()), 2);
    }
}

#ifndef _WIN32
#define OTHER_CLASSES 9
#else
#define OTHER_CLASSES 6
#endif

/* the other classes: ERROR_INVALID_PARAMETER, outputs untouched; asked of Wine only, as Windows knows some of them */
static void other_classes(void)
{
    static const unsigned classes[] = {1, 3, 4, 5, 6, 7, 42, 0x80000001u, 0x80000002u};
#ifdef _WIN32
    if (!on_wine()) {
        return;
    }
#endif
    SPEC("W3.13.13 W3.13.14");
    HANDLE heap = HeapCreate(0, 0, 0);
    for (size_t i = 0; i < OTHER_CLASSES; i++) {
        unsigned char buffer[64];
        SIZE_T length = UNTOUCHED;
        memset(buffer, 0xCD, sizeof(buffer));
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapQueryInformation(heap, (HEAP_INFORMATION_CLASS)classes[i], buffer, sizeof(buffer), &length),
                     FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        CHECK(all_bytes(buffer, sizeof(buffer), 0xCD));
        CHECK_EQ_UINT(length, UNTOUCHED);
    }
    CHECK(HeapDestroy(heap));
}

#ifndef _WIN32

/* Windows faults */
static void null_buffer(void)
{
    SPEC("W3.13.8");
    HANDLE heap = HeapCreate(0, 0, 0);
    for (SIZE_T given = 4; given < 6; given++) {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapQueryInformation(heap, HeapCompatibilityInformation, NULL, given, NULL), FALSE);
        CHECK_LAST_ERROR(ERROR_NOACCESS);
    }
    CHECK(HeapDestroy(heap));
}

/* class 0, a handle that is no heap (nt-heap.md 8): as for a NULL heap */
static void bad_handle(void)
{
    SPEC("W1.1.5");
    static struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        HANDLE handle = bad.list[i].handle;
        ULONG mode = UNTOUCHED;
        SIZE_T length = UNTOUCHED;
        POISON_LAST_ERROR();
        bool ok = CHECK(!HeapQueryInformation(handle, HeapCompatibilityInformation, &mode, sizeof(mode), &length));
        ok = CHECK_LAST_ERROR(ERROR_NOACCESS) && ok;
        ok = CHECK_EQ_UINT(length, UNTOUCHED) && ok;
        ok = CHECK_EQ_UINT(mode, UNTOUCHED) && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}

#endif

int main(void)
{
    fresh_heap();
    prototype();
    no_return_length();
    longer_buffer();
    size_query();
    short_buffer();
    null_heap();
    after_setting_lfh();
    heaps_without_lfh();
    default_heap();
    other_classes();
#ifndef _WIN32
    null_buffer();
    bad_handle();
#endif
    return check_report();
}
