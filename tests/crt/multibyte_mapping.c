/* tchar.h with _MBCS: there are no multibyte functions, the names mean what they mean without it. */
#define _MBCS
#include <windows.h>
#include <tchar.h>

#include "check.h"

#define AS_TEXT(name) #name
#define TEXT_OF(name) AS_TEXT(name)

int main(void)
{
    SPEC("G12.1.5");
    CHECK_EQ_STR(TEXT_OF(_tcslen), "strlen");
    CHECK_EQ_STR(TEXT_OF(_tcschr), "strchr");
    CHECK_EQ_UINT(_tcslen(_T("z\xC3\xBCrich")), 7);
    CHECK_EQ_UINT(sizeof(TCHAR), 1);
    return check_report();
}
