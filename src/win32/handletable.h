/*
 * The table of moveable memory: what a Global or Local handle points into.
 *
 *     handle = address of an entry's second word, so an odd multiple of the pointer size: no block has such an address
 *
 * Programs peek at entries through their handles, so the layout and the bits are Windows' (global-local-toolhelp-seh.md
 * 1). An entry knows its block, and the block has the handle as its user value. Every function needs
 * the table held: its lock is that of the default heap, in which the blocks lie. So who holds HeapLock on that heap and
 * calls a Global function waits for nobody, there is no order of two locks to keep, and a fork finds both at rest.
 */
#ifndef CAIRN_WIN32_HANDLETABLE_H
#define CAIRN_WIN32_HANDLETABLE_H

#include <winnt.h>

#include <stdbool.h>
#include <stdint.h>

/* Entries of a process, Global and Local together. */
#define MOVEABLE_LIMIT 0x10000

#define MOVEABLE_IN_USE 0x0001
#define MOVEABLE_MOVEABLE 0x0002
#define MOVEABLE_DISCARDABLE 0x0004
#define MOVEABLE_DISCARDED 0x0008
#define MOVEABLE_SHARED 0x8000
#define MOVEABLE_LOCK_SHIFT 16
#define MOVEABLE_LOCK_ONE ((uintptr_t)1 << MOVEABLE_LOCK_SHIFT)
#define MOVEABLE_LOCK_LIMIT 0xFF

struct moveable {
    uintptr_t flags; /* MOVEABLE_* and the lock count; of a free entry the address of the free one behind it */
    void *data;      /* the block in the default heap; NULL when discarded, or free. Its own address is the handle */
};

/* Holds the table. False, with the last error set: there is no default heap. */
bool handletable_lock(void);
void handletable_unlock(void);

/* Whether the address can be a handle, live or not. */
static inline bool is_moveable_address(const void *address)
{
    return (uintptr_t)address % sizeof(struct moveable) == sizeof(uintptr_t);
}

/* An entry that is in use, discarded and unlocked; NULL: all are taken. */
struct moveable *handletable_take(void);

/* Frees an entry that has no block any more. */
void handletable_give_back(struct moveable *moveable);

/* The entry in use that the handle names; NULL for any other address. Handles are untrusted. */
struct moveable *unsafe_moveable_from_handle(const void *handle);

/* The entry whose block this is; NULL: none. Looks at every entry that was ever used. */
struct moveable *handletable_find(const void *data);

static inline HANDLE handle_from_moveable(struct moveable *moveable)
{
    return &moveable->data;
}

static inline unsigned moveable_lock_count(const struct moveable *moveable)
{
    return (unsigned)(moveable->flags >> MOVEABLE_LOCK_SHIFT) & MOVEABLE_LOCK_LIMIT;
}

#endif
