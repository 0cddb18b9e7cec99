/* The names that tchar.h maps, as the text that they become. */
#ifndef CAIRN_TESTS_MAPPING_H
#define CAIRN_TESTS_MAPPING_H

#include <windows.h>
#include <tchar.h>

#include "check.h"

#define AS_TEXT(name) #name
#define TEXT_OF(name) AS_TEXT(name)

/* Both are what the name means with _UNICODE, and without. */
#ifdef _UNICODE
#define CHECK_NAME(name, wide, narrow) CHECK_EQ_STR(TEXT_OF(name), wide)
#else
#define CHECK_NAME(name, wide, narrow) CHECK_EQ_STR(TEXT_OF(name), narrow)
#endif

/* Windows' name of the wide function has a w; ours is in front of it. */
#define CHECK_FUNCTION(name, wide, narrow) CHECK_NAME(name, "cairn_" wide, narrow)

static inline void mapped_formats(void)
{
    {
        SPEC("G12.2.1");
        CHECK_FUNCTION(_tprintf, "wprintf", "printf");
        CHECK_FUNCTION(_ftprintf, "fwprintf", "fprintf");
        CHECK_FUNCTION(_stprintf, "swprintf", "sprintf");
        CHECK_FUNCTION(_sntprintf, "snwprintf", "cairn_snprintf");
    }
    {
        SPEC("G12.2.2");
        CHECK_FUNCTION(_vtprintf, "vwprintf", "vprintf");
        CHECK_FUNCTION(_vftprintf, "vfwprintf", "vfprintf");
        CHECK_FUNCTION(_vstprintf, "vswprintf", "vsprintf");
    }
    SPEC("G12.2.3");
    CHECK_FUNCTION(_tscanf, "wscanf", "scanf");
    CHECK_FUNCTION(_stscanf, "swscanf", "sscanf");
}

static inline void mapped_lines(void)
{
    SPEC("G12.2.4");
    CHECK_FUNCTION(_puttchar, "putwchar", "putchar");
    CHECK_FUNCTION(_gettchar, "getwchar", "getchar");
    CHECK_FUNCTION(_putts, "putws", "puts");
    CHECK_FUNCTION(_getts, "getws", "cairn_gets");
    CHECK_FUNCTION(_fgetts, "fgetws", "fgets");
    CHECK_FUNCTION(_fputts, "fputws", "fputs");
}

static inline void mapped_strings(void)
{
    SPEC("G12.2.5");
    CHECK_FUNCTION(_tcslen, "wcslen", "strlen");
    CHECK_FUNCTION(_tcscpy, "wcscpy", "strcpy");
    CHECK_FUNCTION(_tcsncpy, "wcsncpy", "strncpy");
    CHECK_FUNCTION(_tcscat, "wcscat", "strcat");
    CHECK_FUNCTION(_tcscmp, "wcscmp", "strcmp");
    CHECK_FUNCTION(_tcsicmp, "wcsicmp", "strcasecmp");
    CHECK_FUNCTION(_tcschr, "wcschr", "strchr");
    CHECK_FUNCTION(_tcsrchr, "wcsrchr", "strrchr");
    CHECK_FUNCTION(_tcsstr, "wcsstr", "strstr");
    CHECK_FUNCTION(_tcstok, "wcstok", "strtok");
    CHECK_FUNCTION(_tcsdup, "wcsdup", "cairn_strdup");
}

static inline void mapped_numbers(void)
{
    SPEC("G12.2.6");
    CHECK_FUNCTION(_tcstol, "wcstol", "strtol");
    CHECK_FUNCTION(_tcstoul, "wcstoul", "strtoul");
    CHECK_FUNCTION(_tcstod, "wcstod", "strtod");
    CHECK_FUNCTION(_ttoi, "wtoi", "atoi");
    CHECK_FUNCTION(_ttol, "wtol", "atol");
    CHECK_FUNCTION(_tstoi, "wtoi", "atoi");
}

