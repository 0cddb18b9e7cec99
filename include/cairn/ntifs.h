/*
 * The heap part of the driver kit's ntifs.h: the Rtl heap routines, locks, raising exceptions, and the NTSTATUS codes.
 */
#ifndef _NTIFS_
#define _NTIFS_

#include "cairn_rtl_exception.h"
#include "cairn_rtl_heap.h"
#include "cairn_rtl_lock.h"
#include "ntstatus.h"

CAIRN_BEGIN_DECLS

/*
 * Interrupt request levels: here a number of the calling thread, which starts at PASSIVE_LEVEL and stops nobody. What
 * it is for is the rule of the heap routines, which a driver may call below DISPATCH_LEVEL only: at or above it, the
 * routines on heaps and blocks end the process, after one line that says so. malloc's family does not look at it.
 * Source: Microsoft pages "KeGetCurrentIrql", "KeRaiseIrql macro", "KeLowerIrql" (wdm.h), and the IRQL row of
 * "RtlAllocateHeap function (ntifs.h)".
 */
typedef UCHAR KIRQL, *PKIRQL;

#define PASSIVE_LEVEL 0
#define LOW_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#if defined(__i386__)
#define HIGH_LEVEL 31
#else
#define HIGH_LEVEL 15
#endif

/* The calling thread's level. */
NTSYSAPI KIRQL NTAPI KeGetCurrentIrql(VOID);

/* Raises the calling thread's level and stores the old one in *OldIrql. A level below the current one, or above
 * HIGH_LEVEL, ends the process. */
NTSYSAPI VOID NTAPI KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql);

/* Lowers it again. A level above the current one ends the process. */
NTSYSAPI VOID NTAPI KeLowerIrql(KIRQL NewIrql);

/*
 * Executive resources, of which there is the exclusive half: what a heap needs of its lock (RtlCreateHeap). The thread
 * that holds one may take it again. It need not be in a critical region: nothing here would interrupt it. A resource
 * that was never initialised, or was deleted, or is released by a thread that does not hold it, ends the process after
 * one line. Source: Microsoft pages "<function> function (wdm.h)"; the structure is opaque, of Windows' size.
 */
typedef struct _ERESOURCE {
    ULONG_PTR Opaque[CAIRN_BY_POINTER_SIZE(13, 14)];
} ERESOURCE, *PERESOURCE;

CAIRN_LAYOUT(ERESOURCE, 104, 8, 56, 4);

/* Makes memory a resource that nobody holds; it must not be moved or copied until it is deleted. STATUS_SUCCESS. */
NTSYSAPI NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE Resource);

/* Takes it for this thread alone. FALSE: another thread holds it, and Wait is FALSE. Below DISPATCH_LEVEL. */
NTSYSAPI BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait);

/* Gives it back, once. */
NTSYSAPI VOID NTAPI ExReleaseResourceLite(PERESOURCE Resource);

/* Makes it memory again. Nobody may hold it, and no heap may have it as its lock. STATUS_SUCCESS. */
NTSYSAPI NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE Resource);

/* The same as RtlRaiseStatus, under the kernel's name. Source: Microsoft page "ExRaiseStatus function (ntddk.h)". */
NTSYSAPI DECLSPEC_NORETURN VOID NTAPI ExRaiseStatus(NTSTATUS Status);

CAIRN_END_DECLS

#endif
