/* What each name of tchar.h stands for, with _UNICODE or without: global-local-toolhelp-seh.md 12.1 and 12.2. What is
 * not the C library's has the library's prefix; the classes of characters are those of the C library's wide ones. */
#include <windows.h>
#include <tchar.h>

#include "check.h"

struct name {
    const char *spec;
    const char *name;
    const char *means;
    const char *expected;
};

#define TEXT_OF_AT(...) #__VA_ARGS__
#define TEXT_OF(...) TEXT_OF_AT(__VA_ARGS__)
#ifdef _UNICODE
#define CHOOSE(narrow, wide) wide
#else
#define CHOOSE(narrow, wide) narrow
#endif
#define NAME(spec, name, narrow, wide)                                                                                 \
    {                                                                                                                  \
        spec, #name, TEXT_OF(name), CHOOSE(narrow, wide)                                                               \
    }

static const struct name names[] = {
    NAME("G12.2.1", _tprintf, "printf", "cairn_wprintf"),
    NAME("G12.2.1", _ftprintf, "fprintf", "cairn_fwprintf"),
    NAME("G12.2.1", _stprintf, "sprintf", "cairn_swprintf"),
    NAME("G12.2.1", _sntprintf, "cairn_snprintf", "cairn_snwprintf"),
    NAME("G12.2.2", _vtprintf, "vprintf", "cairn_vwprintf"),
    NAME("G12.2.2", _vftprintf, "vfprintf", "cairn_vfwprintf"),
    NAME("G12.2.2", _vstprintf, "vsprintf", "cairn_vswprintf"),
    NAME("G12.2.3", _tscanf, "scanf", "cairn_wscanf"),
    NAME("G12.2.3", _stscanf, "sscanf", "cairn_swscanf"),
    NAME("G12.2.4", _puttchar, "putchar", "cairn_putwchar"),
    NAME("G12.2.4", _gettchar, "getchar", "cairn_getwchar"),
    NAME("G12.2.4", _putts, "puts", "cairn_putws"),
    NAME("G12.2.4", _getts, "cairn_gets", "cairn_getws"),
    NAME("G12.2.4", _fgetts, "fgets", "cairn_fgetws"),
    NAME("G12.2.4", _fputts, "fputs", "cairn_fputws"),
    NAME("G12.2.5", _tcslen, "strlen", "cairn_wcslen"),
    NAME("G12.2.5", _tcscpy, "strcpy", "cairn_wcscpy"),
    NAME("G12.2.5", _tcsncpy, "strncpy", "cairn_wcsncpy"),
    NAME("G12.2.5", _tcscat, "strcat", "cairn_wcscat"),
    NAME("G12.2.5", _tcscmp, "strcmp", "cairn_wcscmp"),
    NAME("G12.2.5", _tcsicmp, "strcasecmp", "cairn_wcsicmp"),
    NAME("G12.2.5", _tcschr, "strchr", "cairn_wcschr"),
    NAME("G12.2.5", _tcsrchr, "strrchr", "cairn_wcsrchr"),
    NAME("G12.2.5", _tcsstr, "strstr", "cairn_wcsstr"),
    NAME("G12.2.5", _tcstok, "strtok", "cairn_wcstok"),
    NAME("G12.2.5", _tcsdup, "cairn_strdup", "cairn_wcsdup"),
    NAME("G12.2.6", _tcstol, "strtol", "cairn_wcstol"),
    NAME("G12.2.6", _tcstoul, "strtoul", "cairn_wcstoul"),
    NAME("G12.2.6", _tcstod, "strtod", "cairn_wcstod"),
    NAME("G12.2.6", _ttoi, "atoi", "cairn_wtoi"),
    NAME("G12.2.6", _ttol, "atol", "cairn_wtol"),
    NAME("G12.2.6", _tstoi, "atoi", "cairn_wtoi"),
    NAME("G12.2.7", _tfopen, "fopen", "cairn_wfopen"),
    NAME("G12.2.7", _tgetenv, "getenv", "cairn_wgetenv"),
    NAME("G12.2.7", _tsystem, "system", "cairn_wsystem"),
    NAME("G12.2.7", _tperror, "perror", "cairn_wperror"),
    NAME("G12.2.7", _tremove, "remove", "cairn_wremove"),
    NAME("G12.2.7", _trename, "rename", "cairn_wrename"),
    NAME("G12.2.8", _istalpha, "isalpha", "iswalpha"),
    NAME("G12.2.8", _istdigit, "isdigit", "iswdigit"),
    NAME("G12.2.8", _istspace, "isspace", "iswspace"),
    NAME("G12.2.8", _totupper, "toupper", "towupper"),
    NAME("G12.2.8", _totlower, "tolower", "towlower"),
    NAME("G12.1.4", _targv, "cairn_argv", "cairn_wargv"),
    NAME("G12.1.4", _tenviron, "environ", "cairn_wenviron"),
    NAME("G12.1.4", _tpgmptr, "cairn_pgmptr", "cairn_wpgmptr"),
};

