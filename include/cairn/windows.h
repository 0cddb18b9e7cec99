/*
 * Everything of the Win32 side that Cairn has.
 */
#ifndef _WINDOWS_
#define _WINDOWS_

#include "excpt.h"
#include "windef.h"

#include "winbase.h"
#include "winerror.h"
#include "winnt.h"

#ifndef WIN32_LEAN_AND_MEAN
#include "ole2.h"
#endif

#endif
