/*
 * Hooks: what a heap does otherwise than usual, if it does. A heap that has none, as nearly all have, is asked for them
 * where it is created and where a call leaves the fast path, and nowhere else.
 *
 * What they do is a matter of the folders above: debug/ chooses them, and the core knows them by this table alone.
 * Another kind of heap is another table.
 */
#ifndef CAIRN_HEAP_HOOKS_H
#define CAIRN_HEAP_HOOKS_H

#include "heap/heap.h"
#include "heap/validate.h"

struct heap_hooks {
    /* In place of the operations of front.h, and like them called from any thread with no lock held. */
    enum outcome (*allocate)(struct heap *heap, uint32_t flags, size_t size, size_t alignment, void **block);
    enum outcome (*reallocate)(struct heap *heap, uint32_t flags, void *block, size_t size, void **resized);
    enum outcome (*free)(struct heap *heap, uint32_t flags, void *block);
    enum outcome (*size)(struct heap *heap, uint32_t flags, const void *block, size_t *size);

    /* The caller has the heap to itself in those that follow. */

    /* Before an operation on a block that is none of these. A failure becomes that operation's. */
    enum outcome (*enter)(struct heap *heap, const void *block);
    /* The back end's memory [from, end), which was free until now, is a block's, and was not written to yet. So many
     * bytes of what lies around it may have been, beside headers. */
    enum outcome (*take)(struct heap *heap, uintptr_t from, uintptr_t end, size_t around);
    /* After heap_validate found nothing. */
    bool (*validate)(struct heap *heap, struct damage *damage);
    /* After heap_check_block came to this outcome, of which more may be known. */
    enum outcome (*check_block)(struct heap *heap, const void *block, enum outcome outcome);
    /* Free memory was overwritten by the library. */
    void (*forget_free)(struct heap *heap);
    /* The heap goes. */
    void (*end)(struct heap *heap);
};

/* Gives a heap that was just created, and that nobody knows of yet, the hooks that its flags and the process ask for.
 * False: no memory. */
bool hooks_attach(struct heap *heap);

#endif
