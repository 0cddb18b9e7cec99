/* RtlGetUserInfoHeap, RtlSetUserValueHeap, RtlSetUserFlagsHeap: nt-heap.md 9; what reallocation makes of value and
 * flags: 4; what RtlWalkHeap tells: 7.3. */
#include "blocks.h"

#include "nt.h"

#ifndef HEAP_SETTABLE_USER_FLAGS
#define HEAP_SETTABLE_USER_FLAGS 0xE00
#endif

#define VALUE HEAP_SETTABLE_USER_VALUE
#define UNTOUCHED ((PVOID)(UINT_PTR)0x5151)

static HANDLE heap;

/* The large sizes of both kinds among them. */
static const SIZE_T sizes[] = {0, 1, 24, 100, 0x1000, 0x8001, LARGE_MIN};

static bool has(PVOID block, PVOID value, ULONG flags)
{
    PVOID found = UNTOUCHED;
    ULONG found_flags = 0xDEADBEEF;
    POISON_LAST_ERROR();
    bool ok = CHECK_EQ_UINT(RtlGetUserInfoHeap(heap, 0, block, &found, &found_flags), TRUE);
    ok = CHECK_LAST_ERROR_UNTOUCHED() && ok;
    ok = CHECK_EQ_PTR(found, value) && ok;
    return CHECK_EQ_UINT(found_flags, flags) && ok;
}

static bool set_value(PVOID block, UINT_PTR value)
{
    POISON_LAST_ERROR();
    return CHECK_EQ_UINT(RtlSetUserValueHeap(heap, 0, block, (PVOID)value), TRUE) && CHECK_LAST_ERROR_UNTOUCHED();
}

static bool set_flags(PVOID block, ULONG clear, ULONG set)
{
    POISON_LAST_ERROR();
    return CHECK_EQ_UINT(RtlSetUserFlagsHeap(heap, 0, block, clear, set), TRUE) && CHECK_LAST_ERROR_UNTOUCHED();
}

/* the value is NULL at first, then what was set; flags are the 0xE00 bits, never 0x100 */
static void values_and_flags(void)
{
    SPEC("N9.1 N9.2 N9.3 N9.6 N9.14");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        PVOID block = HeapAlloc(heap, VALUE | 0xC00, sizes[i]), other = HeapAlloc(heap, VALUE | 0x200, sizes[i]);
        SPEC("W1.2.6 W10.2");
        pattern_fill(block, sizes[i], 1);
        CHECK(has(block, NULL, 0xC00) && has(other, NULL, 0x200));
        CHECK(set_value(block, 0xDEADBEEF) && has(block, (PVOID)(UINT_PTR)0xDEADBEEF, 0xC00));
        CHECK(set_value(other, 1) && has(other, (PVOID)(UINT_PTR)1, 0x200));
        CHECK(has(block, (PVOID)(UINT_PTR)0xDEADBEEF, 0xC00));
        CHECK(set_value(block, 0) && has(block, NULL, 0xC00));
        CHECK_EQ_UINT(HeapSize(heap, 0, block), sizes[i]);
        CHECK(pattern_holds(block, sizes[i], 1));
        CHECK(HeapValidate(heap, 0, NULL));
        CHECK(HeapFree(heap, 0, block) && HeapFree(heap, 0, other));
    }
}

/* new = (old & ~clear) | set; reset 0x600, then set 0x800 */
static void flags_change(void)
{
    SPEC("N9.7 N9.9");
    PVOID block = HeapAlloc(heap, VALUE | 0xC00, 100);
    CHECK(set_flags(block, 0, 0) && has(block, NULL, 0xC00));
    CHECK(set_flags(block, 0x400, 0x200) && has(block, NULL, 0xA00));
    CHECK(set_flags(block, 0x600, 0) && has(block, NULL, 0x800));
    CHECK(set_flags(block, 0xE00, 0) && has(block, NULL, 0));
    CHECK(set_flags(block, 0x600, 0x800) && has(block, NULL, 0x800));
    CHECK(HeapFree(heap, 0, block));
}

