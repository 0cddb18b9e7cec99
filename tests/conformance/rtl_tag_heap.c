/* RtlCreateTagHeap, RtlQueryTagHeap: nt-heap.md 10. Wine 8.0 has neither. */
#include "blocks.h"
#include "thread.h"

#include "nt.h"

#ifndef _WIN32

static const WCHAR names[] = {'o', 'n', 'e', 0, 't', 'w', 'o', 0, 't', 'h', 'r', 'e', 'e', 0, 0};
static const WCHAR group[] = {'!', 'g', 0, 'o', 'n', 'e', 0, 0};
static const WCHAR none[] = {0, 0};
static const WCHAR prefix[] = {'A', 'P', 'P', '!', 0};
static const WCHAR long_name[] = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3', '4',
                                  '5', '6', '7', '8', '9', '0', '1', '2', '3', '4', '5', '6', 0,   0};

static USHORT index_of(ULONG flags)
{
    CHECK_EQ_UINT(flags & ~(ULONG)HEAP_TAG_MASK, 0);
    return (USHORT)(flags >> HEAP_TAG_SHIFT);
}

static bool is_name(const WCHAR *name, const char *expected)
{
    size_t i = 0;
    while (name != NULL && name[i] != 0 && name[i] == (WCHAR)expected[i]) {
        i++;
    }
    return name != NULL && name[i] == 0 && expected[i] == 0;
}

static bool counts_are(HANDLE heap, USHORT tag, ULONG allocations, ULONG frees, SIZE_T bytes)
{
    RTL_HEAP_TAG_INFO info = {77, 77, 77};
    bool ok = CHECK(RtlQueryTagHeap(heap, 0, tag, FALSE, &info) != NULL);
    ok = CHECK_EQ_UINT(info.NumberOfAllocations, allocations) && ok;
    ok = CHECK_EQ_UINT(info.NumberOfFrees, frees) && ok;
    return CHECK_EQ_UINT(info.BytesAllocated, bytes) && ok;
}

/* a tag a string, the first one as flags; the names */
static void create(void)
{
    SPEC("N10.1 N10.2 N10.4");
    HANDLE heap = HeapCreate(0, 0, 0);
    POISON_LAST_ERROR();
    USHORT first = index_of(RtlCreateTagHeap(heap, 0, prefix, names));
    CHECK_EQ_UINT(first, 1);
    CHECK(is_name(RtlQueryTagHeap(heap, 0, 1, FALSE, NULL), "APP!one"));
    CHECK(is_name(RtlQueryTagHeap(heap, 0, 2, FALSE, NULL), "APP!two"));
    CHECK(is_name(RtlQueryTagHeap(heap, 0, 3, FALSE, NULL), "APP!three"));
    CHECK_EQ_UINT(index_of(RtlCreateTagHeap(heap, 0, NULL, group)), 4);
    CHECK(is_name(RtlQueryTagHeap(heap, 0, 4, FALSE, NULL), "one"));
    CHECK_EQ_UINT(index_of(RtlCreateTagHeap(heap, 0, prefix, long_name)), 5);
    CHECK(is_name(RtlQueryTagHeap(heap, 0, 5, FALSE, NULL), "APP!0123456789012345678"));
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(HeapDestroy(heap));
}

