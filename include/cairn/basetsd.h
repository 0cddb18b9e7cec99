/*
 * Integer types of fixed and of pointer width, their limits, and conversions between pointers and integers.
 * Source: types-and-constants.md 1; Microsoft page "Windows Data Types". Nothing here is a `long`: that is 32 bits on
 * Windows and 64 here.
 */
#ifndef _BASETSD_H_
#define _BASETSD_H_

#include "cairn_compiler.h"

/* The 64-bit ones are `long long`, as on Windows, so that %lld, %llu and overloads on __int64 keep fitting. */
#ifndef __int64
#define __int64 long long
#endif

typedef int8_t INT8, *PINT8;
typedef int16_t INT16, *PINT16;
typedef int32_t INT32, *PINT32;
typedef long long INT64, *PINT64;
typedef uint8_t UINT8, *PUINT8;
typedef uint16_t UINT16, *PUINT16;
typedef uint32_t UINT32, *PUINT32;
typedef unsigned long long UINT64, *PUINT64;

typedef int32_t LONG32, *PLONG32;
typedef uint32_t ULONG32, *PULONG32;
typedef uint32_t DWORD32, *PDWORD32;
typedef long long LONG64, *PLONG64;
typedef unsigned long long ULONG64, *PULONG64;
typedef unsigned long long DWORD64, *PDWORD64;

typedef intptr_t INT_PTR, *PINT_PTR;
typedef uintptr_t UINT_PTR, *PUINT_PTR;
typedef intptr_t LONG_PTR, *PLONG_PTR;
typedef uintptr_t ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef size_t SIZE_T, *PSIZE_T;
typedef intptr_t SSIZE_T, *PSSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;

CAIRN_STATIC_ASSERT(sizeof(INT8) == 1 && sizeof(UINT8) == 1, "8-bit integers");
CAIRN_STATIC_ASSERT(sizeof(INT16) == 2 && sizeof(UINT16) == 2, "16-bit integers");
CAIRN_STATIC_ASSERT(sizeof(INT32) == 4 && sizeof(UINT32) == 4, "32-bit integers");
CAIRN_STATIC_ASSERT(sizeof(INT64) == 8 && sizeof(UINT64) == 8, "64-bit integers");
CAIRN_STATIC_ASSERT(sizeof(LONG32) == 4 && sizeof(ULONG32) == 4 && sizeof(DWORD32) == 4, "32-bit integers");
CAIRN_STATIC_ASSERT(sizeof(LONG64) == 8 && sizeof(ULONG64) == 8 && sizeof(DWORD64) == 8, "64-bit integers");
CAIRN_STATIC_ASSERT(sizeof(INT_PTR) == sizeof(void *) && sizeof(UINT_PTR) == sizeof(void *), "pointer-wide integers");
CAIRN_STATIC_ASSERT(sizeof(LONG_PTR) == sizeof(void *) && sizeof(ULONG_PTR) == sizeof(void *), "pointer-wide integers");
CAIRN_STATIC_ASSERT(sizeof(SIZE_T) == sizeof(void *) && sizeof(SSIZE_T) == sizeof(void *), "pointer-wide sizes");

#define MAXUINT8 ((UINT8)0xFF)
#define MAXINT8 ((INT8)0x7F)
#define MININT8 ((INT8)-0x80)
#define MAXUINT16 ((UINT16)0xFFFF)
#define MAXINT16 ((INT16)0x7FFF)
#define MININT16 ((INT16)-0x8000)
#define MAXUINT32 ((UINT32)0xFFFFFFFF)
#define MAXINT32 ((INT32)0x7FFFFFFF)
#define MININT32 ((INT32)(-0x7FFFFFFF - 1))
#define MAXUINT64 ((UINT64)0xFFFFFFFFFFFFFFFF)
#define MAXINT64 ((INT64)0x7FFFFFFFFFFFFFFF)
#define MININT64 ((INT64)(-0x7FFFFFFFFFFFFFFF - 1))

#define MAXULONG32 ((ULONG32)0xFFFFFFFF)
#define MAXLONG32 ((LONG32)0x7FFFFFFF)
#define MINLONG32 ((LONG32)(-0x7FFFFFFF - 1))
#define MAXULONG64 ((ULONG64)0xFFFFFFFFFFFFFFFF)
#define MAXLONG64 ((LONG64)0x7FFFFFFFFFFFFFFF)
#define MINLONG64 ((LONG64)(-0x7FFFFFFFFFFFFFFF - 1))
#define MAXULONGLONG ((UINT64)0xFFFFFFFFFFFFFFFF)
#define MAXLONGLONG ((INT64)0x7FFFFFFFFFFFFFFF)
#define MINLONGLONG ((INT64)(-0x7FFFFFFFFFFFFFFF - 1))

#define MAXUINT ((UINT32)0xFFFFFFFF)
#define MAXINT ((INT32)0x7FFFFFFF)
#define MININT ((INT32)(-0x7FFFFFFF - 1))
#define MAXULONG ((UINT32)0xFFFFFFFF)
#define MAXUSHORT ((UINT16)0xFFFF)
#define MAXUCHAR ((UINT8)0xFF)

#define MAXSIZE_T ((SIZE_T) ~(SIZE_T)0)
#define MAXSSIZE_T ((SSIZE_T)(MAXSIZE_T >> 1))
#define MINSSIZE_T ((SSIZE_T)(-MAXSSIZE_T - 1))
#define MAXUINT_PTR ((UINT_PTR) ~(UINT_PTR)0)
#define MAXINT_PTR ((INT_PTR)(MAXUINT_PTR >> 1))
#define MININT_PTR ((INT_PTR)(-MAXINT_PTR - 1))
#define MAXULONG_PTR ((ULONG_PTR) ~(ULONG_PTR)0)
#define MAXLONG_PTR ((LONG_PTR)(MAXULONG_PTR >> 1))
#define MINLONG_PTR ((LONG_PTR)(-MAXLONG_PTR - 1))

/* Pointers and handles to and from narrow integers; the narrowing is the point. */
#define PtrToUlong(pointer) ((uint32_t)(ULONG_PTR)(pointer))
#define PtrToLong(pointer) ((int32_t)(LONG_PTR)(pointer))
#define PtrToUint(pointer) ((uint32_t)(UINT_PTR)(pointer))
#define PtrToInt(pointer) ((int32_t)(INT_PTR)(pointer))
#define HandleToULong(handle) ((uint32_t)(ULONG_PTR)(handle))
#define HandleToLong(handle) ((int32_t)(LONG_PTR)(handle))
#define HandleToUlong(handle) HandleToULong(handle)
#define ULongToHandle(value) ((void *)(ULONG_PTR)(uint32_t)(value))
#define UlongToHandle(value) ULongToHandle(value)
#define LongToHandle(value) ((void *)(LONG_PTR)(int32_t)(value))
#define ULongToPtr(value) ((void *)(ULONG_PTR)(uint32_t)(value))
#define UlongToPtr(value) ULongToPtr(value)
#define LongToPtr(value) ((void *)(LONG_PTR)(int32_t)(value))
#define UIntToPtr(value) ((void *)(UINT_PTR)(uint32_t)(value))
#define UintToPtr(value) UIntToPtr(value)
#define IntToPtr(value) ((void *)(INT_PTR)(int32_t)(value))

#endif
