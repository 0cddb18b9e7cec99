/*
 * The 16-bit printf family.
 *
 * The format is walked here. Text and characters are handled here as well, because their meaning depends on the width
 * of the function (Microsoft's rule: %s and %c are of the function's own width, h or a capital means narrow, l or w
 * wide).
 * Everything with digits is done by the C library: the directive is rebuilt with its value widened to the largest type,
 * so a single length modifier is left, and with width and precision passed as numbers.
 */
#include <tchar.h>

#include "crt/unicode.h"
#include "crt/wide_stream.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

enum length {
    LENGTH_NONE,
    LENGTH_CHAR,
    LENGTH_SHORT,
    LENGTH_LONG,
    LENGTH_LONG_LONG,
    LENGTH_INTMAX,
    LENGTH_SIZE,
    LENGTH_PTRDIFF,
    LENGTH_LONG_DOUBLE,
    LENGTH_WIDE
};

struct directive {
    char flags[8]; /* each flag given, once */
    bool left;
    int width;     /* 0: none */
    int precision; /* -1: none */
    enum length length;
    WCHAR conversion;
};

/* Where the units go: a stream, or if that is NULL a buffer of so many units. Length counts also what does not fit. */
struct output {
    FILE *stream;
    WCHAR *buffer;
    size_t capacity;
    size_t length;
};

/* A va_list is an array or a structure, by platform; inside a structure it can be passed by address on both. */
struct arguments {
    va_list list;
};

static bool output_put(struct output *output, const WCHAR *units, size_t count)
{
    if (output->stream != NULL && !wide_stream_put(output->stream, units, count)) {
        return false;
    }
    for (size_t index = 0; output->stream == NULL && index < count; index++) {
        if (output->length + index < output->capacity) {
            output->buffer[output->length + index] = units[index];
        }
    }
    output->length += count;
    return true;
}

static bool output_pad(struct output *output, size_t length, int width)
{
    const WCHAR space = u' ';

    for (; length < (size_t)width; length++) {
        if (!output_put(output, &space, 1)) {
            return false;
        }
    }
    return true;
}

/* Decodes size bytes; returns the number of units. Puts them unless output is NULL. */
static size_t put_utf8(struct output *output, const char *text, size_t size, bool *done)
{
    size_t total = 0;

    for (const char *end = text + size; text < end;) {
        WCHAR units[2];
        unsigned count = utf16_encode(utf8_decode(&text, end), units);
        total += count;
        if (output != NULL && !output_put(output, units, count)) {
            *done = false;
            break;
        }
    }
    return total;
}

static bool format_wide_text(struct output *output, const struct directive *directive, const WCHAR *text, size_t length)
{
    return (directive->left || output_pad(output, length, directive->width)) && output_put(output, text, length) &&
           (!directive->left || output_pad(output, length, directive->width));
}

static bool format_narrow_text(struct output *output, const struct directive *directive, const char *text, size_t size)
{
    bool done = true;
    size_t length = put_utf8(NULL, text, size, &done);

    if (!directive->left && !output_pad(output, length, directive->width)) {
        return false;
    }
    put_utf8(output, text, size, &done);
    return done && (!directive->left || output_pad(output, length, directive->width));
}

/* The length of a string that ends at its terminator or at the precision, whichever is first. */
static size_t wide_length(const WCHAR *text, int precision)
{
    size_t limit = precision < 0 ? SIZE_MAX : (size_t)precision;
    size_t length = 0;

    while (length < limit && text[length] != 0) {
        length++;
    }
    return length;
}

static bool is_narrow(const struct directive *directive)
{
    bool capital = directive->conversion == u'S' || directive->conversion == u'C';

    return directive->length == LENGTH_NONE ? capital : directive->length == LENGTH_SHORT;
}

