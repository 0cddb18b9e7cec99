/* SetErrorMode, GetErrorMode: their Microsoft pages. */
#include "check.h"

#include <windows.h>

int main(void)
{
#ifndef _WIN32
    CHECK_EQ_UINT(GetErrorMode(), 0); /* a process of Windows has its parent's */
#endif
    /* "The return value is the previous state of the error-mode bit flags" */
    POISON_LAST_ERROR();
    SetErrorMode(SEM_FAILCRITICALERRORS);
    CHECK_EQ_UINT(GetErrorMode(), SEM_FAILCRITICALERRORS);
    CHECK_EQ_UINT(SetErrorMode(SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX), SEM_FAILCRITICALERRORS);
    CHECK_EQ_UINT(GetErrorMode(), SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    CHECK_EQ_UINT(SetErrorMode(0), SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    CHECK_EQ_UINT(GetErrorMode(), 0);

    /* "After this value is set for a process, subsequent attempts to clear the value are ignored" */
    CHECK_EQ_UINT(SetErrorMode(SEM_NOALIGNMENTFAULTEXCEPT | SEM_FAILCRITICALERRORS), 0);
    WINE_DIFFERS("SEM_NOALIGNMENTFAULTEXCEPT can be cleared") {
        CHECK_EQ_UINT(SetErrorMode(0), SEM_NOALIGNMENTFAULTEXCEPT | SEM_FAILCRITICALERRORS);
        CHECK_EQ_UINT(SetErrorMode(SEM_NOGPFAULTERRORBOX), SEM_NOALIGNMENTFAULTEXCEPT);
        CHECK_EQ_UINT(GetErrorMode(), SEM_NOALIGNMENTFAULTEXCEPT | SEM_NOGPFAULTERRORBOX);
    }
    CHECK_LAST_ERROR_UNTOUCHED();
    return check_report();
}
