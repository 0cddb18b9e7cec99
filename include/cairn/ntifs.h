/*
 * The heap part of the driver kit's ntifs.h: the Rtl heap routines, raising exceptions, and the NTSTATUS codes.
 */
#ifndef _NTIFS_
#define _NTIFS_

#include "cairn_rtl_exception.h"
#include "cairn_rtl_heap.h"
#include "ntstatus.h"

CAIRN_BEGIN_DECLS

/* The same as RtlRaiseStatus, under the kernel's name. Source: Microsoft page "ExRaiseStatus function (ntddk.h)". */
NTSYSAPI DECLSPEC_NORETURN VOID NTAPI ExRaiseStatus(NTSTATUS Status);

CAIRN_END_DECLS

#endif
