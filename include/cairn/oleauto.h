/*
 * Automation strings. They lie in the default heap. Any thread may call the functions; NULL is a string of length 0
 * wherever one is asked for. Each function's Microsoft page is called "<function> function (oleauto.h)".
 */
#ifndef _OLEAUTO_H_
#define _OLEAUTO_H_

#include "wtypes.h"

CAIRN_BEGIN_DECLS

/* A copy of a zero-terminated text; NULL for NULL, and without memory. */
CAIRN_API BSTR SysAllocString(const OLECHAR *psz);

/* A string of ui characters, copied from strIn, which may hold zeros, or with NULL not set. NULL: no memory, or a
 * length beyond about 2 GiB. */
CAIRN_API BSTR SysAllocStringLen(const OLECHAR *strIn, UINT ui);

/* The same for len bytes; NULL beyond about 4 GiB. */
CAIRN_API BSTR SysAllocStringByteLen(LPCSTR psz, UINT len);

/* Puts a copy of psz in the place of *pbstr, which is freed; NULL for NULL. TRUE, or FALSE with *pbstr as it was: no
 * memory, pbstr is NULL, or *pbstr is no string. */
CAIRN_API INT SysReAllocString(BSTR *pbstr, const OLECHAR *psz);

/* The same for len characters of psz, which may be part of *pbstr; with psz NULL the old text is kept as far as it
 * fits, and the rest is not set. */
CAIRN_API INT SysReAllocStringLen(BSTR *pbstr, const OLECHAR *psz, UINT len);

/* Frees a string; NULL is nothing. */
CAIRN_API void SysFreeString(BSTR bstrString);

/* Its length in characters, or in bytes, without the terminator. */
CAIRN_API UINT SysStringLen(BSTR pbstr);
CAIRN_API UINT SysStringByteLen(BSTR bstr);

CAIRN_END_DECLS

#endif
