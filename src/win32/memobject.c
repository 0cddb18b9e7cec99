#include "win32/memobject.h"

#include "heap/extra.h"
#include "heap/front.h"
#include "nt/block.h"
#include "nt/process.h"
#include "nt/report.h"

#include <ntifs.h>
#include <winerror.h>

#include <string.h>

/*
 * A moveable object's block of less than this never grows where it is (global-local-toolhelp-seh.md 5.5 has 12 bytes
 * and 128 KiB): on Windows such sizes are the low-fragmentation heap's, in which a block has no room to grow.
 */
#define GROWS_IN_PLACE_FROM 0x4000

/* --- blocks of the default heap -------------------------------------------------------------------------------------
 */

/*
 * The block of a moveable object is allocated with room for the handle behind the data, which is its user value
 * (nt-heap.md 9): a claimed block, whose claimer is the handle table (heap/extra.h). Where the heap has hooks, what
 * lies behind the data is theirs, so the value is an extra like any program's.
 */
static bool has_hooks(void)
{
    const struct heap *heap = process_heap();
    return heap->hooks != NULL;
}

static SIZE_T with_room(SIZE_T size)
{
    if (has_hooks())
        return size;
    return size <= SIZE_MAX - EXTRA_ROOM ? size + EXTRA_ROOM : SIZE_MAX;
}

/* `moveable`: for an object that is. */
static void *data_allocate(bool moveable, SIZE_T size, bool zero, const char *caller)
{
    PVOID heap = process_heap();
    ULONG flags = zero ? HEAP_ZERO_MEMORY : 0;
    if (heap == NULL)
        return NULL;
    if (moveable && has_hooks())
        flags |= EXTRA_CLAIMED;
    return block_allocate_as(heap, flags, moveable ? with_room(size) : size, caller);
}

static bool data_free(void *block, const char *caller)
{
    return block_free_as(process_heap(), 0, block, caller) != FALSE;
}

/* (SIZE_T)-1: it is no block. */
static SIZE_T data_size(const void *block, const char *caller)
{
    return block_size_as(process_heap(), 0, block, caller);
}

/* A block elsewhere, with the first `kept` bytes of this one; this one stays. */
static void *data_copy(bool moveable, const void *block, SIZE_T kept, SIZE_T size, bool zero, const char *caller)
{
    void *copy = data_allocate(moveable, size, zero, caller);
    if (copy != NULL)
        memcpy(copy, block, kept);
    return copy;
}

static void *data_resize(void *data, SIZE_T size, bool in_place, bool zero, const char *caller)
{
    ULONG flags = (in_place ? HEAP_REALLOC_IN_PLACE_ONLY : 0u) | (zero ? HEAP_ZERO_MEMORY : 0u);
    return block_reallocate_as(process_heap(), flags, data, size, caller);
}

/* Resizes by moving, even where there is room. A block that cannot be freed, since it is damaged, stays the only one.
 */
static void *data_move(bool moveable, void *data, SIZE_T old_size, SIZE_T size, bool zero, const char *caller)
{
    void *moved = data_copy(moveable, data, old_size < size ? old_size : size, size, zero, caller);
    if (moved == NULL || data_free(data, caller))
        return moved;
    data_free(moved, caller);
    return NULL;
}

/* --- failures -------------------------------------------------------------------------------------------------------
 */

static void *fail(DWORD error)
{
    RtlSetLastWin32Error(error);
    return NULL;
}

/* What the heap calls a bad parameter is a bad handle here. */
static void fail_as_handle(void)
{
    if (RtlGetLastWin32Error() == ERROR_INVALID_PARAMETER)
        RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
}

DWORD memobject_check_fixed(HANDLE object, const char *caller)
{
    DWORD before = RtlGetLastWin32Error();
    RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
    bool valid = object != NULL && block_validate_as(process_heap(), 0, object, caller);
    DWORD error = valid ? NO_ERROR : RtlGetLastWin32Error();
    RtlSetLastWin32Error(before);
    return error;
}

