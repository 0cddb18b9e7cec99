/* HeapCompact: win32-heap.md 3.10. Wine has a stub only. */
#include "blocks.h"

static void prototype(void)
{
    SPEC("W3.10.1");
    SIZE_T(WINAPI * function)(HANDLE, DWORD) = HeapCompact;
    WINE_DIFFERS("HeapCompact returns the size of the largest free block") {
        CHECK(function(GetProcessHeap(), 0) != 0);
    }
}

/* The largest free record of a walk: its data, without what the record calls overhead. */
static SIZE_T largest_free(HANDLE heap)
{
    SIZE_T largest = 0;
    PROCESS_HEAP_ENTRY entry = {0};
    while (HeapWalk(heap, &entry)) {
        if (entry.wFlags == 0 && entry.cbData > largest) {
            largest = entry.cbData;
        }
    }
    return largest;
}

/* the size of the largest committed free block, the heap unchanged; how much of the header counts is not said */
static void check_compact(HANDLE heap, DWORD flags)
{
    SPEC("W3.10.2");
    SIZE_T largest = largest_free(heap);
    WINE_DIFFERS("HeapCompact returns the size of the largest free block") {
        SIZE_T size = HeapCompact(heap, flags);
        CHECK(size >= largest && size <= largest + 2 * GRANULARITY);
        CHECK(size != 0);
    }
    CHECK_EQ_UINT(largest_free(heap), largest);
    CHECK(HeapValidate(heap, 0, NULL));
}

static void largest_block(void)
{
    static const DWORD options[] = {0, HEAP_NO_SERIALIZE};
    for (unsigned o = 0; o < 2; o++) {
        HANDLE heap = HeapCreate(options[o], 0, 0);
        check_compact(heap, 0);
        void *blocks[20];
        for (unsigned i = 0; i < 20; i++) {
            blocks[i] = HeapAlloc(heap, 0, 1000);
            pattern_fill(blocks[i], 1000, i);
        }
        check_compact(heap, 0);
        for (unsigned i = 5; i < 15; i++) {
            CHECK(HeapFree(heap, 0, blocks[i]));
            check_compact(heap, i % 2 == 0 ? 0 : HEAP_NO_SERIALIZE);
        }
        for (unsigned i = 0; i < 5; i++) {
            CHECK(pattern_holds(blocks[i], 1000, i));
        }
        CHECK(HeapDestroy(heap));
    }
    HANDLE fixed = HeapCreate(0, 8 * UNIT, 8 * UNIT);
    check_compact(fixed, 0);
    CHECK(HeapDestroy(fixed));
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
    HeapCompact(GetProcessHeap(), 0);
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
}

static void no_free_space(void)
{
    SPEC("W3.10.4");
    HANDLE heap = HeapCreate(0, 0x10000, 0x10000);
    for (SIZE_T size = 0x1000; size != 0; size /= 2) {
        while (HeapAlloc(heap, 0, size) != NULL) {
        }
    }
    while (HeapAlloc(heap, 0, 0) != NULL) {
    }
    CHECK_EQ_UINT(largest_free(heap), 0);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(HeapCompact(heap, 0), 0);
    WINE_DIFFERS("HeapCompact without free space sets the last error to 0") {
        CHECK_LAST_ERROR(NO_ERROR);
    }
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

static void null_heap(void)
{
    SPEC("W3.10.5");
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(HeapCompact(NULL, 0), 0);
    WINE_DIFFERS("HeapCompact(NULL) sets ERROR_INVALID_HANDLE") {
        CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    }
}

#ifndef _WIN32
/* undefined on Windows: Cairn's promise */
static void bad_handles_are_refused(void)
{
    SPEC("W1.1.5 W3.10.5");
    struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        tell_case(CHECK_EQ_UINT(HeapCompact(bad.list[i].handle, 0), 0), bad.list[i].name);
        tell_case(CHECK_LAST_ERROR(ERROR_INVALID_HANDLE), bad.list[i].name);
        tell_case(witness_unharmed(&bad.witness), bad.list[i].name);
    }
    bad_handles_end(&bad);
}
#endif

int main(void)
{
    prototype();
    largest_block();
    no_free_space();
    null_heap();
#ifndef _WIN32
    bad_handles_are_refused();
#endif
    return check_report();
}
