/* The registry: which addresses are handles, the list and its order, and heaps in memory of all kinds. */
#include "heap/registry.h"

#include "child.h"
#include "seed.h"

#include <ntifs.h>
#include <sys/mman.h>
#include <windows.h>

#define MANY 300
#define LARGE_RUN_OFFSET 64

static unsigned listed(HANDLE *handles, unsigned limit)
{
    unsigned count = 0;
    registry_lock();
    for (struct heap *heap = registry_next(NULL); heap != NULL && count < limit; heap = registry_next(heap)) {
        handles[count++] = heap;
    }
    CHECK_EQ_UINT(registry_count(), count);
    registry_unlock();
    return count;
}

/* Heaps in the order of their creation, the default heap first, whichever of them have gone. */
static void order(struct random *random)
{
    static HANDLE expected[MANY + 1], found[MANY + 2];
    unsigned count = 1;
    expected[0] = GetProcessHeap();
    for (unsigned i = 0; i < 4 * MANY; i++) {
        if (count <= MANY && (count == 1 || random_percent(random, 55))) {
            expected[count] = HeapCreate(0, 0, random_percent(random, 50) ? 0x2000 : 0);
            CHECK(expected[count] != NULL);
            count++;
        } else {
            unsigned gone = (unsigned)random_between(random, 1, count - 1);
            CHECK(HeapDestroy(expected[gone]));
            memmove(&expected[gone], &expected[gone + 1], (count - gone - 1) * sizeof(expected[0]));
            count--;
        }
        if (i % 16 == 0) {
            CHECK_EQ_UINT(listed(found, MANY + 2), count);
            CHECK(memcmp(expected, found, count * sizeof(found[0])) == 0);
        }
    }
    while (count > 1) {
        CHECK(HeapDestroy(expected[--count]));
    }
}

static void no_handles(struct random *random)
{
    unsigned char *heap = HeapCreate(0, 0x20000, 0);
    unsigned char *small = HeapAlloc(heap, 0, 100);
    unsigned char *large = HeapAlloc(heap, 0, 0x200000);
    CHECK_EQ_PTR(unsafe_heap_from_handle(heap), heap);
    for (unsigned i = 0; i < 20000; i++) {
        uintptr_t address = i % 2 == 0 ? random_next(random) : (uintptr_t)heap + random_next(random) % 0x1000000;
        if (i % 3 == 0) {
            address &= ~(uintptr_t)0xFFFF;
        }
        if (address != (uintptr_t)heap) {
            CHECK(unsafe_heap_from_handle((void *)address) == NULL || address == (uintptr_t)GetProcessHeap());
        }
    }
    CHECK(unsafe_heap_from_handle(small) == NULL);
    CHECK(unsafe_heap_from_handle(large) == NULL);
    CHECK(unsafe_heap_from_handle(large - LARGE_RUN_OFFSET) == NULL);
    CHECK(HeapDestroy(heap));
    CHECK(unsafe_heap_from_handle(heap) == NULL);
}

/* The caller's memory may be anything that can be written: mapped, static, or a block of another heap. */
static void heap_in(unsigned char *memory, const char *what)
{
    HANDLE heap = RtlCreateHeap(HEAP_CLASS_1, memory, 0x40000, 0x1000, NULL, NULL);
    bool ok = CHECK_EQ_PTR(heap, memory) && CHECK_EQ_PTR(unsafe_heap_from_handle(heap), heap);
    void *block = HeapAlloc(heap, 0, 1000);
    ok = CHECK(block != NULL) && CHECK(HeapValidate(heap, 0, NULL)) && CHECK(HeapValidate(heap, 0, block)) && ok;
    ok = CHECK_EQ_UINT(GetProcessHeaps(0, NULL), 2 + (what[0] == 'a')) && ok;
    ok = CHECK(HeapFree(heap, 0, block)) && CHECK(HeapDestroy(heap)) && ok;
    ok = CHECK(unsafe_heap_from_handle(memory) == NULL) && ok;
    if (!ok) {
        printf("    for a heap in %s\n", what);
    }
}

static void caller_memory(void)
{
    static _Alignas(4096) unsigned char in_static[0x50000];
    unsigned char *mapped = mmap(NULL, 0x50000, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    heap_in(mapped, "mapped memory");
    heap_in(mapped + 0x1000, "mapped memory, not aligned as handles are");
    heap_in(in_static, "static memory");
    munmap(mapped, 0x50000);

    HANDLE outer = HeapCreate(0, 0, 0);
    unsigned char *block = HeapAlloc(outer, 0, 0x200000);
    unsigned char *aligned = (unsigned char *)(((uintptr_t)block + 0xFFFF) & ~(uintptr_t)0xFFFF);
    heap_in(aligned, "a large block of another heap");
    heap_in(aligned + 0x1000, "a large block of another heap, not aligned as handles are");
    block = HeapAlloc(outer, 0, 0x60000);
    aligned = (unsigned char *)(((uintptr_t)block + 0xFFF) & ~(uintptr_t)0xFFF);
    heap_in(aligned, "a block of another heap");
    CHECK(HeapValidate(outer, 0, NULL));
    CHECK(HeapDestroy(outer));
}

/* The routine called for each heap may destroy any of them. */
static HANDLE to_destroy[3];
static unsigned calls;

static NTSTATUS NTAPI destroy_others(PVOID heap, PVOID context)
{
    (void)context;
    calls++;
    if (heap == to_destroy[0]) {
        for (unsigned i = 0; i < 3; i++) {
            CHECK(HeapDestroy(to_destroy[i]));
        }
    }
    return 0;
}

static void destroyed_while_listed(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 3; i++) {
        to_destroy[i] = HeapCreate(0, 0, 0);
    }
    HANDLE last = HeapCreate(0, 0, 0);
    DWORD count = GetProcessHeaps(0, NULL);
    calls = 0;
    CHECK_EQ_INT(RtlEnumProcessHeaps(destroy_others, NULL), 0);
    CHECK_EQ_UINT(calls, count - 2); /* not for those that were destroyed before their turn */
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), count - 3);
    CHECK(HeapDestroy(last));
}

int main(void)
{
    struct random random = {test_seed()};
    CHECK_EQ_PTR(registry_default_heap(), GetProcessHeap());
    CHECK_EQ_UINT(registry_count(), 1);
    order(&random);
    no_handles(&random);
    child_run(destroyed_while_listed, NULL, 20, "heaps destroyed while they are listed");
    caller_memory();
    return check_report();
}
