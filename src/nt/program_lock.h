/*
 * Locks of the program's own: critical sections, and executive resources. Either can be a heap's lock.
 *
 *     +0x00  kind           where Windows has DebugInfo; says what the memory is, and that it was initialised
 *     +0x08  struct lock    where Windows has LockCount, RecursionCount and OwningThread
 *
 * So the heap's lock is the program's, and not one beside it: which of the two kinds it is matters to no one but the
 * functions that take it by name.
 */
#ifndef CAIRN_NT_PROGRAM_LOCK_H
#define CAIRN_NT_PROGRAM_LOCK_H

#include "heap/lock.h"

#include <ntifs.h>

struct program_lock {
    RTL_CRITICAL_SECTION_DEBUG *kind;
    struct lock lock;
};

/* What `kind` points at: the address tells. Programs write to what DebugInfo points at, so it is there to be written.
 */
extern RTL_CRITICAL_SECTION_DEBUG program_lock_section;
extern RTL_CRITICAL_SECTION_DEBUG program_lock_resource;

void program_lock_start(void *object, RTL_CRITICAL_SECTION_DEBUG *kind);

/* The lock of an object that was initialised as this kind. Else the process ends, after one line that names the
 * function: it returns nothing, and whoever went on would not be alone. */
struct lock *program_lock_of(void *object, const RTL_CRITICAL_SECTION_DEBUG *kind, const char *function);

/* Leaves it, once. A thread that does not hold it ends the process as above. */
void program_lock_leave(void *object, const RTL_CRITICAL_SECTION_DEBUG *kind, const char *function);

/* The lock of an object of either kind at an untrusted address; NULL: none was initialised there. */
struct lock *program_lock_find(void *object);

#endif
