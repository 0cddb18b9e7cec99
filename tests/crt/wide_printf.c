/* The 16-bit printf family: Microsoft's meaning of %s, %c and of the I sizes, UTF-8 on streams, limits of buffers. */
#define UNICODE
#define _UNICODE
#include <windows.h>
#include <tchar.h>

#include "check.h"

#include <errno.h>
#include <limits.h>

static TCHAR buffer[4096];

/* A function and no macro, so that the formats under test are not looked at by the compiler. */
static int format(const TCHAR *text, ...)
{
    va_list arguments;

    va_start(arguments, text);
    int length = _vsntprintf(buffer, ARRAYSIZE(buffer), text, arguments);
    va_end(arguments);
    return length;
}

static const char *narrow(const TCHAR *text)
{
    static char bytes[4096];
    size_t index = 0;

    for (; text[index] != 0; index++) {
        bytes[index] = text[index] < 0x80 ? (char)text[index] : '?';
    }
    bytes[index] = '\0';
    return bytes;
}

#define CHECK_FORMAT(expected, ...)                                                                                    \
    do {                                                                                                               \
        CHECK_EQ_INT(format(__VA_ARGS__), (int)strlen(expected));                                                      \
        CHECK_EQ_STR(narrow(buffer), expected);                                                                        \
    } while (0)

static void test_text(void)
{
    CHECK_FORMAT("plain", _T("plain"));
    CHECK_FORMAT("", _T(""));
    CHECK_FORMAT("100%", _T("100%%"));
    CHECK_FORMAT("%", _T("%%"));
    CHECK_FORMAT("a wide b", _T("a %s b"), _T("wide"));
    CHECK_FORMAT("wide wide", _T("%ls %ws"), _T("wide"), _T("wide"));
    CHECK_FORMAT("narrow narrow", _T("%hs %S"), "narrow", "narrow");
    CHECK_FORMAT("[   ab][ab   ]", _T("[%5s][%-5s]"), _T("ab"), _T("ab"));
    CHECK_FORMAT("[   ab][ab   ]", _T("[%5hs][%-5S]"), "ab", "ab");
    CHECK_FORMAT("[abc][abc][  abc]", _T("[%.3s][%.*s][%5.3hs]"), _T("abcdef"), 3, _T("abcdef"), "abcdef");
    CHECK_FORMAT("[ab   ]", _T("[%*s]"), -5, _T("ab"));
    CHECK_FORMAT("[abcdef]", _T("[%.*s]"), -1, _T("abcdef"));
    CHECK_FORMAT("(null)(null)", _T("%s%hs"), (TCHAR *)NULL, (char *)NULL);
    CHECK_FORMAT("xyz", _T("%c%hc%C"), _T('x'), 'y', 'z');
    CHECK_FORMAT("[  x][x  ]", _T("[%3c][%-3c]"), _T('x'), _T('x'));
}

static void test_unterminated_text(void)
{
    const TCHAR wide[3] = {'a', 'b', 'c'};
    const char bytes[3] = {'a', 'b', 'c'};

    CHECK_FORMAT("abc abc", _T("%.3s %.3hs"), wide, bytes);
}

static void test_integers(void)
{
    CHECK_FORMAT("-1 4294967295", _T("%d %u"), -1, UINT_MAX);
    CHECK_FORMAT("00042 +42 2a 0X2A 052", _T("%05d %+i %x %#X %#o"), 42, 42, 42, 42, 42);
    CHECK_FORMAT("[   42][42   ][00042]", _T("[%5d][%-5d][%.5d]"), 42, 42, 42);
    CHECK_FORMAT("-1 255 -1 65535", _T("%hhd %hhu %hd %hu"), -1, -1, -1, -1);
    CHECK_FORMAT("-9223372036854775807 ffffffffffffffff", _T("%I64d %I64x"), -LLONG_MAX, ULLONG_MAX);
    CHECK_FORMAT("-1 4294967295", _T("%I32d %I32u"), -1, -1);
    CHECK_FORMAT("18446744073709551615 -1", _T("%Iu %Id"), SIZE_MAX, (SSIZE_T)-1);
    CHECK_FORMAT("18446744073709551615 -5 -6 7", _T("%zu %td %jd %ld"), SIZE_MAX, (ptrdiff_t)-5, (intmax_t)-6, 7L);
    CHECK_FORMAT("-8 8 9", _T("%lld %llu %lu"), -8LL, 8ULL, 9UL);
    CHECK_FORMAT("[]", _T("[%.0d]"), 0);
    SPEC("G12.3.2");
    CHECK_FORMAT("8 87", _T("%d %u"), (DWORD)ERROR_NOT_ENOUGH_MEMORY, (DWORD)ERROR_INVALID_PARAMETER);
}

static void test_floating(void)
{
    CHECK_FORMAT("1.500000 2.50 3.000000e+00 0.1 0x1p+0", _T("%f %.2f %e %g %a"), 1.5, 2.5, 3.0, 0.1, 1.0);
    CHECK_FORMAT("INF 1.5", _T("%F %.1Lf"), (double)__builtin_inf(), 1.5L);
}

static void test_pointers(void)
{
    SPEC("G12.3.3");
    CHECK_FORMAT("0x530000", _T("%p"), (void *)0x530000);
    CHECK_FORMAT("0x530000", _T("%#p"), (void *)0x530000); /* 0X0000000000530000 by Microsoft's library */
}

static void test_long_results(void)
{
    CHECK_EQ_INT(format(_T("%01000d"), 7), 1000);
    CHECK(buffer[0] == '0' && buffer[999] == '7' && buffer[1000] == 0);
    CHECK_EQ_INT(format(_T("%.600f"), 0.5), 602);
}

