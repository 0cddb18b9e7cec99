/*
 * The NT side of synchapi.h: critical sections, for ntifs.h and winternl.h alike. What is said there holds here; the
 * statuses are all STATUS_SUCCESS.
 */
#ifndef CAIRN_RTL_LOCK_H
#define CAIRN_RTL_LOCK_H

#include "winnt.h"

CAIRN_BEGIN_DECLS

NTSYSAPI NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION CriticalSection);
NTSYSAPI NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION CriticalSection,
                                                                 ULONG SpinCount);
NTSYSAPI NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION CriticalSection);

/* Nonzero: the thread is in it. */
NTSYSAPI LOGICAL NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION CriticalSection);
NTSYSAPI NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION CriticalSection);
NTSYSAPI NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION CriticalSection);

CAIRN_END_DECLS

#endif
