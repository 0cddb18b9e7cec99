/*
 * minwindef.h plus the few types of windef.h that programs without windows on a screen still mention.
 */
#ifndef _WINDEF_
#define _WINDEF_

#include "minwindef.h"

DECLARE_HANDLE(HWND);
typedef DWORD COLORREF, *LPCOLORREF;

#endif
