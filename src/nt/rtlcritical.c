/*
 * Critical sections.
 */
#include "nt/program_lock.h"

#include <string.h>

static struct lock *lock_of(PRTL_CRITICAL_SECTION section, const char *function)
{
    return program_lock_of(section, &program_lock_section, function);
}

NTSTATUS RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION CriticalSection)
{
    return RtlInitializeCriticalSectionAndSpinCount(CriticalSection, 0);
}

NTSTATUS RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION CriticalSection, ULONG SpinCount)
{
    memset(CriticalSection, 0, sizeof *CriticalSection);
    CriticalSection->SpinCount = SpinCount;
    program_lock_start(CriticalSection, &program_lock_section);
    return STATUS_SUCCESS;
}

NTSTATUS RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION CriticalSection)
{
    lock_of(CriticalSection, "RtlDeleteCriticalSection (DeleteCriticalSection)");
    memset(CriticalSection, 0, sizeof *CriticalSection);
    return STATUS_SUCCESS;
}

NTSTATUS RtlEnterCriticalSection(PRTL_CRITICAL_SECTION CriticalSection)
{
    lock_acquire(lock_of(CriticalSection, "RtlEnterCriticalSection (EnterCriticalSection)"));
    return STATUS_SUCCESS;
}

LOGICAL RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION CriticalSection)
{
    return lock_try(lock_of(CriticalSection, "RtlTryEnterCriticalSection (TryEnterCriticalSection)"));
}

NTSTATUS RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION CriticalSection)
{
    program_lock_leave(CriticalSection, &program_lock_section, "RtlLeaveCriticalSection (LeaveCriticalSection)");
    return STATUS_SUCCESS;
}
