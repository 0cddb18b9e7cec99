/* RtlDestroyHeap: nt-heap.md 3. */
#include "blocks.h"

#include "nt.h"

#define OWN_SIZE 0x40000

/* a private heap, blocks and all: NULL returned, gone from the list */
static void private_heap(void)
{
    SPEC("N3.1");
    ULONG before = RtlGetProcessHeaps(0, NULL);
    HANDLE heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before + 1);
    for (unsigned i = 0; i < 100; i++) {
        CHECK(RtlAllocateHeap(heap, 0, 0x8000) != NULL);
    }
    CHECK(RtlAllocateHeap(heap, 0, 5 * UNIT) != NULL);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before);

    heap = HeapCreate(0, 0, UNIT); /* a heap of the Win32 layer */
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* the process heap: the handle returned, the heap intact */
static void process_heap(void)
{
    SPEC("N3.2");
    unsigned char *block = RtlAllocateHeap(GetProcessHeap(), 0, 100);
    pattern_fill(block, 100, 1);
    CHECK_EQ_PTR(RtlDestroyHeap(GetProcessHeap()), GetProcessHeap());
    CHECK(RtlValidateHeap(GetProcessHeap(), 0, NULL));
    CHECK(pattern_holds(block, 100, 1));
    CHECK(RtlFreeHeap(GetProcessHeap(), 0, block));
}

/* NULL gives NULL; 1.3: no error */
static void null_handle(void)
{
    SPEC("N3.3");
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(RtlDestroyHeap(NULL), NULL);
    CHECK_LAST_ERROR_UNTOUCHED();
}

/* readable memory that is no heap: the handle returned */
static void memory_that_is_no_heap(void)
{
    SPEC("W3.4.6 W10.8 N3.4");
    CHECK_EQ_PTR(RtlDestroyHeap(plain_memory()), plain_memory());
    CHECK(all_bytes(plain_memory(), 0x1000, 0));
}

/* the same where that memory claims to be a heap with HEAP_VALIDATE_PARAMETERS: there is no PEB to say that the process
 * is being debugged, so nothing is raised */
static void memory_that_claims_to_be_a_heap(void)
{
    SPEC("N3.5");
    static __attribute__((aligned(4096))) unsigned char fake[0x1000];
    ULONG bits = 0x40000000;
    memcpy(fake + 0x70, &bits, sizeof(bits));
    memcpy(fake + 0x14, &bits, sizeof(bits));
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(RtlDestroyHeap(fake), fake);
}

/* a heap on the caller's memory leaves that memory to the caller */
static void heap_on_callers_memory(void)
{
    SPEC("N3.6");
    ULONG before = RtlGetProcessHeaps(0, NULL);
    unsigned char *base = pages_reserve(OWN_SIZE);
    CHECK(pages_commit(base, OWN_SIZE));
    HANDLE heap = RtlCreateHeap(0, base, OWN_SIZE, OWN_SIZE, NULL, NULL);
    if (CHECK_EQ_PTR(heap, base)) {
        CHECK(RtlAllocateHeap(heap, 0, 1000) != NULL);
        CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
        if (on_wine()) {
            wine_skip("RtlDestroyHeap leaves the caller's memory alone");
        } else {
            CHECK(pages_commit(base, OWN_SIZE)); /* the pages may be gone, the reservation is not */
            memset(base, 0x5A, OWN_SIZE);
            CHECK(all_bytes(base, OWN_SIZE, 0x5A));
        }
    }
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before);
    pages_release(base, OWN_SIZE);
}

#ifndef _WIN32
/* undefined on Windows: Cairn's promise: the handle returned */
static void bad_handles_are_refused(void)
{
    SPEC("N3.7");
    struct bad_handles bad;
    bad_handles_make(&bad);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        tell_case(CHECK_EQ_PTR(RtlDestroyHeap(bad.list[i].handle), bad.list[i].handle), bad.list[i].name);
        tell_case(witness_unharmed(&bad.witness), bad.list[i].name);
    }
    bad_handles_end(&bad);
}
#endif

int main(void)
{
    nt_load();
    private_heap();
    process_heap();
    null_handle();
    memory_that_is_no_heap();
    memory_that_claims_to_be_a_heap();
    heap_on_callers_memory();
#ifndef _WIN32
    bad_handles_are_refused();
#endif
    return check_report();
}
