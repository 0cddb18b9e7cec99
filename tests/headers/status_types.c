/* Status codes that are exception codes: DWORD under winnt.h alone, as in `switch (GetExceptionCode())`, and NTSTATUS
 * once ntstatus.h is there as well. types-and-constants.md 8. */
#include <windows.h>

#include "check.h"

#define IS_DWORD(code) _Generic((code), DWORD : true, default : false)
#define IS_NTSTATUS(code) _Generic((code), NTSTATUS : true, default : false)

static void test_winnt_alone(void)
{
    CHECK(IS_DWORD(STATUS_NO_MEMORY));
    CHECK(IS_DWORD(STATUS_ACCESS_VIOLATION));
    CHECK(IS_DWORD(EXCEPTION_ACCESS_VIOLATION));
#ifdef STATUS_UNSUCCESSFUL
    CHECK(false && "winnt.h has no codes that are not exception codes");
#endif
}

#include <ntstatus.h>

static void test_with_ntstatus(void)
{
    CHECK(IS_NTSTATUS(STATUS_NO_MEMORY));
    CHECK(IS_NTSTATUS(STATUS_UNSUCCESSFUL));
    CHECK(IS_DWORD(EXCEPTION_ACCESS_VIOLATION));
    CHECK(STATUS_NO_MEMORY < 0);
    CHECK_EQ_UINT((DWORD)STATUS_NO_MEMORY, 0xC0000017);
}

static void test_predicates(void)
{
    CHECK(NT_SUCCESS(STATUS_SUCCESS));
    CHECK(!NT_SUCCESS(STATUS_NO_MEMORY));
    CHECK(NT_ERROR(STATUS_NO_MEMORY) && !NT_WARNING(STATUS_NO_MEMORY));
    CHECK(NT_WARNING(STATUS_NO_MORE_ENTRIES) && !NT_SUCCESS(STATUS_NO_MORE_ENTRIES));
    CHECK(NT_INFORMATION(DBG_PRINTEXCEPTION_C) && NT_SUCCESS(DBG_PRINTEXCEPTION_C));
}

static void test_hresults(void)
{
    CHECK(SUCCEEDED(S_OK) && SUCCEEDED(S_FALSE) && FAILED(E_FAIL));
    CHECK_EQ_UINT((DWORD)HRESULT_FROM_WIN32(ERROR_ARITHMETIC_OVERFLOW), 0x80070216);
    CHECK_EQ_UINT((DWORD)HRESULT_FROM_WIN32(ERROR_SUCCESS), 0);
    CHECK_EQ_UINT((DWORD)HRESULT_FROM_WIN32(E_INVALIDARG), 0x80070057);
    CHECK_EQ_UINT((DWORD)HRESULT_FROM_NT(STATUS_NO_MEMORY), 0xD0000017);
    CHECK_EQ_UINT((DWORD)MAKE_HRESULT(SEVERITY_ERROR, FACILITY_WIN32, ERROR_INVALID_HANDLE), 0x80070006);
    CHECK_EQ_UINT(HRESULT_CODE(E_OUTOFMEMORY), ERROR_OUTOFMEMORY);
    CHECK_EQ_UINT(HRESULT_FACILITY(E_OUTOFMEMORY), FACILITY_WIN32);
}

int main(void)
{
    test_winnt_alone();
    test_with_ntstatus();
    test_predicates();
    test_hresults();
    return check_report();
}
