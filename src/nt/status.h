/*
 * Statuses: what Windows keeps per thread of them, and what becomes of a failure.
 *
 * Entry points of nt/ that do not return an NTSTATUS tell of a failure through here, so what is stored of it, and where
 * an exception is raised, is decided in one place.
 */
#ifndef CAIRN_NT_STATUS_H
#define CAIRN_NT_STATUS_H

#include "base/compiler.h"
#include "heap/outcome.h"

#include <ntifs.h>
#include <ntstatus.h>

/* The part of Windows' thread environment block that the heap writes. */
struct teb {
    ULONG last_error;
    NTSTATUS last_status;
};
extern THREAD_LOCAL struct teb teb;

/* The status that tells a caller of the outcome. */
NTSTATUS status_from_outcome(enum outcome outcome);

/* Stores a failure's status and its Win32 code in the thread. */
void status_set(NTSTATUS status);

/*
 * Ends a failed allocation or reallocation: as status_set, and returns NULL; with HEAP_GENERATE_EXCEPTIONS in the flags
 * raises STATUS_NO_MEMORY or STATUS_ACCESS_VIOLATION instead. No lock may be held: a handler may use any heap.
 */
void *status_allocation_failed(ULONG flags, NTSTATUS status);

#endif
