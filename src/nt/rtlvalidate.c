/*
 * The routines that look at a heap as a whole, or at one block, and answer in one word.
 */
#include "heap/validate.h"
#include "heap/front.h"
#include "nt/entry.h"
#include "nt/status.h"

#include <winerror.h>

/*
 * False leaves the last error alone, whatever is wrong, but for a pointer into nowhere (win32-heap.md 3.9). A
 * validation is a question, so it never ends the process.
 */
BOOLEAN RtlValidateHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    struct heap *heap = unsafe_heap_from_handle(HeapHandle);
    if (heap == NULL)
        return FALSE;

    struct damage damage;
    ULONG flags = entry_flags(heap, Flags);
    bool locked = entry_lock(heap, flags);
    bool valid = BaseAddress != NULL ? heap_check_block(heap, BaseAddress) == OUTCOME_OK : heap_validate(heap, &damage);
    entry_unlock(heap, locked, "RtlValidateHeap (HeapValidate)");
    if (!valid && BaseAddress != NULL && arena_of(BaseAddress) == NULL && !os_is_readable(BaseAddress))
        status_set(STATUS_ACCESS_VIOLATION);
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
    size_t largest = front_compact(heap);
    entry_unlock(heap, locked, name);
    if (largest == 0)
        teb.last_error = NO_ERROR;
    return largest;
}
