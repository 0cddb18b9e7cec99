/*
 * Text of either width: with _UNICODE the names below mean 16-bit characters, without it plain char.
 * Source: global-local-toolhelp-seh.md 12; Microsoft page "Generic-text mappings".
 *
 * The C library's own wide functions take its 32-bit wchar_t, so the 16-bit ones are functions of this library, under
 * cairn_ names. They follow Microsoft's rules for formats (%s is a string of the function's own width, %hs and %S are
 * the other kinds, I64, I32 and I are integer sizes). Files, arguments and the environment are UTF-8; streams stay
 * byte streams, so that printf and _tprintf can share one. What cannot be converted becomes U+FFFD.
 * Where the C library has the narrow function it is used as it is. All may be called from any thread.
 */
#ifndef _INC_TCHAR
#define _INC_TCHAR

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

#include "cairn_wchar.h"

#ifndef __cdecl
#define __cdecl
#endif

CAIRN_BEGIN_DECLS

/* The program's arguments, and its name. Set before main. */
CAIRN_API extern int cairn_argc;
CAIRN_API extern char **cairn_argv;
CAIRN_API extern char *cairn_pgmptr;
#define __argc cairn_argc
#define __argv cairn_argv
#define _pgmptr cairn_pgmptr

/* The same in 16-bit characters, and the environment. NULL in a program that starts in main instead of wmain. */
CAIRN_API extern WCHAR **cairn_wargv;
CAIRN_API extern WCHAR **cairn_wenviron;
CAIRN_API extern WCHAR *cairn_wpgmptr;
#define __wargv cairn_wargv
#define _wenviron cairn_wenviron
#define _wpgmptr cairn_wpgmptr

/*
 * Fills the three above from UTF-8 arguments and the environment: 0, or -1 if there is no memory. For the main that
 * this library supplies to programs with a wmain, once, before other threads run.
 */
CAIRN_API int cairn_widen_arguments(int argc, char **argv);

/* The C library's; declared here because it hides the declaration from strictly standard programs. */
extern char **environ;
#define _environ environ

/*
 * Microsoft's _snprintf: the length, or -1 if that exceeds count; no terminator unless there is room for it. With a
 * NULL buffer and count 0 the length alone.
 */
