/*
 * Memory objects: what GlobalAlloc and LocalAlloc give out, and all that the two families share.
 *
 * A fixed object is a block of the default heap, and its handle the block's address. A moveable one is an entry of the
 * handle table that leads to a block; its handle stays as it is when the block moves, and when it has none.
 *
 * Handles are untrusted everywhere. Where nothing is said of the last error, a failure sets it and success leaves it.
 * `caller`: the function that the program called, for the line about a mistake.
 */
#ifndef CAIRN_WIN32_MEMOBJECT_H
#define CAIRN_WIN32_MEMOBJECT_H

#include "win32/handletable.h"

/* A new object of `size` bytes. `state`: MOVEABLE_MOVEABLE, and with it MOVEABLE_DISCARDABLE, MOVEABLE_SHARED; 0:
 * fixed. NULL: ERROR_NOT_ENOUGH_MEMORY. */
HANDLE memobject_allocate(uintptr_t state, SIZE_T size, bool zero, const char *caller);

/* Frees an object, locked or not. False: ERROR_INVALID_HANDLE, or ERROR_NOACCESS for a pointer into nowhere. */
bool memobject_free(HANDLE object, const char *caller);

/*
 * Resizes an object. `may_move`: a fixed object, or the block of a locked one, need not stay where it is. A moveable
 * object resized to nothing is discarded; it must be unlocked, and without may_move it is not done. NULL:
 * ERROR_NOT_ENOUGH_MEMORY, ERROR_INVALID_PARAMETER, or as for free.
 */
HANDLE memobject_resize(HANDLE object, SIZE_T size, bool may_move, bool zero, const char *caller);

/* Adds MOVEABLE_DISCARDABLE, or nothing, to the state of an object; a fixed one has none. False: as for free. */
bool memobject_modify(HANDLE object, uintptr_t state, const char *caller);

/* Makes a fixed object a moveable one of this state: a new handle, and a block elsewhere with the same contents. NULL:
 * as for resize, and the object is as it was. */
HANDLE memobject_convert(HANDLE object, uintptr_t state, const char *caller);

/* Size of the block in bytes; 0 without one, and on failure: ERROR_INVALID_HANDLE. */
SIZE_T memobject_size(HANDLE object, const char *caller);

/* Flags of a moveable object's entry, its lock count among them; 0 for a fixed one. False: as for free. */
bool memobject_state(HANDLE object, uintptr_t *state, const char *caller);

/* The handle of the object with this block. NULL: as for free. */
HANDLE memobject_from_data(const void *data, const char *caller);

/* The block of a moveable object, counting one lock more, up to 255. NULL: ERROR_INVALID_HANDLE, ERROR_DISCARDED. */
void *memobject_lock(HANDLE object, const char *caller);

/* How an unlocking of a moveable object ended. */
enum memobject_unlocked {
    STILL_LOCKED,
    UNLOCKED,   /* NO_ERROR was stored */
    NOT_LOCKED, /* it was not locked: ERROR_NOT_LOCKED */
    NO_OBJECT,  /* ERROR_INVALID_HANDLE */
};
enum memobject_unlocked memobject_unlock(HANDLE object, const char *caller);

/* NO_ERROR for a live fixed object, or any block of the default heap; else ERROR_NOACCESS for a pointer into nowhere,
 * ERROR_INVALID_HANDLE. Leaves the last error. */
DWORD memobject_check_fixed(HANDLE object, const char *caller);

#endif
