/* tchar.h without _UNICODE: the C library's functions, and the few that it lacks. */
#include <windows.h>
#include <tchar.h>

#include "mapping.h"

#include <stdlib.h>

/* Microsoft's _snprintf: -1 if the text is longer than the buffer, no terminator if it fills it. */
static void test_limits(void)
{
    SPEC("G12.2.1");
    TCHAR few[6] = _T("_____");

    CHECK_EQ_INT(_sntprintf(few, 4, _T("%s"), _T("abc")), 3);
    CHECK_EQ_STR(few, "abc");
    few[4] = '!';
    CHECK_EQ_INT(_sntprintf(few, 4, _T("%s"), _T("abcd")), 4);
    CHECK_EQ_STR(few, "abcd!");
    CHECK_EQ_INT(_snprintf(few, 4, "%s%d", "wxyz", 1), -1);
    CHECK_EQ_STR(few, "wxyz!");
    CHECK_EQ_INT(_snprintf(few, 0, "%s", ""), 0);
    CHECK_EQ_INT(_snprintf(few, 0, "%s", "x"), -1);
    CHECK_EQ_INT(_sntprintf(NULL, 0, _T("%d"), 12345), 5);
}

static void test_names(void)
{
    TCHAR text[32];

    CHECK_EQ_INT(_stprintf(text, _T("%s-%d"), _T("a"), 1), 3);
    CHECK_EQ_INT(_tcsicmp(text, _T("A-1")), 0);
    CHECK_EQ_UINT(_tcslen(_tcscat(text, _T("b"))), 4);
    CHECK_EQ_INT(_ttoi(_T("12")), 12);
    CHECK(_istdigit(_T('1')) && _totupper(_T('a')) == _T('A') && _TEOF == EOF);
    TCHAR *copy = _tcsdup(text);
    CHECK_EQ_STR(copy, "a-1b");
    free(copy);
    CHECK_EQ_INT(_tprintf(_T("%s\n"), text), 5);
}

static void test_arguments(void)
{
    SPEC("G12.1.4");
    CHECK_EQ_INT(__argc, 1);
    CHECK(_targv != NULL && __argv[0] != NULL && __argv[1] == NULL);
    CHECK_EQ_PTR(_tpgmptr, __argv[0]);
    CHECK_EQ_PTR(_tenviron, environ);
    CHECK_EQ_PTR(__wargv, NULL);
}

static void test_gets(void)
{
    SPEC("G12.2.4");
    char line[32];
    FILE *stream = tmpfile();

    if (!CHECK(stream != NULL)) {
        return;
    }
    fputs("one\n\nlast", stream);
    rewind(stream);
    stdin = stream;
    CHECK(_getts(line) == line);
    CHECK_EQ_STR(line, "one");
    CHECK(_getts(line) == line);
    CHECK_EQ_STR(line, "");
    CHECK(_getts(line) == line);
    CHECK_EQ_STR(line, "last");
    CHECK_EQ_PTR(_getts(line), NULL);
    fclose(stream);
}

int main(void)
{
    mapped_names();
    test_limits();
    test_names();
    test_arguments();
    test_gets();
    return check_report();
}
