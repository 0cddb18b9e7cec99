/* HeapDestroy: win32-heap.md 3.4. */
#include "blocks.h"
#include "thread.h"

static bool listed(HANDLE heap)
{
    static HANDLE heaps[64];
    DWORD n = GetProcessHeaps(64, heaps);
    for (DWORD i = 0; i < n && i < 64; i++) {
        if (heaps[i] == heap) {
            return true;
        }
    }
    return false;
}

/* 3.4: frees segments and large blocks although no block was freed; the handle leaves the list */
static void frees_everything(void)
{
    DWORD before = GetProcessHeaps(0, NULL);
    HANDLE heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < 200; i++) {
        CHECK(HeapAlloc(heap, 0, 0x4000) != NULL);
    }
    for (unsigned i = 0; i < 5; i++) {
        CHECK(HeapAlloc(heap, 0, 2 * LARGE_MIN) != NULL);
    }
    CHECK(listed(heap));
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), before + 1);

    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapDestroy(heap), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(!listed(heap));
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), before);
}

/* 3.4: nothing is left behind: 300 times 64 MiB of blocks never freed one by one */
static void leaves_nothing_behind(void)
{
    for (unsigned round = 0; round < 300; round++) {
        HANDLE heap = HeapCreate(0, 0, 0);
        bool ok = heap != NULL;
        for (unsigned i = 0; ok && i < 32; i++) {
            ok = HeapAlloc(heap, 0, 0x100000) != NULL && HeapAlloc(heap, 0, 0xF0000) != NULL;
        }
        ok = HeapDestroy(heap) && ok;
        if (!CHECK(ok)) {
            return;
        }
    }
}

/* 3.4 for every kind of heap */
static void every_kind(void)
{
    static const struct {
        DWORD options;
        SIZE_T initial, maximum;
    } kinds[] = {
        {0, 0, 0},
        {HEAP_NO_SERIALIZE, 0, 0},
        {HEAP_GENERATE_EXCEPTIONS, 0, 0},
        {HEAP_CREATE_ENABLE_EXECUTE, 0, 0},
        {0, 0x1000, 0x10000},
        {HEAP_NO_SERIALIZE, 0x300000, 0x300000},
        {0, 0x500000, 0},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        HANDLE heap = HeapCreate(kinds[i].options, kinds[i].initial, kinds[i].maximum);
        CHECK(heap != NULL);
        CHECK(HeapAlloc(heap, 0, 0x800) != NULL);
        CHECK_EQ_INT(HeapDestroy(heap), TRUE);
    }
}

/* 3.4: the other heaps and their blocks are not concerned */
static void others_stay(void)
{
    struct witness w;
    witness_make(&w);
    HANDLE before = HeapCreate(0, 0, 0);
    HANDLE after = HeapCreate(0, 0, 0);
    CHECK(HeapAlloc(before, 0, LARGE_MIN) != NULL);
    CHECK(HeapDestroy(before));
    CHECK(witness_unharmed(&w));
    CHECK(listed(after));
    CHECK(HeapDestroy(after));
    witness_end(&w);
}

static void destroy_in_thread(void *arg)
{
    HANDLE *heap = arg;
    CHECK_EQ_INT(HeapDestroy(*heap), TRUE);
}

/* 3.4: a heap belongs to the process, not to the thread that made it */
static void from_another_thread(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapAlloc(heap, 0, 1000) != NULL);
    struct thread t;
    thread_start(&t, destroy_in_thread, &heap);
    thread_join(&t);
    CHECK(!listed(heap));
}

/* 3.4: the default heap is refused and stays intact [doc][wine] */
static void default_heap_is_refused(void)
{
    DWORD before = GetProcessHeaps(0, NULL);
    unsigned char *block = HeapAlloc(GetProcessHeap(), 0, 100);
    pattern_fill(block, 100, 1);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapDestroy(GetProcessHeap()), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), before);
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
    CHECK(pattern_holds(block, 100, 1));
    CHECK(HeapFree(GetProcessHeap(), 0, block));
}

/* 3.4: NULL is TRUE [wine] */
static void null_is_accepted(void)
{
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapDestroy(NULL), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
}

/* 3.4, nt-heap.md 3: readable memory that is no heap */
static void memory_that_is_no_heap(void)
{
    DWORD before = GetProcessHeaps(0, NULL);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapDestroy(plain_memory()), FALSE);
    CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), before);
}

#ifndef _WIN32
/* undefined on Windows: Cairn's promise */
static void bad_handles_are_refused(void)
{
    struct bad_handles bad;
    bad_handles_make(&bad);
    DWORD before = GetProcessHeaps(0, NULL);
    for (unsigned i = 0; i < BAD_HANDLES; i++) {
        POISON_LAST_ERROR();
        tell_case(CHECK_EQ_INT(HeapDestroy(bad.list[i].handle), FALSE), bad.list[i].name);
        tell_case(CHECK_LAST_ERROR(ERROR_INVALID_HANDLE), bad.list[i].name);
        tell_case(witness_unharmed(&bad.witness), bad.list[i].name);
    }
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), before);
    bad_handles_end(&bad);
}
#endif

int main(void)
{
    frees_everything();
    leaves_nothing_behind();
    every_kind();
    others_stay();
    from_another_thread();
    default_heap_is_refused();
    null_is_accepted();
    memory_that_is_no_heap();
#ifndef _WIN32
    bad_handles_are_refused();
#endif
    return check_report();
}
