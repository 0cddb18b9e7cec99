/*
 * The last-error code, one per thread; raising exceptions, and handlers and error mode for the whole process. Guarded
 * blocks are in excpt.h. Source: global-local-toolhelp-seh.md 9.4 and 10; each function's Microsoft page is called
 * "<function> function (errhandlingapi.h)". Any thread may call any of them, but for AddVectored* and RemoveVectored*
 * not from a signal handler.
 */
#ifndef _ERRHANDLING_H_
#define _ERRHANDLING_H_

#include "minwinbase.h"

CAIRN_BEGIN_DECLS

/*
 * The calling thread's last-error code; 0 in a new thread. Never fails, changes nothing.
 * Source: Microsoft page "GetLastError function (errhandlingapi.h)".
 */
WINBASEAPI DWORD WINAPI GetLastError(void);

/*
 * Sets the calling thread's last-error code.
 * Source: Microsoft page "SetLastError function (errhandlingapi.h)".
 */
WINBASEAPI VOID WINAPI SetLastError(DWORD dwErrCode);

/* A filter for what nobody handles: one of the EXCEPTION_* answers. */
typedef LONG(WINAPI *PTOP_LEVEL_EXCEPTION_FILTER)(PEXCEPTION_POINTERS ExceptionInfo);
typedef PTOP_LEVEL_EXCEPTION_FILTER LPTOP_LEVEL_EXCEPTION_FILTER;

/*
 * Raises an exception in the calling thread. Bit 28 of the code is cleared; of the flags only EXCEPTION_NONCONTINUABLE
 * counts; at most EXCEPTION_MAXIMUM_PARAMETERS arguments are taken, none if lpArguments is NULL. Returns if a handler
 * has the thread continue. If nobody handles it, the process ends with a message and SIGABRT.
 */
WINBASEAPI VOID WINAPI RaiseException(DWORD dwExceptionCode, DWORD dwExceptionFlags, DWORD nNumberOfArguments,
                                      const ULONG_PTR *lpArguments);

/*
 * Registers a function that sees the exceptions of all threads before any guarded block does: as the first one if First
 * is not 0, else as the last. Returns a handle for RemoveVectoredExceptionHandler; NULL if Handler is NULL or 64 are
 * registered. The same function may be registered more than once.
 */
WINBASEAPI PVOID WINAPI AddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler);

/* Nonzero if the handle's registration was ended, 0 if it is no handle of AddVectoredExceptionHandler, or not any more.
 */
WINBASEAPI ULONG WINAPI RemoveVectoredExceptionHandler(PVOID Handle);

/* The same for functions that are called when a thread is about to continue after an exception. */
WINBASEAPI PVOID WINAPI AddVectoredContinueHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler);
WINBASEAPI ULONG WINAPI RemoveVectoredContinueHandler(PVOID Handle);

/* Sets the filter, for the whole process, of exceptions that nobody handles; NULL: none. Returns the one before. */
WINBASEAPI LPTOP_LEVEL_EXCEPTION_FILTER WINAPI
SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER lpTopLevelExceptionFilter);

/*
 * What becomes of an exception that nobody handles: the answer of the filter that was set, if it is not
 * EXCEPTION_CONTINUE_SEARCH; else EXCEPTION_EXECUTE_HANDLER. A debugger is not looked for: it has seen the signal.
 */
WINBASEAPI LONG WINAPI UnhandledExceptionFilter(PEXCEPTION_POINTERS ExceptionInfo);

/*
 * The error mode of the process: SEM_* of winbase.h, 0 at first. SetErrorMode returns the one before;
 * SEM_NOALIGNMENTFAULTEXCEPT, once set, stays. A child made by fork inherits it, a program that is started does not.
 * It is kept, and changes nothing: there are no message boxes (SEM_FAILCRITICALERRORS, SEM_NOOPENFILEERRORBOX) and no
 * error reporting (SEM_NOGPFAULTERRORBOX) to do without, and misaligned accesses are the processor's own affair.
 * Source: Microsoft pages "SetErrorMode function (errhandlingapi.h)", "GetErrorMode function (errhandlingapi.h)".
 */
WINBASEAPI UINT WINAPI GetErrorMode(void);
WINBASEAPI UINT WINAPI SetErrorMode(UINT uMode);

CAIRN_END_DECLS

#endif
