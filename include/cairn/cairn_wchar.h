/*
 * The 16-bit character type and its literals, shared by winnt.h and tchar.h.
 */
#ifndef CAIRN_WCHAR_H
#define CAIRN_WCHAR_H

#include "cairn_compiler.h"

/*
 * A UTF-16 unit. Here wchar_t is 32 bits, so it is the type of u"" literals, unless the program is compiled with
 * -fshort-wchar.
 */
#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2
#ifdef __cplusplus
typedef wchar_t WCHAR;
#else
typedef __WCHAR_TYPE__ WCHAR;
#endif
#define CAIRN_WIDE_LITERAL(quote) L##quote
#else
#ifdef __cplusplus
typedef char16_t WCHAR;
#else
typedef __CHAR16_TYPE__ WCHAR;
#endif
#define CAIRN_WIDE_LITERAL(quote) u##quote
#endif

CAIRN_STATIC_ASSERT(sizeof(WCHAR) == 2, "WCHAR is a UTF-16 unit");

#endif
