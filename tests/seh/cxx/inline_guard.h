// Guarded blocks in a header: the older spellings, for __try is the C++ library's own word there.
#pragma once

#include <windows.h>

inline int guarded_in_header(DWORD code)
{
    volatile int result = 0;
    _try
    {
        RaiseException(code, 0, 0, nullptr);
    }
    _except(GetExceptionCode() == code)
    {
        result = 1;
    }
    return result;
}
