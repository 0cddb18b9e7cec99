/*
 * Extras: what some blocks have beside their data: a value and three bits of the program's, and a tag.
 *
 * They are rare, so blocks with extras come from the back end only, and what is known of them is in a table of the
 * heap, by address, made for the first of them. The value alone lies where Windows has it, in room behind the data,
 * because programs read and write it there; nothing else is believed from there:
 *
 *     data | bytes asked for | tail, in a debug heap | 0 | value | not asked for |
 *
 * Large blocks, and those that would become large by the room, have it in the table.
 *
 * A claimed block has a value in the same place, but no entry in the table: it costs the room alone, and any block can
 * have it, one of the front end too. The word in front of the value is the claim: its claimer is asked whether it is
 * one, or just what happens to lie there.
 */
#ifndef CAIRN_HEAP_EXTRA_H
#define CAIRN_HEAP_EXTRA_H

#include "heap/heap.h"

#include <cairn_rtl_heap.h>

/* The bits of a call's flags that ask for an extra. */
#define EXTRA_USER_FLAGS ((uint32_t)(HEAP_SETTABLE_USER_VALUE | HEAP_SETTABLE_USER_FLAGS))
#define EXTRA_FLAGS (EXTRA_USER_FLAGS | (uint32_t)HEAP_TAG_MASK)

struct extra_table;

/* The room behind the data: a word that means nothing, and the value. */
#define EXTRA_ROOM (2 * sizeof(uintptr_t))

/* What a program learns of a block's extra. */
struct extra_info {
    uint32_t user_flags; /* of EXTRA_USER_FLAGS; 0: the block has neither value nor bits */
    uintptr_t value;     /* with HEAP_SETTABLE_USER_VALUE */
    unsigned tag;
    unsigned trace; /* of the allocation (debug/stack.h); 0: none */
};

/* The user flags of a claimed block: nt-heap.md 9 has them for moveable memory, which claims its blocks. */
#define EXTRA_CLAIMED (HEAP_SETTABLE_USER_VALUE | HEAP_SETTABLE_USER_FLAG1)

/* Whether a block of the heap may be in the table. */
static inline bool extra_is_used(const struct heap *heap)
{
    return atomic_load_explicit(&heap->extras, memory_order_acquire) != NULL;
}

/* Whether a block of the heap may have an extra, or be claimed. */
static inline bool extra_may_be(const struct heap *heap)
{
    return extra_is_used(heap) || atomic_load_explicit(&heap->claimer, memory_order_relaxed) != NULL;
}

/* Names the claimer of the heap's claimed blocks. It is called with the heap held. */
static inline void extra_set_claimer(struct heap *heap, extra_claimer *claimer)
{
    atomic_store_explicit(&heap->claimer, claimer, memory_order_relaxed);
}

/* Whether these flags ask for an extra: a tag that there is not does not. */
bool extra_is_wanted(const struct heap *heap, uint32_t flags);

/* The tag of a call's flags. */
static inline unsigned extra_tag(uint32_t flags)
{
    return (flags & (uint32_t)HEAP_TAG_MASK) >> HEAP_TAG_SHIFT;
}

/*
 * The caller has the heap to itself in all that follows. `block` is an untrusted pointer; a failure changes nothing.
 */

/* Allocates a block with an extra, aligned to a power of two. `zero`: its data is zero; the value always is. */
enum outcome extra_allocate(struct heap *heap, uint32_t flags, size_t size, size_t alignment, bool zero, void **block);

/*
 * Resizes a block that has an extra, which goes with it if it moves. Larger, it gets the bits of the flags, if there
 * are any. False: the block has none, and nothing was done.
 */
bool extra_reallocate(struct heap *heap, uint32_t flags, void *block, size_t size, bool zero, void **resized,
                      enum outcome *outcome);

/* Frees a block of the back end, with its extra if it has one. */
enum outcome extra_free(struct heap *heap, void *block);

/* Tells of the extra of a block, claimed or not. */
enum outcome extra_get(struct heap *heap, const void *block, struct extra_info *info);

/*
 * Claims a block that was allocated, or resized, with EXTRA_ROOM bytes more than `size`: it has that size now, and the
 * claim behind its data, which is its value too. Any other block that has the room may be claimed too;
 * OUTCOME_CANNOT_RESIZE: it cannot.
 */
enum outcome extra_claim(struct heap *heap, void *block, size_t size, uintptr_t claim);

/* OUTCOME_NO_EXTRA: the block has none, or no value. The flags of a claimed block stay as they are: OUTCOME_NO_EXTRA.
 */
enum outcome extra_set_value(struct heap *heap, void *block, uintptr_t value);
enum outcome extra_set_flags(struct heap *heap, const void *block, uint32_t clear, uint32_t set);

/* Notes where the block, if it has an extra, was allocated. */
void extra_set_trace(struct heap *heap, const void *block, unsigned trace);

/* Forgets all of a heap that goes. */
void extra_forget_all(struct heap *heap);

#endif
