/*
 * The heap part of the driver kit's ntifs.h: the Rtl heap routines, raising exceptions, and the NTSTATUS codes.
 */
#ifndef _NTIFS_
#define _NTIFS_

#include "cairn_rtl_exception.h"
#include "cairn_rtl_heap.h"
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

/* The same as RtlRaiseStatus, under the kernel's name. Source: Microsoft page "ExRaiseStatus function (ntddk.h)". */
NTSYSAPI DECLSPEC_NORETURN VOID NTAPI ExRaiseStatus(NTSTATUS Status);

CAIRN_END_DECLS

#endif
