/*
 * Win32 error codes and HRESULTs. Source: types-and-constants.md 7 and 8. The codes are plain numbers: usable in #if,
 * comparable with a DWORD, and printed by %d and %u.
 */
#ifndef _WINERROR_
#define _WINERROR_

#include "winnt.h"

#define ERROR_SUCCESS 0
#define NO_ERROR 0
#define ERROR_INVALID_FUNCTION 1
#define ERROR_ACCESS_DENIED 5
#define ERROR_INVALID_HANDLE 6
#define ERROR_NOT_ENOUGH_MEMORY 8
#define ERROR_INVALID_DATA 13
#define ERROR_OUTOFMEMORY 14
#define ERROR_NO_MORE_FILES 18
#define ERROR_BAD_LENGTH 24
#define ERROR_GEN_FAILURE 31
#define ERROR_NOT_SUPPORTED 50
#define ERROR_INVALID_PARAMETER 87
#define ERROR_CALL_NOT_IMPLEMENTED 120
#define ERROR_INSUFFICIENT_BUFFER 122
#define ERROR_DISCARDED 157
#define ERROR_NOT_LOCKED 158
#define ERROR_LOCKED 212
#define ERROR_MORE_DATA 234
#define ERROR_NO_MORE_ITEMS 259
#define ERROR_NOT_OWNER 288
#define ERROR_PARTIAL_COPY 299
#define ERROR_MR_MID_NOT_FOUND 317
#define ERROR_INVALID_ADDRESS 487
#define ERROR_ARITHMETIC_OVERFLOW 534
#define ERROR_CONTROL_C_EXIT 572
#define ERROR_ASSERTION_FAILURE 668
#define ERROR_UNWIND_CONSOLIDATE 684
#define ERROR_NOACCESS 998
#define ERROR_SWAPERROR 999
#define ERROR_STACK_OVERFLOW 1001
#define ERROR_POSSIBLE_DEADLOCK 1131
#define ERROR_STACK_BUFFER_OVERRUN 1282
#define ERROR_INTERNAL_ERROR 1359
#define ERROR_NO_SYSTEM_RESOURCES 1450
#define ERROR_COMMITMENT_LIMIT 1455

#define SEVERITY_SUCCESS 0
#define SEVERITY_ERROR 1
#define FACILITY_NULL 0
#define FACILITY_RPC 1
#define FACILITY_DISPATCH 2
#define FACILITY_STORAGE 3
#define FACILITY_ITF 4
#define FACILITY_WIN32 7
#define FACILITY_WINDOWS 8
#define FACILITY_NT_BIT 0x10000000

#define SUCCEEDED(result) ((HRESULT)(result) >= 0)
#define FAILED(result) ((HRESULT)(result) < 0)
#define IS_ERROR(result) (((ULONG)(result) >> 31) == SEVERITY_ERROR)
#define HRESULT_CODE(result) ((result)&0xFFFF)
#define HRESULT_FACILITY(result) (((result) >> 16) & 0x1FFF)
#define HRESULT_SEVERITY(result) (((ULONG)(result) >> 31) & 0x1)
#define MAKE_HRESULT(severity, facility, code)                                                                         \
    ((HRESULT)(((ULONG)(severity) << 31) | ((ULONG)(facility) << 16) | ((ULONG)(code))))
#define HRESULT_FROM_NT(status) ((HRESULT)((ULONG)(status) | FACILITY_NT_BIT))

/* A Win32 code as an HRESULT; what already is one (negative), and success, stay as they are. */
#define HRESULT_FROM_WIN32(code)                                                                                       \
    ((HRESULT)(code) <= 0 ? (HRESULT)(code)                                                                            \
                          : (HRESULT)(((ULONG)(code)&0xFFFF) | ((ULONG)FACILITY_WIN32 << 16) | 0x80000000))

#define S_OK ((HRESULT)0)
#define S_FALSE ((HRESULT)1)
#define NOERROR 0
#define E_NOTIMPL ((HRESULT)0x80004001)
#define E_NOINTERFACE ((HRESULT)0x80004002)
#define E_POINTER ((HRESULT)0x80004003)
#define E_ABORT ((HRESULT)0x80004004)
#define E_FAIL ((HRESULT)0x80004005)
#define E_UNEXPECTED ((HRESULT)0x8000FFFF)
#define E_ACCESSDENIED ((HRESULT)0x80070005)
#define E_HANDLE ((HRESULT)0x80070006)
#define E_OUTOFMEMORY ((HRESULT)0x8007000E)
#define E_INVALIDARG ((HRESULT)0x80070057)

#endif
