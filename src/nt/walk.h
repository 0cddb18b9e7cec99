/*
 * The step behind both RtlWalkHeap and HeapWalk, whose entries have different layouts.
 */
#ifndef CAIRN_NT_WALK_H
#define CAIRN_NT_WALK_H

#include "heap/walk.h"
#include "nt/entry.h"

/*
 * Gives the record behind the one of this kind, address and size; address 0 starts. STATUS_NO_MORE_ENTRIES: there is
 * none. STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER: no heap, or no such record of this heap.
 */
NTSTATUS walk_step(PVOID handle, enum walk_kind kind, PVOID address, SIZE_T size, struct walk_record *record);

/* The same as walk_to_next, with other threads locked out. */
bool walk_to_next_locked(struct heap *heap, struct walk_block *next);

/*
 * Steps from one block to the next, if that can be done quickly (heap/walk.h); else false, and nothing was done.
 * `was_free` says what the last one was: a constant, so that each kind has its own short code.
 */
static ALWAYS_INLINE bool walk_quickly(PVOID handle, PVOID address, bool was_free, struct walk_block *next)
{
    next->address = (uintptr_t)address;
    next->is_free = was_free;
    if (UNLIKELY(!walk_is_in(handle, next)))
        return false;
    struct heap *heap = handle;
    return heap_is_alone(heap, heap->flags) ? walk_to_next(next) : walk_to_next_locked(heap, next);
}

/* Entries hold some sizes in 32 bits; what does not fit is told as the most that does, in whole pages. */
static inline DWORD walk_32_bit_size(size_t size)
{
    return (DWORD)size_min(size, 0xFFFFF000);
}

#endif