static void test_table(void)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        SPEC(names[i].spec);
        if (!CHECK_EQ_STR(names[i].means, names[i].expected)) {
            printf("    %s\n", names[i].name);
        }
    }
}

static void test_literals(void)
{
    {
        SPEC("G12.1.1");
        CHECK_EQ_UINT(sizeof(_T("abc")), 4 * CHOOSE(1, 2));
        CHECK_EQ_UINT(sizeof(_TEXT("abc")), 4 * CHOOSE(1, 2));
        CHECK_EQ_UINT(sizeof(_TCHAR), CHOOSE(1, 2));
    }
    {
        SPEC("G12.1.2");
        CHECK_EQ_UINT(sizeof(TEXT("abc")), 4 * CHOOSE(1, 2));
        CHECK_EQ_UINT(sizeof(TCHAR), CHOOSE(1, 2));
    }
    {
        SPEC("G12.3.5");
        const TCHAR *text = TEXT("a ") TEXT("b");
        CHECK(_tcslen(text) == 3 && text[2] == TEXT('b'));
    }
    {
        SPEC("G12.2.9");
        CHECK(_TEOF == CHOOSE(EOF, (_TINT)0xFFFF));
        CHECK_EQ_UINT(sizeof(_TUCHAR), CHOOSE(1, 2));
        CHECK_EQ_UINT(sizeof(_TSCHAR), CHOOSE(1, 2));
        CHECK_EQ_UINT(sizeof(_TINT), CHOOSE(sizeof(int), 2));
    }
}

/* What the samples of the documentation print. */
static void test_samples(void)
{
    TCHAR text[80];
    SetLastError(0xFFFFFFFE);
    {
        SPEC("G12.3.2 G12.1.6");
        CHECK_EQ_INT(_stprintf(text, TEXT("error %d, %u"), (int)GetLastError(), GetLastError()), 20);
        CHECK(_tcscmp(text, TEXT("error -2, 4294967294")) == 0);
    }
    {
        SPEC("G12.3.3");
        const TCHAR *volatile format = TEXT("%#p"); /* the compiler has its own mind of it */
        CHECK(_sntprintf(text, 80, format, (void *)text) >= 8);
    }
    {
        SPEC("G12.3.4");
        CHECK_EQ_INT(_stprintf(text, TEXT("%d bytes"), (int)(SIZE_T)77), 8);
        CHECK(_tcscmp(text, TEXT("77 bytes")) == 0);
    }
    {
        SPEC("G12.3.8");
        PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
        CHECK(HeapWalk(GetProcessHeap(), &entry) && entry.Region.dwCommittedSize != 0);
        entry.Block.hMem = NULL;
        CHECK_EQ_PTR(entry.Block.hMem, NULL);
    }
    {
        SPEC("G12.3.9");
        HANDLE heap = HeapCreate(0, 0, 0);
        CHECK(HeapLock(heap) != FALSE && HeapUnlock(heap) == TRUE && HeapDestroy(heap) == TRUE);
        CHECK(HeapDestroy(heap) == FALSE);
    }
}

static int __cdecl plain_function(void)
{
    return 7;
}

static void test_cdecl(void)
{
    SPEC("G12.3.1");
    int (*function)(void) = plain_function;
    CHECK_EQ_INT(function(), 7);
}

static void test_starts(void)
{
    SPEC("G12.1.3");
    CHECK(strstr(TEXT_OF(_tmain), CHOOSE("main", "wmain")) != NULL);
    CHECK_EQ_STR(TEXT_OF(_tWinMain), CHOOSE("WinMain", "wWinMain"));
}

int main(void)
{
    test_table();
    test_literals();
    test_samples();
    test_cdecl();
    test_starts();
    return check_report();
}
