/* HeapFree: win32-heap.md 3.7, 1.3. */
#include "blocks.h"

#define COUNT 200

static void free_block(HANDLE heap, DWORD flags, void *block)
{
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapFree(heap, flags, block), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
}

/* a valid block of any class is freed, in any order; its neighbours are not concerned */
static void valid_blocks_in(HANDLE heap, DWORD flags)
{
    SPEC("W3.7.2");
    static unsigned char *blocks[COUNT];
    static SIZE_T sizes[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        sizes[i] = i % 40 == 39 ? LARGE_MIN + i : (SIZE_T)i * i % 9000;
        blocks[i] = HeapAlloc(heap, 0, sizes[i]);
        CHECK(blocks[i] != NULL);
        pattern_fill(blocks[i], sizes[i], i);
    }
    for (unsigned n = 0; n < COUNT; n++) {
        unsigned i = n * 71 % COUNT;
        CHECK(pattern_holds(blocks[i], sizes[i], i));
        free_block(heap, flags, blocks[i]);
        blocks[i] = NULL;
        if (n % 20 == 0) {
            CHECK(HeapValidate(heap, 0, NULL));
        }
    }
    CHECK(HeapValidate(heap, 0, NULL));
}

static void valid_blocks(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    valid_blocks_in(heap, 0);
    valid_blocks_in(heap, HEAP_NO_SERIALIZE);
    CHECK(HeapDestroy(heap));
    heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    valid_blocks_in(heap, 0);
    CHECK(HeapDestroy(heap));
    valid_blocks_in(GetProcessHeap(), 0);
}

static void prototype(void)
{
    SPEC("W3.7.1");
    BOOL(WINAPI * function)(HANDLE, DWORD, LPVOID) = HeapFree;
    CHECK_EQ_INT(function(GetProcessHeap(), 0, HeapAlloc(GetProcessHeap(), 0, 100)), TRUE);
}

/* what was freed can be had again: a full fixed heap is as roomy as before */
static void freed_memory_is_reused(void)
{
    HANDLE heap = HeapCreate(0, 0, 0x40000);
    for (unsigned round = 0; round < 50; round++) {
        void *blocks[256];
        unsigned n = 0;
        SIZE_T size = 0x800 + round * 100;
        while (n < 256 && (blocks[n] = HeapAlloc(heap, 0, size)) != NULL) {
            n++;
        }
        CHECK(n >= (0x40000 - 0xC00) / block_stride(size));
        for (unsigned i = 0; i < n; i += 2) {
            free_block(heap, 0, blocks[i]);
        }
        for (unsigned i = 1; i < n; i += 2) {
            free_block(heap, 0, blocks[i]);
        }
    }
    void *whole = HeapAlloc(heap, 0, 0x3F000);
    CHECK(whole != NULL);
    CHECK(HeapDestroy(heap));
}

/* NULL is TRUE, with a NULL heap too */
static void null_block(void)
{
    SPEC("W3.7.3 W9.3");
    HANDLE heap = HeapCreate(0, 0, 0);
    free_block(heap, 0, NULL);
    free_block(GetProcessHeap(), 0, NULL);
    free_block(NULL, 0, NULL);
    free_block(heap, HEAP_NO_SERIALIZE, NULL);
    CHECK(HeapDestroy(heap));
}

/* writing byte 17 of a 17-byte block, inside its slack, does no harm, unless the heap watches it */
static void slack_may_be_written(void)
{
    if (tail_size() != 0) {
        return;
    }
    SPEC("W3.7.9");
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned char *block = HeapAlloc(heap, 0, 17);
    unsigned char *next = HeapAlloc(heap, 0, 17);
    block[17] = 0xCC;
    CHECK(HeapValidate(heap, 0, NULL));
    free_block(heap, 0, block);
    free_block(heap, 0, next);
    CHECK(HeapDestroy(heap));
}

