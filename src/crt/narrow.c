/*
 * The few narrow functions behind tchar.h that the C library does not have, or has with another meaning.
 */
#include <tchar.h>

#include <stdbool.h>
#include <stdlib.h>

/* The first count bytes of the text, all of them: vsnprintf would spend the last on a terminator. */
static bool format_unterminated(char *buffer, size_t count, const char *format, va_list arguments)
{
    char *text = malloc(count + 1);

    if (text == NULL) {
        return false;
    }
    vsnprintf(text, count + 1, format, arguments);
    memcpy(buffer, text, count);
    free(text);
    return true;
}

int cairn_vsnprintf(char *buffer, size_t count, const char *format, va_list arguments)
{
    va_list again;

    va_copy(again, arguments);
    int length = vsnprintf(buffer, count, format, arguments);
    if (length >= 0 && (size_t)length >= count && count > 0 && !format_unterminated(buffer, count, format, again)) {
        length = -1;
    }
    va_end(again);
    bool is_query = buffer == NULL && count == 0;
    return length >= 0 && (size_t)length > count && !is_query ? -1 : length;
}

int cairn_snprintf(char *buffer, size_t count, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = cairn_vsnprintf(buffer, count, format, arguments);
    va_end(arguments);
    return length;
}

char *cairn_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy == NULL ? NULL : memcpy(copy, text, size);
}

char *cairn_gets(char *buffer)
{
    size_t length = 0;

    flockfile(stdin);
    int byte = getc_unlocked(stdin);
    bool is_end = byte == EOF;
    for (; byte != EOF && byte != '\n'; byte = getc_unlocked(stdin)) {
        buffer[length++] = (char)byte;
    }
    funlockfile(stdin);
    if (is_end) {
        return NULL;
    }
    buffer[length] = '\0';
    return buffer;
}
