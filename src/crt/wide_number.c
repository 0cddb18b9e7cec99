/*
 * Numbers in 16-bit text. The part that can belong to a number is plain ASCII, so it is copied one to one and given to
 * the C library's function; how far that read is how far the number goes.
 */
#include <tchar.h>

#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
    FEW_CHARACTERS = 128
};

struct number_text {
    const WCHAR *start; /* first unit after leading space */
    char *text;         /* its number-like part; few or from malloc; NULL if there is no memory */
    char few[FEW_CHARACTERS];
};

/* Letters are for hexadecimal, for other bases, and for inf and nan(...). */
static bool may_be_in_number(WCHAR unit, WCHAR decimal_point)
{
    return (unit >= u'0' && unit <= u'9') || (unit >= u'a' && unit <= u'z') || (unit >= u'A' && unit <= u'Z') ||
           unit == u'+' || unit == u'-' || unit == u'.' || unit == u'_' || unit == u'(' || unit == u')' ||
           (unit != 0 && unit < 0x80 && unit == decimal_point);
}

static void number_text_open(struct number_text *number, const WCHAR *text)
{
    WCHAR decimal_point = (unsigned char)localeconv()->decimal_point[0];
    size_t length = 0;

    while (iswspace(*text)) {
        text++;
    }
    while (may_be_in_number(text[length], decimal_point)) {
        length++;
    }
    number->start = text;
    number->text = length < FEW_CHARACTERS ? number->few : malloc(length + 1);
    if (number->text == NULL) {
        errno = ENOMEM;
        return;
    }
    for (size_t index = 0; index < length; index++) {
        number->text[index] = (char)text[index];
    }
    number->text[length] = '\0';
}

/* Ends the work on text; read_to says how far the C library came in the copy. */
static void number_text_close(struct number_text *number, const WCHAR *text, const char *read_to, WCHAR **end)
{
    bool is_number = number->text != NULL && read_to != number->text;

    if (end != NULL) {
        *end = (WCHAR *)(uintptr_t)(is_number ? number->start + (read_to - number->text) : text);
    }
    if (number->text != number->few) {
        free(number->text);
    }
}

long cairn_wcstol(const WCHAR *text, WCHAR **end, int base)
{
    struct number_text number;
    char *read_to = NULL;

    number_text_open(&number, text);
    long value = number.text == NULL ? 0 : strtol(number.text, &read_to, base);
    number_text_close(&number, text, read_to, end);
    return value;
}

unsigned long cairn_wcstoul(const WCHAR *text, WCHAR **end, int base)
{
    struct number_text number;
    char *read_to = NULL;

    number_text_open(&number, text);
    unsigned long value = number.text == NULL ? 0 : strtoul(number.text, &read_to, base);
    number_text_close(&number, text, read_to, end);
    return value;
}

double cairn_wcstod(const WCHAR *text, WCHAR **end)
{
    struct number_text number;
    char *read_to = NULL;

    number_text_open(&number, text);
    double value = number.text == NULL ? 0 : strtod(number.text, &read_to);
    number_text_close(&number, text, read_to, end);
    return value;
}

int cairn_wtoi(const WCHAR *text)
{
    return (int)cairn_wcstol(text, NULL, 10);
}

long cairn_wtol(const WCHAR *text)
{
    return cairn_wcstol(text, NULL, 10);
}