/* allocation count, free count, bytes; reset */
static void counters(void)
{
    SPEC("N10.3");
    static const SIZE_T sizes[] = {0, 40, 1000, 70000, LARGE_MIN};
    HANDLE heap = HeapCreate(0, 0, 0);
    ULONG tag = RtlCreateTagHeap(heap, 0, NULL, names);
    ULONG next = HEAP_MAKE_TAG_FLAGS(tag, 1);
    PVOID block[5];
    SIZE_T sum = 0;
    for (unsigned i = 0; i < 5; i++) {
        block[i] = HeapAlloc(heap, tag, sizes[i]);
        CHECK(HeapAlloc(heap, 0, sizes[i]) != NULL);
        sum += sizes[i];
        CHECK(counts_are(heap, 1, i + 1, 0, sum));
    }
    PVOID other = HeapAlloc(heap, next, 5);
    CHECK(counts_are(heap, 2, 1, 0, 5) && counts_are(heap, 3, 0, 0, 0));
    block[1] = HeapReAlloc(heap, 0, block[1], 80000);
    sum += 80000 - 40;
    CHECK(counts_are(heap, 1, 5, 0, sum));
    block[3] = HeapReAlloc(heap, 0, block[3], 100);
    sum -= 70000 - 100;
    CHECK(counts_are(heap, 1, 5, 0, sum));
    CHECK(HeapFree(heap, 0, block[1]));
    sum -= 80000;
    CHECK(counts_are(heap, 1, 5, 1, sum));
    CHECK(!HeapFree(heap, 0, block[1]));
    CHECK(counts_are(heap, 1, 5, 1, sum));

    RTL_HEAP_TAG_INFO info;
    CHECK(is_name(RtlQueryTagHeap(heap, 0, 1, TRUE, &info), "one"));
    CHECK(info.NumberOfAllocations == 5 && info.NumberOfFrees == 1 && info.BytesAllocated == sum);
    CHECK(counts_are(heap, 1, 0, 0, sum));
    CHECK(HeapFree(heap, 0, block[0]) && HeapFree(heap, 0, block[2]) && HeapFree(heap, 0, block[3]));
    CHECK(HeapFree(heap, 0, block[4]) && HeapFree(heap, 0, other));
    CHECK(counts_are(heap, 1, 0, 4, 0) && counts_are(heap, 2, 1, 1, 0));
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

/* heap NULL: tags of the process, with HEAP_GLOBAL_TAG; blocks of any heap count */
static void global_tags(void)
{
    SPEC("N10.2");
    HANDLE a = HeapCreate(0, 0, 0), b = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    ULONG flags = RtlCreateTagHeap(NULL, 0, NULL, names);
    USHORT tag = index_of(flags);
    CHECK((tag & HEAP_GLOBAL_TAG) != 0);
    CHECK(is_name(RtlQueryTagHeap(NULL, 0, tag, FALSE, NULL), "one"));
    CHECK(is_name(RtlQueryTagHeap(a, 0, (USHORT)(tag + 1), FALSE, NULL), "two"));
    PVOID block = HeapAlloc(a, flags, 100);
    CHECK(HeapAlloc(b, flags, 200) != NULL);
    CHECK(counts_are(NULL, tag, 2, 0, 300));
    CHECK(HeapFree(a, 0, block));
    CHECK(counts_are(a, tag, 2, 1, 200));
    CHECK(HeapDestroy(b)); /* its blocks go with it */
    CHECK(counts_are(NULL, tag, 2, 2, 0));
    CHECK(HeapDestroy(a));
}

/* the tag beside a user value; what a walk tells; flags that name no tag mean nothing */
static void with_others(void)
{
    SPEC("N4.2 N7.3.8");
    HANDLE heap = HeapCreate(0, 0, 0);
    ULONG flags = 0;
    PVOID value = NULL;
    RTL_HEAP_WALK_ENTRY entry = {.DataAddress = NULL};
    ULONG tag = RtlCreateTagHeap(heap, 0, NULL, names);
    PVOID block = HeapAlloc(heap, tag | HEAP_SETTABLE_USER_VALUE | 0x200 | HEAP_ZERO_MEMORY, 100);
    PVOID plain = HeapAlloc(heap, HEAP_MAKE_TAG_FLAGS(0, 4), 100), tagged = HeapAlloc(heap, tag, 100);
    CHECK(all_bytes(block, 100, 0));
    CHECK(RtlSetUserValueHeap(heap, 0, block, heap));
    CHECK(RtlGetUserInfoHeap(heap, 0, block, &value, &flags) && value == heap && flags == 0x200);
    CHECK(!RtlSetUserValueHeap(heap, 0, tagged, heap) && !RtlSetUserFlagsHeap(heap, 0, tagged, 0, 0x200));
    CHECK(counts_are(heap, 1, 2, 0, 200));
    while (RtlWalkHeap(heap, &entry) == STATUS_SUCCESS) {
        if ((entry.Flags & RTL_HEAP_BUSY) != 0) {
            CHECK_EQ_UINT(entry.Block.TagIndex, entry.DataAddress == plain ? 0 : 1);
        }
    }
    CHECK(HeapFree(heap, 0, plain));
    CHECK(counts_are(heap, 1, 2, 0, 200));
    CHECK(HeapDestroy(heap));
}

/* as many as there can be */
static void limits(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    const WCHAR one[] = {'x', 0, 0};
    for (unsigned i = 1; i < HEAP_GLOBAL_TAG; i++) {
        CHECK_EQ_UINT(RtlCreateTagHeap(heap, 0, NULL, one), HEAP_MAKE_TAG_FLAGS(0, i));
    }
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlCreateTagHeap(heap, 0, NULL, one), 0);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    PVOID block = HeapAlloc(heap, HEAP_MAKE_TAG_FLAGS(0, 2047), 9);
    CHECK(counts_are(heap, 2047, 1, 0, 9));
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapDestroy(heap));
}

