/* GetLastError and SetLastError: one value per thread (win32-heap.md 1.3). */
#include "blocks.h"
#include "thread.h"

/* a value set stays until another is set */
static void set_and_get(void)
{
    static const DWORD values[] = {0, 1, ERROR_INVALID_HANDLE, 0x20000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, POISON};
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        SetLastError(values[i]);
        CHECK_EQ_UINT(GetLastError(), values[i]);
        CHECK_EQ_UINT(GetLastError(), values[i]);
    }
}

/* both are functions, whose addresses can be taken */
static void addresses(void)
{
    DWORD(WINAPI * get)(void) = GetLastError;
    void(WINAPI * set)(DWORD) = SetLastError;
    set(1234);
    CHECK_EQ_UINT(get(), 1234);
}

static void other_thread(void *arg)
{
    DWORD *first = arg;
    *first = GetLastError();
    SetLastError(4321);
    CHECK_EQ_PTR(HeapAlloc(GetProcessHeap(), 0, SIZE_MAX), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
}

/* a thread starts with 0, and what it sets or a failing function sets there stays there */
static void one_per_thread(void)
{
    struct thread t;
    DWORD first = POISON;
    POISON_LAST_ERROR();
    thread_start(&t, other_thread, &first);
    POISON_LAST_ERROR();
    thread_join(&t);
    CHECK_EQ_UINT(first, 0);
    CHECK_LAST_ERROR_UNTOUCHED();
}

static void count_up(void *arg)
{
    DWORD base = *(const DWORD *)arg;
    bool ok = true;
    for (DWORD i = 0; i < 20000; i++) {
        SetLastError(base + i);
        ok = ok && GetLastError() == base + i;
    }
    CHECK(ok);
}

static void several_threads(void)
{
    struct thread threads[3];
    DWORD bases[3] = {0, 0x10000000, 0xF0000000};
    for (unsigned i = 0; i < 3; i++) {
        thread_start(&threads[i], count_up, &bases[i]);
    }
    for (unsigned i = 0; i < 3; i++) {
        thread_join(&threads[i]);
    }
}

/* success leaves it alone */
static void success_leaves_it(void)
{
    SPEC("W1.3.1");
    HANDLE heap = HeapCreate(0, 0, 0);
    POISON_LAST_ERROR();
    void *block = HeapAlloc(heap, 0, 100);
    block = HeapReAlloc(heap, 0, block, 5000);
    CHECK_EQ_UINT(HeapSize(heap, 0, block), 5000);
    CHECK(HeapValidate(heap, 0, block));
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapLock(heap));
    CHECK(HeapUnlock(heap));
    CHECK(HeapFree(heap, 0, block));
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(HeapDestroy(heap));
    CHECK_LAST_ERROR_UNTOUCHED();
}

int main(void)
{
    set_and_get();
    addresses();
    one_per_thread();
    several_threads();
    success_leaves_it();
    return check_report();
}