/* The same, in the last error; false: there is none. */
static bool fixed_check(HANDLE object, const char *caller)
{
    DWORD error = memobject_check_fixed(object, caller);
    if (error != NO_ERROR)
        RtlSetLastWin32Error(error);
    return error == NO_ERROR;
}

/*
 * The entry behind a handle, with the table held; NULL, and it is not held: ERROR_INVALID_HANDLE. A wrong handle is
 * told as HeapValidate tells of a wrong block: no heap is damaged, so it never ends a process that does not ask for it
 * by soe.
 */
static struct moveable *moveable_hold(HANDLE object, const char *caller)
{
    if (!handletable_lock())
        return NULL;
    struct moveable *moveable = unsafe_moveable_from_handle(object);
    if (moveable != NULL)
        return moveable;
    handletable_unlock();
    report_answer(OUTCOME_NOT_AN_OBJECT, caller, NULL, object);
    return fail(ERROR_INVALID_HANDLE);
}

/* --- moveable objects: the table is held ----------------------------------------------------------------------------
 */

/* Gives a block its size, and the handle in the room behind it. False: there is none. */
static bool claim(struct moveable *moveable, void *data, SIZE_T size)
{
    uintptr_t handle = (uintptr_t)handle_from_moveable(moveable);
    if (has_hooks())
        return RtlSetUserValueHeap(process_heap(), 0, data, (PVOID)handle);
    return front_claim(process_heap(), 0, data, size, handle) == OUTCOME_OK;
}

static void moveable_set_data(struct moveable *moveable, void *data)
{
    moveable->data = data;
    if (data != NULL)
        moveable->flags &= ~(uintptr_t)MOVEABLE_DISCARDED;
    else
        moveable->flags |= MOVEABLE_DISCARDED;
}

/* A block that was allocated, or resized, with room becomes the object's. */
static void moveable_take_data(struct moveable *moveable, void *data, SIZE_T size)
{
    moveable_set_data(moveable, data);
    claim(moveable, data, size);
}

static bool moveable_free(struct moveable *moveable, const char *caller)
{
    if (!data_free(moveable->data, caller)) {
        fail_as_handle();
        return false;
    }
    handletable_give_back(moveable);
    return true;
}

static bool moveable_discard(struct moveable *moveable, const char *caller)
{
    if (moveable_lock_count(moveable) != 0) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return false;
    }
    if (!data_free(moveable->data, caller)) {
        fail_as_handle();
        return false;
    }
    moveable_set_data(moveable, NULL);
    return true;
}

/* Makes a block smaller where it is, also one that the front end serves: such a one keeps its memory. */
static bool moveable_shrink_in_place(struct moveable *moveable, SIZE_T size, const char *caller)
{
    DWORD before = RtlGetLastWin32Error();
    void *data = data_resize(moveable->data, with_room(size), /* in_place */ true, /* zero */ false, caller);
    if ((data == NULL && has_hooks()) || !claim(moveable, moveable->data, size)) {
        fail_as_handle();
        return false;
    }
    if (data == NULL)
        RtlSetLastWin32Error(before);
    return true;
}

static bool moveable_grow_or_shrink(struct moveable *moveable, SIZE_T size, bool in_place, bool zero,
                                    const char *caller)
{
    SIZE_T old_size = data_size(moveable->data, caller);
    if (old_size == (SIZE_T)-1) {
        fail_as_handle();
        return false;
    }
    if (size <= old_size && in_place)
        return moveable_shrink_in_place(moveable, size, caller);
    void *data = NULL;
    if (size <= old_size || old_size >= GROWS_IN_PLACE_FROM)
        data = data_resize(moveable->data, with_room(size), in_place, zero, caller);
    else if (!in_place)
        data = data_move(true, moveable->data, old_size, size, zero, caller);
    else
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    if (data == NULL) {
        fail_as_handle();
        return false;
    }
    moveable_take_data(moveable, data, size);
    return true;
}

