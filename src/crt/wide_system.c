/*
 * Files, environment and commands named in 16-bit text: each name is turned into UTF-8 for the call.
 */
#include <tchar.h>

#include "crt/unicode.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

FILE *cairn_wfopen(const WCHAR *path, const WCHAR *mode)
{
    char *path_bytes = utf8_from_wide(path);
    char *mode_bytes = utf8_from_wide(mode);
    FILE *stream = NULL;

    if (path_bytes != NULL && mode_bytes != NULL) {
        /* Microsoft's ", ccs=UTF-8" asks for what streams do here anyway; the C library would make the stream wide. */
        mode_bytes[strcspn(mode_bytes, ",")] = '\0';
        stream = fopen(path_bytes, mode_bytes);
    }
    int error = errno;
    free(path_bytes);
    free(mode_bytes);
    errno = error;
    return stream;
}

/* A value of the environment that was asked for. Never freed: callers keep what they were given. */
struct value {
    struct value *next;
    char *bytes;
    WCHAR *text;
};

static _Atomic(struct value *) values;

static struct value *find_value(const char *bytes)
{
    struct value *value = atomic_load(&values);

    while (value != NULL && strcmp(value->bytes, bytes) != 0) {
        value = value->next;
    }
    return value;
}

static struct value *add_value(const char *bytes)
{
    struct value *value = malloc(sizeof(*value));
    char *copy = cairn_strdup(bytes);
    WCHAR *text = wide_from_utf8(bytes);

    if (value == NULL || copy == NULL || text == NULL) {
        free(value);
        free(copy);
        free(text);
        return NULL;
    }
    *value = (struct value){.next = atomic_load(&values), .bytes = copy, .text = text};
    while (!atomic_compare_exchange_weak(&values, &value->next, value)) {
    }
    return value;
}

WCHAR *cairn_wgetenv(const WCHAR *name)
{
    char *name_bytes = utf8_from_wide(name);
    const char *bytes = name_bytes == NULL ? NULL : getenv(name_bytes);
    struct value *value = NULL;

    if (bytes != NULL) {
        value = find_value(bytes);
        value = value != NULL ? value : add_value(bytes);
    }
    free(name_bytes);
    return value == NULL ? NULL : value->text;
}

int cairn_wsystem(const WCHAR *command)
{
    if (command == NULL) {
        return system(NULL);
    }
    char *bytes = utf8_from_wide(command);
    int status = bytes == NULL ? -1 : system(bytes);
    free(bytes);
    return status;
}

void cairn_wperror(const WCHAR *text)
{
    int error = errno;
    char *bytes = text == NULL ? NULL : utf8_from_wide(text);

    errno = error;
    perror(bytes);
    free(bytes);
}

int cairn_wremove(const WCHAR *path)
{
    char *bytes = utf8_from_wide(path);
    int result = bytes == NULL ? -1 : remove(bytes);
    int error = errno;

    free(bytes);
    errno = error;
    return result;
}

int cairn_wrename(const WCHAR *from, const WCHAR *to)
{
    char *from_bytes = utf8_from_wide(from);
    char *to_bytes = utf8_from_wide(to);
    int result = from_bytes == NULL || to_bytes == NULL ? -1 : rename(from_bytes, to_bytes);
    int error = errno;

    free(from_bytes);
    free(to_bytes);
    errno = error;
    return result;
}
