/*
 * The program's arguments and environment, as they are and in 16-bit characters.
 */
#include <tchar.h>

#include "base/compiler.h"
#include "crt/unicode.h"

#include <stdlib.h>

ALWAYS_USED int cairn_argc;
ALWAYS_USED char **cairn_argv;
ALWAYS_USED char *cairn_pgmptr;
WCHAR **cairn_wargv;
WCHAR **cairn_wenviron;
WCHAR *cairn_wpgmptr;

/* The GNU C library gives constructors what main will be given. */
__attribute__((constructor)) static void remember_arguments(int argc, char **argv)
{
    cairn_argc = argc;
    cairn_argv = argv;
    cairn_pgmptr = argc > 0 ? argv[0] : NULL;
}

static void free_strings(WCHAR **strings)
{
    for (size_t index = 0; strings[index] != NULL; index++) {
        free(strings[index]);
    }
    free(strings);
}

/* A NULL-terminated array and its strings, from malloc; NULL if it has no memory. */
static WCHAR **widen_strings(char **strings, size_t count)
{
    WCHAR **wide = calloc(count + 1, sizeof(*wide));

    for (size_t index = 0; wide != NULL && index < count; index++) {
        wide[index] = wide_from_utf8(strings[index]);
        if (wide[index] == NULL) {
            free_strings(wide);
            return NULL;
        }
    }
    return wide;
}

int cairn_widen_arguments(int argc, char **argv)
{
    size_t environment_size = 0;

    while (environ != NULL && environ[environment_size] != NULL) {
        environment_size++;
    }
    WCHAR **wargv = widen_strings(argv, (size_t)argc);
    WCHAR **wenviron = widen_strings(environ, environment_size);
    if (wargv == NULL || wenviron == NULL) {
        if (wargv != NULL) {
            free_strings(wargv);
        }
        if (wenviron != NULL) {
            free_strings(wenviron);
        }
        return -1;
    }
    cairn_wargv = wargv;
    cairn_wenviron = wenviron;
    cairn_wpgmptr = wargv[0];
    return 0;
}
