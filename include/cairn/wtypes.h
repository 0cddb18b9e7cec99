/*
 * The string types of Automation. Source: Microsoft page "BSTR".
 */
#ifndef __wtypes_h__
#define __wtypes_h__

#include "minwindef.h"

typedef WCHAR OLECHAR, *LPOLESTR;
typedef const OLECHAR *LPCOLESTR;
#define OLESTR(text) CAIRN_WIDE_LITERAL(text)

/* Points at the text; the 32 bits before it are its length in bytes, and a zero character, not counted, is behind it.
 */
typedef OLECHAR *BSTR, **LPBSTR;

#endif