static inline void mapped_system(void)
{
    SPEC("G12.2.7");
    CHECK_FUNCTION(_tfopen, "wfopen", "fopen");
    CHECK_FUNCTION(_tgetenv, "wgetenv", "getenv");
    CHECK_FUNCTION(_tsystem, "wsystem", "system");
    CHECK_FUNCTION(_tperror, "wperror", "perror");
    CHECK_FUNCTION(_tremove, "wremove", "remove");
    CHECK_FUNCTION(_trename, "wrename", "rename");
}

static inline void mapped_classes(void)
{
    SPEC("G12.2.8");
    CHECK_NAME(_istalpha, "iswalpha", "isalpha");
    CHECK_NAME(_istdigit, "iswdigit", "isdigit");
    CHECK_NAME(_istspace, "iswspace", "isspace");
    CHECK_NAME(_totupper, "towupper", "toupper");
    CHECK_NAME(_totlower, "towlower", "tolower");
}

static inline void mapped_types(void)
{
    SPEC("G12.2.9");
#ifdef _UNICODE
    CHECK_EQ_INT(_TEOF, 0xFFFF); /* WEOF */
    CHECK(_Generic((_TUCHAR)0, WCHAR : true, default : false));
    CHECK(_Generic((_TSCHAR)0, WCHAR : true, default : false));
    CHECK(_Generic((_TINT)0, cairn_wint : true, default : false));
#else
    CHECK_EQ_INT(_TEOF, EOF);
    CHECK(_Generic((_TUCHAR)0, unsigned char : true, default : false));
    CHECK(_Generic((_TSCHAR)0, signed char : true, default : false));
    CHECK(_Generic((_TINT)0, int : true, default : false));
#endif
}

static inline void mapped_starts(void)
{
    SPEC("G12.1.3");
    CHECK_NAME(_tWinMain, "wWinMain", "WinMain");
#ifdef _UNICODE
    CHECK(strstr(TEXT_OF(_tmain), "wmain") != NULL); /* behind an attribute */
#else
    CHECK_EQ_STR(TEXT_OF(_tmain), "main");
#endif
}

/* UNICODE and _UNICODE together, or neither. */
static inline void mapped_literals(void)
{
    {
        SPEC("G12.1.1");
        CHECK_EQ_UINT(sizeof(_T("abc")), 4 * sizeof(TCHAR));
        CHECK_EQ_UINT(sizeof(_TEXT("abc")), 4 * sizeof(TCHAR));
        CHECK(_T("abc")[1] == 'b' && _TEXT("abc")[2] == 'c');
        CHECK_EQ_UINT(_tcslen(_T("abc")), 3);
#ifdef _UNICODE
        CHECK(_Generic(&_T("a")[0], WCHAR * : true, const WCHAR * : true, default : false));
#else
        CHECK(_Generic(&_T("a")[0], char * : true, const char * : true, default : false));
#endif
    }
    {
        SPEC("G12.1.2");
        CHECK_EQ_UINT(sizeof(TEXT("abc")), 4 * sizeof(TCHAR));
#ifdef UNICODE
        CHECK(_Generic((TCHAR)0, WCHAR : true, default : false));
#else
        CHECK(_Generic((TCHAR)0, CHAR : true, default : false));
#endif
    }
    {
        SPEC("G12.1.6");
#ifdef UNICODE
        CHECK_EQ_UINT(sizeof(TCHAR), 2);
        TCHAR text[16];
        CHECK_EQ_INT(_stprintf(text, _T("%s %d"), _T("a"), 5), 3);
        CHECK(_tcscmp(text, _T("a 5")) == 0);
#else
        CHECK_EQ_UINT(sizeof(TCHAR), 1);
#endif
    }
    SPEC("G12.3.5");
    CHECK(_tcscmp(TEXT("a ") TEXT("b"), TEXT("a b")) == 0);
}

static inline void mapped_names(void)
{
    mapped_formats();
    mapped_lines();
    mapped_strings();
    mapped_numbers();
    mapped_system();
    mapped_classes();
    mapped_types();
    mapped_starts();
    mapped_literals();
}

#endif
