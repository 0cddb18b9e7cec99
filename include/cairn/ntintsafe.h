/*
 * The functions of intsafe.h for code that speaks in NTSTATUS, with Rtl in front of their names:
 *
 *     NTSTATUS Rtl<Name>Add(type a, type b, type *result), Rtl<Name>Sub, Rtl<Name>Mult
 *     NTSTATUS Rtl<From>To<Name>(from value, type *result)
 *
 * They return STATUS_SUCCESS, or STATUS_INTEGER_OVERFLOW with *result set to all bits one. Inline, no library call,
 * safe in any thread. Source: global-local-toolhelp-seh.md 11; ntintsafe.h of the Windows driver kit.
 */
#ifndef _NTINTSAFE_H_INCLUDED_
#define _NTINTSAFE_H_INCLUDED_

#include "intsafe.h"
#include "ntstatus.h"

#define CAIRN_NTINTSAFE_STATUS(result) ((result) == S_OK ? STATUS_SUCCESS : STATUS_INTEGER_OVERFLOW)

#define CAIRN_NTINTSAFE_ARITHMETIC(name, type)                                                                         \
    static inline NTSTATUS Rtl##name##Add(type left, type right, type *result)                                         \
    {                                                                                                                  \
        return CAIRN_NTINTSAFE_STATUS(name##Add(left, right, result));                                                 \
    }                                                                                                                  \
    static inline NTSTATUS Rtl##name##Sub(type left, type right, type *result)                                         \
    {                                                                                                                  \
        return CAIRN_NTINTSAFE_STATUS(name##Sub(left, right, result));                                                 \
    }                                                                                                                  \
    static inline NTSTATUS Rtl##name##Mult(type left, type right, type *result)                                        \
    {                                                                                                                  \
        return CAIRN_NTINTSAFE_STATUS(name##Mult(left, right, result));                                                \
    }

#define CAIRN_NTINTSAFE_CONVERSION(from_name, from_type, name, type)                                                   \
    static inline NTSTATUS Rtl##from_name##To##name(from_type value, type *result)                                     \
    {                                                                                                                  \
        return CAIRN_NTINTSAFE_STATUS(from_name##To##name(value, result));                                             \
    }

#define CAIRN_NTINTSAFE_CONVERSIONS(name, type) CAIRN_INTSAFE_TO(CAIRN_NTINTSAFE_CONVERSION, name, type)

CAIRN_INTSAFE_FROM(CAIRN_NTINTSAFE_ARITHMETIC)
CAIRN_INTSAFE_FROM(CAIRN_NTINTSAFE_CONVERSIONS)

#undef CAIRN_NTINTSAFE_CONVERSIONS
#undef CAIRN_NTINTSAFE_CONVERSION
#undef CAIRN_NTINTSAFE_ARITHMETIC
#undef CAIRN_NTINTSAFE_STATUS

#endif
