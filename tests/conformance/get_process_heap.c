/* GetProcessHeap: win32-heap.md 3.1; header: nt-heap.md 14. */
#include "blocks.h"
#include "thread.h"

#define GROWTH_BLOCKS 64
#define GROWTH_SIZE 0x40000

static HANDLE early_heap;
static void *early_block;

/* the default heap exists before any constructor runs */
__attribute__((constructor(101))) static void before_main(void)
{
    early_heap = GetProcessHeap();
    early_block = HeapAlloc(early_heap, HEAP_ZERO_MEMORY, 100);
}

static void exists_before_constructors(void)
{
    CHECK(early_heap != NULL);
    CHECK_EQ_PTR(early_heap, GetProcessHeap());
    CHECK(HeapValidate(early_heap, 0, early_block));
    CHECK_EQ_UINT(HeapSize(early_heap, 0, early_block), 100);
    CHECK(HeapFree(early_heap, 0, early_block));
}

/* never NULL, always the same, last error untouched */
static void same_value(void)
{
    SPEC("W3.1.2 W3.1.3 W3.1.4");
    POISON_LAST_ERROR();
    HANDLE heap = GetProcessHeap();
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(heap != NULL);
    HANDLE private_heap = HeapCreate(0, 0, 0);
    CHECK(private_heap != heap);
    CHECK_EQ_PTR(GetProcessHeap(), heap);
    CHECK(HeapDestroy(private_heap));
    CHECK_EQ_PTR(GetProcessHeap(), heap);
}

static void prototype(void)
{
    SPEC("W3.1.1");
    HANDLE(WINAPI * function)(void) = GetProcessHeap;
    CHECK_EQ_PTR(function(), GetProcessHeap());
}

static void ask(void *arg)
{
    HANDLE *heap = arg;
    *heap = GetProcessHeap();
    void *block = HeapAlloc(*heap, 0, 64);
    CHECK(HeapFree(*heap, 0, block));
}

/* the same in every thread */
static void same_in_every_thread(void)
{
    SPEC("W3.1.2");
    struct thread threads[4];
    HANDLE heaps[4];
    for (unsigned i = 0; i < 4; i++) {
        thread_start(&threads[i], ask, &heaps[i]);
    }
    for (unsigned i = 0; i < 4; i++) {
        thread_join(&threads[i]);
        CHECK_EQ_PTR(heaps[i], GetProcessHeap());
    }
}

/* it is the first in the list, aligned to 64 KiB, and the first walk record's address */
static void first_of_all(void)
{
    SPEC("W1.1.1 W1.1.3");
    HANDLE first[1] = {NULL};
    WINE_DIFFERS("GetProcessHeaps fills a buffer that is too small") {
        GetProcessHeaps(1, first);
        CHECK_EQ_PTR(first[0], GetProcessHeap());
    }
    CHECK_EQ_UINT((uintptr_t)GetProcessHeap() & 0xFFFF, 0);
    PROCESS_HEAP_ENTRY entry = {0};
    CHECK(HeapWalk(GetProcessHeap(), &entry));
    CHECK_EQ_PTR(entry.lpData, GetProcessHeap());
}

/* nt-heap.md 14: growable, serialized, class 0: Flags 2, ForceFlags 0 */
static void header_fields(void)
{
    SPEC("W3.1.5");
    const unsigned char *heap = (const unsigned char *)GetProcessHeap();
    ULONG signature, flags, force;
    memcpy(&signature, heap + 0x10, sizeof(signature));
    memcpy(&flags, heap + 0x70, sizeof(flags));
    memcpy(&force, heap + 0x74, sizeof(force));
    CHECK_EQ_UINT(signature, 0xFFEEFFEE);
    CHECK_EQ_UINT(flags, HEAP_GROWABLE);
    CHECK_EQ_UINT(force, 0);
}

/* it grows */
static void grows(void)
{
    SPEC("W3.1.5");
    static unsigned char *blocks[GROWTH_BLOCKS];
    for (unsigned i = 0; i < GROWTH_BLOCKS; i++) {
        blocks[i] = HeapAlloc(GetProcessHeap(), 0, GROWTH_SIZE);
        CHECK(blocks[i] != NULL);
        pattern_fill(blocks[i], 100, i);
    }
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
    for (unsigned i = 0; i < GROWTH_BLOCKS; i++) {
        CHECK(pattern_holds(blocks[i], 100, i));
        CHECK(HeapFree(GetProcessHeap(), 0, blocks[i]));
    }
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
}

int main(void)
{
    exists_before_constructors();
    same_value();
    prototype();
    same_in_every_thread();
    first_of_all();
    header_fields();
    grows();
    return check_report();
}
