/* The 16-bit string and number functions behind tchar.h; and what its names become. */
#define UNICODE
#define _UNICODE
#include <windows.h>
#include <tchar.h>

#include "mapping.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static bool same(const TCHAR *left, const TCHAR *right)
{
    return left != NULL && _tcscmp(left, right) == 0;
}

static void test_copying(void)
{
    SPEC("G12.2.5");
    TCHAR text[16];

    CHECK_EQ_UINT(_tcslen(_T("")), 0);
    CHECK_EQ_UINT(_tcslen(_T("abc")), 3);
    CHECK(_tcscpy(text, _T("abc")) == text && same(text, _T("abc")));
    CHECK(same(_tcscat(text, _T("def")), _T("abcdef")));
    CHECK(same(_tcsncat(text, _T("ghi"), 2), _T("abcdefgh")));
    _tcsncpy(text, _T("xy"), 4);
    CHECK(text[1] == 'y' && text[2] == 0 && text[3] == 0 && text[4] == 'e');
    _tcsncpy(text, _T("abcdef"), 3);
    CHECK(text[2] == 'c' && text[3] == 0);
    TCHAR *copy = _tcsdup(_T("copy"));
    CHECK(same(copy, _T("copy")));
    free(copy);
}

static void test_comparing(void)
{
    SPEC("G12.2.5");
    CHECK_EQ_INT(_tcscmp(_T("a"), _T("a")), 0);
    CHECK(_tcscmp(_T("a"), _T("b")) < 0 && _tcscmp(_T("b"), _T("a")) > 0);
    CHECK(_tcscmp(_T("a"), _T("ab")) < 0 && _tcscmp(_T(""), _T("\uFFFF")) < 0);
    CHECK_EQ_INT(_tcsncmp(_T("abc"), _T("abd"), 2), 0);
    CHECK_EQ_INT(_tcsicmp(_T("HeapAlloc"), _T("HEAPALLOC")), 0);
    CHECK(_tcsicmp(_T("a"), _T("B")) < 0);
    CHECK_EQ_INT(_tcsnicmp(_T("ABx"), _T("aby"), 2), 0);
}

static void test_searching(void)
{
    SPEC("G12.2.5");
    const TCHAR *text = _T("heap of heaps");

    CHECK_EQ_PTR(_tcschr(text, _T('p')), text + 3);
    CHECK_EQ_PTR(_tcsrchr(text, _T('p')), text + 11);
    CHECK_EQ_PTR(_tcschr(text, 0), text + 13);
    CHECK_EQ_PTR(_tcsrchr(text, 0), text + 13);
    CHECK_EQ_PTR(_tcschr(text, _T('z')), NULL);
    CHECK_EQ_PTR(_tcsrchr(text, _T('z')), NULL);
    CHECK_EQ_PTR(_tcsstr(text, _T("heaps")), text + 8);
    CHECK_EQ_PTR(_tcsstr(text, _T("")), text);
    CHECK_EQ_PTR(_tcsstr(text, _T("hoop")), NULL);
}

static void test_tokens(void)
{
    SPEC("G12.2.5");
    TCHAR text[] = _T(",,one, two");

    CHECK(same(_tcstok(text, _T(", ")), _T("one")));
    CHECK(same(_tcstok(NULL, _T(", ")), _T("two")));
    CHECK_EQ_PTR(_tcstok(NULL, _T(", ")), NULL);
    CHECK_EQ_PTR(_tcstok(NULL, _T(", ")), NULL);
}

static void test_integers(void)
{
    SPEC("G12.2.6");
    const TCHAR *text = _T(" -42x");
    TCHAR *end;

    CHECK_EQ_INT(_tcstol(text, &end, 10), -42);
    CHECK_EQ_PTR(end, text + 4);
    CHECK_EQ_INT(_tcstol(_T("0x1F"), NULL, 0), 31);
    CHECK_EQ_INT(_tcstol(_T("zz"), NULL, 36), 35 * 36 + 35);
    CHECK_EQ_UINT(_tcstoul(_T("ffffffff"), NULL, 16), 0xFFFFFFFF);
    text = _T("  none");
    CHECK_EQ_INT(_tcstol(text, &end, 10), 0);
    CHECK_EQ_PTR(end, text);
    errno = 0;
    CHECK_EQ_INT(_tcstol(_T("99999999999999999999"), NULL, 10), LONG_MAX);
    CHECK_EQ_INT(errno, ERANGE);
    CHECK_EQ_INT(_ttoi(_T("12 monkeys")), 12);
    CHECK_EQ_INT(_tstoi(_T("-3")), -3);
    CHECK_EQ_INT(_ttol(_T("77")), 77);
}

/* Longer than the space that the conversion has at hand. */
static void test_long_number(void)
{
    TCHAR text[1000];
    TCHAR *end;

    for (size_t index = 0; index < 998; index++) {
        text[index] = _T('0');
    }
    text[998] = _T('7');
    text[999] = 0;
    CHECK_EQ_INT(_tcstol(text, &end, 10), 7);
    CHECK_EQ_PTR(end, text + 999);
}

static void test_floating(void)
{
    SPEC("G12.2.6");
    const TCHAR *text = _T("1.25e2, 3");
    TCHAR *end;

    CHECK(_tcstod(text, &end) == 125.0);
    CHECK_EQ_PTR(end, text + 6);
    CHECK(_tcstod(_T("0x1p4"), NULL) == 16.0);
    CHECK(_tcstod(_T("inf"), NULL) == (double)__builtin_inf());
}

static void test_classes(void)
{
    SPEC("G12.2.8");
    CHECK(_istalpha(_T('x')) && !_istalpha(_T('1')));
    CHECK(_istdigit(_T('1')) && _istspace(_T('\t')) && _istupper(_T('A')) && _istlower(_T('a')));
    CHECK(_istxdigit(_T('f')) && _istpunct(_T('!')) && _istalnum(_T('0')) && _istcntrl(_T('\n')));
    CHECK(_istprint(_T(' ')) && !_istgraph(_T(' ')));
    CHECK(_totupper(_T('a')) == 'A' && _totlower(_T('A')) == 'a');
}

int main(void)
{
    mapped_names();
    test_copying();
    test_comparing();
    test_searching();
    test_tokens();
    test_integers();
    test_long_number();
    test_floating();
    test_classes();
    return check_report();
}
