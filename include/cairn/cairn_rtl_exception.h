/*
 * The NT side of exceptions, for ntifs.h and winternl.h alike. Source: global-local-toolhelp-seh.md 9.4.
 */
#ifndef CAIRN_RTL_EXCEPTION_H
#define CAIRN_RTL_EXCEPTION_H

#include "minwinbase.h"

CAIRN_BEGIN_DECLS

/*
 * Raises the exception that the record describes; ExceptionAddress is set to the caller. Returns if a handler has the
 * thread continue, which EXCEPTION_NONCONTINUABLE in ExceptionFlags forbids.
 */
NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);

/* Raises a noncontinuable exception with this code and no parameters. Does not return. */
NTSYSAPI DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS Status);

CAIRN_END_DECLS

#endif
