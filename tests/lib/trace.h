/* A trace of steps: what ran, and in which order. */
#ifndef CAIRN_TESTS_TRACE_H
#define CAIRN_TESTS_TRACE_H

#include <windows.h>

#include <string.h>

static char trace[64];

static inline void note(char step)
{
    size_t length = strlen(trace);
    if (length + 1 < sizeof trace) {
        trace[length] = step;
        trace[length + 1] = '\0';
    }
}

/* For filters: the step, and what the filter answers. */
static inline LONG noted(char step, LONG answer)
{
    note(step);
    return answer;
}

static inline void raise_code(DWORD code)
{
    RaiseException(code, 0, 0, NULL);
}

#endif
