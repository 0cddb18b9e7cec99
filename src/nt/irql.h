/*
 * The kernel's rule for heaps: below DISPATCH_LEVEL only.
 *
 * Nothing looks at the level on the fast paths: at DISPATCH_LEVEL a thread has no front at hand (heap/thread.h), so all
 * of its calls come to where the level is looked at.
 */
#ifndef CAIRN_NT_IRQL_H
#define CAIRN_NT_IRQL_H

#include "base/compiler.h"

#include <ntifs.h>
#include <stdbool.h>

extern THREAD_LOCAL KIRQL irql_current;

/* Ends the process, after one line that names the function. */
_Noreturn void irql_refuse(const char *function);

static ALWAYS_INLINE bool irql_is_low(void)
{
    return irql_current < DISPATCH_LEVEL;
}

static ALWAYS_INLINE void irql_check(const char *function)
{
    if (UNLIKELY(!irql_is_low()))
        irql_refuse(function);
}

#endif
