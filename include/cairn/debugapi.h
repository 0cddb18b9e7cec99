/*
 * The one function for debuggers that needs none.
 */
#ifndef _APISETDEBUG_
#define _APISETDEBUG_

#include "minwinbase.h"

CAIRN_BEGIN_DECLS

/*
 * Stops in the debugger; without one, raises EXCEPTION_BREAKPOINT, which ends the process (SIGTRAP) if nobody handles
 * it. Source: Microsoft page "DebugBreak function (debugapi.h)".
 */
WINBASEAPI VOID WINAPI DebugBreak(void);

CAIRN_END_DECLS

#endif
