/*
 * Automation strings: a block of the default heap with the length in bytes, the text, and a 16-bit zero behind it. A
 * BSTR points at the text.
 */
#include "nt/block.h"
#include "nt/process.h"

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

static BSTR allocate_bytes(const void *text, UINT byte_length, const char *caller)
{
    if (byte_length > BYTE_LENGTH_LIMIT)
        return NULL;
    struct prefix *prefix = block_allocate_as(process_heap(), 0, sizeof *prefix + byte_length + sizeof(OLECHAR),
                                              caller);
    if (prefix == NULL)
        return NULL;

    /* The text may end in half a character, so the terminator is laid down in bytes. */
    char *copy = (char *)(prefix + 1);
    prefix->byte_length = byte_length;
    if (text != NULL)
        memcpy(copy, text, byte_length);
    memset(copy + byte_length, 0, sizeof(OLECHAR));
    return (BSTR)(void *)copy;
}

static BSTR allocate(const OLECHAR *text, UINT length, const char *caller)
{
    return length <= LENGTH_LIMIT ? allocate_bytes(text, length * (UINT)sizeof(OLECHAR), caller) : NULL;
}

static bool release(BSTR text, const char *caller)
{
    return text == NULL || block_free_as(process_heap(), 0, prefix_of(text), caller);
}

BSTR SysAllocStringByteLen(LPCSTR psz, UINT len)
{
    return allocate_bytes(psz, len, __func__);
}

BSTR SysAllocStringLen(const OLECHAR *strIn, UINT ui)
{
    return allocate(strIn, ui, __func__);
}

BSTR SysAllocString(const OLECHAR *psz)
{
    return psz != NULL ? allocate(psz, text_length(psz), __func__) : NULL;
}

void SysFreeString(BSTR bstrString)
{
    release(bstrString, __func__);
}

/* Puts the new string in the place of the old, which may be part of it. If that cannot be freed, it stays. */
static INT replace(BSTR *place, BSTR fresh, const char *caller)
{
    if (!release(*place, caller)) {
        release(fresh, caller);
        return FALSE;
    }
    *place = fresh;
    return TRUE;
}

INT SysReAllocString(BSTR *pbstr, const OLECHAR *psz)
{
    if (pbstr == NULL)
        return FALSE;
    BSTR fresh = psz != NULL ? allocate(psz, text_length(psz), __func__) : NULL;
    return fresh != NULL || psz == NULL ? replace(pbstr, fresh, __func__) : FALSE;
}

/* Without a text to copy, the string keeps what it has. */
static BSTR resized(BSTR old, UINT length, const char *caller)
{
    BSTR fresh = allocate(NULL, length, caller);
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
    BSTR fresh = psz != NULL ? allocate(psz, len, __func__) : resized(*pbstr, len, __func__);
    return fresh != NULL ? replace(pbstr, fresh, __func__) : FALSE;
}

UINT SysStringByteLen(BSTR bstr)
{
    return bstr != NULL ? prefix_of(bstr)->byte_length : 0;
}

UINT SysStringLen(BSTR pbstr)
{
    return SysStringByteLen(pbstr) / (UINT)sizeof(OLECHAR);
}
