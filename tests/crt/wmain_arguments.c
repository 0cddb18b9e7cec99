/* A program with wmain and no main: it starts, and has its arguments and environment in 16-bit characters. To choose
 * its arguments it starts itself once more. */
#define UNICODE
#define _UNICODE
#include <windows.h>
#include <tchar.h>

#include "check.h"

#include <stdlib.h>
#include <unistd.h>

static bool contains(TCHAR **strings, const TCHAR *wanted)
{
    for (; *strings != NULL; strings++) {
        if (_tcscmp(*strings, wanted) == 0) {
            return true;
        }
    }
    return false;
}

static int start_again(void)
{
    char program[] = "program";
    char plain[] = "plain";
    char umlaut[] = "z\xC3\xBCrich \xF0\x9F\x98\x80";
    char broken[] = "\xFF-\xE2\x82";
    char *arguments[] = {program, plain, umlaut, broken, NULL};

    setenv("CAIRN_TEST", "\xE2\x82\xAC", 1);
    execv("/proc/self/exe", arguments);
    return 1;
}

int _tmain(int argc, TCHAR *argv[], TCHAR *environment[])
{
    if (argc == 1) {
        return start_again();
    }
    SPEC("G12.1.3 G12.1.4 G12.3.1");
    CHECK_EQ_INT(argc, 4);
    CHECK(_tcscmp(argv[0], _T("program")) == 0);
    CHECK(_tcscmp(argv[1], _T("plain")) == 0);
    CHECK(_tcscmp(argv[2], _T("z\u00FCrich \U0001F600")) == 0);
    CHECK(_tcscmp(argv[3], _T("\uFFFD-\uFFFD")) == 0);
    CHECK_EQ_PTR(argv[4], NULL);
    CHECK_EQ_PTR(_targv, argv);
    CHECK_EQ_PTR(_tpgmptr, argv[0]);
    CHECK_EQ_INT(__argc, 4);
    CHECK_EQ_STR(__argv[1], "plain");
    CHECK_EQ_PTR(_tenviron, environment);
    CHECK(contains(environment, _T("CAIRN_TEST=\u20AC")));
    return check_report();
}
