/*
 * The routines that begin and end a heap.
 */
#include "base/align.h"
#include "nt/commit.h"
#include "nt/entry.h"
#include "nt/program_lock.h"
#include "nt/status.h"

#include <string.h>

/* The bits that stay in a heap's flags. A request for a segment heap is met with the one kind of heap that there is. */
#define KEPT_CREATE_FLAGS (HEAP_CREATE_VALID_MASK & ~(ULONG)(HEAP_CREATE_SEGMENT_HEAP | HEAP_CREATE_HARDENED))

/* The bits that a heap's force flags do not take over from its flags (nt-heap.md 14). */
#define NOT_FORCED (HEAP_SHARED | HEAP_DISABLE_COALESCE_ON_FREE | HEAP_GROWABLE | HEAP_CLASS_MASK)

static bool is_readable(const void *memory, size_t size)
{
    return os_is_readable(memory) && os_is_readable((const char *)memory + size - 1);
}

/* Reads the caller's parameters. A structure of another length counts as absent. STATUS_ACCESS_VIOLATION: they cannot
 * be read. */
static NTSTATUS read_parameters(const RTL_HEAP_PARAMETERS *from, RTL_HEAP_PARAMETERS *to)
{
    if (!is_readable(from, sizeof from->Length))
        return STATUS_ACCESS_VIOLATION;
    if (from->Length != sizeof *from)
        return STATUS_SUCCESS;
    if (!is_readable(from, sizeof *from))
        return STATUS_ACCESS_VIOLATION;
    *to = *from;
    return STATUS_SUCCESS;
}

/* What memory a segment heap asks for: there is one kind here, on no node in particular. */
static bool has_memory_source(const RTL_SEGMENT_HEAP_MEMORY_SOURCE *source)
{
    return source->Flags == 0 && (source->MemoryTypeMask & ~(1u << MemoryTypePaged)) == 0 &&
           (source->NumaNode == 0 || source->NumaNode == RTL_SEGHEAP_MEM_SOURCE_ANY_NODE) &&
           source->PartitionHandle == NULL;
}

static bool is_zero(const SIZE_T *words, size_t count)
{
    while (count > 0 && words[count - 1] == 0)
        count--;
    return count == 0;
}

/* Reads the parameters of a segment heap (nt-heap.md 16). What cannot be had is refused: STATUS_NOT_SUPPORTED. */
static NTSTATUS read_segment_parameters(const RTL_SEGMENT_HEAP_PARAMETERS *from, bool *no_front_end)
{
    if (!is_readable(from, sizeof from->Version + sizeof from->Size))
        return STATUS_ACCESS_VIOLATION;
    if (from->Version != SEGMENT_HEAP_PARAMETERS_VERSION || from->Size != sizeof *from)
        return STATUS_INVALID_PARAMETER;
    if (!is_readable(from, sizeof *from))
        return STATUS_ACCESS_VIOLATION;
    if ((from->Flags & ~(ULONG)SEGMENT_HEAP_PARAMS_VALID_FLAGS) || !is_zero(from->Reserved, 4) ||
        !is_zero(from->MemorySource.Reserved, 2))
        return STATUS_INVALID_PARAMETER;
    if ((from->Flags & SEGMENT_HEAP_FLG_USE_PAGE_HEAP) || !has_memory_source(&from->MemorySource))
        return STATUS_NOT_SUPPORTED;
    *no_front_end = (from->Flags & SEGMENT_HEAP_FLG_NO_LFH) != 0;
    return STATUS_SUCCESS;
}

/* Sizes of a heap in the caller's memory. False: they contradict each other. */
static bool place_in_caller_memory(struct heap_parameters *to, const RTL_HEAP_PARAMETERS *from)
{
    if (to->flags & HEAP_GROWABLE)
        return false;
    if (from->CommitRoutine != NULL) {
        if (from->InitialCommit == 0 || from->InitialCommit > from->InitialReserve)
            return false;
        to->commit = from->InitialCommit;
        to->reserve = from->InitialReserve;
        to->commit_routine = commit_call;
        to->commit_context = commit_context(from->CommitRoutine);
    } else if (to->reserve == 0) {
        to->reserve = to->commit;
    }
    return to->reserve != 0 && is_aligned((uintptr_t)to->caller_memory, os_page_size());
}

