/*
 * The routines on blocks, for the folders above.
 *
 * HeapAlloc and HeapFree have the short ways inline, without another jump. They check all and decide nothing; what is
 * not as usual goes to the functions. Whatever else stands on these routines gives the name by which the program called
 * it, which is then the one in a line about a mistake.
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

/* False: it cannot be freed so. */
static ALWAYS_INLINE bool block_push(PVOID handle, PVOID block)
{
    struct front *front;
    return LIKELY(front_at_hand(handle, &front)) && LIKELY(front_push(front, block));
}

static ALWAYS_INLINE LOGICAL block_free(PVOID handle, ULONG flags, PVOID block)
{
    return LIKELY(block_push(handle, block)) ? TRUE : block_free_slowly(handle, flags, block);
}

/* As RtlAllocateHeap, RtlReAllocateHeap, RtlFreeHeap, RtlSizeHeap and RtlValidateHeap, called `function`. */
PVOID block_allocate_as(PVOID handle, ULONG flags, SIZE_T size, const char *function);
PVOID block_reallocate_as(PVOID handle, ULONG flags, PVOID block, SIZE_T size, const char *function);
LOGICAL block_free_as(PVOID handle, ULONG flags, PVOID block, const char *function);
SIZE_T block_size_as(PVOID handle, ULONG flags, const void *block, const char *function);
BOOLEAN block_validate_as(PVOID handle, ULONG flags, const void *block, const char *function);

/* What a validation finds of a block of this heap; no line tells of it. */
enum outcome block_look_at(struct heap *heap, ULONG flags, const void *block, const char *function);

#endif
