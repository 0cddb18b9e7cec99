/*
 * Character types and TEXT, the remaining base types, the HEAP_* flags and information classes, and the records of the
 * exception machinery. Source: types-and-constants.md 1, 2, 5, 8, 9, 14.7.
 */
#ifndef _WINNT_
#define _WINNT_

#include "cairn_wchar.h"
#include "minwindef.h"

/* Declaration words of the API. */
#define NTAPI
#define NTSYSAPI CAIRN_API
#define NTSYSCALLAPI CAIRN_API
#define WINBASEAPI CAIRN_API

#ifdef __cplusplus
#define EXTERN_C extern "C"
#else
#define EXTERN_C extern
#endif
#define STDMETHODCALLTYPE
#define STDMETHODVCALLTYPE
#define STDAPICALLTYPE
#define STDAPI EXTERN_C HRESULT STDAPICALLTYPE
#define STDAPI_(type) EXTERN_C type STDAPICALLTYPE

#define FORCEINLINE __forceinline
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define DECLSPEC_NOINLINE __attribute__((noinline))
#define DECLSPEC_ALIGN(bytes) __attribute__((aligned(bytes)))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_ALLOCATOR
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT CAIRN_API

typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *PWSTR, *LPWSTR, *NWPSTR;
typedef const WCHAR *LPCWCH, *PCWCH, *PCWSTR, *LPCWSTR, *LPCUWSTR, *PCUWSTR;
typedef CHAR *PCHAR, *LPCH, *PCH, *PSTR, *LPSTR, *NPSTR;
typedef const CHAR *LPCCH, *PCCH, *PCSTR, *LPCSTR, *PCSZ;

/* UNICODE chooses the width of TCHAR and TEXT. tchar.h has the same types, chosen by _UNICODE. */
#ifdef UNICODE
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef WCHAR TCHAR, *PTCHAR;
typedef WCHAR TBYTE, *PTBYTE;
#endif
typedef LPWSTR PTSTR, LPTSTR;
typedef LPCWSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) CAIRN_WIDE_LITERAL(quote)
#else
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef char TCHAR, *PTCHAR;
typedef unsigned char TBYTE, *PTBYTE;
#endif
typedef LPSTR PTSTR, LPTSTR;
typedef LPCSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) quote
#endif
#define TEXT(quote) __TEXT(quote)

typedef BYTE BOOLEAN, *PBOOLEAN;
typedef ULONG LOGICAL, *PLOGICAL;
typedef LONG HRESULT;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef INT64 LONGLONG, *PLONGLONG;
typedef UINT64 ULONGLONG, *PULONGLONG;
typedef UINT64 DWORDLONG, *PDWORDLONG;
typedef char CCHAR;
typedef DWORD LCID;

CAIRN_STATIC_ASSERT(sizeof(BOOLEAN) == 1, "BOOLEAN is a byte");
CAIRN_STATIC_ASSERT(sizeof(LOGICAL) == 4, "LOGICAL is as wide as ULONG");
CAIRN_STATIC_ASSERT(sizeof(HRESULT) == 4 && sizeof(NTSTATUS) == 4, "status codes are 32 bits wide");
CAIRN_STATIC_ASSERT(sizeof(LONGLONG) == 8 && sizeof(ULONGLONG) == 8 && sizeof(DWORDLONG) == 8, "64-bit integers");

#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)
#define NT_INFORMATION(status) (((ULONG)(status) >> 30) == 1)
#define NT_WARNING(status) (((ULONG)(status) >> 30) == 2)
#define NT_ERROR(status) (((ULONG)(status) >> 30) == 3)

#define MINCHAR 0x80
#define MAXCHAR 0x7F
#define MINSHORT 0x8000
#define MAXSHORT 0x7FFF
#define MINLONG 0x80000000
#define MAXLONG 0x7FFFFFFF
#define MAXBYTE 0xFF
#define MAXWORD 0xFFFF
#define MAXDWORD 0xFFFFFFFF

#define ANSI_NULL ((CHAR)0)
#define UNICODE_NULL ((WCHAR)0)