/* other bits: FALSE, ERROR_INVALID_PARAMETER, nothing changed */
static void other_bits(void)
{
    SPEC("N9.8");
    const ULONG bad[] = {0x1000, 0x100, 0x1, 0x80000000};
    PVOID block = HeapAlloc(heap, VALUE | 0x400, 100);
    for (unsigned i = 0; i < 4; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_UINT(RtlSetUserFlagsHeap(heap, 0, block, bad[i], 0), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        POISON_LAST_ERROR();
        CHECK_EQ_UINT(RtlSetUserFlagsHeap(heap, 0, block, 0, bad[i] | 0x200), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        CHECK(has(block, NULL, 0x400));
    }
    CHECK(HeapFree(heap, 0, block));
}

/* a plain block, of the front end or not: TRUE, *UserValue unchanged, flags 0; set: FALSE */
static void plain_blocks(void)
{
    SPEC("N9.4 N9.5");
    for (unsigned i = 0; i < 60; i++) {
        PVOID block = HeapAlloc(heap, 0, 40);
        CHECK(has(block, UNTOUCHED, 0));
        WINE_DIFFERS("a value or flags can be set on a block that was allocated without") {
            POISON_LAST_ERROR();
            CHECK_EQ_UINT(RtlSetUserValueHeap(heap, 0, block, block), FALSE);
            CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
            POISON_LAST_ERROR();
            CHECK_EQ_UINT(RtlSetUserFlagsHeap(heap, 0, block, 0, 0x200), FALSE);
            CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        }
    }
}

/* 2*ptr bytes directly behind the data, or in a debug heap behind the pattern there: a word, then the value; what a
 * program writes there is the value */
static void position(void)
{
    SPEC("N9.12 N9.13");
    for (SIZE_T size = 0; size <= 64; size++) {
        unsigned char *block = HeapAlloc(heap, VALUE | 0x800, size), *room = block + size + tail_size();
        UINT_PTR words[2] = {1, 1};
        memcpy(words, room, sizeof(words));
        WINE_DIFFERS("the word in front of a value is not cleared") {
            CHECK_EQ_UINT(words[0], 0);
        }
        CHECK_EQ_UINT(words[1], 0);
        CHECK(set_value(block, 0x1234567));
        memcpy(words, room, sizeof(words));
        CHECK_EQ_UINT(words[1], 0x1234567);
        words[0] = ~(UINT_PTR)0;
        memcpy(room, words, sizeof(words));
        CHECK(has(block, (PVOID)(UINT_PTR)0x1234567, 0x800));
        words[1] = 0x7654321;
        memcpy(room, words, sizeof(words));
        CHECK(has(block, (PVOID)(UINT_PTR)0x7654321, 0x800));
        CHECK(HeapValidate(heap, 0, NULL));
    }
}

/* a block with a value is 2*ptr bytes larger */
static void stride(void)
{
    SPEC("N9.11");
    HANDLE fresh = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    char *first = HeapAlloc(fresh, VALUE, 0x1000), *second = HeapAlloc(fresh, VALUE, 0x1000);
    CHECK_EQ_UINT(second - first, block_stride(0x1000 + GRANULARITY));
    CHECK(HeapDestroy(fresh));
}

/* value and flags go with the block, in place and elsewhere; new bytes are zero */
static void reallocation(void)
{
    SPEC("N4.11");
    static const SIZE_T steps[] = {10, 3, 300, 299, 0, 70000, LARGE_MIN, NORMAL_MAX, 2 * LARGE_MIN, 5};
    unsigned char *block = HeapAlloc(heap, VALUE | 0x200 | HEAP_ZERO_MEMORY, 10);
    PVOID obstacle = HeapAlloc(heap, 0, 1);
    CHECK(set_value(block, 0xABC));
    SIZE_T size = 10;
    for (unsigned i = 1; i < 10; i++) {
        pattern_fill(block, size, i);
        block = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, steps[i]);
        SIZE_T both = size < steps[i] ? size : steps[i];
        CHECK(pattern_holds(block, both, i));
        CHECK(all_bytes(block + both, steps[i] - both, 0));
        size = steps[i];
        CHECK_EQ_UINT(HeapSize(heap, 0, block), size);
        WINE_DIFFERS("a reallocation that moves loses value and flags") {
            CHECK(has(block, (PVOID)(UINT_PTR)0xABC, 0x200));
        }
        CHECK(HeapValidate(heap, 0, NULL));
    }
    CHECK(HeapFree(heap, 0, block) && HeapFree(heap, 0, obstacle));
}

/* a shrink in place keeps the flags, a growth in place replaces them by those of the call */
static void reallocation_with_flags(void)
{
    SPEC("N4.9 N4.10");
    HANDLE fresh = heap;
    heap = HeapCreate(0, 0, 0);
    PVOID block = HeapAlloc(heap, VALUE | 0x200, 5000);
    CHECK(set_value(block, 0xABC));
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY | 0x400, block, 3000), block);
    WINE_DIFFERS("a smaller size replaces flags and loses the value") {
        CHECK(has(block, (PVOID)(UINT_PTR)0xABC, 0x200));
    }
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 3100), block);
    WINE_DIFFERS("growing without flags in place clears them") {
        CHECK(has(block, (PVOID)(UINT_PTR)0xABC, 0x200));
    }
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY | 0xC00, block, 4000), block);
    WINE_DIFFERS("flags of a reallocation") {
        CHECK(has(block, (PVOID)(UINT_PTR)0xABC, 0xC00));
    }
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, LARGE_MIN), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ_UINT(HeapSize(heap, 0, block), 4000);
    CHECK(HeapDestroy(heap));
    heap = fresh;
}

