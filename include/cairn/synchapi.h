/*
 * Critical sections: locks between the threads of a process, which the thread that holds one may take again. A heap can
 * have one as its lock (RtlCreateHeap). Any thread may call the functions. Source: each function's Microsoft page,
 * "<function> function (synchapi.h)".
 *
 * A critical section that was never initialised, or was deleted, or is left by a thread that does not hold it, ends the
 * process after one line that names the function: they return nothing, and whoever went on would not be alone.
 */
#ifndef _SYNCHAPI_H_
#define _SYNCHAPI_H_

#include "minwinbase.h"

CAIRN_BEGIN_DECLS

/* Makes memory a critical section that nobody holds. It must not be moved or copied until it is deleted. */
WINBASEAPI VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection);

/* The same; TRUE. dwSpinCount is kept in the structure, and does not change how long a thread tries before it sleeps.
 */
WINBASEAPI BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount);

/* Waits until no other thread is in it. The thread that is in it may enter again, and leaves as often as it entered. A
 * thread that ends within it leaves it taken. */
WINBASEAPI VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);

/* The same without waiting: zero if another thread is in it. */
WINBASEAPI BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);

/* Leaves it, once. */
WINBASEAPI VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection);

/* Makes it memory again: all zeros. Nobody may be in it, and no heap may have it as its lock. */
WINBASEAPI VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection);

CAIRN_END_DECLS

#endif