/* 64 bits, whole or as two halves; the halves also under u, for compilers without unnamed members. */
typedef union _LARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        LONG HighPart;
    };
    struct {
        DWORD LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        DWORD HighPart;
    };
    struct {
        DWORD LowPart;
        DWORD HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

/* Of a critical section that was initialised, DebugInfo is not NULL, RecursionCount says how often its owner is in it,
 * and OwningThread is a number of that thread, 0 if nobody is. The other members are the library's. One object is what
 * DebugInfo of all of them points at: it says nothing of the one. Layout: Microsoft's winnt.h. */
typedef struct _RTL_CRITICAL_SECTION_DEBUG {
    WORD Type;
    WORD CreatorBackTraceIndex;
    struct _RTL_CRITICAL_SECTION *CriticalSection;
    LIST_ENTRY ProcessLocksList;
    DWORD EntryCount;
    DWORD ContentionCount;
    DWORD Flags;
    WORD CreatorBackTraceIndexHigh;
    WORD SpareWORD;
} RTL_CRITICAL_SECTION_DEBUG, *PRTL_CRITICAL_SECTION_DEBUG;

CAIRN_LAYOUT(RTL_CRITICAL_SECTION_DEBUG, 48, 8, 32, 4);

typedef struct _RTL_CRITICAL_SECTION {
    PRTL_CRITICAL_SECTION_DEBUG DebugInfo;
    LONG LockCount;
    LONG RecursionCount;
    HANDLE OwningThread;
    HANDLE LockSemaphore;
    ULONG_PTR SpinCount;
} RTL_CRITICAL_SECTION, *PRTL_CRITICAL_SECTION;

CAIRN_LAYOUT(RTL_CRITICAL_SECTION, 40, 8, 24, 4);
CAIRN_OFFSET(RTL_CRITICAL_SECTION, DebugInfo, 0x00, 0x00);
CAIRN_OFFSET(RTL_CRITICAL_SECTION, LockCount, 0x08, 0x04);
CAIRN_OFFSET(RTL_CRITICAL_SECTION, RecursionCount, 0x0C, 0x08);
CAIRN_OFFSET(RTL_CRITICAL_SECTION, OwningThread, 0x10, 0x0C);
CAIRN_OFFSET(RTL_CRITICAL_SECTION, LockSemaphore, 0x18, 0x10);
CAIRN_OFFSET(RTL_CRITICAL_SECTION, SpinCount, 0x20, 0x14);

/* What may be done with pages. */
#define PAGE_NOACCESS 0x01
#define PAGE_READONLY 0x02
#define PAGE_READWRITE 0x04
#define PAGE_EXECUTE_READ 0x20
#define PAGE_EXECUTE_READWRITE 0x40

#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (offsetof(type, field) + RTL_FIELD_SIZE(type, field))
#define RTL_NUMBER_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ARRAYSIZE(array) RTL_NUMBER_OF(array)
#define CONTAINING_RECORD(address, type, field) ((type *)((PCHAR)(address) - (ULONG_PTR)offsetof(type, field)))

#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define UNREFERENCED_LOCAL_VARIABLE(variable) ((void)(variable))
#define DBG_UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(variable) ((void)(variable))

/* The compiler's own memory functions: no C library header is pulled in for them. */
#define RtlEqualMemory(left, right, bytes) (!__builtin_memcmp((left), (right), (bytes)))
#define RtlMoveMemory(to, from, bytes) __builtin_memmove((to), (from), (bytes))
#define RtlCopyMemory(to, from, bytes) __builtin_memcpy((to), (from), (bytes))
#define RtlFillMemory(to, bytes, value) __builtin_memset((to), (value), (bytes))
#define RtlZeroMemory(to, bytes) __builtin_memset((to), 0, (bytes))

/* Blocks of every heap are aligned to this. */
#if defined(__LP64__)
#define MEMORY_ALLOCATION_ALIGNMENT 16
#else
#define MEMORY_ALLOCATION_ALIGNMENT 8
#endif

/* Heap flags for creation and for calls; the same bit can mean two things (types-and-constants.md 2). */
#define HEAP_NO_SERIALIZE 0x00000001
#define HEAP_GROWABLE 0x00000002
#define HEAP_GENERATE_EXCEPTIONS 0x00000004
#define HEAP_ZERO_MEMORY 0x00000008
#define HEAP_REALLOC_IN_PLACE_ONLY 0x00000010
#define HEAP_TAIL_CHECKING_ENABLED 0x00000020
#define HEAP_FREE_CHECKING_ENABLED 0x00000040
#define HEAP_DISABLE_COALESCE_ON_FREE 0x00000080
#define HEAP_CREATE_SEGMENT_HEAP 0x00000100
#define HEAP_CREATE_HARDENED 0x00000200
#define HEAP_CREATE_ALIGN_16 0x00010000
#define HEAP_CREATE_ENABLE_TRACING 0x00020000
#define HEAP_CREATE_ENABLE_EXECUTE 0x00040000
#define HEAP_MAXIMUM_TAG 0x0FFF
#define HEAP_PSEUDO_TAG_FLAG 0x8000
#define HEAP_TAG_SHIFT 18
#define HEAP_TAG_MASK (HEAP_MAXIMUM_TAG << HEAP_TAG_SHIFT)
#define HEAP_MAKE_TAG_FLAGS(base, tag) ((DWORD)((DWORD)(base) + ((DWORD)(tag) << HEAP_TAG_SHIFT)))

/* For HeapQueryInformation and HeapSetInformation. Only 0, 1 and 3 are documented (types-and-constants.md 5). */
typedef enum _HEAP_INFORMATION_CLASS {
    HeapCompatibilityInformation = 0,
    HeapEnableTerminationOnCorruption = 1,
    HeapExtendedInformation = 2,
    HeapOptimizeResources = 3,
    HeapTaggingInformation = 4,
    HeapStackDatabase = 5,
    HeapMemoryLimit = 6,
    HeapTag = 7,
    /* 0x80000001 and 0x80000002, written as the values that an int can hold. */
    HeapDetailedFailureInformation = -0x7FFFFFFF,
    HeapSetDebuggingInformation = -0x7FFFFFFE
} HEAP_INFORMATION_CLASS;

CAIRN_STATIC_ASSERT(sizeof(HEAP_INFORMATION_CLASS) == 4, "HEAP_INFORMATION_CLASS is 32 bits wide");

#define HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION 1

typedef struct _HEAP_OPTIMIZE_RESOURCES_INFORMATION {
    DWORD Version;
    DWORD Flags;
} HEAP_OPTIMIZE_RESOURCES_INFORMATION, *PHEAP_OPTIMIZE_RESOURCES_INFORMATION;

CAIRN_LAYOUT(HEAP_OPTIMIZE_RESOURCES_INFORMATION, 8, 4, 8, 4);
CAIRN_OFFSET(HEAP_OPTIMIZE_RESOURCES_INFORMATION, Version, 0x00, 0x00);
CAIRN_OFFSET(HEAP_OPTIMIZE_RESOURCES_INFORMATION, Flags, 0x04, 0x04);

/* Status codes that are exception codes: DWORD here, NTSTATUS as soon as ntstatus.h is included. */
#ifndef CAIRN_EXCEPTION_STATUS_TYPE
#define CAIRN_EXCEPTION_STATUS_TYPE DWORD
#endif
#ifndef WIN32_NO_STATUS
#include "cairn_exception_status.h"
#endif

#define EXCEPTION_MAXIMUM_PARAMETERS 15
#define EXCEPTION_NONCONTINUABLE 0x01
#define EXCEPTION_UNWINDING 0x02
#define EXCEPTION_EXIT_UNWIND 0x04
#define EXCEPTION_STACK_INVALID 0x08
#define EXCEPTION_NESTED_CALL 0x10
#define EXCEPTION_TARGET_UNWIND 0x20
#define EXCEPTION_COLLIDED_UNWIND 0x40
#define EXCEPTION_SOFTWARE_ORIGINATE 0x80

/* What a filter answers, and what a personality routine does (excpt.h on Windows). */
#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

typedef enum _EXCEPTION_DISPOSITION {
    ExceptionContinueExecution = 0,
    ExceptionContinueSearch = 1,
    ExceptionNestedException = 2,
    ExceptionCollidedUnwind = 3
} EXCEPTION_DISPOSITION;

/* ExceptionInformation[0] of an access violation. */
#define EXCEPTION_READ_FAULT 0
#define EXCEPTION_WRITE_FAULT 1
#define EXCEPTION_EXECUTE_FAULT 8

/* Processor state at an exception. Handlers may change it; what they change holds when the thread goes on. */
#if defined(__x86_64__)
#define CONTEXT_AMD64 0x00100000
#define CONTEXT_CONTROL (CONTEXT_AMD64 | 0x01)
#define CONTEXT_INTEGER (CONTEXT_AMD64 | 0x02)
#define CONTEXT_SEGMENTS (CONTEXT_AMD64 | 0x04)
#define CONTEXT_FLOATING_POINT (CONTEXT_AMD64 | 0x08)
#define CONTEXT_DEBUG_REGISTERS (CONTEXT_AMD64 | 0x10)
#define CONTEXT_FULL (CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_FLOATING_POINT)
#define CONTEXT_ALL (CONTEXT_FULL | CONTEXT_SEGMENTS | CONTEXT_DEBUG_REGISTERS)

typedef struct __attribute__((aligned(16))) _M128A {
    ULONGLONG Low;
    LONGLONG High;
} M128A, *PM128A;

/* As the instruction FXSAVE stores it. */
typedef struct __attribute__((aligned(16))) _XSAVE_FORMAT {
    WORD ControlWord;
    WORD StatusWord;
    BYTE TagWord;
    BYTE Reserved1;
    WORD ErrorOpcode;
    DWORD ErrorOffset;
    WORD ErrorSelector;
    WORD Reserved2;
    DWORD DataOffset;
    WORD DataSelector;
    WORD Reserved3;
    DWORD MxCsr;
    DWORD MxCsr_Mask;
    M128A FloatRegisters[8];
    M128A XmmRegisters[16];
    BYTE Reserved4[96];
} XSAVE_FORMAT, *PXSAVE_FORMAT, XMM_SAVE_AREA32, *PXMM_SAVE_AREA32;

/*
 * Given: control, integer, floating-point and segment registers; changes of segments have no effect. Debug and vector
 * registers are 0. Source: Microsoft page "CONTEXT structure (winnt.h)".
 */
typedef struct __attribute__((aligned(16))) _CONTEXT {
    DWORD64 P1Home;
    DWORD64 P2Home;
    DWORD64 P3Home;
    DWORD64 P4Home;
    DWORD64 P5Home;
    DWORD64 P6Home;
    DWORD ContextFlags;
    DWORD MxCsr;
    WORD SegCs;
    WORD SegDs;
    WORD SegEs;
    WORD SegFs;
    WORD SegGs;
    WORD SegSs;
    DWORD EFlags;
    DWORD64 Dr0;
    DWORD64 Dr1;
    DWORD64 Dr2;
    DWORD64 Dr3;
    DWORD64 Dr6;
    DWORD64 Dr7;
    DWORD64 Rax;
    DWORD64 Rcx;
    DWORD64 Rdx;
    DWORD64 Rbx;
    DWORD64 Rsp;
    DWORD64 Rbp;
    DWORD64 Rsi;
    DWORD64 Rdi;
    DWORD64 R8;
    DWORD64 R9;
    DWORD64 R10;
    DWORD64 R11;
    DWORD64 R12;
    DWORD64 R13;
    DWORD64 R14;
    DWORD64 R15;
    DWORD64 Rip;
    XMM_SAVE_AREA32 FltSave;
    M128A VectorRegister[26];
    DWORD64 VectorControl;
    DWORD64 DebugControl;
    DWORD64 LastBranchToRip;
    DWORD64 LastBranchFromRip;
    DWORD64 LastExceptionToRip;
    DWORD64 LastExceptionFromRip;
} CONTEXT, *PCONTEXT, *LPCONTEXT;

CAIRN_STATIC_ASSERT(sizeof(CONTEXT) == 1232 && CAIRN_ALIGNOF(CONTEXT) == 16, "CONTEXT as on Windows");
CAIRN_STATIC_ASSERT(offsetof(CONTEXT, Rax) == 0x78 && offsetof(CONTEXT, Rip) == 0xF8, "CONTEXT as on Windows");
CAIRN_STATIC_ASSERT(offsetof(CONTEXT, FltSave) == 0x100 && offsetof(CONTEXT, VectorRegister) == 0x300,
                    "CONTEXT as on Windows");
#else
typedef struct _CONTEXT CONTEXT, *PCONTEXT, *LPCONTEXT;
#endif

typedef struct _EXCEPTION_RECORD {
    DWORD ExceptionCode;
    DWORD ExceptionFlags;
    struct _EXCEPTION_RECORD *ExceptionRecord;
    PVOID ExceptionAddress;
    DWORD NumberParameters;
    ULONG_PTR ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
} EXCEPTION_RECORD, *PEXCEPTION_RECORD;

CAIRN_LAYOUT(EXCEPTION_RECORD, 152, 8, 80, 4);
CAIRN_OFFSET(EXCEPTION_RECORD, ExceptionCode, 0x00, 0x00);
CAIRN_OFFSET(EXCEPTION_RECORD, ExceptionFlags, 0x04, 0x04);
CAIRN_OFFSET(EXCEPTION_RECORD, ExceptionRecord, 0x08, 0x08);
CAIRN_OFFSET(EXCEPTION_RECORD, ExceptionAddress, 0x10, 0x0C);
CAIRN_OFFSET(EXCEPTION_RECORD, NumberParameters, 0x18, 0x10);
CAIRN_OFFSET(EXCEPTION_RECORD, ExceptionInformation, 0x20, 0x14);

typedef struct _EXCEPTION_POINTERS {
    PEXCEPTION_RECORD ExceptionRecord;
    PCONTEXT ContextRecord;
} EXCEPTION_POINTERS, *PEXCEPTION_POINTERS, *LPEXCEPTION_POINTERS;

CAIRN_LAYOUT(EXCEPTION_POINTERS, 16, 8, 8, 4);
CAIRN_OFFSET(EXCEPTION_POINTERS, ExceptionRecord, 0x00, 0x00);
CAIRN_OFFSET(EXCEPTION_POINTERS, ContextRecord, 0x08, 0x04);

/* What AddVectoredExceptionHandler and AddVectoredContinueHandler take; returns an EXCEPTION_* answer. */
typedef LONG(NTAPI *PVECTORED_EXCEPTION_HANDLER)(PEXCEPTION_POINTERS ExceptionInfo);

#endif
