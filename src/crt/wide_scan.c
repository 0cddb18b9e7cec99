/*
 * The 16-bit scanf family.
 *
 * The format is walked here, one directive at a time. Text is read here, unit by unit; numbers are read by the C
 * library with a format of that one directive. A string is scanned as a stream over its UTF-8 form.
 */
#include <tchar.h>

#include "crt/unicode.h"
#include "crt/wide_stream.h"

#include <limits.h>
#include <stdlib.h>

struct input {
    FILE *stream;
    intmax_t consumed; /* units; in a number each byte is one */
    int stored;
    bool ended; /* the input ended where more was wanted */
};

struct directive {
    bool suppressed;
    int width;      /* 0: none */
    char length[3]; /* as the C library spells it; "h" and "l" also say the width of text */
    WCHAR conversion;
    const WCHAR *set; /* of %[: between the brackets */
    size_t set_size;
    bool set_inverted;
};

/* Where scanned text goes: 16-bit, narrow as UTF-8, or nowhere. */
struct target {
    WCHAR *wide;
    char *narrow;
    WCHAR high; /* first half of a pair on its way to narrow, or 0 */
};

/* See wide_format.c. */
struct arguments {
    va_list list;
};

static int input_next(struct input *input)
{
    int unit = wide_stream_get(input->stream);

    input->ended = unit < 0;
    input->consumed += unit >= 0;
    return unit;
}

static void input_back(struct input *input, int unit)
{
    if (unit >= 0) {
        wide_stream_unget(input->stream, (WCHAR)unit);
        input->consumed--;
    }
}

static void skip_space(struct input *input)
{
    int unit;

    do {
        unit = input_next(input);
    } while (unit >= 0 && iswspace((wint_t)unit));
    input_back(input, unit);
}

static void target_put_narrow(struct target *target, WCHAR unit)
{
    WCHAR units[2] = {target->high, unit};
    bool is_pair = target->high != 0;
    const WCHAR *next = is_pair ? units : units + 1;

    target->high = !is_pair && unit_is_high_surrogate(unit) ? unit : 0;
    if (target->high != 0) {
        return;
    }
    while (next < units + 2) {
        char bytes[4];
        unsigned count = utf8_encode(utf16_decode(&next, units + 2), bytes);
        memcpy(target->narrow, bytes, count);
        target->narrow += count;
    }
}

static void target_put(struct target *target, WCHAR unit)
{
    if (target->wide != NULL) {
        *target->wide++ = unit;
    } else if (target->narrow != NULL) {
        target_put_narrow(target, unit);
    }
}

static void target_end(struct target *target)
{
    if (target->wide != NULL) {
        *target->wide = 0;
    } else if (target->narrow != NULL) {
        *target->narrow = '\0';
    }
}

static struct target next_target(const struct directive *directive, struct arguments *arguments)
{
    bool capital = directive->conversion == u'S' || directive->conversion == u'C';
    bool narrow = directive->length[0] == '\0' ? capital : directive->length[0] == 'h';

    if (directive->suppressed) {
        return (struct target){0};
    }
    if (narrow) {
        return (struct target){.narrow = va_arg(arguments->list, char *)};
    }
    return (struct target){.wide = va_arg(arguments->list, WCHAR *)};
}

static bool set_contains(const WCHAR *set, size_t size, WCHAR unit)
{
    for (size_t index = 0; index < size; index++) {
        if (index + 2 < size && set[index + 1] == u'-') {
            if (unit >= set[index] && unit <= set[index + 2]) {
                return true;
            }
            index += 2;
        } else if (set[index] == unit) {
            return true;
        }
    }
    return false;
}

static bool belongs(const struct directive *directive, WCHAR unit)
{
    switch (directive->conversion) {
    case u's':
    case u'S':
        return !iswspace(unit);
    case u'[':
        return set_contains(directive->set, directive->set_size, unit) != directive->set_inverted;
    default:
        return true;
    }
}

/* %s, %c and %[: as many units as belong, at most the width. %c wants exactly its width and ends without a zero. */
static bool scan_text(struct input *input, const struct directive *directive, struct arguments *arguments)
{
    bool is_character = directive->conversion == u'c' || directive->conversion == u'C';
    int limit = directive->width > 0 ? directive->width : is_character ? 1 : INT_MAX;
    struct target target = next_target(directive, arguments);
    int count = 0;

    if (!is_character && directive->conversion != u'[') {
        skip_space(input);
    }
    while (count < limit) {
        int unit = input_next(input);
        if (unit < 0) {
            break;
        }
        if (!belongs(directive, (WCHAR)unit)) {
            input_back(input, unit);
            break;
        }
        target_put(&target, (WCHAR)unit);
        count++;
    }
    if (count == 0 || (is_character && count < limit)) {
        return false;
    }
    if (!is_character) {
        target_end(&target);
    }
    input->stored += !directive->suppressed;
    return true;
}

static bool scan_number(struct input *input, const struct directive *directive, struct arguments *arguments)
{
    char width[16] = "";
    char format[40];
    int consumed = -1;
    int result;

    if (wide_stream_is_inside_pair(input->stream)) {
        return false;
    }
    if (directive->width > 0) {
        snprintf(width, sizeof(width), "%d", directive->width);
    }
    snprintf(format, sizeof(format), "%%%s%s%s%c%%n", directive->suppressed ? "*" : "", width, directive->length,
             (char)directive->conversion);
    if (directive->suppressed) {
        result = fscanf(input->stream, format, &consumed);
    } else {
        void *value = va_arg(arguments->list, void *);
        result = fscanf(input->stream, format, value, &consumed);
    }
    input->ended = result == EOF;
    if (consumed < 0) {
        return false;
    }
    input->consumed += consumed;
    input->ended = false;
    input->stored += !directive->suppressed;
    return true;
}