/* freed, its extra is gone: a block that takes its place is plain */
static void freed(void)
{
    PVOID first = HeapAlloc(heap, VALUE | 0x200, 20000);
    CHECK(set_value(first, 7));
    CHECK(HeapFree(heap, 0, first));
    PVOID second = HeapAlloc(heap, 0, 20000);
    CHECK(has(second, UNTOUCHED, 0));
    CHECK(HeapFree(heap, 0, second));
}

#ifndef _WIN32

/* flags without a value; a reallocation that asks for a value for a plain block, and may move it */
static void parts(void)
{
    PVOID block = HeapAlloc(heap, 0x600, 40);
    CHECK(has(block, UNTOUCHED, 0x600));
    CHECK(set_flags(block, 0x400, 0x800) && has(block, UNTOUCHED, 0xA00));
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlSetUserValueHeap(heap, 0, block, block), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    CHECK(HeapFree(heap, 0, block));

    block = HeapAlloc(heap, 0, 40);
    pattern_fill(block, 40, 3);
    block = HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY | VALUE, block, 40);
    CHECK(block == NULL || has(block, UNTOUCHED, 0));
    block = HeapAlloc(heap, 0, 40);
    pattern_fill(block, 40, 3);
    block = HeapReAlloc(heap, VALUE | 0x200, block, 50);
    CHECK(pattern_holds(block, 40, 3));
    CHECK(set_value(block, 9) && has(block, (PVOID)(UINT_PTR)9, 0x200));
    CHECK(HeapFree(heap, 0, block));
}

/* what is no block, no heap */
static void bad_arguments(void)
{
    SPEC("N9.10 N1.3.1");
    static struct bad_handles handles;
    struct bad_blocks bad;
    bad_blocks_make(&bad);
    PVOID value = UNTOUCHED;
    ULONG flags = 1;
    for (unsigned i = 0; i < bad.count; i++) {
        const struct bad_block *b = &bad.list[i];
        POISON_LAST_ERROR();
        bool ok = CHECK_EQ_UINT(RtlGetUserInfoHeap(bad.witness.heap, 0, b->address, &value, &flags), FALSE);
        ok = CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER) && ok;
        POISON_LAST_ERROR();
        ok = CHECK_EQ_UINT(RtlSetUserValueHeap(bad.witness.heap, 0, b->address, NULL), FALSE) && ok;
        ok = CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER) && ok;
        POISON_LAST_ERROR();
        ok = CHECK_EQ_UINT(RtlSetUserFlagsHeap(bad.witness.heap, 0, b->address, 0, 0x200), FALSE) && ok;
        ok = CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER) && ok;
        tell_case(ok && CHECK(witness_unharmed(&bad.witness)), b->name);
    }
    CHECK_EQ_PTR(value, UNTOUCHED);
    CHECK_EQ_UINT(flags, 1);
    bad_blocks_end(&bad);
    bad_handles_make(&handles);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        bool ok = CHECK_EQ_UINT(RtlGetUserInfoHeap(handles.list[i].handle, 0, &bad, NULL, NULL), FALSE);
        tell_case(CHECK_LAST_ERROR(ERROR_INVALID_HANDLE) && ok, handles.list[i].name);
    }
    bad_handles_end(&handles);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlGetUserInfoHeap(NULL, 0, heap, NULL, NULL), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    PVOID block = HeapAlloc(heap, VALUE, 1);
    CHECK_EQ_UINT(RtlGetUserInfoHeap(heap, 0, block, NULL, NULL), TRUE);
    CHECK(HeapFree(heap, 0, block));
}

