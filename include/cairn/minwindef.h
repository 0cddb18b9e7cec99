/*
 * The basic Windows types (BOOL, DWORD, LPVOID ...), the calling-convention words, and the small word macros.
 * Source: types-and-constants.md 1; Microsoft page "Windows Data Types".
 */
#ifndef _MINWINDEF_
#define _MINWINDEF_

#include "basetsd.h"
#include "sal.h"

/* Calling conventions: x64 has one, so the words mean nothing. */
#ifndef __cdecl
#define __cdecl
#endif
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __fastcall
#define __fastcall
#endif
#ifndef __forceinline
#define __forceinline inline __attribute__((always_inline))
#endif
#define WINAPI
#define WINAPIV
#define CALLBACK
#define APIENTRY
#define APIPRIVATE
#define PASCAL
#define CDECL
#define FAR
#define NEAR

/* The storage words that libraries and programs use; the others of Microsoft's compiler have no meaning here. */
#ifndef __declspec
#define __declspec(word) CAIRN_DECLSPEC_##word
#define CAIRN_DECLSPEC_dllexport CAIRN_API
#define CAIRN_DECLSPEC_dllimport
#define CAIRN_DECLSPEC_noreturn __attribute__((noreturn))
#define CAIRN_DECLSPEC_noinline __attribute__((noinline))
#define CAIRN_DECLSPEC_thread __thread
#define CAIRN_DECLSPEC_align(bytes) __attribute__((aligned(bytes)))
#endif

#ifndef CONST
#define CONST const
#endif
#ifndef VOID
#define VOID void
#endif
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

#define MAX_PATH 260

typedef char CHAR;
typedef int16_t SHORT, *PSHORT;
typedef int32_t INT, *PINT, *LPINT;
typedef int32_t LONG, *PLONG, *LPLONG;
typedef unsigned char UCHAR, *PUCHAR;
typedef uint16_t USHORT, *PUSHORT;
typedef uint32_t UINT, *PUINT;
typedef uint32_t ULONG, *PULONG;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef uint16_t WORD, *PWORD, *LPWORD;
typedef uint32_t DWORD, *PDWORD, *LPDWORD;
typedef int32_t BOOL, *PBOOL, *LPBOOL;
typedef float FLOAT, *PFLOAT;
typedef void *PVOID, *LPVOID;
typedef const void *LPCVOID, *PCVOID;

CAIRN_STATIC_ASSERT(sizeof(CHAR) == 1 && sizeof(UCHAR) == 1 && sizeof(BYTE) == 1, "8-bit types");
CAIRN_STATIC_ASSERT(sizeof(SHORT) == 2 && sizeof(USHORT) == 2 && sizeof(WORD) == 2, "16-bit types");
CAIRN_STATIC_ASSERT(sizeof(INT) == 4 && sizeof(LONG) == 4 && sizeof(BOOL) == 4, "32-bit signed types");
CAIRN_STATIC_ASSERT(sizeof(UINT) == 4 && sizeof(ULONG) == 4 && sizeof(DWORD) == 4, "32-bit unsigned types");

typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;

#define LOBYTE(value) ((BYTE)(DWORD_PTR)(value))
#define HIBYTE(value) ((BYTE)((DWORD_PTR)(value) >> 8))
#define LOWORD(value) ((WORD)(DWORD_PTR)(value))
#define HIWORD(value) ((WORD)((DWORD_PTR)(value) >> 16))
#define MAKEWORD(low, high) ((WORD)(LOBYTE(low) | LOBYTE(high) << 8))
#define MAKELONG(low, high) ((LONG)(LOWORD(low) | (DWORD)LOWORD(high) << 16))

/* As on Windows: macros, in C only, and not where the program says NOMINMAX. */
#if !defined(NOMINMAX) && !defined(__cplusplus)
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#endif

/* A handle is a pointer-sized value; STRICT gives each kind that DECLARE_HANDLE names a type of its own. */
typedef void *HANDLE, **PHANDLE, **LPHANDLE;

#ifdef STRICT
#define DECLARE_HANDLE(name)                                                                                           \
    struct name##__ {                                                                                                  \
        int unused;                                                                                                    \
    };                                                                                                                 \
    typedef struct name##__ *name
#else
#define DECLARE_HANDLE(name) typedef HANDLE name
#endif

typedef HANDLE HGLOBAL;
typedef HANDLE HLOCAL;
typedef HANDLE GLOBALHANDLE;
typedef HANDLE LOCALHANDLE;

DECLARE_HANDLE(HINSTANCE);
typedef HINSTANCE HMODULE;

typedef INT_PTR(WINAPI *FARPROC)(void);
typedef INT_PTR(WINAPI *PROC)(void);

/* The character types, TEXT and the other base types. winnt.h in turn includes this header first. */
#include "winnt.h"

#endif
