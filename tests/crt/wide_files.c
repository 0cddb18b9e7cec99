/* Characters, lines, files and the environment in 16-bit text. */
#define UNICODE
#define _UNICODE
#include <windows.h>
#include <tchar.h>

#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static TCHAR folder[64]; /* of this test's own */

static const TCHAR *path_of(const TCHAR *name)
{
    static TCHAR paths[2][128];
    static unsigned turn;
    TCHAR *path = paths[turn++ % 2];

    _stprintf(path, _T("%s/%s"), folder, name);
    return path;
}

static void test_units(void)
{
    FILE *stream = tmpfile();

    if (!CHECK(stream != NULL)) {
        return;
    }
    CHECK_EQ_UINT(_fputtc(0xD83D, stream), 0xD83D);
    CHECK_EQ_UINT(_fputtc(0xDE00, stream), 0xDE00);
    CHECK_EQ_UINT(_puttc(_T('x'), stream), 'x');
    fputs("\xE2\x82\xAC\xC3(\xF0\x9F\x98", stream);
    rewind(stream);
    CHECK_EQ_UINT(_fgettc(stream), 0xD83D);
    CHECK_EQ_UINT(_fgettc(stream), 0xDE00);
    CHECK_EQ_UINT(_gettc(stream), 'x');
    CHECK_EQ_UINT(_gettc(stream), 0x20AC);
    CHECK_EQ_UINT(_gettc(stream), 0xFFFD);
    CHECK_EQ_UINT(_gettc(stream), '(');
    CHECK_EQ_UINT(_gettc(stream), 0xFFFD);
    CHECK_EQ_UINT(_gettc(stream), _TEOF);
    fclose(stream);
}

static void test_lines(void)
{
    SPEC("G12.2.4");
    FILE *stream = tmpfile();
    TCHAR line[8];

    if (!CHECK(stream != NULL)) {
        return;
    }
    CHECK(_fputts(_T("one\nand \u20AC more"), stream) >= 0);
    rewind(stream);
    CHECK(_fgetts(line, ARRAYSIZE(line), stream) == line && _tcscmp(line, _T("one\n")) == 0);
    CHECK(_fgetts(line, ARRAYSIZE(line), stream) == line && _tcscmp(line, _T("and \u20AC m")) == 0);
    CHECK(_fgetts(line, ARRAYSIZE(line), stream) == line && _tcscmp(line, _T("ore")) == 0);
    CHECK_EQ_PTR(_fgetts(line, ARRAYSIZE(line), stream), NULL);
    fclose(stream);
}

static void test_standard_streams(void)
{
    SPEC("G12.2.3 G12.2.4");
    TCHAR line[32];
    FILE *stream = _tfopen(path_of(_T("input")), _T("w"));

    if (!CHECK(stream != NULL)) {
        return;
    }
    fputs("first\nx \xC3\xBC 5\n", stream);
    fclose(stream);
    char path[64];
    snprintf(path, sizeof(path), "/tmp/cairn-crt-%ld/input", (long)getpid());
    CHECK(freopen(path, "r", stdin) != NULL);
    CHECK(_getts(line) == line && _tcscmp(line, _T("first")) == 0);
    CHECK_EQ_UINT(_gettchar(), 'x');
    int number = 0;
    CHECK_EQ_INT(_tscanf(_T(" %*c %d\n"), &number), 1);
    CHECK_EQ_INT(number, 5);
    CHECK_EQ_PTR(_getts(line), NULL);
    CHECK_EQ_UINT(_puttchar(_T('>')), '>');
    CHECK(_putts(_T("a line \u20AC")) >= 0);
}

static void test_files(void)
{
    SPEC("G12.2.7");
    const TCHAR *path = path_of(_T("\u20AC \U0001F600.txt"));
    FILE *stream = _tfopen(path, _T("wt, ccs=UTF-8"));

    if (!CHECK(stream != NULL)) {
        return;
    }
    CHECK_EQ_INT(fprintf(stream, "bytes"), 5);
    fclose(stream);
    CHECK_EQ_INT(_trename(path, path_of(_T("b"))), 0);
    CHECK_EQ_INT(_tremove(path_of(_T("b"))), 0);
    errno = 0;
    CHECK_EQ_INT(_tremove(path_of(_T("b"))), -1);
    CHECK_EQ_INT(errno, ENOENT);
    CHECK_EQ_PTR(_tfopen(path_of(_T("b")), _T("r")), NULL);
    CHECK_EQ_INT(errno, ENOENT);
    _tperror(_T("as expected"));
}

static void test_environment(void)
{
    SPEC("G12.2.7");
    setenv("CAIRN_TEST_VALUE", "\xE2\x82\xAC", 1);
    TCHAR *first = _tgetenv(_T("CAIRN_TEST_VALUE"));
    CHECK(first != NULL && _tcscmp(first, _T("\u20AC")) == 0);
    setenv("CAIRN_TEST_VALUE", "other", 1);
    TCHAR *second = _tgetenv(_T("CAIRN_TEST_VALUE"));
    CHECK(second != NULL && _tcscmp(second, _T("other")) == 0);
    CHECK(first != NULL && _tcscmp(first, _T("\u20AC")) == 0);
    CHECK_EQ_PTR(_tgetenv(_T("CAIRN_TEST_VALUE")), second);
    unsetenv("CAIRN_TEST_VALUE");
    CHECK_EQ_PTR(_tgetenv(_T("CAIRN_TEST_VALUE")), NULL);
    CHECK(_tsystem(NULL) != 0);
    CHECK_EQ_INT(_tsystem(_T("exit 0")), 0);
}

int main(void)
{
    char command[128];

    _stprintf(folder, _T("/tmp/cairn-crt-%ld"), (long)getpid());
    snprintf(command, sizeof(command), "mkdir -p /tmp/cairn-crt-%ld", (long)getpid());
    CHECK_EQ_INT(system(command), 0);
    test_units();
    test_lines();
    test_files();
    test_standard_streams();
    test_environment();
    snprintf(command, sizeof(command), "rm -r /tmp/cairn-crt-%ld", (long)getpid());
    CHECK_EQ_INT(system(command), 0);
    return check_report();
}
