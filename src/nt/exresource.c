/*
 * Executive resources, of which there is the exclusive half: what a heap needs of its lock.
 */
#include "nt/irql.h"
#include "nt/program_lock.h"

#include <string.h>

NTSTATUS ExInitializeResourceLite(PERESOURCE Resource)
{
    memset(Resource, 0, sizeof *Resource);
    program_lock_start(Resource, &program_lock_resource);
    return STATUS_SUCCESS;
}

NTSTATUS ExDeleteResourceLite(PERESOURCE Resource)
{
    program_lock_of(Resource, &program_lock_resource, "ExDeleteResourceLite");
    memset(Resource, 0, sizeof *Resource);
    return STATUS_SUCCESS;
}

BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
    static const char name[] = "ExAcquireResourceExclusiveLite";
    irql_check(name);
    struct lock *lock = program_lock_of(Resource, &program_lock_resource, name);
    if (!Wait)
        return lock_try(lock);
    lock_acquire(lock);
    return TRUE;
}

VOID ExReleaseResourceLite(PERESOURCE Resource)
{
    program_lock_leave(Resource, &program_lock_resource, "ExReleaseResourceLite");
}
