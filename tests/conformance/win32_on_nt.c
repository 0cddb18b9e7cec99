/* The functions of the Win32 layer are those of the NT layer, with their results converted: nt-heap.md 1.1. */
#include "blocks.h"

#include "nt_walk.h"

static void lists_and_heaps(void)
{
    PVOID list[64];
    {
        SPEC("N1.1.1");
        CHECK(RtlGetProcessHeaps(64, list) >= 1);
        CHECK_EQ_PTR(GetProcessHeap(), list[0]);
    }
    {
        SPEC("N1.1.2");
        CHECK_EQ_UINT(GetProcessHeaps(0, NULL), RtlGetProcessHeaps(0, NULL));
    }
}

static void creation(void)
{
    {
        SPEC("N1.1.3");
        POISON_LAST_ERROR();
        WINE_DIFFERS("RtlCreateHeap caps an absurd size") {
            CHECK_EQ_PTR(RtlCreateHeap(HEAP_GROWABLE, NULL, 0, SIZE_MAX / 2, NULL, NULL), NULL);
            POISON_LAST_ERROR();
            CHECK_EQ_PTR(HeapCreate(0, SIZE_MAX / 2, 0), NULL);
            CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        }
    }
    {
        SPEC("N1.1.4");
        CHECK_EQ_PTR(RtlDestroyHeap(GetProcessHeap()), GetProcessHeap());
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapDestroy(GetProcessHeap()), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_HANDLE);
        CHECK_EQ_INT(HeapDestroy(HeapCreate(0, 0, 0)), TRUE);
    }
    {
        SPEC("N1.1.12"); /* what HeapCreate makes of its flags, and of a small maximum */
        HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS, 0, 0);
        ULONG flags;
        memcpy(&flags, (char *)heap + (sizeof(void *) == 8 ? 0x70 : 0x40), sizeof(flags));
        CHECK_EQ_UINT(flags & 0x1007, HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS | HEAP_GROWABLE | 0x1000);
        CHECK(HeapDestroy(heap));
        heap = HeapCreate(0, 0x8000, 0x100);
        CHECK(heap != NULL && region_size(heap, 0) >= 0x8000);
        CHECK(HeapDestroy(heap));
    }
}

/* What one layer allocated the other measures, resizes and frees; the routine itself sets the last error. */
static void blocks(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    {
        SPEC("N1.1.5");
        void *a = HeapAlloc(heap, 0, 100), *b = RtlAllocateHeap(heap, 0, 200);
        CHECK_EQ_UINT(RtlSizeHeap(heap, 0, a), 100);
        CHECK_EQ_UINT(HeapSize(heap, 0, b), 200);
        a = RtlReAllocateHeap(heap, 0, a, 300);
        b = HeapReAlloc(heap, 0, b, 400);
        CHECK_EQ_UINT(HeapSize(heap, 0, a), 300);
        CHECK_EQ_UINT(RtlSizeHeap(heap, 0, b), 400);
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, SIZE_MAX), NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(RtlReAllocateHeap(heap, 0, a, SIZE_MAX), NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        CHECK(RtlFreeHeap(heap, 0, a) && HeapFree(heap, 0, b));
    }
    {
        SPEC("N1.1.6");
        CHECK_EQ_INT(HeapFree(heap, 0, HeapAlloc(heap, 0, 1)), TRUE);
        CHECK_EQ_INT(HeapFree(heap, 0, plain_memory()), FALSE);
    }
    CHECK(HeapDestroy(heap));
}

static void the_whole_heap(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK(HeapAlloc(heap, 0, 1000) != NULL);
    {
        SPEC("N1.1.7");
        CHECK_EQ_INT(HeapLock(heap), TRUE);
        CHECK_EQ_INT(RtlUnlockHeap(heap), TRUE);
        CHECK_EQ_INT(RtlLockHeap(heap), TRUE);
        CHECK_EQ_INT(HeapUnlock(heap), TRUE);
        CHECK_EQ_INT(HeapValidate(heap, 0, NULL), RtlValidateHeap(heap, 0, NULL));
    }
    {
        SPEC("N1.1.8");
        CHECK_EQ_UINT(HeapCompact(heap, 0), RtlCompactHeap(heap, 0));
    }
    {
        SPEC("N1.1.9");
        PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
        RTL_HEAP_WALK_ENTRY nt_entry;
        nt_walk_begin(&nt_entry);
        CHECK(HeapWalk(heap, &entry) && RtlWalkHeap(heap, &nt_entry) == STATUS_SUCCESS);
        CHECK_EQ_PTR(entry.lpData, nt_entry.DataAddress);
        while (HeapWalk(heap, &entry)) {
        }
        CHECK_LAST_ERROR(RtlNtStatusToDosError(STATUS_NO_MORE_ENTRIES));
    }
    {
        SPEC("N1.1.10");
        ULONG mode;
        CHECK_EQ_UINT((ULONG)RtlQueryHeapInformation(heap, HeapCompatibilityInformation, &mode, 3, NULL),
                      (ULONG)STATUS_BUFFER_TOO_SMALL);
        POISON_LAST_ERROR();
        CHECK_EQ_INT(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, 3, NULL), FALSE);
        CHECK_LAST_ERROR(RtlNtStatusToDosError(STATUS_BUFFER_TOO_SMALL));
        WINE_DIFFERS("RtlSetHeapInformation does nothing") {
            CHECK_EQ_UINT((ULONG)RtlSetHeapInformation(heap, HeapCompatibilityInformation, &mode, 3),
                          (ULONG)STATUS_BUFFER_TOO_SMALL);
            POISON_LAST_ERROR();
            CHECK_EQ_INT(HeapSetInformation(heap, HeapCompatibilityInformation, &mode, 3), FALSE);
            CHECK_LAST_ERROR(RtlNtStatusToDosError(STATUS_BUFFER_TOO_SMALL));
        }
    }
#ifndef _WIN32
    {
        SPEC("N1.1.11");
        HEAP_SUMMARY summary = {.cb = sizeof(summary)};
        RTL_HEAP_USAGE usage = {.Length = sizeof(usage)};
        CHECK(HeapSummary(heap, 0, &summary));
        CHECK_EQ_UINT((ULONG)RtlUsageHeap(heap, 0, &usage), STATUS_SUCCESS);
        CHECK(summary.cbAllocated == usage.BytesAllocated && summary.cbCommitted == usage.BytesCommitted);
    }
#endif
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    nt_load();
    lists_and_heaps();
    creation();
    blocks();
    the_whole_heap();
    return check_report();
}
