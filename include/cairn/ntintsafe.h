/*
 * intsafe.h's functions for drivers: the same with Rtl in front of the name, RtlSIZETAdd or RtlULongLongToULong, and an
 * NTSTATUS: STATUS_SUCCESS, or STATUS_INTEGER_OVERFLOW with *result set to the type's _ERROR value (all bits one).
 * Inline, no library call, safe in any thread. Source: global-local-toolhelp-seh.md 11.
 */
#ifndef _NTINTSAFE_H_INCLUDED_
#define _NTINTSAFE_H_INCLUDED_

#include "cairn_intsafe.h"
#include "ntstatus.h"

#define CAIRN_INTSAFE_ARITHMETIC_NT(name, type)                                                                        \
    CAIRN_INTSAFE_ARITHMETIC(Rtl##name, type, NTSTATUS, STATUS_INTEGER_OVERFLOW)
#define CAIRN_INTSAFE_CONVERSION_NT(from_name, from_type, name, type)                                                  \
    CAIRN_INTSAFE_CONVERSION(Rtl##from_name, from_type, name, type, NTSTATUS, STATUS_INTEGER_OVERFLOW)
#define CAIRN_INTSAFE_CONVERSIONS_NT(name, type) CAIRN_INTSAFE_TO(CAIRN_INTSAFE_CONVERSION_NT, name, type)

CAIRN_INTSAFE_FROM(CAIRN_INTSAFE_ARITHMETIC_NT)
CAIRN_INTSAFE_FROM(CAIRN_INTSAFE_CONVERSIONS_NT)

#undef CAIRN_INTSAFE_CONVERSIONS_NT
#undef CAIRN_INTSAFE_CONVERSION_NT
#undef CAIRN_INTSAFE_ARITHMETIC_NT

#endif