static bool store_consumed(const struct input *input, const struct directive *directive, struct arguments *arguments)
{
    if (directive->suppressed) {
        return true;
    }
    void *value = va_arg(arguments->list, void *);
    if (strcmp(directive->length, "hh") == 0) {
        *(signed char *)value = (signed char)input->consumed;
    } else if (strcmp(directive->length, "h") == 0) {
        *(short *)value = (short)input->consumed;
    } else if (directive->length[0] == '\0') {
        *(int *)value = (int)input->consumed;
    } else if (strcmp(directive->length, "ll") == 0 || strcmp(directive->length, "j") == 0) {
        *(long long *)value = input->consumed;
    } else {
        *(long *)value = (long)input->consumed;
    }
    return true;
}

/* One unit of the format stands for itself. */
static bool scan_literal(struct input *input, WCHAR literal)
{
    int unit = input_next(input);

    if (unit == literal) {
        return true;
    }
    input_back(input, unit);
    return false;
}

static bool scan_directive(struct input *input, const struct directive *directive, struct arguments *arguments)
{
    switch (directive->conversion) {
    case u's':
    case u'S':
    case u'c':
    case u'C':
    case u'[':
        return scan_text(input, directive, arguments);
    case u'd':
    case u'i':
    case u'o':
    case u'u':
    case u'x':
    case u'X':
    case u'a':
    case u'A':
    case u'e':
    case u'E':
    case u'f':
    case u'F':
    case u'g':
    case u'G':
    case u'p':
        return scan_number(input, directive, arguments);
    case u'n':
        return store_consumed(input, directive, arguments);
    case u'%':
        skip_space(input);
        return scan_literal(input, u'%');
    default:
        return false;
    }
}

static const WCHAR *parse_length(const WCHAR *text, char length[3])
{
    static const struct {
        WCHAR spelling[4];
        char length[3];
    } table[] = {
        {u"I64", "ll"}, {u"I32", ""}, {u"I", "z"}, {u"hh", "hh"}, {u"h", "h"}, {u"ll", "ll"},
        {u"l", "l"},    {u"w", "l"},  {u"j", "j"}, {u"z", "z"},   {u"t", "t"}, {u"L", "L"},
    };

    for (size_t index = 0; index < sizeof(table) / sizeof(table[0]); index++) {
        size_t count = cairn_wcslen(table[index].spelling);
        if (cairn_wcsncmp(text, table[index].spelling, count) == 0) {
            memcpy(length, table[index].length, sizeof(table[index].length));
            return text + count;
        }
    }
    return text;
}

/* The set after an opening bracket; a closing bracket that comes first belongs to it. NULL if it has no end. */
static const WCHAR *parse_set(const WCHAR *text, struct directive *directive)
{
    directive->set_inverted = *text == u'^';
    text += directive->set_inverted;
    directive->set = text;
    text += *text == u']';
    while (*text != u']') {
        if (*text++ == 0) {
            return NULL;
        }
    }
    directive->set_size = (size_t)(text - directive->set);
    return text + 1;
}

/* Reads the directive after a percent sign. Returns what follows it, NULL if it is malformed. */
static const WCHAR *parse_directive(const WCHAR *text, struct directive *directive)
{
    *directive = (struct directive){0};
    if (*text == u'*') {
        directive->suppressed = true;
        text++;
    }
    for (; *text >= u'0' && *text <= u'9'; text++) {
        int *width = &directive->width;
        if (__builtin_mul_overflow(*width, 10, width) || __builtin_add_overflow(*width, *text - u'0', width)) {
            return NULL;
        }
    }
    text = parse_length(text, directive->length);
    directive->conversion = *text;
    if (*text == 0) {
        return NULL;
    }
    return *text == u'[' ? parse_set(text + 1, directive) : text + 1;
}

static void scan_all(struct input *input, const WCHAR *format, struct arguments *arguments)
{
    while (*format != 0) {
        if (iswspace(*format)) {
            skip_space(input);
            input->ended = false;
            format++;
            continue;
        }
        if (*format != u'%') {
            if (!scan_literal(input, *format++)) {
                return;
            }
            continue;
        }
        struct directive directive;
        format = parse_directive(format + 1, &directive);
        if (format == NULL || !scan_directive(input, &directive, arguments)) {
            return;
        }
        input->ended = false;
    }
}

static int scan_stream(FILE *stream, const WCHAR *format, va_list list)
{
    struct input input = {.stream = stream};
    struct arguments arguments;

    flockfile(stream);
    va_copy(arguments.list, list);
    scan_all(&input, format, &arguments);
    va_end(arguments.list);
    funlockfile(stream);
    return input.stored == 0 && input.ended ? EOF : input.stored;
}

static int scan_string(const WCHAR *text, const WCHAR *format, va_list list)
{
    char *bytes = utf8_from_wide(text);
    FILE *stream = bytes == NULL ? NULL : fmemopen(bytes, strlen(bytes), "r");
    int stored = EOF;

    if (stream != NULL) {
        stored = scan_stream(stream, format, list);
        wide_stream_forget(stream);
        fclose(stream);
    }
    free(bytes);
    return stored;
}

int cairn_wscanf(const WCHAR *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int stored = scan_stream(stdin, format, arguments);
    va_end(arguments);
    return stored;
}

int cairn_fwscanf(FILE *stream, const WCHAR *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int stored = scan_stream(stream, format, arguments);
    va_end(arguments);
    return stored;
}

int cairn_swscanf(const WCHAR *text, const WCHAR *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int stored = scan_string(text, format, arguments);
    va_end(arguments);
    return stored;
}