/* a double free, however often it is tried */
static void double_free(void)
{
    SPEC("W3.7.4");
    struct witness w;
    witness_make(&w);
    void *block = HeapAlloc(w.heap, 0, 500);
    void *stop = HeapAlloc(w.heap, 0, 500);
    free_block(w.heap, 0, block);
    for (unsigned i = 0; i < 3; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapFree(w.heap, 0, block), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        CHECK(witness_unharmed(&w));
    }
    free_block(w.heap, 0, stop);
#ifndef _WIN32
    /* undefined on Windows, harmful on Wine: the block has melted into the free one before it */
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapFree(w.heap, 0, stop), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
#endif
    witness_end(&w);
}

/* misaligned, interior, of another heap, freed, wild: FALSE, the heap unchanged */
static void bad_blocks_are_refused(void)
{
    SPEC("W3.7.5");
    struct bad_blocks bad;
    bad_blocks_make(&bad);
    for (unsigned i = 0; i < bad.count; i++) {
        const struct bad_block *b = &bad.list[i];
        if (!bad_block_may_run(b)) {
            continue;
        }
        for (unsigned twice = 0; twice < 2; twice++) {
            POISON_LAST_ERROR();
            BOOL result = HeapFree(bad.witness.heap, twice == 0 ? 0 : HEAP_NO_SERIALIZE, b->address);
            DWORD error = GetLastError();
            tell_case(CHECK_EQ_INT(result, FALSE), b->name);
            tell_case(CHECK(error == ERROR_INVALID_PARAMETER || (b->unmapped && error == ERROR_NOACCESS)), b->name);
        }
        tell_case(witness_unharmed(&bad.witness) && witness_unharmed(&bad.foreign), b->name);
    }
    bad_blocks_end(&bad);
}

static void null_heap(void)
{
    SPEC("W3.7.6");
    struct witness w;
    witness_make(&w);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapFree(NULL, 0, w.small[1]), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapFree(NULL, 0, w.large), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
    witness_end(&w);
}

#ifndef _WIN32
static void check_refused(HANDLE heap, void *block, DWORD error)
{
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapFree(heap, 0, block), FALSE);
    CHECK_LAST_ERROR(error);
}

/* where nothing is mapped: FALSE, ERROR_NOACCESS; where something is: ERROR_INVALID_PARAMETER. Windows may crash */
static void foreign_memory(void)
{
    struct witness w;
    witness_make(&w);
    {
        SPEC("W1.3.5 W3.7.7");
        check_refused(w.heap, pages_unmapped(), ERROR_NOACCESS);
        check_refused(w.heap, (void *)(uintptr_t)16, ERROR_NOACCESS);
#ifndef SANITIZED
        check_refused(w.heap, (void *)(uintptr_t)0xDEADBE00u, ERROR_NOACCESS);
#endif
    }
    {
        SPEC("W1.3.6 W3.7.8");
        check_refused(w.heap, plain_memory() + 64, ERROR_INVALID_PARAMETER);
        check_refused(w.heap, &w, ERROR_INVALID_PARAMETER);
    }
    witness_end(&w);
}

/* undefined on Windows: Cairn's promise */
static void bad_handles_are_refused(void)
{
    SPEC("W1.1.5");
    struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        void *blocks[] = {bad.witness.small[1], bad.witness.large, (void *)(uintptr_t)1};
        for (unsigned b = 0; b < sizeof(blocks) / sizeof(blocks[0]); b++) {
            POISON_LAST_ERROR();
            tell_case(CHECK_EQ_INT(HeapFree(bad.list[i].handle, 0, blocks[b]), FALSE), bad.list[i].name);
            tell_case(CHECK_LAST_ERROR(ERROR_INVALID_HANDLE), bad.list[i].name);
        }
        tell_case(witness_unharmed(&bad.witness), bad.list[i].name);
    }
    bad_handles_end(&bad);
}
#endif

int main(void)
{
    valid_blocks();
    prototype();
    freed_memory_is_reused();
    null_block();
    slack_may_be_written();
    double_free();
    bad_blocks_are_refused();
    null_heap();
#ifndef _WIN32
    foreign_memory();
    bad_handles_are_refused();
#endif
    return check_report();
}
