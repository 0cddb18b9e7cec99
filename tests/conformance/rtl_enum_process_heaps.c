/* RtlEnumProcessHeaps: nt-heap.md 7.2. Wine 8.0 has a stub that aborts. */
#include "blocks.h"
#include "thread.h"

#include "nt.h"

#define SLOTS 64
#define INFORMATION ((NTSTATUS)0x40000123) /* a success other than STATUS_SUCCESS */
#define WARNING ((NTSTATUS)0x80000005)     /* no success */
#define FAILURE ((NTSTATUS)0xC0000001)

#ifndef STATUS_SUCCESS
#define STATUS_SUCCESS ((NTSTATUS)0)
#endif

/* What the callback saw, and what it is to answer. */
struct visit {
    ULONG count;
    PVOID heaps[SLOTS];
    ULONG answer_at; /* from this call on `answer`, before it STATUS_SUCCESS */
    NTSTATUS answer;
};

static NTSTATUS NTAPI visit(PVOID heap, PVOID param)
{
    struct visit *v = param;
    if (CHECK(v->count < SLOTS)) {
        v->heaps[v->count++] = heap;
    }
    return v->count > v->answer_at ? v->answer : STATUS_SUCCESS;
}

/* every heap once, in the order of the list */
static void visits_every_heap(void)
{
    SPEC("N7.2.1");
    HANDLE a = HeapCreate(0, 0, 0), b = HeapCreate(HEAP_NO_SERIALIZE, 0, 0), c = HeapCreate(0, 0, UNIT);
    struct visit v = {0};
    PVOID list[SLOTS];
    ULONG count = RtlGetProcessHeaps(SLOTS, list);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT((ULONG)RtlEnumProcessHeaps(visit, &v), STATUS_SUCCESS);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(v.count, count);
    CHECK(count >= 4 && memcmp(v.heaps, list, count * sizeof(list[0])) == 0);
    CHECK(HeapDestroy(a));
    CHECK(HeapDestroy(b));
    CHECK(HeapDestroy(c));
}

/* stops at the first status that is no success, and returns it */
static void stops_at_failure(void)
{
    SPEC("N7.2.2");
    static const NTSTATUS statuses[] = {WARNING, FAILURE};
    HANDLE a = HeapCreate(0, 0, 0), b = HeapCreate(0, 0, 0);
    for (size_t i = 0; i < 2; i++) {
        for (ULONG at = 0; at < 3; at++) {
            struct visit v = {.answer_at = at, .answer = statuses[i]};
            CHECK_EQ_UINT((ULONG)RtlEnumProcessHeaps(visit, &v), (ULONG)statuses[i]);
            CHECK_EQ_UINT(v.count, at + 1);
        }
    }
    CHECK(HeapDestroy(a));
    CHECK(HeapDestroy(b));
}

/* else returns the last callback's status */
static void returns_last_status(void)
{
    SPEC("N7.2.2");
    HANDLE a = HeapCreate(0, 0, 0);
    ULONG count = RtlGetProcessHeaps(0, NULL);
    struct visit all = {.answer_at = 0, .answer = INFORMATION};
    CHECK_EQ_UINT((ULONG)RtlEnumProcessHeaps(visit, &all), (ULONG)INFORMATION);
    CHECK_EQ_UINT(all.count, count);
    struct visit last = {.answer_at = count - 1, .answer = INFORMATION};
    CHECK_EQ_UINT((ULONG)RtlEnumProcessHeaps(visit, &last), (ULONG)INFORMATION);
    CHECK(HeapDestroy(a));
}

static NTSTATUS NTAPI use_heap(PVOID heap, PVOID param)
{
    ULONG *count = param;
    void *block = HeapAlloc(heap, 0, 100);
    CHECK(block != NULL);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapFree(heap, 0, block));
    CHECK(RtlGetProcessHeaps(0, NULL) >= 2);
    (*count)++;
    return STATUS_SUCCESS;
}

/* the callback may use the heaps and ask for their list */
static void callback_may_use_heaps(void)
{
    HANDLE a = HeapCreate(0, 0, 0);
    ULONG count = 0;
    CHECK_EQ_UINT((ULONG)RtlEnumProcessHeaps(use_heap, &count), STATUS_SUCCESS);
    CHECK(count >= 2);
    CHECK(HeapDestroy(a));
}

#ifndef _WIN32

static void create_heap(void *arg)
{
    HANDLE *heap = arg;
    *heap = HeapCreate(0, 0, 0);
    CHECK(*heap != NULL);
}

struct creator {
    struct thread thread;
    HANDLE heap;
};

static NTSTATUS NTAPI start_creator(PVOID heap, PVOID param)
{
    struct creator *c = param;
    (void)heap;
    thread_start(&c->thread, create_heap, &c->heap);
    CHECK(!thread_join_timeout(&c->thread, 100));
    return FAILURE; /* once is enough */
}

/* the list is locked meanwhile: no other thread makes or ends a heap */
static void list_is_locked(void)
{
    SPEC("N7.2.1");
    struct creator c = {.heap = NULL};
    CHECK_EQ_UINT((ULONG)RtlEnumProcessHeaps(start_creator, &c), (ULONG)FAILURE);
    thread_join(&c.thread);
    CHECK(HeapDestroy(c.heap));
}

static void no_routine(void)
{
    CHECK_EQ_UINT((ULONG)RtlEnumProcessHeaps(NULL, NULL), (ULONG)STATUS_INVALID_PARAMETER);
}

#endif

int main(void)
{
    nt_load();
    CHECK(nt_has(RtlGetProcessHeaps));
    if (on_wine()) {
        wine_skip("RtlEnumProcessHeaps is not implemented");
        return check_report();
    }
    visits_every_heap();
    stops_at_failure();
    returns_last_status();
    callback_may_use_heaps();
#ifndef _WIN32
    list_is_locked();
    no_routine();
#endif
    return check_report();
}