static bool moveable_resize(struct moveable *moveable, SIZE_T size, bool may_move, bool zero, const char *caller)
{
    if (size == 0 && !may_move) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return false;
    }
    if (size == 0)
        return moveable_discard(moveable, caller);
    if (moveable->data != NULL) {
        bool in_place = moveable_lock_count(moveable) != 0 && !may_move;
        return moveable_grow_or_shrink(moveable, size, in_place, zero, caller);
    }
    void *data = data_allocate(true, size, zero, caller);
    if (data != NULL)
        moveable_take_data(moveable, data, size);
    return data != NULL;
}

/* --- objects --------------------------------------------------------------------------------------------------------
 */

/* A new handle of this state for a block with room for it, which may be NULL. */
static HANDLE moveable_create(uintptr_t state, void *data, SIZE_T size)
{
    struct moveable *moveable = handletable_take();
    if (moveable == NULL)
        return fail(ERROR_NOT_ENOUGH_MEMORY);
    moveable->flags |= state;
    if (data != NULL)
        moveable_take_data(moveable, data, size);
    return handle_from_moveable(moveable);
}

HANDLE memobject_allocate(uintptr_t state, SIZE_T size, bool zero, const char *caller)
{
    if (!(state & MOVEABLE_MOVEABLE))
        return data_allocate(false, size, zero, caller);

    void *data = NULL;
    if (size != 0) {
        data = data_allocate(true, size, zero, caller);
        if (data == NULL)
            return NULL;
    }
    HANDLE handle = NULL;
    if (handletable_lock()) {
        handle = moveable_create(state, data, size);
        handletable_unlock();
    }
    if (handle == NULL)
        data_free(data, caller);
    return handle;
}

bool memobject_free(HANDLE object, const char *caller)
{
    if (is_moveable_address(object)) {
        struct moveable *moveable = moveable_hold(object, caller);
        if (moveable == NULL)
            return false;
        bool freed = moveable_free(moveable, caller);
        handletable_unlock();
        return freed;
    }
    if (data_free(object, caller))
        return true;
    fail_as_handle();
    return false;
}

/*
 * Where it is, or if that cannot be, and it may move, elsewhere: a block that the front end serves is never resized
 * where it is, even if there is room (5.3).
 */
static void *fixed_resize(void *data, SIZE_T size, bool may_move, bool zero, const char *caller)
{
    DWORD before = RtlGetLastWin32Error();
    void *resized = data_resize(data, size, /* in_place */ true, zero, caller);
    if (resized == NULL && may_move && RtlGetLastWin32Error() == ERROR_NOT_ENOUGH_MEMORY) {
        resized = data_move(false, data, data_size(data, caller), size, zero, caller);
        if (resized != NULL)
            RtlSetLastWin32Error(before);
    }
    if (resized == NULL)
        fail_as_handle();
    return resized;
}

HANDLE memobject_resize(HANDLE object, SIZE_T size, bool may_move, bool zero, const char *caller)
{
    if (object == NULL)
        return fail(ERROR_INVALID_HANDLE);
    if (is_moveable_address(object)) {
        struct moveable *moveable = moveable_hold(object, caller);
        if (moveable == NULL)
            return NULL;
        bool resized = moveable_resize(moveable, size, may_move, zero, caller);
        handletable_unlock();
        return resized ? object : NULL;
    }
    return fixed_resize(object, size, may_move, zero, caller);
}

bool memobject_modify(HANDLE object, uintptr_t state, const char *caller)
{
    if (is_moveable_address(object)) {
        struct moveable *moveable = moveable_hold(object, caller);
        if (moveable == NULL)
            return false;
        moveable->flags |= state;
        handletable_unlock();
        return true;
    }
    return fixed_check(object, caller);
}

