/* RtlValidateHeap: nt-heap.md 6, win32-heap.md 3.9. */
#include "blocks.h"

#include "nt.h"

static void check_valid(HANDLE heap, void *block)
{
    static const ULONG flags[] = {0, HEAP_NO_SERIALIZE};
    for (size_t i = 0; i < 2; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_INT(RtlValidateHeap(heap, flags[i], block), TRUE);
        CHECK_LAST_ERROR_UNTOUCHED();
    }
}

/* heap and NULL: the whole heap; heap and block: that block */
static void valid(void)
{
    SPEC("N6.1 N6.2 N6.4");
    HANDLE heaps[] = {HeapCreate(0, 0, 0), HeapCreate(HEAP_NO_SERIALIZE, 0, 0), HeapCreate(0, 0, 4 * UNIT)};
    for (size_t h = 0; h < 3; h++) {
        static const SIZE_T sizes[] = {0, 1, 100, 5000, UNIT};
        check_valid(heaps[h], NULL);
        for (size_t i = 0; i < 5; i++) {
            check_valid(heaps[h], HeapAlloc(heaps[h], 0, sizes[i]));
        }
        check_valid(heaps[h], NULL);
    }
    check_valid(heaps[0], HeapAlloc(heaps[0], 0, LARGE_MIN));
    check_valid(heaps[0], NULL);
    check_valid(GetProcessHeap(), NULL);
    for (size_t h = 0; h < 3; h++) {
        CHECK(HeapDestroy(heaps[h]));
    }
}

/* section 6: a whole heap of many blocks, holes and segments */
static void big_heap(void)
{
    enum {
        COUNT = 3000
    };
    static void *block[COUNT];
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    for (unsigned i = 0; i < COUNT; i++) {
        block[i] = HeapAlloc(heap, 0, i % 1500);
    }
    check_valid(heap, NULL);
    for (unsigned i = 0; i < COUNT; i += 3) {
        CHECK(HeapFree(heap, 0, block[i]));
    }
    check_valid(heap, NULL);
    for (unsigned i = 1; i < COUNT; i += 3) {
        check_valid(heap, block[i]);
    }
    CHECK(HeapDestroy(heap));
}

/* win32-heap.md 3.9: freed, foreign, interior and wild pointers: FALSE, and the heap stays valid */
static void bad_blocks(void)
{
    SPEC("N6.5");
    static struct bad_blocks bad;
    bad_blocks_make(&bad);
    for (unsigned i = 0; i < bad.count; i++) {
        if (!bad_block_may_run(&bad.list[i])) {
            continue;
        }
        POISON_LAST_ERROR();
        bool ok = CHECK_EQ_INT(RtlValidateHeap(bad.witness.heap, 0, bad.list[i].address), FALSE);
        ok = (bad.list[i].unmapped || CHECK_LAST_ERROR_UNTOUCHED()) && ok;
        ok = witness_unharmed(&bad.witness) && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_blocks_end(&bad);
}

/* NULL heap: FALSE [wine] */
static void null_heap(void)
{
    SPEC("N6.3");
#ifdef _WIN32
    if (!on_wine()) {
        return;
    }
#endif
    POISON_LAST_ERROR();
    CHECK_EQ_INT(RtlValidateHeap(NULL, 0, NULL), FALSE);
    CHECK_LAST_ERROR_UNTOUCHED();
}

#ifndef _WIN32

/* a handle that is no heap: FALSE, last error untouched */
static void bad_handle(void)
{
    static struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        bool ok = CHECK_EQ_INT(RtlValidateHeap(bad.list[i].handle, 0, NULL), FALSE);
        ok = CHECK_EQ_INT(RtlValidateHeap(bad.list[i].handle, 0, bad.witness.small[0]), FALSE) && ok;
        ok = CHECK_LAST_ERROR_UNTOUCHED() && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
}

/* damaged headers make the heap invalid, and it is valid again once they are as before */
static void damaged_header(void)
{
    SPEC("N6.1 N6.2");
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    unsigned char *block[3];
    for (unsigned i = 0; i < 3; i++) {
        block[i] = HeapAlloc(heap, 0, 64);
    }
    for (unsigned i = 0; i < 8; i++) { /* the 8 bytes before a block's data are its header */
        unsigned char *byte = block[1] - 8 + i;
        *byte ^= 0x10;
        CHECK_EQ_INT(RtlValidateHeap(heap, 0, NULL), FALSE);
        CHECK_EQ_INT(RtlValidateHeap(heap, 0, block[1]), FALSE);
        *byte ^= 0x10;
        CHECK_EQ_INT(RtlValidateHeap(heap, 0, NULL), TRUE);
        CHECK_EQ_INT(RtlValidateHeap(heap, 0, block[1]), TRUE);
    }
    CHECK(HeapDestroy(heap));
}

#endif

int main(void)
{
    nt_load();
    valid();
    big_heap();
    bad_blocks();
    null_heap();
#ifndef _WIN32
    bad_handle();
    damaged_header();
#endif
    return check_report();
}
