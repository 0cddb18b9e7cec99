/* HeapValidate: win32-heap.md 3.9, 1.3. */
#include "blocks.h"

static void check_valid(HANDLE heap, DWORD flags, const void *block)
{
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapValidate(heap, flags, block), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
}

static void check_invalid(HANDLE heap, const void *block, const char *name)
{
    POISON_LAST_ERROR();
    tell_case(CHECK_EQ_INT(HeapValidate(heap, 0, block), FALSE), name);
    tell_case(CHECK_LAST_ERROR_UNTOUCHED(), name);
}

/* NULL checks the whole heap: TRUE when consistent, for every kind of heap, empty or not */
static void whole_heap(void)
{
    SPEC("W3.9.2");
    static const struct {
        DWORD options;
        SIZE_T initial, maximum;
    } kinds[] = {{0, 0, 0}, {HEAP_NO_SERIALIZE, 0, 0}, {0, 0x1000, 0x10000}, {0, 8 * UNIT, 8 * UNIT}, {0, 0x150000, 0}};
    check_valid(GetProcessHeap(), 0, NULL);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        HANDLE heap = HeapCreate(kinds[i].options, kinds[i].initial, kinds[i].maximum);
        check_valid(heap, 0, NULL);
        void *blocks[50];
        for (unsigned b = 0; b < 50; b++) {
            blocks[b] = HeapAlloc(heap, 0, b * 10);
        }
        check_valid(heap, 0, NULL);
        for (unsigned b = 0; b < 50; b += 3) {
            CHECK(HeapFree(heap, 0, blocks[b]));
        }
        check_valid(heap, 0, NULL);
        check_valid(heap, HEAP_NO_SERIALIZE, NULL);
        CHECK(HeapDestroy(heap));
    }
}

static void prototype(void)
{
    SPEC("W3.9.1");
    BOOL(WINAPI * function)(HANDLE, DWORD, LPCVOID) = HeapValidate;
    CHECK_EQ_INT(function(GetProcessHeap(), 0, NULL), TRUE);
}

/* an allocated block of any class is valid; once freed it is not, and the last error stays */
static void blocks_and_freed_blocks(void)
{
    SPEC("W1.3.9 W3.9.3 W3.9.4");
    static const SIZE_T sizes[] = {0, 1, 17, 100, 5000, UNIT, NORMAL_MAX, GREY_SIZE};
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *block = HeapAlloc(heap, 0, sizes[i]);
        void *stop = HeapAlloc(heap, 0, 16);
        check_valid(heap, 0, block);
        check_valid(heap, HEAP_NO_SERIALIZE, block);
        CHECK(HeapFree(heap, 0, block));
        check_invalid(heap, block, "freed");
        CHECK(HeapFree(heap, 0, stop));
    }
    void *large = HeapAlloc(heap, 0, LARGE_MIN);
    void *larger = HeapAlloc(heap, 0, 5 * UNIT);
    check_valid(heap, 0, large);
    check_valid(heap, 0, larger);
    check_valid(heap, 0, NULL);
    CHECK(HeapFree(heap, 0, large));
    CHECK(HeapFree(heap, 0, larger));
    check_valid(heap, 0, NULL);
    CHECK(HeapDestroy(heap));
}

/* readable memory that is no block of the heap: FALSE, last error untouched */
static void readable_memory(void)
{
    SPEC("W1.3.6 W1.3.9 W3.9.5 W9.4");
    check_invalid(GetProcessHeap(), plain_memory() + 64, "static memory, aligned to 64");
    HANDLE heap = HeapCreate(0, 0, 0);
    check_invalid(heap, plain_memory() + 64, "static memory, aligned to 64");
    CHECK(HeapDestroy(heap));
}

/* an unmapped address: FALSE, ERROR_NOACCESS */
static void unmapped_address(void)
{
    SPEC("W1.3.5 W3.9.6 W9.4 G9.6.4");
    struct witness w;
    witness_make(&w);
    void *unmapped[] = {
        pages_unmapped(),
        (unsigned char *)pages_unmapped() + 0xE00,
        (void *)(uintptr_t)16,
#ifndef SANITIZED
        (void *)(uintptr_t)0xDEADBE00u,
#endif
    };
    for (unsigned i = 0; i < sizeof(unmapped) / sizeof(unmapped[0]); i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapValidate(w.heap, 0, unmapped[i]), FALSE);
        WINE_DIFFERS("HeapValidate of an unmapped address sets ERROR_NOACCESS") {
            CHECK_LAST_ERROR(ERROR_NOACCESS);
        }
    }
    witness_end(&w);
}

