/*
 * UTF-16 units to and from a byte stream that carries UTF-8, and the functions that move one unit or one line.
 */
#include "crt/wide_stream.h"

#include "base/compiler.h"
#include "crt/unicode.h"

#include <tchar.h>

struct half {
    FILE *stream;
    WCHAR unit;
};

static THREAD_LOCAL struct half waiting_high; /* put, and not yet written */
static THREAD_LOCAL struct half waiting_low;  /* read, and not yet got */

static bool put_code_point(FILE *stream, uint32_t code_point)
{
    char bytes[4];
    unsigned count = utf8_encode(code_point, bytes);

    for (unsigned index = 0; index < count; index++) {
        if (putc_unlocked((unsigned char)bytes[index], stream) == EOF) {
            return false;
        }
    }
    return true;
}

static bool put_unit(FILE *stream, WCHAR unit)
{
    if (waiting_high.stream == stream && unit_is_low_surrogate(unit)) {
        waiting_high.stream = NULL;
        return put_code_point(stream, code_point_from_surrogates(waiting_high.unit, unit));
    }
    if (!wide_stream_finish(stream)) {
        return false;
    }
    if (unit_is_high_surrogate(unit)) {
        waiting_high = (struct half){.stream = stream, .unit = unit};
        return true;
    }
    return put_code_point(stream, unit_is_low_surrogate(unit) ? UNICODE_REPLACEMENT : unit);
}

bool wide_stream_put(FILE *stream, const WCHAR *units, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (!put_unit(stream, units[index])) {
            return false;
        }
    }
    return true;
}

bool wide_stream_finish(FILE *stream)
{
    if (waiting_high.stream != stream) {
        return true;
    }
    waiting_high.stream = NULL;
    return put_code_point(stream, UNICODE_REPLACEMENT);
}

/* The next code point, or -1. A byte that does not continue its sequence is left for the next call. */
static int32_t get_code_point(FILE *stream)
{
    int lead = getc_unlocked(stream);

    if (lead == EOF) {
        return -1;
    }
    unsigned length = utf8_sequence_length((unsigned char)lead);
    if (length < 2) {
        return length == 1 ? lead : (int32_t)UNICODE_REPLACEMENT;
    }
    int32_t code_point = (int32_t)((unsigned)lead & (0x7Fu >> length));
    for (unsigned index = 1; index < length; index++) {
        int byte = getc_unlocked(stream);
        if (byte == EOF || !utf8_continues((unsigned char)lead, index, (unsigned char)byte)) {
            ungetc(byte, stream); /* with EOF it does nothing */
            return (int32_t)UNICODE_REPLACEMENT;
        }
        code_point = code_point << 6 | (byte & 0x3F);
    }
    return code_point;
}

int wide_stream_get(FILE *stream)
{
    if (wide_stream_is_inside_pair(stream)) {
        waiting_low.stream = NULL;
        return waiting_low.unit;
    }
    int32_t code_point = get_code_point(stream);
    if (code_point < 0) {
        return -1;
    }
    WCHAR units[2];
    if (utf16_encode((uint32_t)code_point, units) == 2) {
        waiting_low = (struct half){.stream = stream, .unit = units[1]};
    }
    return units[0];
}

void wide_stream_unget(FILE *stream, WCHAR unit)
{
    if (unit_is_low_surrogate(unit)) {
        waiting_low = (struct half){.stream = stream, .unit = unit};
        return;
    }
    uint32_t code_point = unit;
    if (unit_is_high_surrogate(unit)) {
        code_point = code_point_from_surrogates(unit, waiting_low.unit);
        waiting_low.stream = NULL;
    }
    char bytes[4];
    for (unsigned index = utf8_encode(code_point, bytes); index > 0; index--) {
        ungetc((unsigned char)bytes[index - 1], stream);
    }
}

bool wide_stream_is_inside_pair(FILE *stream)
{
    return waiting_low.stream == stream;
}

void wide_stream_forget(FILE *stream)
{
    if (waiting_high.stream == stream) {
        waiting_high.stream = NULL;
    }
    if (waiting_low.stream == stream) {
        waiting_low.stream = NULL;
    }
}

cairn_wint cairn_fputwc(WCHAR unit, FILE *stream)
{
    flockfile(stream);
    bool done = wide_stream_put(stream, &unit, 1);
    funlockfile(stream);
    return done ? (cairn_wint)unit : CAIRN_WEOF;
}

cairn_wint cairn_putwchar(WCHAR unit)
{
    return cairn_fputwc(unit, stdout);
}

cairn_wint cairn_fgetwc(FILE *stream)
{
    flockfile(stream);
    int unit = wide_stream_get(stream);
    funlockfile(stream);
    return unit < 0 ? CAIRN_WEOF : (cairn_wint)unit;
}

cairn_wint cairn_getwchar(void)
{
    return cairn_fgetwc(stdin);
}

int cairn_fputws(const WCHAR *text, FILE *stream)
{
    flockfile(stream);
    bool done = wide_stream_put(stream, text, cairn_wcslen(text)) && wide_stream_finish(stream);
    funlockfile(stream);
    return done ? 0 : EOF;
}

int cairn_putws(const WCHAR *text)
{
    const WCHAR newline = u'\n';

    flockfile(stdout);
    bool done = wide_stream_put(stdout, text, cairn_wcslen(text)) && wide_stream_put(stdout, &newline, 1);
    funlockfile(stdout);
    return done ? 0 : EOF;
}

/* Reads up to a newline, which is stored, or limit units. Returns how many; stores no terminator. */
static size_t get_line(WCHAR *buffer, size_t limit, FILE *stream)
{
    size_t count = 0;

    flockfile(stream);
    while (count < limit) {
        int unit = wide_stream_get(stream);
        if (unit < 0) {
            break;
        }
        buffer[count++] = (WCHAR)unit;
        if (unit == '\n') {
            break;
        }
    }
    funlockfile(stream);
    return count;
}

WCHAR *cairn_fgetws(WCHAR *buffer, int count, FILE *stream)
{
    if (count <= 0) {
        return NULL;
    }
    size_t length = get_line(buffer, (size_t)count - 1, stream);
    if (length == 0 && count > 1) {
        return NULL;
    }
    buffer[length] = 0;
    return buffer;
}

WCHAR *cairn_getws(WCHAR *buffer)
{
    size_t length = get_line(buffer, SIZE_MAX, stdin);

    if (length == 0) {
        return NULL;
    }
    if (buffer[length - 1] == u'\n') {
        length--;
    }
    buffer[length] = 0;
    return buffer;
}
