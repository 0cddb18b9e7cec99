/* SysAllocString and its kin: their Microsoft pages, and that of BSTR. */
#include "blocks.h"

#include <oleauto.h>

#ifdef _WIN32
#define T(text) L##text
#else
#define T(text) OLESTR(text)
#endif

static bool text_is(BSTR text, const OLECHAR *expected, UINT length)
{
    return SysStringLen(text) == length && memcmp(text, expected, length * sizeof(OLECHAR)) == 0 && text[length] == 0;
}

/* The four bytes in front of the text: its length in bytes. */
static DWORD prefix_of(BSTR text)
{
    DWORD prefix;
    memcpy(&prefix, (const char *)text - sizeof(prefix), sizeof(prefix));
    return prefix;
}

/* "Allocates a new string and copies the passed string into it" */
static void alloc_string(void)
{
    BSTR text = SysAllocString(T("hello"));
    CHECK(text_is(text, T("hello"), 5));
    CHECK_EQ_UINT(SysStringByteLen(text), 10);
    CHECK_EQ_UINT(prefix_of(text), 10);
    CHECK_EQ_UINT((uintptr_t)text % sizeof(void *), 0);
    SysFreeString(text);
    /* "if psz is a zero-length string, returns a zero-length BSTR. If psz is NULL, returns NULL" */
    text = SysAllocString(T(""));
    CHECK(text != NULL && text_is(text, T(""), 0));
    SysFreeString(text);
    CHECK_EQ_PTR(SysAllocString(NULL), NULL);
}

/* "The string can contain embedded null characters and does not need to end with a NULL" */
static void alloc_string_len(void)
{
    static const OLECHAR source[] = {'a', 0, 'b', 'c'};
    BSTR text = SysAllocStringLen(source, 3);
    CHECK(text_is(text, source, 3));
    SysFreeString(text);
    text = SysAllocStringLen(source, 0);
    CHECK(text_is(text, source, 0));
    SysFreeString(text);
    /* NULL: not set, but the terminator is */
    text = SysAllocStringLen(NULL, 50);
    CHECK_EQ_UINT(SysStringLen(text), 50);
    CHECK_EQ_UINT(text[50], 0);
    SysFreeString(text);
}

/* "allocating a total of len plus the size of OLECHAR bytes"; an odd length counts as the characters that are whole */
static void alloc_string_byte_len(void)
{
    BSTR text = SysAllocStringByteLen("abc", 3);
    CHECK_EQ_UINT(SysStringByteLen(text), 3);
    CHECK_EQ_UINT(SysStringLen(text), 1);
    CHECK_EQ_INT(memcmp(text, "abc\0", 5), 0);
    SysFreeString(text);
    text = SysAllocStringByteLen(NULL, 7);
    CHECK_EQ_UINT(SysStringByteLen(text), 7);
    CHECK_EQ_UINT(prefix_of(text), 7);
    SysFreeString(text);
}

/* NULL where there is no memory, or the length is none that a string can have */
static void too_long(void)
{
    CHECK_EQ_PTR(SysAllocStringLen(NULL, 0x80000000), NULL);
    CHECK_EQ_PTR(SysAllocStringLen(NULL, 0xFFFFFFFF), NULL);
    BSTR text = SysAllocString(T("stays"));
    CHECK_EQ_INT(SysReAllocStringLen(&text, NULL, 0x80000000), FALSE);
    CHECK(text_is(text, T("stays"), 5));
    SysFreeString(text);
#ifdef _WIN32
    wine_skip("SysAllocStringByteLen with a length near the largest faults");
#else
    CHECK_EQ_PTR(SysAllocStringByteLen(NULL, 0xFFFFFFFF), NULL);
    CHECK_EQ_PTR(SysAllocStringByteLen(NULL, 0xFFFFFFF8), NULL);
#endif
}

/* "Reallocates a previously allocated string to be the size of a second string and copies the second string" */
static void realloc_string(void)
{
    BSTR text = SysAllocString(T("first"));
    CHECK_EQ_INT(SysReAllocString(&text, T("the second")), TRUE);
    CHECK(text_is(text, T("the second"), 10));
    CHECK_EQ_INT(SysReAllocString(&text, T("")), TRUE);
    CHECK(text_is(text, T(""), 0));
    CHECK_EQ_INT(SysReAllocString(&text, NULL), TRUE);
    CHECK_EQ_PTR(text, NULL);
    CHECK_EQ_INT(SysReAllocString(&text, T("from nothing")), TRUE);
    CHECK(text_is(text, T("from nothing"), 12));
    SysFreeString(text);
}

/* "Creates a new BSTR containing a specified number of characters"; psz NULL: the length alone is new */
static void realloc_string_len(void)
{
    BSTR text = SysAllocString(T("hello"));
    CHECK_EQ_INT(SysReAllocStringLen(&text, T("goodbye"), 4), TRUE);
    CHECK(text_is(text, T("good"), 4));
    CHECK_EQ_INT(SysReAllocStringLen(&text, NULL, 1000), TRUE);
    CHECK_EQ_UINT(SysStringLen(text), 1000);
    CHECK_EQ_INT(memcmp(text, T("good"), 4 * sizeof(OLECHAR)), 0);
    CHECK_EQ_UINT(text[1000], 0);
    CHECK_EQ_INT(SysReAllocStringLen(&text, NULL, 2), TRUE);
    CHECK(text_is(text, T("go"), 2));
    SysFreeString(text);
    text = NULL;
    CHECK_EQ_INT(SysReAllocStringLen(&text, T("abc"), 3), TRUE);
    CHECK(text_is(text, T("abc"), 3));
    SysFreeString(text);
}

/* NULL has length 0, and frees as nothing */
static void null_string(void)
{
    CHECK_EQ_UINT(SysStringLen(NULL), 0);
    CHECK_EQ_UINT(SysStringByteLen(NULL), 0);
    POISON_LAST_ERROR();
    SysFreeString(NULL);
    CHECK_LAST_ERROR_UNTOUCHED();
}

#ifndef _WIN32
/* A string is a block of the default heap. Windows keeps freed ones for a while; here they are gone at once. */
static void lies_in_the_default_heap(void)
{
    BSTR text = SysAllocString(T("a text"));
    char *block = (char *)text - sizeof(void *);
    CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, block), sizeof(void *) + 14);
    SysFreeString(text);
    CHECK(!HeapValidate(GetProcessHeap(), 0, block));
    /* the second time: refused as by HeapFree */
    POISON_LAST_ERROR();
    SysFreeString(text);
    CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
}

/* Where Windows crashes: FALSE */
static void null_place(void)
{
    CHECK_EQ_INT(SysReAllocString(NULL, T("x")), FALSE);
    CHECK_EQ_INT(SysReAllocStringLen(NULL, T("x"), 1), FALSE);
}

/* "The address passed in psz cannot be part of the string passed in pbstr, or unexpected results may occur": none do */
static void part_of_itself(void)
{
    BSTR text = SysAllocString(T("hello world"));
    CHECK_EQ_INT(SysReAllocString(&text, text + 6), TRUE);
    CHECK(text_is(text, T("world"), 5));
    CHECK_EQ_INT(SysReAllocStringLen(&text, text + 1, 3), TRUE);
    CHECK(text_is(text, T("orl"), 3));
    SysFreeString(text);
}
#endif

int main(void)
{
    alloc_string();
    alloc_string_len();
    alloc_string_byte_len();
    too_long();
    realloc_string();
    realloc_string_len();
    null_string();
#ifndef _WIN32
    lies_in_the_default_heap();
    null_place();
    part_of_itself();
#endif
    return check_report();
}
