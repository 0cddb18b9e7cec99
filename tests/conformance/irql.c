/* KeGetCurrentIrql, KeRaiseIrql, KeLowerIrql, and the rule of the Microsoft pages of RtlAllocateHeap and its kin: the
 * heap routines are called below DISPATCH_LEVEL. There is nothing of it in user mode on Windows. */
#ifndef _WIN32
#define _DEFAULT_SOURCE 1
#include "child.h"
#include "thread.h"
#endif
#include "blocks.h"

#include "nt.h"

#ifndef _WIN32

static HANDLE heap;
static void *block;

static void levels(void)
{
    KIRQL old = 77;
    CHECK_EQ_UINT(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRaiseIrql(APC_LEVEL, &old);
    CHECK_EQ_UINT(old, PASSIVE_LEVEL);
    CHECK_EQ_UINT(KeGetCurrentIrql(), APC_LEVEL);
    KeRaiseIrql(APC_LEVEL, &old);
    CHECK_EQ_UINT(old, APC_LEVEL);
    KeRaiseIrql(HIGH_LEVEL, &old);
    CHECK_EQ_UINT(KeGetCurrentIrql(), HIGH_LEVEL);
    KeLowerIrql(DISPATCH_LEVEL);
    CHECK_EQ_UINT(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(PASSIVE_LEVEL);
    CHECK_EQ_UINT(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void allocate_and_free(void *unused)
{
    (void)unused;
    CHECK_EQ_UINT(KeGetCurrentIrql(), PASSIVE_LEVEL);
    void *blocks[100]; /* at once, so that the front end serves the size */
    for (unsigned i = 0; i < 100; i++) {
        blocks[i] = HeapAlloc(heap, 0, 40);
    }
    for (unsigned i = 0; i < 100; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
}

/* below DISPATCH_LEVEL all goes on as ever; a level is the thread's alone */
static void below(void)
{
    struct thread thread;
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    CHECK(HeapFree(heap, 0, HeapAlloc(heap, 0, 40)));
    CHECK(HeapValidate(heap, 0, NULL));
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    thread_start(&thread, allocate_and_free, NULL);
    thread_join(&thread);
    KeLowerIrql(PASSIVE_LEVEL);
    allocate_and_free(NULL);
}

static NTSTATUS NTAPI enumerate(PVOID handle, PVOID parameter)
{
    (void)handle;
    (void)parameter;
    return STATUS_SUCCESS;
}

#define CALLS_LAST 21

static void call(unsigned which)
{
    RTL_HEAP_WALK_ENTRY entry = {.DataAddress = NULL};
    HEAP_SUMMARY summary = {.cb = sizeof summary};
    void *blocks[1];
    ULONG mode;
    switch (which) {
    case 0:
        HeapAlloc(heap, 0, 40);
        return;
    case 1:
        HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 40);
        return;
    case 2:
        HeapFree(heap, 0, block);
        return;
    case 3:
        HeapReAlloc(heap, 0, block, 80);
        return;
    case 4:
        HeapSize(heap, 0, block);
        return;
    case 5:
        HeapCreate(0, 0, 0);
        return;
    case 6:
        HeapDestroy(heap);
        return;
    case 7:
        HeapValidate(heap, 0, NULL);
        return;
    case 8:
        RtlWalkHeap(heap, &entry);
        return;
    case 9:
        HeapLock(heap);
        return;
    case 10:
        RtlMultipleAllocateHeap(heap, 0, 40, 1, blocks);
        return;
    case 11:
        RtlZeroHeap(heap, 0);
        return;
    case 12:
        HeapCompact(heap, 0);
        return;
    case 13:
        HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof mode, NULL);
        return;
    case 14:
        HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
        return;
    case 15:
        HeapSummary(heap, 0, &summary);
        return;
    case 16:
        GetProcessHeaps(0, NULL);
        return;
    case 17:
        RtlEnumProcessHeaps(enumerate, NULL);
        return;
    case 18:
        RtlValidateProcessHeaps();
        return;
    case 19:
        KeRaiseIrql(APC_LEVEL, &(KIRQL){0});
        return;
    case 20:
        KeRaiseIrql(HIGH_LEVEL + 1, &(KIRQL){0});
        return;
    default:
        KeLowerIrql(DISPATCH_LEVEL + 1);
        return;
    }
}

static void call_at_dispatch_level(void *which)
{
    KIRQL old;
    fclose(stderr);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    call(*(unsigned *)which);
}

/* every one ends the process, those whose block a magazine has at hand too */
static void at_dispatch_level(void)
{
    for (unsigned which = 0; which <= CALLS_LAST; which++) {
        int end = child_wait(child_start(call_at_dispatch_level, &which, 15));
        if (!CHECK_EQ_INT(end, 256 + SIGABRT)) {
            printf("    at call %u\n", which);
        }
    }
}

#endif

int main(void)
{
    CHECK(true);
#ifndef _WIN32
    heap = HeapCreate(0, 0, 0);
    allocate_and_free(NULL);
    block = HeapAlloc(heap, 0, 40);
    levels();
    below();
    at_dispatch_level();
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapDestroy(heap));
#else
    wine_skip("user mode has no interrupt request levels");
#endif
    return check_report();
}
