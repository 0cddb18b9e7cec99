/*
 * UTF-8 and UTF-16, each way. What is malformed decodes to U+FFFD: a lone surrogate, or in UTF-8 the longest start of a
 * sequence that nothing can complete, as the Unicode Standard (3.9, U+FFFD substitution) recommends.
 */
#ifndef CAIRN_CRT_UNICODE_H
#define CAIRN_CRT_UNICODE_H

#include <cairn_wchar.h>

#include <stdbool.h>

#define UNICODE_REPLACEMENT 0xFFFDu

static inline bool unit_is_high_surrogate(WCHAR unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static inline bool unit_is_low_surrogate(WCHAR unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

static inline uint32_t code_point_from_surrogates(WCHAR high, WCHAR low)
{
    return 0x10000u + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
}

/* Length of the UTF-8 sequence that a byte starts; 0 if none starts with it. */
unsigned utf8_sequence_length(unsigned char lead);

/* Whether a byte may stand at the given index (from 1) of a sequence that starts with lead. */
bool utf8_continues(unsigned char lead, unsigned index, unsigned char byte);

/* The code point at *text, which lies before end; steps over it. */
uint32_t utf8_decode(const char **text, const char *end);
uint32_t utf16_decode(const WCHAR **text, const WCHAR *end);

/* Store one code point; return how many bytes or units. */
unsigned utf8_encode(uint32_t code_point, char bytes[4]);
unsigned utf16_encode(uint32_t code_point, WCHAR units[2]);

/* Whole strings, from malloc; NULL if it has no memory. */
char *utf8_from_wide(const WCHAR *text);
WCHAR *wide_from_utf8(const char *text);

#endif