/* Sizes of a heap in memory of its own (nt-heap.md 2.2). False: they do not fit the address space. */
static bool place_in_own_memory(struct heap_parameters *to, const RTL_HEAP_PARAMETERS *from)
{
    if (from->CommitRoutine != NULL)
        return false;
    if (to->reserve != 0) {
        to->commit = size_min(to->commit, to->reserve);
        return true;
    }
    /* Without a size a growable heap gets 16 pages beyond what is committed, a fixed one what is committed in 16 pages.
     */
    if (to->flags & HEAP_GROWABLE)
        return true;
    return align_up_checked(size_max(to->commit, 1), UNIT_SIZE, &to->reserve);
}

PVOID RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock,
                    PRTL_HEAP_PARAMETERS Parameters)
{
    RTL_HEAP_PARAMETERS tuning = {0};
    bool no_front_end = false;
    NTSTATUS status = STATUS_SUCCESS;
    irql_check("RtlCreateHeap (HeapCreate)");
    if (Parameters != NULL && (Flags & HEAP_CREATE_SEGMENT_HEAP))
        status = read_segment_parameters((const void *)Parameters, &no_front_end);
    else if (Parameters != NULL)
        status = read_parameters(Parameters, &tuning);
    if (!NT_SUCCESS(status)) {
        status_set(status);
        return NULL;
    }
    struct lock *lock = Lock != NULL ? program_lock_find(Lock) : NULL;
    if (Lock != NULL && (lock == NULL || (Flags & HEAP_NO_SERIALIZE))) {
        status_set(STATUS_INVALID_PARAMETER);
        return NULL;
    }

    struct heap_parameters parameters = {
        .flags = Flags & KEPT_CREATE_FLAGS,
        .reserve = ReserveSize,
        .commit = CommitSize,
        .caller_memory = HeapBase,
        .segment_reserve = tuning.SegmentReserve,
        .segment_commit = tuning.SegmentCommit,
        .decommit_block_threshold = tuning.DeCommitFreeBlockThreshold,
        .decommit_total_threshold = tuning.DeCommitTotalFreeThreshold,
        .maximum_allocation = tuning.MaximumAllocationSize,
        .large_threshold = tuning.VirtualMemoryThreshold,
        .no_front_end = no_front_end,
        .lock = lock,
    };
    bool placed = HeapBase != NULL ? place_in_caller_memory(&parameters, &tuning)
                                   : place_in_own_memory(&parameters, &tuning);
    if (!placed) {
        status_set(STATUS_INVALID_PARAMETER);
        return NULL;
    }
    parameters.force_flags = parameters.flags & ~(ULONG)NOT_FORCED;

    struct heap *heap = registry_create_heap(&parameters);
    if (heap == NULL) {
        commit_raise_kept();
        status_set(STATUS_NO_MEMORY);
    }
    return heap;
}

NTSTATUS RtlExtendHeap(PVOID HeapHandle, ULONG Flags, PVOID Base, SIZE_T Size)
{
    (void)Flags;
    if (entry_find(HeapHandle, "RtlExtendHeap", NULL) == NULL)
        return STATUS_INVALID_HANDLE;
    return Base == NULL || Size == 0 ? STATUS_INVALID_PARAMETER : STATUS_NOT_IMPLEMENTED;
}

PVOID RtlDestroyHeap(PVOID HeapHandle)
{
    struct heap *heap = entry_find(HeapHandle, "RtlDestroyHeap (HeapDestroy)", NULL);
    if (heap == NULL)
        return HeapHandle;
    if (heap == registry_default_heap())
        return HeapHandle;
    registry_destroy_heap(heap);
    return NULL;
}
