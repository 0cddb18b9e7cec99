/*
 * UTF-8 and UTF-16. Only the shortest form of a code point is well-formed, and surrogates have no form in UTF-8, so the
 * byte after the lead is bounded more tightly for four of the leads.
 */
#include "crt/unicode.h"

#include <tchar.h>

#include <stdlib.h>
#include <string.h>

unsigned utf8_sequence_length(unsigned char lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

bool utf8_continues(unsigned char lead, unsigned index, unsigned char byte)
{
    unsigned char low = 0x80;
    unsigned char high = 0xBF;

    if (index == 1) {
        low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : low;
        high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : high;
    }
    return byte >= low && byte <= high;
}

uint32_t utf8_decode(const char **text, const char *end)
{
    unsigned char lead = (unsigned char)*(*text)++;
    unsigned length = utf8_sequence_length(lead);

    if (length < 2) {
        return length == 1 ? lead : UNICODE_REPLACEMENT;
    }
    uint32_t code_point = lead & (0x7Fu >> length);
    for (unsigned index = 1; index < length; index++) {
        if (*text == end || !utf8_continues(lead, index, (unsigned char)**text)) {
            return UNICODE_REPLACEMENT;
        }
        code_point = code_point << 6 | ((unsigned char)*(*text)++ & 0x3F);
    }
    return code_point;
}

uint32_t utf16_decode(const WCHAR **text, const WCHAR *end)
{
    WCHAR unit = *(*text)++;

    if (unit_is_high_surrogate(unit) && *text != end && unit_is_low_surrogate(**text)) {
        return code_point_from_surrogates(unit, *(*text)++);
    }
    return unit_is_high_surrogate(unit) || unit_is_low_surrogate(unit) ? UNICODE_REPLACEMENT : unit;
}

unsigned utf8_encode(uint32_t code_point, char bytes[4])
{
    if (code_point < 0x80) {
        bytes[0] = (char)code_point;
        return 1;
    }
    unsigned length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (unsigned index = length - 1; index > 0; index--) {
        bytes[index] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    bytes[0] = (char)((0xF00u >> length & 0xFF) | code_point);
    return length;
}

unsigned utf16_encode(uint32_t code_point, WCHAR units[2])
{
    if (code_point < 0x10000) {
        units[0] = (WCHAR)code_point;
        return 1;
    }
    code_point -= 0x10000;
    units[0] = (WCHAR)(0xD800 + (code_point >> 10));
    units[1] = (WCHAR)(0xDC00 + (code_point & 0x3FF));
    return 2;
}

char *utf8_from_wide(const WCHAR *text)
{
    size_t length = cairn_wcslen(text);
    char *result = malloc(3 * length + 1); /* a unit alone takes 3 bytes at most, a pair 4 */

    if (result == NULL) {
        return NULL;
    }
    char *next = result;
    for (const WCHAR *end = text + length; text < end;) {
        char bytes[4];
        unsigned count = utf8_encode(utf16_decode(&text, end), bytes);
        memcpy(next, bytes, count);
        next += count;
    }
    *next = '\0';
    return result;
}

WCHAR *wide_from_utf8(const char *text)
{
    size_t length = strlen(text);
    WCHAR *result = malloc((length + 1) * sizeof(WCHAR)); /* never more units than bytes */

    if (result == NULL) {
        return NULL;
    }
    WCHAR *next = result;
    for (const char *end = text + length; text < end;) {
        next += utf16_encode(utf8_decode(&text, end), next);
    }
    *next = 0;
    return result;
}
