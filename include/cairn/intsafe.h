/*
 * Integer arithmetic and conversions that report overflow. For every type of the list below, under its intsafe name:
 *
 *     HRESULT <Name>Add(type a, type b, type *result), <Name>Sub, <Name>Mult
 *     HRESULT <From>To<Name>(from value, type *result), from every type to every type
 *
 * They return S_OK, or INTSAFE_E_ARITHMETIC_OVERFLOW with *result set to the type's _ERROR value (all bits one).
 * Inline, no library call, safe in any thread. Source: global-local-toolhelp-seh.md 11; Microsoft page "intsafe.h
 * header".
 *
 * LONG_MIN, LONG_MAX and ULONG_MAX are those of <limits.h> and speak of `long`, which is not LONG here: use MINLONG32,
 * MAXLONG32 and MAXULONG32, or DWORD_MAX.
 */
#ifndef _INTSAFE_H_INCLUDED_
#define _INTSAFE_H_INCLUDED_

#include <limits.h>

#include "cairn_intsafe_types.h"
#include "winerror.h"

#define INTSAFE_E_ARITHMETIC_OVERFLOW ((HRESULT)0x80070216)

/* Smallest and largest values; INT8_MIN and the like, INT_MIN, INT_MAX, UINT_MAX come from the C library. */
#define SHORT_MIN MININT16
#define LONGLONG_MIN MININT64
#define LONG64_MIN MININT64
#define INT_PTR_MIN MININT_PTR
#define LONG_PTR_MIN MINLONG_PTR
#define PTRDIFF_T_MIN PTRDIFF_MIN
#define SSIZE_T_MIN MINSSIZE_T

#define BYTE_MAX MAXUINT8
#define SHORT_MAX MAXINT16
#define USHORT_MAX MAXUINT16
#define WORD_MAX MAXUINT16
#define DWORD_MAX MAXUINT32
#define LONGLONG_MAX MAXINT64
#define LONG64_MAX MAXINT64
#define ULONGLONG_MAX MAXUINT64
#define ULONG64_MAX MAXUINT64
#define DWORDLONG_MAX MAXUINT64
#define DWORD64_MAX MAXUINT64
#define INT_PTR_MAX MAXINT_PTR
#define UINT_PTR_MAX MAXUINT_PTR
#define LONG_PTR_MAX MAXLONG_PTR
#define ULONG_PTR_MAX MAXULONG_PTR
#define DWORD_PTR_MAX MAXULONG_PTR
#define PTRDIFF_T_MAX PTRDIFF_MAX
#define SIZE_T_MAX MAXSIZE_T
#define _SIZE_T_MAX MAXSIZE_T
#define SSIZE_T_MAX MAXSSIZE_T

/* What *result holds after a failure. */
#define INT8_ERROR ((INT8)-1)
#define UINT8_ERROR ((UINT8)-1)
#define CHAR_ERROR ((CHAR)-1)
#define UCHAR_ERROR ((UCHAR)-1)
#define BYTE_ERROR ((BYTE)-1)
#define SHORT_ERROR ((SHORT)-1)
#define INT16_ERROR ((INT16)-1)
#define USHORT_ERROR ((USHORT)-1)
#define UINT16_ERROR ((UINT16)-1)
#define WORD_ERROR ((WORD)-1)
#define INT_ERROR ((INT)-1)
#define INT32_ERROR ((INT32)-1)
#define UINT_ERROR ((UINT)-1)
#define UINT32_ERROR ((UINT32)-1)
#define LONG_ERROR ((LONG)-1)
#define ULONG_ERROR ((ULONG)-1)
#define DWORD_ERROR ((DWORD)-1)
#define LONGLONG_ERROR ((LONGLONG)-1)
#define LONG64_ERROR ((LONG64)-1)
#define INT64_ERROR ((INT64)-1)
#define ULONGLONG_ERROR ((ULONGLONG)-1)
#define ULONG64_ERROR ((ULONG64)-1)
#define UINT64_ERROR ((UINT64)-1)
#define DWORDLONG_ERROR ((DWORDLONG)-1)
#define DWORD64_ERROR ((DWORD64)-1)
#define INT_PTR_ERROR ((INT_PTR)-1)
#define UINT_PTR_ERROR ((UINT_PTR)-1)
#define LONG_PTR_ERROR ((LONG_PTR)-1)
#define ULONG_PTR_ERROR ((ULONG_PTR)-1)
#define DWORD_PTR_ERROR ((DWORD_PTR)-1)
#define PTRDIFF_T_ERROR ((ptrdiff_t)-1)
#define SIZE_T_ERROR ((size_t)-1)
#define SSIZE_T_ERROR ((SSIZE_T)-1)

#define CAIRN_INTSAFE_RESULT(overflowed, type, result)                                                                 \
    do {                                                                                                               \
        if (overflowed) {                                                                                              \
            *(result) = (type)-1;                                                                                      \
            return INTSAFE_E_ARITHMETIC_OVERFLOW;                                                                      \
        }                                                                                                              \
        return S_OK;                                                                                                   \
    } while (0)

#define CAIRN_INTSAFE_ARITHMETIC(name, type)                                                                           \
    static inline HRESULT name##Add(type left, type right, type *result)                                               \
    {                                                                                                                  \
        CAIRN_INTSAFE_RESULT(__builtin_add_overflow(left, right, result), type, result);                               \
    }                                                                                                                  \
    static inline HRESULT name##Sub(type left, type right, type *result)                                               \
    {                                                                                                                  \
        CAIRN_INTSAFE_RESULT(__builtin_sub_overflow(left, right, result), type, result);                               \
    }                                                                                                                  \
    static inline HRESULT name##Mult(type left, type right, type *result)                                              \
    {                                                                                                                  \
        CAIRN_INTSAFE_RESULT(__builtin_mul_overflow(left, right, result), type, result);                               \
    }

/* Adding 0 computes exactly and then asks whether the target type holds it. */
#define CAIRN_INTSAFE_CONVERSION(from_name, from_type, name, type)                                                     \
    static inline HRESULT from_name##To##name(from_type value, type *result)                                           \
    {                                                                                                                  \
        CAIRN_INTSAFE_RESULT(__builtin_add_overflow(value, 0, result), type, result);                                  \
    }

#define CAIRN_INTSAFE_CONVERSIONS(name, type) CAIRN_INTSAFE_TO(CAIRN_INTSAFE_CONVERSION, name, type)

CAIRN_INTSAFE_FROM(CAIRN_INTSAFE_ARITHMETIC)
CAIRN_INTSAFE_FROM(CAIRN_INTSAFE_CONVERSIONS)

#undef CAIRN_INTSAFE_CONVERSIONS
#undef CAIRN_INTSAFE_CONVERSION
#undef CAIRN_INTSAFE_ARITHMETIC
#undef CAIRN_INTSAFE_RESULT

#endif
