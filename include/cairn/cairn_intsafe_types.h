/*
 * The types of intsafe.h and ntintsafe.h, for the macros there. No program includes this by itself.
 */
#ifndef CAIRN_INTSAFE_TYPES_H
#define CAIRN_INTSAFE_TYPES_H

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

#endif
