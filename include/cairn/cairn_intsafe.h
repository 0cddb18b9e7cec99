/*
 * What intsafe.h and ntintsafe.h share: the types, their limits and _ERROR values, and what the functions do.
 *
 * LONG_MIN, LONG_MAX and ULONG_MAX are those of <limits.h> and speak of `long`, which is not LONG here: use MINLONG32,
 * MAXLONG32 and MAXULONG32, or DWORD_MAX.
 */
#ifndef CAIRN_INTSAFE_H
#define CAIRN_INTSAFE_H

#include <limits.h>

#include "winnt.h"

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

/* The types: X(argument..., name in function names, type). Twice, for a macro does not expand inside itself. */
#define CAIRN_INTSAFE_FROM(X)                                                                                          \
    X(Int8, INT8)                                                                                                      \
    X(UInt8, UINT8)                                                                                                    \
    X(Char, CHAR)                                                                                                      \
    X(UChar, UCHAR)                                                                                                    \
    X(Byte, BYTE)                                                                                                      \
    X(Short, SHORT)                                                                                                    \
    X(Int16, INT16)                                                                                                    \
    X(UShort, USHORT)                                                                                                  \
    X(UInt16, UINT16)                                                                                                  \
    X(Word, WORD)                                                                                                      \
    X(Int, INT)                                                                                                        \
    X(Int32, INT32)                                                                                                    \
    X(UInt, UINT)                                                                                                      \
    X(UInt32, UINT32)                                                                                                  \
    X(Long, LONG)                                                                                                      \
    X(ULong, ULONG)                                                                                                    \
    X(DWord, DWORD)                                                                                                    \
    X(LongLong, LONGLONG)                                                                                              \
    X(Long64, LONG64)                                                                                                  \
    X(Int64, INT64)                                                                                                    \
    X(ULongLong, ULONGLONG)                                                                                            \
    X(ULong64, ULONG64)                                                                                                \
    X(UInt64, UINT64)                                                                                                  \
    X(DWordLong, DWORDLONG)                                                                                            \
    X(DWord64, DWORD64)                                                                                                \
    X(IntPtr, INT_PTR)                                                                                                 \
    X(UIntPtr, UINT_PTR)                                                                                               \
    X(LongPtr, LONG_PTR)                                                                                               \
    X(ULongPtr, ULONG_PTR)                                                                                             \
    X(DWordPtr, DWORD_PTR)                                                                                             \
    X(PtrdiffT, ptrdiff_t)                                                                                             \
    X(SizeT, size_t)                                                                                                   \
    X(SIZET, SIZE_T)                                                                                                   \
    X(SSizeT, SSIZE_T)                                                                                                 \
    X(SSIZET, SSIZE_T)

#define CAIRN_INTSAFE_TO(X, first, second)                                                                             \
    X(first, second, Int8, INT8)                                                                                       \
    X(first, second, UInt8, UINT8)                                                                                     \
    X(first, second, Char, CHAR)                                                                                       \
    X(first, second, UChar, UCHAR)                                                                                     \
    X(first, second, Byte, BYTE)                                                                                       \
    X(first, second, Short, SHORT)                                                                                     \
    X(first, second, Int16, INT16)                                                                                     \
    X(first, second, UShort, USHORT)                                                                                   \
    X(first, second, UInt16, UINT16)                                                                                   \
    X(first, second, Word, WORD)                                                                                       \
    X(first, second, Int, INT)                                                                                         \
    X(first, second, Int32, INT32)                                                                                     \
    X(first, second, UInt, UINT)                                                                                       \
    X(first, second, UInt32, UINT32)                                                                                   \
    X(first, second, Long, LONG)                                                                                       \
    X(first, second, ULong, ULONG)                                                                                     \
    X(first, second, DWord, DWORD)                                                                                     \
    X(first, second, LongLong, LONGLONG)                                                                               \
    X(first, second, Long64, LONG64)                                                                                   \
    X(first, second, Int64, INT64)                                                                                     \
    X(first, second, ULongLong, ULONGLONG)                                                                             \
    X(first, second, ULong64, ULONG64)                                                                                 \
    X(first, second, UInt64, UINT64)                                                                                   \
    X(first, second, DWordLong, DWORDLONG)                                                                             \
    X(first, second, DWord64, DWORD64)                                                                                 \
    X(first, second, IntPtr, INT_PTR)                                                                                  \
    X(first, second, UIntPtr, UINT_PTR)                                                                                \
    X(first, second, LongPtr, LONG_PTR)                                                                                \
    X(first, second, ULongPtr, ULONG_PTR)                                                                              \
    X(first, second, DWordPtr, DWORD_PTR)                                                                              \
    X(first, second, PtrdiffT, ptrdiff_t)                                                                              \
    X(first, second, SizeT, size_t)                                                                                    \
    X(first, second, SIZET, SIZE_T)                                                                                    \
    X(first, second, SSizeT, SSIZE_T)                                                                                  \
    X(first, second, SSIZET, SSIZE_T)

#define CAIRN_INTSAFE_RESULT(overflowed, type, result, status, failure)                                                \
    do {                                                                                                               \
        if (overflowed) {                                                                                              \
            *(result) = (type)-1;                                                                                      \
            return failure;                                                                                            \
        }                                                                                                              \
        return (status)0;                                                                                              \
    } while (0)

/* Add, Sub and Mult of a type: 0 or the failure, as a value of the type `status`. */
#define CAIRN_INTSAFE_ARITHMETIC(name, type, status, failure)                                                          \
    static inline status name##Add(type left, type right, type *result)                                                \
    {                                                                                                                  \
        CAIRN_INTSAFE_RESULT(__builtin_add_overflow(left, right, result), type, result, status, failure);              \
    }                                                                                                                  \
    static inline status name##Sub(type left, type right, type *result)                                                \
    {                                                                                                                  \
        CAIRN_INTSAFE_RESULT(__builtin_sub_overflow(left, right, result), type, result, status, failure);              \
    }                                                                                                                  \
    static inline status name##Mult(type left, type right, type *result)                                               \
    {                                                                                                                  \
        CAIRN_INTSAFE_RESULT(__builtin_mul_overflow(left, right, result), type, result, status, failure);              \
    }

/* Adding 0 computes exactly and then asks whether the target type holds it. */
#define CAIRN_INTSAFE_CONVERSION(from_name, from_type, name, type, status, failure)                                    \
    static inline status from_name##To##name(from_type value, type *result)                                            \
    {                                                                                                                  \
        CAIRN_INTSAFE_RESULT(__builtin_add_overflow(value, 0, result), type, result, status, failure);                 \
    }

#endif