HANDLE memobject_convert(HANDLE object, uintptr_t state, const char *caller)
{
    HANDLE handle = NULL;
    if (!fixed_check(object, caller) || !handletable_lock())
        return NULL;

    SIZE_T size = data_size(object, caller);
    void *data = size != (SIZE_T)-1 ? data_copy(true, object, size, size, /* zero */ false, caller) : NULL;
    if (data != NULL)
        handle = moveable_create(state, data, size);
    data_free(handle != NULL ? object : data, caller);
    handletable_unlock();
    return handle;
}

SIZE_T memobject_size(HANDLE object, const char *caller)
{
    SIZE_T size = 0;
    const void *data = object;
    bool moveable_object = is_moveable_address(object);

    if (moveable_object) {
        struct moveable *moveable = moveable_hold(object, caller);
        if (moveable == NULL)
            return 0;
        data = moveable->data;
    }
    if (data != NULL || !moveable_object)
        size = data_size(data, caller);
    if (moveable_object)
        handletable_unlock();
    if (size != (SIZE_T)-1)
        return size;
    RtlSetLastWin32Error(ERROR_INVALID_HANDLE);
    return 0;
}

bool memobject_state(HANDLE object, uintptr_t *state, const char *caller)
{
    *state = 0;
    if (!is_moveable_address(object))
        return fixed_check(object, caller);
    const struct moveable *moveable = moveable_hold(object, caller);
    if (moveable == NULL)
        return false;
    *state = moveable->flags;
    handletable_unlock();
    return true;
}

/* The handle of the object with this block, with the table held: the user value of a moveable one's, which a program
 * may have set to something else. If what lies behind the block was overwritten, the table is looked through. */
static HANDLE handle_from_data(const void *data)
{
    struct extra_info info;
    if (front_get_extra(process_heap(), 0, data, &info) == OUTCOME_OK && info.user_flags == EXTRA_CLAIMED)
        return (HANDLE)info.value;
    struct moveable *moveable = handletable_find(data);
    return moveable != NULL ? handle_from_moveable(moveable) : (HANDLE)(uintptr_t)data;
}

HANDLE memobject_from_data(const void *data, const char *caller)
{
    HANDLE object = (HANDLE)(uintptr_t)data;
    if (is_moveable_address(data)) {
        report_answer(OUTCOME_NOT_A_BLOCK, caller, process_heap(), data);
        return fail(ERROR_INVALID_HANDLE);
    }
    if (!fixed_check(object, caller) || !handletable_lock())
        return NULL;
    HANDLE handle = handle_from_data(data);
    handletable_unlock();
    return handle;
}

void *memobject_lock(HANDLE object, const char *caller)
{
    struct moveable *moveable = moveable_hold(object, caller);
    if (moveable == NULL)
        return NULL;
    void *data = moveable->data;
    if (data == NULL)
        RtlSetLastWin32Error(ERROR_DISCARDED);
    else if (moveable_lock_count(moveable) < MOVEABLE_LOCK_LIMIT)
        moveable->flags += MOVEABLE_LOCK_ONE;
    handletable_unlock();
    return data;
}

enum memobject_unlocked memobject_unlock(HANDLE object, const char *caller)
{
    struct moveable *moveable = moveable_hold(object, caller);
    if (moveable == NULL)
        return NO_OBJECT;

    enum memobject_unlocked result = NOT_LOCKED;
    if (moveable_lock_count(moveable) != 0) {
        moveable->flags -= MOVEABLE_LOCK_ONE;
        result = moveable_lock_count(moveable) != 0 ? STILL_LOCKED : UNLOCKED;
    }
    if (result != STILL_LOCKED)
        RtlSetLastWin32Error(result == UNLOCKED ? NO_ERROR : ERROR_NOT_LOCKED);
    handletable_unlock();
    return result;
}