/* NULL for an unknown index; names that are none; bad handles */
static void bad_arguments(void)
{
    SPEC("N10.3");
    static const USHORT unknown[] = {0,     4, 2047, HEAP_GLOBAL_TAG, HEAP_GLOBAL_TAG | 100, HEAP_PSEUDO_TAG_FLAG | 1,
                                     0xFFFF};
    static struct bad_handles bad;
    HANDLE heap = HeapCreate(0, 0, 0);
    RTL_HEAP_TAG_INFO info = {1, 2, 3};
    CHECK(RtlCreateTagHeap(heap, 0, NULL, names) != 0);
    for (unsigned i = 0; i < 7; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(RtlQueryTagHeap(heap, 0, unknown[i], TRUE, &info), NULL);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    }
    CHECK(info.NumberOfAllocations == 1 && info.NumberOfFrees == 2 && info.BytesAllocated == 3);
    CHECK_EQ_PTR(RtlQueryTagHeap(NULL, 0, 1, FALSE, NULL), NULL);
    const WCHAR *bad_names[] = {NULL, none, (const WCHAR[]){'!', 'g', 0, 0}};
    for (unsigned i = 0; i < 3; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_UINT(RtlCreateTagHeap(heap, 0, prefix, bad_names[i]), 0);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    }
    CHECK(HeapDestroy(heap));
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        bool ok = CHECK_EQ_UINT(RtlCreateTagHeap(bad.list[i].handle, 0, NULL, names), 0);
        ok = CHECK_LAST_ERROR(ERROR_INVALID_HANDLE) && ok;
        POISON_LAST_ERROR();
        ok = CHECK_EQ_PTR(RtlQueryTagHeap(bad.list[i].handle, 0, 1, FALSE, NULL), NULL) && ok;
        tell_case(CHECK_LAST_ERROR(ERROR_INVALID_HANDLE) && ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}

static HANDLE shared_heap;
static ULONG shared_flags;

static void use(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 2000; i++) {
        CHECK(HeapFree(shared_heap, 0, HeapAlloc(shared_heap, shared_flags | HEAP_SETTABLE_USER_VALUE, i % 300)));
    }
}

/* nothing is lost when threads count at once */
static void threads(void)
{
    struct thread thread[4];
    shared_heap = HeapCreate(0, 0, 0);
    shared_flags = RtlCreateTagHeap(shared_heap, 0, NULL, names);
    for (unsigned i = 0; i < 4; i++) {
        thread_start(&thread[i], use, NULL);
    }
    for (unsigned i = 0; i < 4; i++) {
        thread_join(&thread[i]);
    }
    CHECK(counts_are(shared_heap, 1, 8000, 8000, 0));
    CHECK(HeapDestroy(shared_heap));
}

#endif

int main(void)
{
    CHECK(true);
#ifndef _WIN32
    create();
    counters();
    global_tags();
    with_others();
    limits();
    bad_arguments();
    threads();
#else
    wine_skip("RtlCreateTagHeap and RtlQueryTagHeap are missing");
#endif
    return check_report();
}