static bool format_string(struct output *output, const struct directive *directive, struct arguments *arguments)
{
    if (is_narrow(directive)) {
        const char *text = va_arg(arguments->list, const char *);
        text = text == NULL ? "(null)" : text;
        size_t size = directive->precision < 0 ? strlen(text) : strnlen(text, (size_t)directive->precision);
        return format_narrow_text(output, directive, text, size);
    }
    const WCHAR *text = va_arg(arguments->list, const WCHAR *);
    text = text == NULL ? u"(null)" : text;
    return format_wide_text(output, directive, text, wide_length(text, directive->precision));
}

static bool format_character(struct output *output, const struct directive *directive, struct arguments *arguments)
{
    int value = va_arg(arguments->list, int);

    if (is_narrow(directive)) {
        char byte = (char)value;
        return format_narrow_text(output, directive, &byte, 1);
    }
    WCHAR unit = (WCHAR)value;
    return format_wide_text(output, directive, &unit, 1);
}

/* What the C library makes of one directive: 512 bytes suffice but for giant widths, precisions and exponents. */
static bool format_by_library(struct output *output, const char *format, ...)
{
    char few[512];
    va_list list;

    va_start(list, format);
    int length = vsnprintf(few, sizeof(few), format, list);
    va_end(list);
    if (length < 0) {
        return false;
    }
    bool done = true;
    if ((size_t)length < sizeof(few)) {
        put_utf8(output, few, (size_t)length, &done);
        return done;
    }
    char *many = malloc((size_t)length + 1);
    if (many == NULL) {
        return false;
    }
    va_start(list, format);
    vsnprintf(many, (size_t)length + 1, format, list);
    va_end(list);
    put_utf8(output, many, (size_t)length, &done);
    free(many);
    return done;
}

/* Rebuilds a directive for the C library, to be followed by width, precision and value. */
static void build_format(char format[24], const struct directive *directive, const char *length)
{
    snprintf(format, 24, "%%%s*.*%s%c", directive->flags, length, (char)directive->conversion);
}

static intmax_t next_signed(enum length length, struct arguments *arguments)
{
    switch (length) {
    case LENGTH_CHAR:
        return (signed char)va_arg(arguments->list, int);
    case LENGTH_SHORT:
        return (short)va_arg(arguments->list, int);
    case LENGTH_LONG:
        return va_arg(arguments->list, long);
    case LENGTH_LONG_LONG:
        return va_arg(arguments->list, long long);
    case LENGTH_INTMAX:
        return va_arg(arguments->list, intmax_t);
    case LENGTH_SIZE:
    case LENGTH_PTRDIFF:
        return va_arg(arguments->list, ptrdiff_t);
    default:
        return va_arg(arguments->list, int);
    }
}

static uintmax_t next_unsigned(enum length length, struct arguments *arguments)
{
    switch (length) {
    case LENGTH_CHAR:
        return (unsigned char)va_arg(arguments->list, int);
    case LENGTH_SHORT:
        return (unsigned short)va_arg(arguments->list, int);
    case LENGTH_LONG:
        return va_arg(arguments->list, unsigned long);
    case LENGTH_LONG_LONG:
        return va_arg(arguments->list, unsigned long long);
    case LENGTH_INTMAX:
        return va_arg(arguments->list, uintmax_t);
    case LENGTH_SIZE:
    case LENGTH_PTRDIFF:
        return va_arg(arguments->list, size_t);
    default:
        return va_arg(arguments->list, unsigned);
    }
}

static bool format_integer(struct output *output, const struct directive *directive, struct arguments *arguments)
{
    char format[24];

    build_format(format, directive, "j");
    if (directive->conversion == u'd' || directive->conversion == u'i') {
        intmax_t value = next_signed(directive->length, arguments);
        return format_by_library(output, format, directive->width, directive->precision, value);
    }
    uintmax_t value = next_unsigned(directive->length, arguments);
    return format_by_library(output, format, directive->width, directive->precision, value);
}

