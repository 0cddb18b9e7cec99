#include "win32/handletable.h"

#include "base/assert.h"
#include "base/compiler.h"
#include "heap/extra.h"
#include "nt/process.h"

#include <ntifs.h>

#include <stdalign.h>

/* Costs memory only as far as it is used. */
static LITTLE_USED alignas(sizeof(struct moveable)) struct moveable table[MOVEABLE_LIMIT];
static struct moveable *first_free = table;
static struct moveable *never_used = table; /* as are all behind it */

bool handletable_lock(void)
{
    PVOID heap = process_heap();
    return heap != NULL && RtlLockHeap(heap);
}

void handletable_unlock(void)
{
    RtlUnlockHeap(process_heap());
}

/* Whether an entry starts there that was ever used, or the first that was not. */
static bool is_entry(uintptr_t address)
{
    return address - (uintptr_t)table <= (uintptr_t)never_used - (uintptr_t)table &&
           (address - (uintptr_t)table) % sizeof(struct moveable) == 0;
}

/* Whether what lies behind a block's data is the handle of an entry with that block. */
static bool claims(uintptr_t claim, const void *block)
{
    const struct moveable *moveable = unsafe_moveable_from_handle((const void *)claim);
    return moveable != NULL && moveable->data == block;
}

/*
 * Takes the first entry off the list of free ones, which ends in the entries never used. Links lie where a program with
 * a stale handle can write: a bad one cuts the list, and what was behind it is lost.
 */
struct moveable *handletable_take(void)
{
    extra_set_claimer(process_heap(), claims);
    struct moveable *moveable = first_free;
    if (moveable == never_used || (moveable->flags & MOVEABLE_IN_USE)) {
        if (never_used == table + MOVEABLE_LIMIT)
            return NULL;
        moveable = never_used++;
        first_free = never_used;
    } else {
        first_free = is_entry(moveable->flags) ? (struct moveable *)moveable->flags : never_used;
    }
    moveable->flags = MOVEABLE_IN_USE | MOVEABLE_MOVEABLE | MOVEABLE_DISCARDED;
    moveable->data = NULL;
    return moveable;
}

void handletable_give_back(struct moveable *moveable)
{
    moveable->data = NULL;
    moveable->flags = (uintptr_t)first_free;
    ASSERT(!(moveable->flags & MOVEABLE_IN_USE));
    first_free = moveable;
}

struct moveable *unsafe_moveable_from_handle(const void *handle)
{
    uintptr_t address = (uintptr_t)handle - offsetof(struct moveable, data);
    if (!is_entry(address) || address == (uintptr_t)never_used)
        return NULL;
    struct moveable *moveable = (struct moveable *)address;
    return moveable->flags & MOVEABLE_IN_USE ? moveable : NULL;
}

struct moveable *handletable_find(const void *data)
{
    for (struct moveable *moveable = table; moveable < never_used; moveable++) {
        if (moveable->data == data && (moveable->flags & MOVEABLE_IN_USE))
            return moveable;
    }
    return NULL;
}