CAIRN_API int cairn_snprintf(char *buffer, size_t count, const char *format, ...) __attribute__((format(printf, 3, 4)));
CAIRN_API int cairn_vsnprintf(char *buffer, size_t count, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
#define _snprintf cairn_snprintf
#define _vsnprintf cairn_vsnprintf

/* As strdup, which strictly standard C lacks. */
CAIRN_API char *cairn_strdup(const char *text);

/* A line of standard input without its newline, NULL at the end. Trusts the buffer to be long enough. */
CAIRN_API char *cairn_gets(char *buffer);

/* A 16-bit character, or CAIRN_WEOF. */
typedef uint16_t cairn_wint;
#define CAIRN_WEOF ((cairn_wint)0xFFFF)

/*
 * Formatted output: the number of units written, or -1 (errno set) for a bad format or a failed write. cairn_swprintf
 * trusts the buffer to be long enough; cairn_snwprintf is _snwprintf, with the rules of cairn_snprintf in units.
 */
CAIRN_API int cairn_wprintf(const WCHAR *format, ...);
CAIRN_API int cairn_fwprintf(FILE *stream, const WCHAR *format, ...);
CAIRN_API int cairn_swprintf(WCHAR *buffer, const WCHAR *format, ...);
CAIRN_API int cairn_snwprintf(WCHAR *buffer, size_t count, const WCHAR *format, ...);
CAIRN_API int cairn_vwprintf(const WCHAR *format, va_list arguments);
CAIRN_API int cairn_vfwprintf(FILE *stream, const WCHAR *format, va_list arguments);
CAIRN_API int cairn_vswprintf(WCHAR *buffer, const WCHAR *format, va_list arguments);
CAIRN_API int cairn_vsnwprintf(WCHAR *buffer, size_t count, const WCHAR *format, va_list arguments);

/* Formatted input: the number of results stored, or EOF if the input ended before the first. */
CAIRN_API int cairn_wscanf(const WCHAR *format, ...);
CAIRN_API int cairn_fwscanf(FILE *stream, const WCHAR *format, ...);
CAIRN_API int cairn_swscanf(const WCHAR *text, const WCHAR *format, ...);

/* Characters and lines. The two halves of a surrogate pair may be put and got one at a time. */
CAIRN_API cairn_wint cairn_putwchar(WCHAR unit);
CAIRN_API cairn_wint cairn_fputwc(WCHAR unit, FILE *stream);
CAIRN_API cairn_wint cairn_getwchar(void);
CAIRN_API cairn_wint cairn_fgetwc(FILE *stream);
CAIRN_API int cairn_putws(const WCHAR *text);
CAIRN_API int cairn_fputws(const WCHAR *text, FILE *stream);
CAIRN_API WCHAR *cairn_getws(WCHAR *buffer);
CAIRN_API WCHAR *cairn_fgetws(WCHAR *buffer, int count, FILE *stream);

/* Strings: as the str function of the same ending. cairn_wcstok remembers its place per thread. */
CAIRN_API size_t cairn_wcslen(const WCHAR *text);
CAIRN_API WCHAR *cairn_wcscpy(WCHAR *to, const WCHAR *from);
CAIRN_API WCHAR *cairn_wcsncpy(WCHAR *to, const WCHAR *from, size_t count);
CAIRN_API WCHAR *cairn_wcscat(WCHAR *to, const WCHAR *from);
CAIRN_API WCHAR *cairn_wcsncat(WCHAR *to, const WCHAR *from, size_t count);
CAIRN_API int cairn_wcscmp(const WCHAR *left, const WCHAR *right);
CAIRN_API int cairn_wcsncmp(const WCHAR *left, const WCHAR *right, size_t count);
CAIRN_API int cairn_wcsicmp(const WCHAR *left, const WCHAR *right);
CAIRN_API int cairn_wcsnicmp(const WCHAR *left, const WCHAR *right, size_t count);
CAIRN_API WCHAR *cairn_wcschr(const WCHAR *text, WCHAR unit);
CAIRN_API WCHAR *cairn_wcsrchr(const WCHAR *text, WCHAR unit);
CAIRN_API WCHAR *cairn_wcsstr(const WCHAR *text, const WCHAR *part);
CAIRN_API WCHAR *cairn_wcstok(WCHAR *text, const WCHAR *delimiters);
CAIRN_API WCHAR *cairn_wcsdup(const WCHAR *text);

/* Numbers: as strtol, strtoul, strtod, atoi, atol. */
CAIRN_API long cairn_wcstol(const WCHAR *text, WCHAR **end, int base);
CAIRN_API unsigned long cairn_wcstoul(const WCHAR *text, WCHAR **end, int base);
CAIRN_API double cairn_wcstod(const WCHAR *text, WCHAR **end);
CAIRN_API int cairn_wtoi(const WCHAR *text);
CAIRN_API long cairn_wtol(const WCHAR *text);

/* The system: as the function without the w. What cairn_wgetenv returns stays valid. */
CAIRN_API FILE *cairn_wfopen(const WCHAR *path, const WCHAR *mode);
CAIRN_API WCHAR *cairn_wgetenv(const WCHAR *name);
CAIRN_API int cairn_wsystem(const WCHAR *command);
CAIRN_API void cairn_wperror(const WCHAR *text);
CAIRN_API int cairn_wremove(const WCHAR *path);
CAIRN_API int cairn_wrename(const WCHAR *from, const WCHAR *to);

CAIRN_END_DECLS

#ifdef _UNICODE

#define __T(quote) CAIRN_WIDE_LITERAL(quote)

typedef WCHAR _TCHAR, _TSCHAR, _TUCHAR, _TXCHAR;
typedef cairn_wint _TINT;
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef WCHAR TCHAR, *PTCHAR;
typedef WCHAR TBYTE, *PTBYTE;
#endif
#define _TEOF CAIRN_WEOF

/* Visible to the library's main also where the program hides its symbols. */
#define _tmain CAIRN_API wmain
#define _tWinMain wWinMain
#define _targv __wargv
#define _tenviron _wenviron
#define _tpgmptr _wpgmptr

#define _tprintf cairn_wprintf
#define _ftprintf cairn_fwprintf
#define _stprintf cairn_swprintf
#define _sntprintf cairn_snwprintf
#define _vtprintf cairn_vwprintf
#define _vftprintf cairn_vfwprintf
#define _vstprintf cairn_vswprintf
#define _vsntprintf cairn_vsnwprintf
#define _tscanf cairn_wscanf
#define _ftscanf cairn_fwscanf
#define _stscanf cairn_swscanf

#define _puttchar cairn_putwchar
#define _puttc cairn_fputwc
#define _fputtc cairn_fputwc
#define _gettchar cairn_getwchar
#define _gettc cairn_fgetwc
#define _fgettc cairn_fgetwc
#define _putts cairn_putws
#define _fputts cairn_fputws
#define _getts cairn_getws
#define _fgetts cairn_fgetws

#define _tcslen cairn_wcslen
#define _tcscpy cairn_wcscpy
#define _tcsncpy cairn_wcsncpy
#define _tcscat cairn_wcscat
#define _tcsncat cairn_wcsncat
#define _tcscmp cairn_wcscmp
#define _tcsncmp cairn_wcsncmp
#define _tcsicmp cairn_wcsicmp
#define _tcsnicmp cairn_wcsnicmp
#define _tcschr cairn_wcschr
#define _tcsrchr cairn_wcsrchr
#define _tcsstr cairn_wcsstr
#define _tcstok cairn_wcstok
#define _tcsdup cairn_wcsdup

#define _tcstol cairn_wcstol
#define _tcstoul cairn_wcstoul
#define _tcstod cairn_wcstod
#define _ttoi cairn_wtoi
#define _tstoi cairn_wtoi
#define _ttol cairn_wtol
#define _tstol cairn_wtol

#define _tfopen cairn_wfopen
#define _tgetenv cairn_wgetenv
#define _tsystem cairn_wsystem
#define _tperror cairn_wperror
#define _tremove cairn_wremove
#define _trename cairn_wrename

#define _istalnum iswalnum
#define _istalpha iswalpha
#define _istcntrl iswcntrl
#define _istdigit iswdigit
#define _istgraph iswgraph
#define _istlower iswlower
#define _istprint iswprint
#define _istpunct iswpunct
#define _istspace iswspace
#define _istupper iswupper
#define _istxdigit iswxdigit
#define _totlower towlower
#define _totupper towupper

#else

#define __T(quote) quote

typedef char _TCHAR, _TXCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR;
typedef int _TINT;
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef char TCHAR, *PTCHAR;
typedef unsigned char TBYTE, *PTBYTE;
#endif
#define _TEOF EOF

#define _tmain main
#define _tWinMain WinMain
#define _targv __argv
#define _tenviron _environ
#define _tpgmptr _pgmptr

#define _tprintf printf
#define _ftprintf fprintf
#define _stprintf sprintf
#define _sntprintf cairn_snprintf
#define _vtprintf vprintf
#define _vftprintf vfprintf
#define _vstprintf vsprintf
#define _vsntprintf cairn_vsnprintf
#define _tscanf scanf
#define _ftscanf fscanf
#define _stscanf sscanf

#define _puttchar putchar
#define _puttc putc
#define _fputtc fputc
#define _gettchar getchar
#define _gettc getc
#define _fgettc fgetc
#define _putts puts
#define _fputts fputs
#define _getts cairn_gets
#define _fgetts fgets

#define _tcslen strlen
#define _tcscpy strcpy
#define _tcsncpy strncpy
#define _tcscat strcat
#define _tcsncat strncat
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsicmp strcasecmp
#define _tcsnicmp strncasecmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcstok strtok
#define _tcsdup cairn_strdup

#define _tcstol strtol
#define _tcstoul strtoul
#define _tcstod strtod
#define _ttoi atoi
#define _tstoi atoi
#define _ttol atol
#define _tstol atol

#define _tfopen fopen
#define _tgetenv getenv
#define _tsystem system
#define _tperror perror
#define _tremove remove
#define _trename rename

#define _istalnum isalnum
#define _istalpha isalpha
#define _istcntrl iscntrl
#define _istdigit isdigit
#define _istgraph isgraph
#define _istlower islower
#define _istprint isprint
#define _istpunct ispunct
#define _istspace isspace
#define _istupper isupper
#define _istxdigit isxdigit
#define _totlower tolower
#define _totupper toupper

#endif

#define _T(quote) __T(quote)
#define _TEXT(quote) __T(quote)

#endif