static bool format_floating(struct output *output, const struct directive *directive, struct arguments *arguments)
{
    char format[24];

    if (directive->length == LENGTH_LONG_DOUBLE) {
        build_format(format, directive, "L");
        long double value = va_arg(arguments->list, long double);
        return format_by_library(output, format, directive->width, directive->precision, value);
    }
    build_format(format, directive, "");
    double value = va_arg(arguments->list, double);
    return format_by_library(output, format, directive->width, directive->precision, value);
}

static bool format_pointer(struct output *output, const struct directive *directive, struct arguments *arguments)
{
    char format[24];

    build_format(format, directive, "");
    void *value = va_arg(arguments->list, void *);
    return format_by_library(output, format, directive->width, directive->precision, value);
}

/* False, with errno set, for a conversion that does not exist; also for %n, which Microsoft's library refuses. */
static bool format_directive(struct output *output, const struct directive *directive, struct arguments *arguments)
{
    switch (directive->conversion) {
    case u's':
    case u'S':
        return format_string(output, directive, arguments);
    case u'c':
    case u'C':
        return format_character(output, directive, arguments);
    case u'd':
    case u'i':
    case u'o':
    case u'u':
    case u'x':
    case u'X':
        return format_integer(output, directive, arguments);
    case u'a':
    case u'A':
    case u'e':
    case u'E':
    case u'f':
    case u'F':
    case u'g':
    case u'G':
        return format_floating(output, directive, arguments);
    case u'p':
        return format_pointer(output, directive, arguments);
    default:
        errno = EINVAL;
        return false;
    }
}

static void add_flag(struct directive *directive, char flag)
{
    size_t count = strlen(directive->flags);

    if (strchr(directive->flags, flag) == NULL) {
        directive->flags[count] = flag;
        directive->flags[count + 1] = '\0';
    }
    directive->left = directive->left || flag == '-';
}

static const WCHAR *parse_flags(const WCHAR *text, struct directive *directive)
{
    while (*text < 0x80 && *text != 0 && strchr("-+ #0'", (char)*text) != NULL) {
        add_flag(directive, (char)*text++);
    }
    return text;
}

/* Digits or a star. NULL for a number that is too large. */
static const WCHAR *parse_number(const WCHAR *text, struct arguments *arguments, int *number)
{
    if (*text == u'*') {
        *number = va_arg(arguments->list, int);
        return text + 1;
    }
    *number = 0;
    for (; *text >= u'0' && *text <= u'9'; text++) {
        if (__builtin_mul_overflow(*number, 10, number) || __builtin_add_overflow(*number, *text - u'0', number)) {
            return NULL;
        }
    }
    return text;
}

static const WCHAR *parse_width(const WCHAR *text, struct arguments *arguments, struct directive *directive)
{
    text = parse_number(text, arguments, &directive->width);
    if (directive->width < 0) {
        add_flag(directive, '-');
        directive->width = directive->width == INT_MIN ? INT_MAX : -directive->width;
    }
    return text;
}

static const WCHAR *parse_precision(const WCHAR *text, struct arguments *arguments, struct directive *directive)
{
    directive->precision = -1;
    if (*text != u'.') {
        return text;
    }
    text = parse_number(text + 1, arguments, &directive->precision);
    directive->precision = directive->precision < 0 ? -1 : directive->precision;
    return text;
}

static const WCHAR *parse_length(const WCHAR *text, enum length *length)
{
    static const struct {
        WCHAR spelling[4];
        enum length length;
    } table[] = {
        {u"I64", LENGTH_LONG_LONG}, {u"I32", LENGTH_NONE},     {u"I", LENGTH_SIZE},        {u"hh", LENGTH_CHAR},
        {u"h", LENGTH_SHORT},       {u"ll", LENGTH_LONG_LONG}, {u"l", LENGTH_LONG},        {u"j", LENGTH_INTMAX},
        {u"z", LENGTH_SIZE},        {u"t", LENGTH_PTRDIFF},    {u"L", LENGTH_LONG_DOUBLE}, {u"w", LENGTH_WIDE},
    };

    for (size_t index = 0; index < sizeof(table) / sizeof(table[0]); index++) {
        size_t count = cairn_wcslen(table[index].spelling);
        if (cairn_wcsncmp(text, table[index].spelling, count) == 0) {
            *length = table[index].length;
            return text + count;
        }
    }
    *length = LENGTH_NONE;
    return text;
}

