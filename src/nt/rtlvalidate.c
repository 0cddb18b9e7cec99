/*
 * The routines that look at, or tidy, a heap as a whole, or look at one block, and answer in one word.
 */
#include "heap/validate.h"
#include "heap/front.h"
#include "heap/zero.h"
#include "nt/block.h"
#include "nt/entry.h"
#include "nt/status.h"

#include <winerror.h>

enum outcome block_look_at(struct heap *heap, ULONG flags, const void *block, const char *function)
{
    bool locked = entry_lock(heap, entry_flags(heap, flags));
    enum outcome outcome = heap_check_block(heap, block);
    entry_unlock(heap, locked, function);
    return outcome;
}

static struct damage look_at_all(struct heap *heap, ULONG flags, const char *function)
{
    struct damage damage;
    bool locked = entry_lock(heap, entry_flags(heap, flags));
    heap_validate(heap, &damage);
    entry_unlock(heap, locked, function);
    return damage;
}

/*
 * False leaves the last error alone, whatever is wrong, but for a pointer into nowhere (win32-heap.md 3.9). A
 * validation is a question, so it never ends the process.
 */
BOOLEAN block_validate_as(PVOID handle, ULONG flags, const void *block, const char *function)
{
    irql_check(function);
    struct heap *heap = unsafe_heap_from_handle(handle);
    if (heap == NULL) {
        report_answer(handle != NULL ? OUTCOME_NOT_A_HEAP : OUTCOME_OK, function, handle, block);
        return FALSE;
    }

    struct damage damage = {OUTCOME_OK, (uintptr_t)block};
    if (block != NULL)
        damage.what = block_look_at(heap, flags, block, function);
    else
        damage = look_at_all(heap, flags, function);
    report_answer(damage.what, function, heap, (const void *)damage.data);
    bool valid = damage.what == OUTCOME_OK;
    if (!valid && block != NULL && arena_of(block) == NULL && !os_is_readable(block))
        status_set(STATUS_ACCESS_VIOLATION);
    return valid;
}

BOOLEAN RtlValidateHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    return block_validate_as(HeapHandle, Flags, BaseAddress, "RtlValidateHeap (HeapValidate)");
}

/* Looks at a heap, if no other thread has it; with the registry held, nobody destroys it meanwhile. */
static bool try_to_validate(struct heap *heap, BOOLEAN *valid)
{
    struct damage damage;
    if (!lock_try(heap->lock))
        return false;
    call_begin();
    *valid = heap_validate(heap, &damage);
    call_end();
    lock_release(heap->lock);
    report_answer(damage.what, "RtlValidateProcessHeaps", heap, (const void *)damage.data);
    return true;
}

/*
 * A thread that holds a heap may be waiting for the registry, so a heap that is held is not waited for under the
 * registry's lock: that is let go, and the heap, if it still is one, tried again.
 */
BOOLEAN RtlValidateProcessHeaps(void)
{
    BOOLEAN valid = TRUE;
    uint64_t serial = 0; /* of the last heap that was looked at */
    unsigned tries = 0;

    irql_check("RtlValidateProcessHeaps");
    registry_lock();
    uint64_t last = registry_last_serial();
    for (struct heap *heap; valid && (heap = registry_first_behind(serial)) != NULL && heap->serial <= last;) {
        if (try_to_validate(heap, &valid)) {
            serial = heap->serial;
            tries = 0;
            continue;
        }
        registry_unlock();
        os_yield(tries++);
        registry_lock();
    }
    registry_unlock();
    return valid;
}

SIZE_T RtlCompactHeap(PVOID HeapHandle, ULONG Flags)
{
    static const char name[] = "RtlCompactHeap (HeapCompact)";
    struct heap *heap = entry_find(HeapHandle, name, NULL);
    if (heap == NULL) {
        status_set(STATUS_INVALID_HANDLE);
        return 0;
    }

    ULONG flags = entry_flags(heap, Flags);
    bool locked = entry_lock(heap, flags);
    enum outcome outcome;
    size_t largest = entry_may_change(heap, &outcome) ? front_compact(heap) : heap_largest_free(heap);
    entry_unlock(heap, locked, name);
    if (largest == 0)
        teb.last_error = NO_ERROR;
    return largest;
}

NTSTATUS RtlZeroHeap(PVOID HeapHandle, ULONG Flags)
{
    static const char name[] = "RtlZeroHeap";
    struct heap *heap = entry_find(HeapHandle, name, NULL);
    if (heap == NULL)
        return STATUS_INVALID_HANDLE;

    bool locked = entry_lock(heap, entry_flags(heap, Flags));
    enum outcome outcome;
    if (entry_may_change(heap, &outcome))
        outcome = zero_free_memory(heap);
    entry_unlock(heap, locked, name);
    report_failure(outcome, name, heap, NULL);
    return status_from_outcome(outcome);
}
