/* The 16-bit scanf family. */
#define UNICODE
#define _UNICODE
#include <windows.h>
#include <tchar.h>

#include "check.h"

static TCHAR text[64];

static bool text_is(const TCHAR *expected)
{
    return _tcscmp(text, expected) == 0;
}

static void test_numbers(void)
{
    SPEC("G12.2.3");
    int number = 0;
    unsigned hexadecimal = 0;
    short half = 0;
    long long wide = 0;
    size_t size = 0;
    double floating = 0;
    void *pointer = NULL;

    CHECK_EQ_INT(_stscanf(_T(" 42 ff -7"), _T("%d %x %hd"), &number, &hexadecimal, &half), 3);
    CHECK(number == 42 && hexadecimal == 0xFF && half == -7);
    CHECK_EQ_INT(_stscanf(_T("123456"), _T("%3d%*2d%d"), &number, &hexadecimal), 2);
    CHECK(number == 123 && hexadecimal == 6);
    CHECK_EQ_INT(_stscanf(_T("-9000000000 18446744073709551615"), _T("%I64d%Iu"), &wide, &size), 2);
    CHECK(wide == -9000000000 && size == SIZE_MAX);
    CHECK_EQ_INT(_stscanf(_T("1.5e3 0x530000"), _T("%lf %p"), &floating, &pointer), 2);
    CHECK(floating == 1500.0 && pointer == (void *)0x530000);
}

static void test_text(void)
{
    SPEC("G12.2.3");
    char bytes[64] = "";
    TCHAR letters[2] = {0};

    CHECK_EQ_INT(_stscanf(_T("  word next"), _T("%s"), text), 1);
    CHECK(text_is(_T("word")));
    CHECK_EQ_INT(_stscanf(_T("\u00FC\u20AC\U0001F600 x"), _T("%s"), text), 1);
    CHECK(text_is(_T("\u00FC\u20AC\U0001F600")));
    CHECK_EQ_INT(_stscanf(_T("\u00FC\U0001F600 x"), _T("%hs"), bytes), 1);
    CHECK_EQ_STR(bytes, "\xC3\xBC\xF0\x9F\x98\x80");
    CHECK_EQ_INT(_stscanf(_T("abcdef"), _T("%3s%2c"), text, letters), 2);
    CHECK(text_is(_T("abc")) && letters[0] == 'd' && letters[1] == 'e');
}

static void test_sets(void)
{
    TCHAR value[16];

    CHECK_EQ_INT(_stscanf(_T("key=value;"), _T("%[a-z]=%[^;];"), text, value), 2);
    CHECK(text_is(_T("key")) && _tcscmp(value, _T("value")) == 0);
    CHECK_EQ_INT(_stscanf(_T("]]-a"), _T("%[]-]"), text), 1);
    CHECK(text_is(_T("]]-")));
    CHECK_EQ_INT(_stscanf(_T("x"), _T("%[0-9]"), text), 0);
}

static void test_literals_and_ends(void)
{
    int number = 0;
    int consumed = 0;

    CHECK_EQ_INT(_stscanf(_T("id: 7%"), _T("id:%d%%%n"), &number, &consumed), 1);
    CHECK(number == 7 && consumed == 6);
    CHECK_EQ_INT(_stscanf(_T("\u20AC 7"), _T("\u20AC%d%n"), &number, &consumed), 1);
    CHECK_EQ_INT(consumed, 3);
    CHECK_EQ_INT(_stscanf(_T(""), _T("%d"), &number), EOF);
    CHECK_EQ_INT(_stscanf(_T("  "), _T("%s"), text), EOF);
    CHECK_EQ_INT(_stscanf(_T("x"), _T("%d"), &number), 0);
    CHECK_EQ_INT(_stscanf(_T("1 x"), _T("%d %d"), &number, &consumed), 1);
    CHECK_EQ_INT(_stscanf(_T("1"), _T("%d %d"), &number, &consumed), 1);
}

/* A stream is left where the scan stopped, for narrow and wide readers alike. */
static void test_stream(void)
{
    FILE *stream = tmpfile();
    int number = 0;

    if (!CHECK(stream != NULL)) {
        return;
    }
    fputs("12 \xF0\x9F\x98\x80 13x", stream);
    rewind(stream);
    CHECK_EQ_INT(_ftscanf(stream, _T("%d %s"), &number, text), 2);
    CHECK(number == 12 && text_is(_T("\U0001F600")));
    CHECK_EQ_INT(_ftscanf(stream, _T("%d"), &number), 1);
    CHECK_EQ_INT(number, 13);
    CHECK_EQ_INT(getc(stream), 'x');
    fclose(stream);
}

int main(void)
{
    test_numbers();
    test_text();
    test_sets();
    test_literals_and_ends();
    test_stream();
    return check_report();
}
