/*
 * The short ways of the routines on blocks, inline: HeapAlloc and HeapFree have them without another jump. They check
 * all and decide nothing; what is not as usual goes to the functions.
 */
#ifndef CAIRN_NT_BLOCK_H
#define CAIRN_NT_BLOCK_H

#include "heap/front.h"

#include <winnt.h>

PVOID block_allocate_slowly(PVOID handle, ULONG flags, SIZE_T size);
LOGICAL block_free_slowly(PVOID handle, ULONG flags, PVOID block);

static ALWAYS_INLINE PVOID block_allocate(PVOID handle, ULONG flags, SIZE_T size)
{
    struct front *front;
    if (UNLIKELY(!front_at_hand(handle, &front)) || UNLIKELY(flags & (HEAP_ZERO_MEMORY | FRONT_SPECIAL_FLAGS)))
        return block_allocate_slowly(handle, flags, size);
    void *block = front_pop(front, size);
    return LIKELY(block != NULL) ? block : block_allocate_slowly(handle, flags, size);
}

static ALWAYS_INLINE LOGICAL block_free(PVOID handle, ULONG flags, PVOID block)
{
    struct front *front;
    if (UNLIKELY(!front_at_hand(handle, &front)) || UNLIKELY(!front_push(front, block)))
        return block_free_slowly(handle, flags, block);
    return TRUE;
}

#endif