/* Settable is the value, the flags tell of both; win32-heap.md 4.5 */
static void walk(void)
{
    SPEC("N7.3.8");
    HANDLE fresh = HeapCreate(0, 0, 0);
    PVOID block[4] = {HeapAlloc(fresh, 0, 50), HeapAlloc(fresh, VALUE | 0xA00, 50), HeapAlloc(fresh, 0x400, 50),
                      HeapAlloc(fresh, 0, 50)};
    PVOID valued = HeapAlloc(fresh, VALUE, 50), behind_valued = HeapAlloc(fresh, 0, 50);
    PVOID plain = HeapAlloc(fresh, 0, 50), behind_plain = HeapAlloc(fresh, 0, 50), stop = HeapAlloc(fresh, 0, 50);
    const USHORT flags[4] = {0, RTL_HEAP_SETTABLE_VALUE | RTL_HEAP_SETTABLE_FLAG1 | RTL_HEAP_SETTABLE_FLAG3,
                             RTL_HEAP_SETTABLE_FLAG2, 0};
    RTL_HEAP_WALK_ENTRY entry = {.DataAddress = NULL};
    unsigned seen = 0, free_seen = 0;
    CHECK(RtlSetUserValueHeap(fresh, 0, block[1], (PVOID)(UINT_PTR)0x4321));
    CHECK(RtlSetUserValueHeap(fresh, 0, valued, (PVOID)(UINT_PTR)0x9876));
    CHECK(HeapFree(fresh, 0, behind_valued));
    CHECK(plain != NULL && stop != NULL && HeapFree(fresh, 0, behind_plain));
    CHECK(RtlLockHeap(fresh)); /* then steps from one block to the next are short ones */
    while (RtlWalkHeap(fresh, &entry) == STATUS_SUCCESS) {
        if (entry.Flags == 0) { /* free: nothing of the block before it is left */
            CHECK_EQ_UINT(entry.Block.Settable, 0);
            CHECK_EQ_UINT(entry.Block.TagIndex, 0);
            CHECK_EQ_UINT(entry.Block.AllocatorBackTraceIndex, 0);
            free_seen++;
        }
        for (unsigned i = 0; i < 4; i++) {
            if (entry.DataAddress != block[i]) {
                continue;
            }
            CHECK_EQ_UINT(entry.Flags, RTL_HEAP_BUSY | flags[i]);
            CHECK_EQ_UINT(entry.DataSize, 50);
            CHECK_EQ_UINT(entry.Block.Settable, i == 1 ? 0x4321 : 0);
            seen++;
        }
    }
    CHECK(RtlUnlockHeap(fresh));
    CHECK_EQ_UINT(seen, 4);
    CHECK(free_seen >= 3);
    CHECK(HeapDestroy(fresh));
}

/* 1.2: nothing is counted by module; what is no block, or no heap */
static void disown(void)
{
    void *block = HeapAlloc(heap, 0, 40), *freed_block = HeapAlloc(heap, 0, 70000);
    CHECK(HeapFree(heap, 0, freed_block));
    POISON_LAST_ERROR();
    CHECK_EQ_UINT((ULONG)RtlDisownModuleHeapAllocation(heap, block), STATUS_SUCCESS);
    CHECK_EQ_UINT((ULONG)RtlDisownModuleHeapAllocation(heap, freed_block), (ULONG)STATUS_INVALID_PARAMETER);
    CHECK_EQ_UINT((ULONG)RtlDisownModuleHeapAllocation(heap, NULL), (ULONG)STATUS_INVALID_PARAMETER);
    CHECK_EQ_UINT((ULONG)RtlDisownModuleHeapAllocation(NULL, block), (ULONG)STATUS_INVALID_HANDLE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(HeapSize(heap, 0, block), 40);
    CHECK(HeapFree(heap, 0, block));
}

/* many at once, in any order, all freed in the end; the table grows */
static void many(void)
{
    enum {
        COUNT = 3000
    };
    static PVOID block[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        block[i] = HeapAlloc(heap, VALUE | ((i % 8) << 9), i % 200);
        CHECK(set_value(block[i], i));
    }
    for (unsigned i = 0; i < COUNT; i += 2) {
        CHECK(HeapFree(heap, 0, block[i]));
        block[i] = HeapAlloc(heap, 0, i % 200);
        CHECK(has(block[i], UNTOUCHED, 0));
    }
    for (unsigned i = 1; i < COUNT; i += 2) {
        CHECK(has(block[i], (PVOID)(UINT_PTR)i, (i % 8) << 9));
    }
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK(HeapFree(heap, 0, block[i]));
    }
    CHECK(HeapValidate(heap, 0, NULL));
}

#endif

int main(void)
{
    nt_load();
    heap = HeapCreate(0, 0, 0);
    values_and_flags();
    flags_change();
    other_bits();
    position();
    stride();
    plain_blocks();
    reallocation();
    reallocation_with_flags();
    freed();
#ifndef _WIN32
    parts();
    bad_arguments();
    walk();
    disown();
    many();
#endif
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
    return check_report();
}
