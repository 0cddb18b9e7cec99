/* Widths, signs and small macros that ported code leans on. types-and-constants.md 1. */
#include <windows.h>

#include "check.h"

#define IS_SIGNED(type) ((type)-1 < (type)1)

static void test_widths(void)
{
    CHECK(sizeof(LONG) == 4 && IS_SIGNED(LONG));
    CHECK(sizeof(ULONG) == 4 && !IS_SIGNED(ULONG));
    CHECK(sizeof(DWORD) == 4 && !IS_SIGNED(DWORD));
    CHECK(sizeof(BOOL) == 4 && IS_SIGNED(BOOL));
    CHECK(sizeof(BOOLEAN) == 1 && !IS_SIGNED(BOOLEAN));
    CHECK(sizeof(LOGICAL) == 4 && !IS_SIGNED(LOGICAL));
    CHECK(sizeof(WCHAR) == 2 && !IS_SIGNED(WCHAR));
    CHECK(sizeof(NTSTATUS) == 4 && IS_SIGNED(NTSTATUS));
    CHECK(sizeof(HRESULT) == 4 && IS_SIGNED(HRESULT));
    CHECK(sizeof(LONGLONG) == 8 && IS_SIGNED(LONGLONG));
    CHECK(sizeof(DWORDLONG) == 8 && !IS_SIGNED(DWORDLONG));
    CHECK(sizeof(unsigned __int64) == 8);
    CHECK(sizeof(SIZE_T) == sizeof(void *) && !IS_SIGNED(SIZE_T));
    CHECK(sizeof(LONG_PTR) == sizeof(void *) && IS_SIGNED(LONG_PTR));
}

static void test_words(void)
{
    CHECK_EQ_UINT(MAKEWORD(0x34, 0x12), 0x1234);
    CHECK_EQ_UINT((DWORD)MAKELONG(0x5678, 0x9234), 0x92345678);
    CHECK_EQ_UINT(LOWORD(0x12345678), 0x5678);
    CHECK_EQ_UINT(HIWORD(0x12345678), 0x1234);
    CHECK_EQ_UINT(LOBYTE(0x1234), 0x34);
    CHECK_EQ_UINT(HIBYTE(0x1234), 0x12);
    CHECK_EQ_INT(min(3, 4), 3);
    CHECK_EQ_INT(max(3, 4), 4);
}

static void test_structures(void)
{
    EXCEPTION_RECORD record;
    LARGE_INTEGER large;
    int few[7];

    large.QuadPart = -2;
    CHECK_EQ_UINT(large.LowPart, 0xFFFFFFFE);
    CHECK_EQ_INT(large.u.HighPart, -1);
    CHECK_EQ_INT(FIELD_OFFSET(EXCEPTION_RECORD, NumberParameters), 0x18);
    CHECK_EQ_PTR(CONTAINING_RECORD(&record.NumberParameters, EXCEPTION_RECORD, NumberParameters), &record);
    CHECK_EQ_UINT(ARRAYSIZE(few), 7);
}

static void test_memory(void)
{
    unsigned char bytes[4];

    FillMemory(bytes, sizeof(bytes), 0xCD);
    CHECK_EQ_UINT(bytes[3], 0xCD);
    ZeroMemory(bytes, 2);
    CHECK_EQ_UINT(bytes[1], 0);
    MoveMemory(bytes + 2, bytes, 2);
    CHECK_EQ_UINT(bytes[3], 0);
    CHECK(RtlEqualMemory(bytes, bytes + 2, 2));
}

static void test_handles(void)
{
    CHECK_EQ_UINT(HandleToULong((HANDLE)(ULONG_PTR)0x123456789), 0x23456789);
    CHECK_EQ_PTR(LongToHandle(-1), INVALID_HANDLE_VALUE);
    CHECK_EQ_PTR(ULongToHandle(0xFFFFFFFF), (HANDLE)(ULONG_PTR)0xFFFFFFFF);
}

static void test_text(void)
{
    CHECK_EQ_UINT(sizeof(TCHAR), 1);
    CHECK_EQ_STR(TEXT("two ") TEXT("halves"), "two halves");
}

int main(void)
{
    test_widths();
    test_words();
    test_structures();
    test_memory();
    test_handles();
    test_text();
    return check_report();
}