/* Reads the directive after a percent sign. Returns what follows it, NULL if it is malformed. */
static const WCHAR *parse_directive(const WCHAR *text, struct arguments *arguments, struct directive *directive)
{
    *directive = (struct directive){.precision = -1};
    text = parse_flags(text, directive);
    text = parse_width(text, arguments, directive);
    text = text == NULL ? NULL : parse_precision(text, arguments, directive);
    if (text == NULL) {
        errno = EOVERFLOW;
        return NULL;
    }
    text = parse_length(text, &directive->length);
    directive->conversion = *text;
    return *text == 0 ? text : text + 1;
}

static bool format_all(struct output *output, const WCHAR *format, struct arguments *arguments)
{
    while (*format != 0) {
        size_t plain = 0;
        while (format[plain] != 0 && format[plain] != u'%') {
            plain++;
        }
        if (plain == 0 && format[1] == u'%') {
            plain = 1;
            format++;
        }
        if (plain > 0) {
            if (!output_put(output, format, plain)) {
                return false;
            }
            format += plain;
            continue;
        }
        struct directive directive;
        format = parse_directive(format + 1, arguments, &directive);
        if (format == NULL || !format_directive(output, &directive, arguments)) {
            return false;
        }
    }
    return true;
}

/* The number of units, or -1. */
static int format_to(struct output *output, const WCHAR *format, va_list list)
{
    struct arguments arguments;

    va_copy(arguments.list, list);
    bool done = format_all(output, format, &arguments);
    va_end(arguments.list);
    if (!done) {
        return -1;
    }
    if (output->length > INT_MAX) {
        errno = EOVERFLOW;
        return -1;
    }
    return (int)output->length;
}

int cairn_vfwprintf(FILE *stream, const WCHAR *format, va_list arguments)
{
    struct output output = {.stream = stream};

    flockfile(stream);
    int length = format_to(&output, format, arguments);
    bool finished = wide_stream_finish(stream);
    funlockfile(stream);
    return finished ? length : -1;
}

int cairn_vsnwprintf(WCHAR *buffer, size_t count, const WCHAR *format, va_list arguments)
{
    struct output output = {.buffer = buffer, .capacity = count};
    int length = format_to(&output, format, arguments);

    if (output.length < count) {
        buffer[output.length] = 0;
    }
    bool is_query = buffer == NULL && count == 0;
    return output.length > count && !is_query ? -1 : length;
}

int cairn_vswprintf(WCHAR *buffer, const WCHAR *format, va_list arguments)
{
    return cairn_vsnwprintf(buffer, SIZE_MAX, format, arguments);
}

int cairn_vwprintf(const WCHAR *format, va_list arguments)
{
    return cairn_vfwprintf(stdout, format, arguments);
}

int cairn_wprintf(const WCHAR *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = cairn_vfwprintf(stdout, format, arguments);
    va_end(arguments);
    return length;
}

int cairn_fwprintf(FILE *stream, const WCHAR *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = cairn_vfwprintf(stream, format, arguments);
    va_end(arguments);
    return length;
}

int cairn_swprintf(WCHAR *buffer, const WCHAR *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = cairn_vswprintf(buffer, format, arguments);
    va_end(arguments);
    return length;
}

int cairn_snwprintf(WCHAR *buffer, size_t count, const WCHAR *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = cairn_vsnwprintf(buffer, count, format, arguments);
    va_end(arguments);
    return length;
}