static void test_bad_formats(void)
{
    errno = 0;
    CHECK_EQ_INT(format(_T("%y"), 1), -1);
    CHECK_EQ_INT(errno, EINVAL);
    CHECK_EQ_INT(format(_T("%")), -1);
    CHECK_EQ_INT(format(_T("%5")), -1);
    errno = 0;
    CHECK_EQ_INT(format(_T("%99999999999d"), 1), -1);
    CHECK_EQ_INT(errno, EOVERFLOW);
    int count = 5;
    CHECK_EQ_INT(format(_T("%n"), &count), -1);
    CHECK_EQ_INT(count, 5);
}

/* Microsoft's _snwprintf: -1 if the text is longer than the buffer, no terminator if it fills it. */
static void test_limits(void)
{
    SPEC("G12.2.1");
    TCHAR few[5] = _T("____");

    CHECK_EQ_INT(_sntprintf(few, 4, _T("%s"), _T("abc")), 3);
    CHECK(few[2] == 'c' && few[3] == 0);
    few[4] = '!';
    CHECK_EQ_INT(_sntprintf(few, 4, _T("%s"), _T("abcd")), 4);
    CHECK(few[3] == 'd' && few[4] == '!');
    CHECK_EQ_INT(_sntprintf(few, 4, _T("%s"), _T("wxyz?")), -1);
    CHECK(few[0] == 'w' && few[3] == 'z' && few[4] == '!');
    CHECK_EQ_INT(_sntprintf(NULL, 0, _T("%d"), 12345), 5);
    CHECK_EQ_INT(_stprintf(buffer, _T("%d-%d"), 1, 2), 3);
    CHECK_EQ_STR(narrow(buffer), "1-2");
}

static const char *file_content(FILE *stream)
{
    static char bytes[4096];

    rewind(stream);
    bytes[fread(bytes, 1, sizeof(bytes) - 1, stream)] = '\0';
    rewind(stream);
    return bytes;
}

/* Streams are byte streams in UTF-8, shared with the narrow functions. */
static void test_stream(void)
{
    SPEC("G12.2.1");
    FILE *stream = tmpfile();

    if (!CHECK(stream != NULL)) {
        return;
    }
    CHECK_EQ_INT(_ftprintf(stream, _T("%d \u00FC\u20AC\U0001F600 "), 1), 7);
    fprintf(stream, "%d ", 2);
    CHECK_EQ_INT(_ftprintf(stream, _T("%hs|%4s"), "\xC3\xBC", _T("\U0001F600")), 6);
    CHECK_EQ_STR(file_content(stream), "1 \xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80 2 \xC3\xBC|  \xF0\x9F\x98\x80");
    fclose(stream);
}

/* A lone surrogate, and what is not UTF-8 in narrow text, becomes U+FFFD; a pair in two pieces is a pair. */
static void test_malformed_text(void)
{
    FILE *stream = tmpfile();
    const TCHAR high[] = {0xD83D, 0};
    const TCHAR low[] = {0xDE00, 0};

    if (!CHECK(stream != NULL)) {
        return;
    }
    _ftprintf(stream, _T("%s,%s,%s%s,%c%c,%s"), high, low, high, low, high[0], low[0], high);
    _ftprintf(stream, _T("%s,%hs"), low, "\xFFx\xC3");
    CHECK_EQ_STR(file_content(stream), "\xEF\xBF\xBD,\xEF\xBF\xBD,\xF0\x9F\x98\x80,\xF0\x9F\x98\x80,\xEF\xBF\xBD"
                                       "\xEF\xBF\xBD,\xEF\xBF\xBDx\xEF\xBF\xBD");
    fclose(stream);
}

static int stream_format(FILE *stream, const TCHAR *text, ...)
{
    va_list arguments;

    va_start(arguments, text);
    int length = stream != NULL ? _vftprintf(stream, text, arguments) : _vtprintf(text, arguments);
    va_end(arguments);
    return length;
}

static int buffer_format(const TCHAR *text, ...)
{
    va_list arguments;

    va_start(arguments, text);
    int length = _vstprintf(buffer, text, arguments);
    va_end(arguments);
    return length;
}

/* The three that take a va_list. */
static void test_lists_of_arguments(void)
{
    SPEC("G12.2.2");
    FILE *stream = tmpfile();

    if (!CHECK(stream != NULL)) {
        return;
    }
    CHECK_EQ_INT(stream_format(stream, _T("%d %s"), 7, _T("\u20AC")), 3);
    CHECK_EQ_STR(file_content(stream), "7 \xE2\x82\xAC");
    fclose(stream);
    CHECK_EQ_INT(buffer_format(_T("%s-%d"), _T("ab"), 3), 4);
    CHECK_EQ_STR(narrow(buffer), "ab-3");
    CHECK_EQ_INT(stream_format(NULL, _T("printed %s\n"), _T("here")), 13);
}

static void test_failing_stream(void)
{
    FILE *stream = fopen("/dev/full", "w");

    if (stream == NULL) {
        return;
    }
    setvbuf(stream, NULL, _IONBF, 0);
    CHECK_EQ_INT(_ftprintf(stream, _T("text")), -1);
    fclose(stream);
}

int main(void)
{
    test_text();
    test_unterminated_text();
    test_integers();
    test_floating();
    test_pointers();
    test_long_results();
    test_bad_formats();
    test_limits();
    test_stream();
    test_malformed_text();
    test_lists_of_arguments();
    test_failing_stream();
    SPEC("G12.2.1");
    CHECK_EQ_INT(_tprintf(_T("printed %hs\n"), "here"), 13);
    return check_report();
}
