/* RtlZeroHeap, RtlExtendHeap: nt-heap.md 11. Wine 8.0 has neither. */
#include "blocks.h"

#include "nt.h"

#define BLOCKS 300

/* Freed memory is looked at where a program must not: that is what the routine is about. */
#ifndef _WIN32

#define LINKS 16 /* bytes in front of a free block that the library writes to */

static unsigned char *block[BLOCKS];

static size_t count_marked(const unsigned char *bytes, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        count += bytes[i] == 0xA7;
    }
    return count;
}

/* free committed memory is zero but for the links in front, memory in use is not changed */
static void zeroes_what_is_free(ULONG options, SIZE_T size)
{
    SPEC("N11.4");
    HANDLE heap = HeapCreate(options, 0, 0);
    for (unsigned i = 0; i < BLOCKS; i++) {
        block[i] = HeapAlloc(heap, 0, size);
        memset(block[i], 0xA7, size);
    }
    for (unsigned i = 0; i < BLOCKS; i += 2) {
        CHECK(HeapFree(heap, 0, block[i]));
    }
    size_t marked = 0;
    for (unsigned i = 0; i < BLOCKS; i += 2) {
        marked += count_marked(block[i] + LINKS, size - LINKS);
    }
    CHECK(marked > 0);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT((ULONG)RtlZeroHeap(heap, 0), (ULONG)STATUS_SUCCESS);
    CHECK_LAST_ERROR_UNTOUCHED();
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK_EQ_UINT(count_marked(block[i] + LINKS, size - LINKS), i % 2 == 0 ? 0 : size - LINKS);
    }
    CHECK(HeapValidate(heap, 0, NULL));
    for (unsigned i = 1; i < BLOCKS; i += 2) {
        CHECK(HeapFree(heap, 0, block[i]));
    }
    CHECK(HeapDestroy(heap));
}

/* a heap whose blocks were cut one behind the other, and none of which was freed */
static void nothing_freed(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned char *blocks[20];
    for (unsigned i = 0; i < 20; i++) {
        blocks[i] = HeapAlloc(heap, 0, 24 + 32 * i);
        memset(blocks[i], 0xA7, 24 + 32 * i);
    }
    CHECK_EQ_UINT((ULONG)RtlZeroHeap(heap, 0), (ULONG)STATUS_SUCCESS);
    for (unsigned i = 0; i < 20; i++) {
        CHECK_EQ_UINT(count_marked(blocks[i], 24 + 32 * i), 24 + 32 * i);
    }
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

/* a free block whose inner pages are not committed */
static void hollow_block(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned char *large = HeapAlloc(heap, 0, 0xC0000), *behind = HeapAlloc(heap, 0, 16);
    memset(large, 0xA7, 0xC0000);
    CHECK(HeapFree(heap, 0, large));
    CHECK_EQ_UINT((ULONG)RtlZeroHeap(heap, 0), (ULONG)STATUS_SUCCESS);
    CHECK(HeapValidate(heap, 0, NULL));
    large = HeapAlloc(heap, 0, 0xC0000);
    CHECK_EQ_UINT(count_marked(large + LINKS, 0xC0000 - LINKS), 0);
    CHECK(HeapFree(heap, 0, behind));
    CHECK(HeapDestroy(heap));
}

/* a heap whose headers were overwritten */
static void damaged_heap(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    unsigned char *first = HeapAlloc(heap, 0, 24);
    CHECK(HeapAlloc(heap, 0, 24) != NULL);
    first[25] ^= 1;
    CHECK_EQ_UINT((ULONG)RtlZeroHeap(heap, 0), (ULONG)STATUS_INVALID_PARAMETER);
    CHECK(HeapDestroy(heap));
}

static void bad_handle(void)
{
    static struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        bool ok = CHECK_EQ_UINT((ULONG)RtlZeroHeap(bad.list[i].handle, 0), (ULONG)STATUS_INVALID_HANDLE);
        ULONG status = (ULONG)RtlExtendHeap(bad.list[i].handle, 0, &bad, 0x10000);
        ok = CHECK_EQ_UINT(status, (ULONG)STATUS_INVALID_HANDLE) && ok;
        ok = CHECK_LAST_ERROR_UNTOUCHED() && ok;
        tell_case(ok, bad.list[i].name);
    }
    bad_handles_end(&bad);
    CHECK_EQ_UINT((ULONG)RtlZeroHeap(NULL, 0), (ULONG)STATUS_INVALID_HANDLE);
}

/* 11: gone since Vista: refused, and the memory is left alone */
static void extend_is_refused(void)
{
    SPEC("N11.6");
    static char memory[0x10000];
    HANDLE heap = HeapCreate(0, 0, 0);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT((ULONG)RtlExtendHeap(heap, 0, memory, sizeof(memory)), (ULONG)STATUS_NOT_IMPLEMENTED);
    CHECK_EQ_UINT((ULONG)RtlExtendHeap(heap, 0, NULL, sizeof(memory)), (ULONG)STATUS_INVALID_PARAMETER);
    CHECK_EQ_UINT((ULONG)RtlExtendHeap(heap, 0, memory, 0), (ULONG)STATUS_INVALID_PARAMETER);
    CHECK_EQ_UINT((ULONG)RtlExtendHeap(NULL, 0, memory, sizeof(memory)), (ULONG)STATUS_INVALID_HANDLE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(all_bytes(memory, sizeof(memory), 0));
    CHECK(HeapAlloc(heap, 0, 100) != NULL);
    CHECK(HeapDestroy(heap));
}

#endif

int main(void)
{
    CHECK(true);
#ifndef _WIN32
    const SIZE_T sizes[] = {24, 40, 100, 1000, 5000, 0x8000};
    for (unsigned i = 0; i < 6; i++) {
        zeroes_what_is_free(0, sizes[i]);
        zeroes_what_is_free(HEAP_NO_SERIALIZE, sizes[i]);
    }
    nothing_freed();
    hollow_block();
    damaged_heap();
    bad_handle();
    extend_is_refused();
#else
    wine_skip("RtlZeroHeap and RtlExtendHeap are missing");
#endif
    return check_report();
}
