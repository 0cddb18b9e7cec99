/*
 * The last-error code, one per thread.
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

CAIRN_END_DECLS

#endif
