/*
 * The 16-bit string functions. Comparison without regard to case folds unit by unit with the C library's towlower, so
 * it follows the locale for the basic plane and leaves surrogates alone.
 */
#include <tchar.h>

#include "base/compiler.h"

#include <stdlib.h>

size_t cairn_wcslen(const WCHAR *text)
{
    const WCHAR *end = text;

    while (*end != 0) {
        end++;
    }
    return (size_t)(end - text);
}

WCHAR *cairn_wcscpy(WCHAR *to, const WCHAR *from)
{
    return memcpy(to, from, (cairn_wcslen(from) + 1) * sizeof(WCHAR));
}

WCHAR *cairn_wcsncpy(WCHAR *to, const WCHAR *from, size_t count)
{
    size_t index = 0;

    for (; index < count && from[index] != 0; index++) {
        to[index] = from[index];
    }
    for (; index < count; index++) {
        to[index] = 0;
    }
    return to;
}

WCHAR *cairn_wcscat(WCHAR *to, const WCHAR *from)
{
    cairn_wcscpy(to + cairn_wcslen(to), from);
    return to;
}

WCHAR *cairn_wcsncat(WCHAR *to, const WCHAR *from, size_t count)
{
    WCHAR *end = to + cairn_wcslen(to);

    for (; count > 0 && *from != 0; count--) {
        *end++ = *from++;
    }
    *end = 0;
    return to;
}

int cairn_wcsncmp(const WCHAR *left, const WCHAR *right, size_t count)
{
    for (; count > 0; count--, left++, right++) {
        if (*left != *right) {
            return *left < *right ? -1 : 1;
        }
        if (*left == 0) {
            break;
        }
    }
    return 0;
}

int cairn_wcscmp(const WCHAR *left, const WCHAR *right)
{
    return cairn_wcsncmp(left, right, SIZE_MAX);
}

int cairn_wcsnicmp(const WCHAR *left, const WCHAR *right, size_t count)
{
    for (; count > 0; count--, left++, right++) {
        wint_t left_folded = towlower(*left);
        wint_t right_folded = towlower(*right);
        if (left_folded != right_folded) {
            return left_folded < right_folded ? -1 : 1;
        }
        if (*left == 0) {
            break;
        }
    }
    return 0;
}

int cairn_wcsicmp(const WCHAR *left, const WCHAR *right)
{
    return cairn_wcsnicmp(left, right, SIZE_MAX);
}

/* The C library's signatures take const and give back what the caller's string may be, without it. */
static WCHAR *without_const(const WCHAR *text)
{
    return (WCHAR *)(uintptr_t)text;
}

WCHAR *cairn_wcschr(const WCHAR *text, WCHAR unit)
{
    for (; *text != unit; text++) {
        if (*text == 0) {
            return NULL;
        }
    }
    return without_const(text);
}

WCHAR *cairn_wcsrchr(const WCHAR *text, WCHAR unit)
{
    const WCHAR *next = text + cairn_wcslen(text) + 1;

    while (next-- > text) {
        if (*next == unit) {
            return without_const(next);
        }
    }
    return NULL;
}

WCHAR *cairn_wcsstr(const WCHAR *text, const WCHAR *part)
{
    size_t length = cairn_wcslen(part);

    for (; cairn_wcsncmp(text, part, length) != 0; text++) {
        if (*text == 0) {
            return NULL;
        }
    }
    return without_const(text);
}

WCHAR *cairn_wcstok(WCHAR *text, const WCHAR *delimiters)
{
    static THREAD_LOCAL WCHAR *rest;
    WCHAR *start = text != NULL ? text : rest;

    if (start == NULL) {
        return NULL;
    }
    while (*start != 0 && cairn_wcschr(delimiters, *start) != NULL) {
        start++;
    }
    WCHAR *end = start;
    while (*end != 0 && cairn_wcschr(delimiters, *end) == NULL) {
        end++;
    }
    rest = end;
    if (end == start) {
        return NULL;
    }
    if (*end != 0) {
        *end = 0;
        rest = end + 1;
    }
    return start;
}

WCHAR *cairn_wcsdup(const WCHAR *text)
{
    size_t size = (cairn_wcslen(text) + 1) * sizeof(WCHAR);
    WCHAR *copy = malloc(size);

    return copy == NULL ? NULL : memcpy(copy, text, size);
}
