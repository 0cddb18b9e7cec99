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

/* frees segments and large blocks although no block was freed; the handle leaves the list */
static void frees_everything(void)
{
    SPEC("W3.4.2 W3.4.3");
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

static void prototype(void)
{
    SPEC("W3.4.1");
    BOOL(WINAPI * function)(HANDLE) = HeapDestroy;
    CHECK_EQ_INT(function(HeapCreate(0, 0, 0)), TRUE);
}

/* nothing is left behind: 300 times 64 MiB of blocks never freed one by one */
static void leaves_nothing_behind(void)
{
    SPEC("W3.4.2");
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

/* every kind of heap */
static void every_kind(void)
{
    SPEC("W3.4.2");
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

/* the other heaps and their blocks are not concerned */
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

/* a heap belongs to the process, not to the thread that made it */
static void from_another_thread(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapAlloc(heap, 0, 1000) != NULL);
    struct thread t;
    thread_start(&t, destroy_in_thread, &heap);
    thread_join(&t);
    CHECK(!listed(heap));
}

/* the default heap is refused and stays intact */
static void default_heap_is_refused(void)
{
    SPEC("W3.1.6 W3.4.4");
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

static void null_is_accepted(void)
{
    SPEC("W3.4.5");
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapDestroy(NULL), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
}

/* nt-heap.md 3: readable memory that is no heap */
static void memory_that_is_no_heap(void)
{
    SPEC("W3.4.6");
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
    SPEC("W1.1.5 W3.4.3 W3.4.6");
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
    prototype();
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
