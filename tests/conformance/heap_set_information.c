/* HeapSetInformation: win32-heap.md 3.14 and 9; what termination does: termination_on_corruption.c. */
#include "blocks.h"

#define OPTIMIZE_CLASS ((HEAP_INFORMATION_CLASS)3)

/* HEAP_OPTIMIZE_RESOURCES_INFORMATION, which MinGW's headers lack */
struct optimize_resources {
    DWORD version;
    DWORD flags;
};

static BOOL set_mode(HANDLE heap, ULONG mode)
{
    POISON_LAST_ERROR();
    return HeapSetInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode));
}

static ULONG mode_of(HANDLE heap)
{
    ULONG mode = 0x5A5A5A5A;
    CHECK_EQ_INT(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode), NULL), TRUE);
    return mode;
}

static void prototype(void)
{
    SPEC("W3.14.1");
    BOOL(WINAPI * function)(HANDLE, HEAP_INFORMATION_CLASS, PVOID, SIZE_T) = HeapSetInformation;
    ULONG mode = 0;
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_INT(function(heap, HeapCompatibilityInformation, &mode, sizeof(mode)), TRUE);
    CHECK(HeapDestroy(heap));
}

static void lfh(void)
{
    SPEC("W3.14.2");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_INT(set_mode(heap, 2), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    WINE_DIFFERS("HeapSetInformation does nothing") {
        CHECK_EQ_UINT(mode_of(heap), 2);
    }
    CHECK(HeapDestroy(heap));
}

static void lfh_cannot_be_undone(void)
{
    SPEC("W3.14.3 W5.7 W9.13");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_INT(set_mode(heap, 2), TRUE);
    WINE_DIFFERS("HeapSetInformation does nothing") {
        for (ULONG mode = 0; mode < 2; mode++) {
            CHECK_EQ_INT(set_mode(heap, mode), FALSE);
            CHECK_LAST_ERROR(ERROR_GEN_FAILURE);
            CHECK_EQ_UINT(mode_of(heap), 2);
        }
    }
    CHECK(HeapDestroy(heap));
}

static void lfh_again(void)
{
    SPEC("W3.14.4 W9.13");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_INT(set_mode(heap, 2), TRUE);
    CHECK_EQ_INT(set_mode(heap, 2), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    WINE_DIFFERS("HeapSetInformation does nothing") {
        CHECK_EQ_UINT(mode_of(heap), 2);
    }
    CHECK(HeapDestroy(heap));
}

static void standard(void)
{
    SPEC("W3.14.5");
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_INT(set_mode(heap, 0), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(mode_of(heap), 0);
    CHECK(HeapDestroy(heap));
}

/* class 0, value 1 and (nt-heap.md 8) every other: FALSE, ERROR_GEN_FAILURE */
static void no_such_mode(void)
{
    SPEC("W3.14.6");
    static const ULONG modes[] = {1, 3, 0x102, 0xFFFFFFFF};
    HANDLE heap = HeapCreate(0, 0, 0);
    WINE_DIFFERS("HeapSetInformation does nothing") {
        for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
            CHECK_EQ_INT(set_mode(heap, modes[i]), FALSE);
            CHECK_LAST_ERROR(ERROR_GEN_FAILURE);
            CHECK_EQ_UINT(mode_of(heap), 0);
        }
    }
    CHECK(HeapDestroy(heap));
}

static void no_serialize_heap(void)
{
    SPEC("W3.14.7 W3.13.10");
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    WINE_DIFFERS("HeapSetInformation does nothing") {
        CHECK_EQ_INT(set_mode(heap, 2), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    }
    CHECK_EQ_UINT(mode_of(heap), 0);
    CHECK(HeapDestroy(heap));
}

/* which error Windows sets is not known, ours is ERROR_INVALID_PARAMETER */
static void fixed_heap(void)
{
    SPEC("W3.14.8");
    HANDLE heap = HeapCreate(0, 0, UNIT);
    WINE_DIFFERS("HeapSetInformation does nothing") {
        CHECK_EQ_INT(set_mode(heap, 2), FALSE);
#ifndef _WIN32
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
#endif
    }
    CHECK_EQ_UINT(mode_of(heap), 0);
    CHECK(HeapDestroy(heap));
}

static void short_value(void)
{
    SPEC("W3.14.9");
    HANDLE heap = HeapCreate(0, 0, 0);
    ULONG mode = 2;
    WINE_DIFFERS("HeapSetInformation does nothing") {
        for (SIZE_T length = 0; length < 4; length++) {
            POISON_LAST_ERROR();
            CHECK_EQ_INT(HeapSetInformation(heap, HeapCompatibilityInformation, &mode, length), FALSE);
            CHECK_LAST_ERROR(ERROR_INSUFFICIENT_BUFFER);
        }
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapSetInformation(heap, HeapCompatibilityInformation, NULL, 0), FALSE);
        CHECK_LAST_ERROR(ERROR_INSUFFICIENT_BUFFER);
    }
    CHECK_EQ_UINT(mode_of(heap), 0);
    CHECK(HeapDestroy(heap));
}

static void null_heap(void)
{
    SPEC("W3.14.10");
    WINE_DIFFERS("HeapSetInformation does nothing") {
        CHECK_EQ_INT(set_mode(NULL, 2), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    }
}

/* class 0 on: blocks made before and after work as ever */
static void blocks_survive_lfh(void)
{
    struct witness w;
    witness_make(&w);
    CHECK_EQ_INT(set_mode(w.heap, 2), TRUE);
    CHECK(witness_unharmed(&w));
    void *block = HeapAlloc(w.heap, 0, 48);
    CHECK_EQ_UINT(HeapSize(w.heap, 0, block), 48);
    CHECK(HeapFree(w.heap, 0, block));
    witness_end(&w);
}

static BOOL optimize(HANDLE heap, DWORD version)
{
    struct optimize_resources info = {version, 0};
    POISON_LAST_ERROR();
    return HeapSetInformation(heap, OPTIMIZE_CLASS, &info, sizeof(info));
}

/* for one heap or all; no block changes */
static void optimize_resources(void)
{
    SPEC("W3.14.13");
    struct witness w;
    witness_make(&w);
    void *big = HeapAlloc(w.heap, 0, 0x80000);
    CHECK(HeapFree(w.heap, 0, big)); /* something to give back */
    CHECK_EQ_INT(optimize(w.heap, 1), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(witness_unharmed(&w));
    CHECK_EQ_INT(optimize(NULL, 1), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(witness_unharmed(&w));

#ifndef _WIN32
    HEAP_SUMMARY before = {.cb = sizeof(before)}, after = {.cb = sizeof(after)};
    void *blocks[2000]; /* of a size that the front end serves, and keeps some of */
    for (unsigned i = 0; i < 2000; i++) {
        blocks[i] = HeapAlloc(w.heap, 0, 1000);
    }
    for (unsigned i = 0; i < 2000; i++) {
        CHECK(HeapFree(w.heap, 0, blocks[i]));
    }
    CHECK(HeapSummary(w.heap, 0, &before));
    CHECK_EQ_INT(optimize(w.heap, 1), TRUE);
    CHECK(HeapSummary(w.heap, 0, &after));
    CHECK(after.cbCommitted < before.cbCommitted);
    CHECK(witness_unharmed(&w));
#endif
    big = HeapAlloc(w.heap, HEAP_ZERO_MEMORY, 0x80000); /* what was given back comes back */
    CHECK(big != NULL && all_bytes(big, 0x80000, 0));
    CHECK(HeapFree(w.heap, 0, big));
    witness_end(&w);
}

/* heaps that have no LFH are no mistake of the caller's */
static void optimize_other_heaps(void)
{
    SPEC("W3.14.13");
    HANDLE heaps[] = {HeapCreate(HEAP_NO_SERIALIZE, 0, 0), HeapCreate(0, 0, UNIT), HeapCreate(0, 0, 0)};
    for (size_t i = 0; i < 3; i++) {
        void *block = HeapAlloc(heaps[i], 0, 300);
        CHECK_EQ_INT(optimize(heaps[i], 1), TRUE);
        CHECK_EQ_UINT(HeapSize(heaps[i], 0, block), 300);
        CHECK(HeapValidate(heaps[i], 0, NULL));
        CHECK(HeapDestroy(heaps[i]));
    }
    CHECK_EQ_INT(optimize(GetProcessHeap(), 1), TRUE);
}

/* class 3, structure missing, short or of another version */
static void optimize_with_a_bad_structure(void)
{
    SPEC("W3.14.14");
    struct optimize_resources info = {1, 0};
    HANDLE heap = HeapCreate(0, 0, 0);
    WINE_DIFFERS("HeapSetInformation does nothing") {
        CHECK_EQ_INT(optimize(heap, 0), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        CHECK_EQ_INT(optimize(NULL, 2), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        for (SIZE_T length = 0; length < sizeof(info); length += 4) {
            POISON_LAST_ERROR();
            CHECK_EQ_INT(HeapSetInformation(heap, OPTIMIZE_CLASS, &info, length), FALSE);
            CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        }
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapSetInformation(heap, OPTIMIZE_CLASS, NULL, sizeof(info)), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapSetInformation(NULL, OPTIMIZE_CLASS, NULL, 0), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    }
    CHECK(HeapDestroy(heap));
}

#ifndef _WIN32

/* class 0, no value but a Length: FALSE, ERROR_INVALID_PARAMETER; Windows faults */
static void null_value(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapSetInformation(heap, HeapCompatibilityInformation, NULL, sizeof(ULONG)), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    CHECK_EQ_UINT(mode_of(heap), 0);
    CHECK(HeapDestroy(heap));
}

/* classes 0 and 3, a handle that is no heap: FALSE, ERROR_INVALID_HANDLE */
static void bad_handle(void)
{
    SPEC("W1.1.5");
    static struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        bool ok = CHECK_EQ_INT(set_mode(bad.list[i].handle, 2), FALSE);
        ok = CHECK_LAST_ERROR(ERROR_INVALID_HANDLE) && ok;
        ok = CHECK_EQ_INT(optimize(bad.list[i].handle, 1), FALSE) && ok;
        ok = CHECK_LAST_ERROR(ERROR_INVALID_HANDLE) && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}

/* Other classes: Wine ignores them and says TRUE, Windows says nothing. We do not claim to have done what we have not:
 * FALSE, ERROR_INVALID_PARAMETER. */
static void other_classes(void)
{
    SPEC("W3.14.15");
    static const unsigned classes[] = {2, 4, 5, 7, 42, 0x80000001u, 0x80000002u, 0xFFFFFFFFu};
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned char buffer[64] = {0};
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapSetInformation(heap, (HEAP_INFORMATION_CLASS)classes[i], buffer, sizeof(buffer)), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapSetInformation(NULL, (HEAP_INFORMATION_CLASS)classes[i], NULL, 0), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    }
    CHECK(HeapDestroy(heap));
}

#endif

/* cannot be undone, so it is last */
static void termination_on_corruption(void)
{
    SPEC("W3.14.11 W3.14.12");
    HANDLE heap = HeapCreate(0, 0, 0);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_INT(HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0), TRUE);
    CHECK_EQ_INT(HeapSetInformation(heap, HeapEnableTerminationOnCorruption, NULL, 0), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();

    void *block = HeapAlloc(heap, 0, 100); /* a sound heap works on */
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapFree(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    prototype();
    lfh();
    lfh_cannot_be_undone();
    lfh_again();
    standard();
    no_such_mode();
    no_serialize_heap();
    fixed_heap();
    short_value();
    null_heap();
    blocks_survive_lfh();
    optimize_resources();
    optimize_other_heaps();
    optimize_with_a_bad_structure();
#ifndef _WIN32
    null_value();
    bad_handle();
    other_classes();
#endif
    termination_on_corruption();
    return check_report();
}
