/*
 * Automation strings: a block of the default heap with the length in bytes, the text, and a 16-bit zero behind it. A
 * BSTR points at the text.
 */
#include <heapapi.h>
#include <oleauto.h>

#include <stdbool.h>
#include <string.h>

/* In front of the text; as long as a pointer, so that the text is aligned like one. */
struct prefix {
#if UINTPTR_MAX > 0xFFFFFFFF
    DWORD padding;
#endif
    DWORD byte_length;
};
_Static_assert(sizeof(struct prefix) == sizeof(void *), "text is aligned like a pointer");

/* The longest text: with prefix and terminator it fits 32 bits. */
#define BYTE_LENGTH_LIMIT (0xFFFFFFFF - (UINT)sizeof(struct prefix) - (UINT)sizeof(OLECHAR))
#define LENGTH_LIMIT (BYTE_LENGTH_LIMIT / (UINT)sizeof(OLECHAR))

static struct prefix *prefix_of(BSTR text)
{
    return (struct prefix *)(void *)text - 1;
}

static UINT text_length(const OLECHAR *text)
{
    const OLECHAR *end = text;
    while (*end != 0)
        end++;
    return (UINT)(end - text);
}

BSTR SysAllocStringByteLen(LPCSTR psz, UINT len)
{
    if (len > BYTE_LENGTH_LIMIT)
        return NULL;
    struct prefix *prefix = HeapAlloc(GetProcessHeap(), 0, sizeof *prefix + len + sizeof(OLECHAR));
    if (prefix == NULL)
        return NULL;

    /* The text may end in half a character, so the terminator is laid down in bytes. */
    char *text = (char *)(prefix + 1);
    prefix->byte_length = len;
    if (psz != NULL)
        memcpy(text, psz, len);
    memset(text + len, 0, sizeof(OLECHAR));
    return (BSTR)(void *)text;
}

BSTR SysAllocStringLen(const OLECHAR *strIn, UINT ui)
{
    if (ui > LENGTH_LIMIT)
        return NULL;
    return SysAllocStringByteLen((LPCSTR)strIn, ui * (UINT)sizeof(OLECHAR));
}

BSTR SysAllocString(const OLECHAR *psz)
{
    return psz != NULL ? SysAllocStringLen(psz, text_length(psz)) : NULL;
}

void SysFreeString(BSTR bstrString)
{
    if (bstrString != NULL)
        HeapFree(GetProcessHeap(), 0, prefix_of(bstrString));
}

/* Puts the new string in the place of the old, which may be part of it. */
static INT replace(BSTR *place, BSTR fresh)
{
    SysFreeString(*place);
    *place = fresh;
    return TRUE;
}

INT SysReAllocString(BSTR *pbstr, const OLECHAR *psz)
{
    BSTR fresh = SysAllocString(psz);
    if (pbstr == NULL || (fresh == NULL && psz != NULL)) {
        SysFreeString(fresh);
        return FALSE;
    }
    return replace(pbstr, fresh);
}

/* Without a text to copy, the string keeps what it has. */
static BSTR resized(BSTR old, UINT length)
{
    BSTR fresh = SysAllocStringLen(NULL, length);
    if (fresh != NULL && old != NULL) {
        UINT kept = SysStringLen(old) < length ? SysStringLen(old) : length;
        memcpy(fresh, old, kept * sizeof(OLECHAR));
    }
    return fresh;
}

INT SysReAllocStringLen(BSTR *pbstr, const OLECHAR *psz, UINT len)
{
    if (pbstr == NULL)
        return FALSE;
    BSTR fresh = psz != NULL ? SysAllocStringLen(psz, len) : resized(*pbstr, len);
    return fresh != NULL ? replace(pbstr, fresh) : FALSE;
}

UINT SysStringByteLen(BSTR bstr)
{
    return bstr != NULL ? prefix_of(bstr)->byte_length : 0;
}

UINT SysStringLen(BSTR pbstr)
{
    return SysStringByteLen(pbstr) / (UINT)sizeof(OLECHAR);
}