/* FALSE for everything that is no block, and the heap stays valid */
static void bad_blocks(void)
{
    struct bad_blocks bad;
    bad_blocks_make(&bad);
    for (unsigned i = 0; i < bad.count; i++) {
        const struct bad_block *b = &bad.list[i];
        if (!bad_block_may_run(b)) {
            continue;
        }
        POISON_LAST_ERROR();
        tell_case(CHECK_EQ_INT(HeapValidate(bad.witness.heap, 0, b->address), FALSE), b->name);
        DWORD error = GetLastError();
        tell_case(CHECK(error == POISON || (b->unmapped && error == ERROR_NOACCESS)), b->name);
        tell_case(witness_unharmed(&bad.witness) && witness_unharmed(&bad.foreign), b->name);
    }
    bad_blocks_end(&bad);
}

/* of the records that a walk yields, those with BUSY are valid blocks and no others */
static void walked_records(void)
{
    SPEC("W3.9.8");
    HANDLE heap = HeapCreate(0, 0, 0);
    void *blocks[30];
    for (unsigned i = 0; i < 30; i++) {
        blocks[i] = HeapAlloc(heap, 0, 100 + i * 50);
    }
    void *large = HeapAlloc(heap, 0, LARGE_MIN);
    for (unsigned i = 1; i < 30; i += 2) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
    static PROCESS_HEAP_ENTRY records[256];
    unsigned count = 0;
    PROCESS_HEAP_ENTRY entry = {0};
    while (count < 256 && HeapWalk(heap, &entry)) {
        records[count++] = entry;
    }
    unsigned busy = 0;
    for (unsigned i = 0; i < count; i++) {
        if ((records[i].wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0) {
            check_valid(heap, 0, records[i].lpData);
            busy++;
        } else {
            CHECK_EQ_INT(HeapValidate(heap, 0, records[i].lpData), FALSE);
        }
    }
    CHECK_EQ_UINT(busy, 16);
    CHECK(HeapFree(heap, 0, large));
    CHECK(HeapDestroy(heap));
}

/* a heap is consistent or not: a header that a program has run over is noticed, and its repair, too */
static void damaged_header(void)
{
    SPEC("W1.3.9 W3.9.2");
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    unsigned char *first = HeapAlloc(heap, 0, 40);
    unsigned char *second = HeapAlloc(heap, 0, 40);
    unsigned char *third = HeapAlloc(heap, 0, 40);
    CHECK_EQ_PTR(second, first + block_stride(40));
    CHECK_EQ_PTR(third, second + block_stride(40));

    unsigned char saved[8];
    memcpy(saved, second - 8, sizeof(saved)); /* the last 8 bytes before a block are its header on x64 */
    memset(second - 8, 0xEE, sizeof(saved));
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapValidate(heap, 0, NULL), FALSE);
    CHECK_EQ_INT(HeapValidate(heap, 0, second), FALSE);
    CHECK_LAST_ERROR_UNTOUCHED();
    memcpy(second - 8, saved, sizeof(saved));
    check_valid(heap, 0, NULL);
    check_valid(heap, 0, second);
    CHECK(HeapDestroy(heap));
}

static void null_heap(void)
{
    SPEC("W3.9.11");
    struct witness w;
    witness_make(&w);
    check_invalid(NULL, NULL, "NULL heap");
    check_invalid(NULL, w.small[1], "NULL heap, block");
    witness_end(&w);
}

#ifndef _WIN32
/* undefined on Windows for most handles: Cairn's promise */
static void bad_handles(void)
{
    SPEC("W1.1.5 W3.9.11");
    struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        const void *blocks[] = {NULL, bad.witness.small[1], bad.witness.large};
        for (unsigned b = 0; b < 3; b++) {
            POISON_LAST_ERROR();
            tell_case(CHECK_EQ_INT(HeapValidate(bad.list[i].handle, 0, blocks[b]), FALSE), bad.list[i].name);
            tell_case(CHECK_LAST_ERROR_UNTOUCHED(), bad.list[i].name);
        }
        tell_case(witness_unharmed(&bad.witness), bad.list[i].name);
    }
    bad_handles_end(&bad);
}
#endif

int main(void)
{
    whole_heap();
    prototype();
    blocks_and_freed_blocks();
    readable_memory();
    unmapped_address();
    bad_blocks();
    walked_records();
    damaged_header();
    null_heap();
#ifndef _WIN32
    bad_handles();
#endif
    return check_report();
}
