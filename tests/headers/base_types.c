/* Widths, signs and small macros that ported code leans on. types-and-constants.md 1. */
#include <windows.h>
#include <tchar.h>

#include "check.h"

#include <unistd.h>

#define IS_SIGNED(type) ((type)-1 < (type)1)

/* A type of types-and-constants.md 1: its bits, and whether it is signed. */
struct scalar {
    const char *spec;
    const char *name;
    size_t bits;
    size_t expected_bits;
    bool is_signed;
    bool expected_signed;
};

#define BITS(type) (8 * sizeof(type))
#define POINTER_BITS BITS(void *)
#define SCALAR(spec, type, bits, is_signed)                                                                            \
    {                                                                                                                  \
        spec, #type, BITS(type), bits, IS_SIGNED(type), is_signed                                                      \
    }

static const struct scalar scalars[] = {
    SCALAR("T1.2", BOOL, 32, true),
    SCALAR("T1.3", BOOLEAN, 8, false),
    SCALAR("T1.4", LOGICAL, 32, false),
    SCALAR("T1.5", BYTE, 8, false),
    SCALAR("T1.5", UCHAR, 8, false),
    SCALAR("T1.6", CHAR, 8, IS_SIGNED(char)),
    SCALAR("T1.7", SHORT, 16, true),
    SCALAR("T1.8", WORD, 16, false),
    SCALAR("T1.8", USHORT, 16, false),
    SCALAR("T1.9", WCHAR, 16, false),
    SCALAR("T1.10", INT, 32, true),
    SCALAR("T1.10", LONG, 32, true),
    SCALAR("T1.11", UINT, 32, false),
    SCALAR("T1.11", ULONG, 32, false),
    SCALAR("T1.11", DWORD, 32, false),
    SCALAR("T1.12", LONGLONG, 64, true),
    SCALAR("T1.12", LONG64, 64, true),
    SCALAR("T1.12", INT64, 64, true),
    SCALAR("T1.13", ULONGLONG, 64, false),
    SCALAR("T1.13", ULONG64, 64, false),
    SCALAR("T1.13", DWORDLONG, 64, false),
    SCALAR("T1.14", INT_PTR, POINTER_BITS, true),
    SCALAR("T1.14", LONG_PTR, POINTER_BITS, true),
    SCALAR("T1.14", SSIZE_T, POINTER_BITS, true),
    SCALAR("T1.15", UINT_PTR, POINTER_BITS, false),
    SCALAR("T1.15", ULONG_PTR, POINTER_BITS, false),
    SCALAR("T1.15", DWORD_PTR, POINTER_BITS, false),
    SCALAR("T1.16", SIZE_T, POINTER_BITS, false),
    SCALAR("T1.20", NTSTATUS, 32, true),
    SCALAR("T1.21", HRESULT, 32, true),
    SCALAR("T1.22", TCHAR, 8, IS_SIGNED(char)),
    SCALAR("T1.22", _TCHAR, 8, IS_SIGNED(char)),
    SCALAR("", unsigned __int64, 64, false),
};

static void test_scalars(void)
{
    SPEC("T1.1");
    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
        const struct scalar *scalar = &scalars[i];
        SPEC(scalar->spec);
        if (!CHECK_EQ_UINT(scalar->bits, scalar->expected_bits) ||
            !CHECK(scalar->is_signed == scalar->expected_signed)) {
            printf("    %s\n", scalar->name);
        }
    }
}

#define IS_TYPE(a, b) __builtin_types_compatible_p(a, b)

static void test_pointers(void)
{
    {
        SPEC("T1.17");
        CHECK(IS_TYPE(PVOID, void *) && IS_TYPE(LPVOID, void *) && IS_TYPE(LPCVOID, const void *));
    }
    {
        SPEC("T1.18");
        CHECK(IS_TYPE(HANDLE, void *) && IS_TYPE(HGLOBAL, void *) && IS_TYPE(HLOCAL, void *));
    }
    {
        SPEC("T1.19");
        CHECK(IS_TYPE(PHANDLE, HANDLE *) && IS_TYPE(LPHANDLE, HANDLE *));
    }
    {
        SPEC("T1.23");
        CHECK(IS_TYPE(LPCSTR, const char *) && IS_TYPE(LPSTR, char *));
        CHECK(IS_TYPE(LPCWSTR, const WCHAR *) && IS_TYPE(LPWSTR, WCHAR *));
        CHECK(IS_TYPE(PCWSTR, const WCHAR *) && IS_TYPE(PWSTR, WCHAR *));
    }
}

/* A function of the API can be assigned to a pointer without any mark of a convention: there is one on x64. */
#define AS_TEXT_AT(text) #text
#define AS_TEXT(...) AS_TEXT_AT(__VA_ARGS__)

static void test_platform(void)
{
    {
        SPEC("T1.24");
        for (unsigned i = 0; i < 64; i++) {
            void *block = HeapAlloc(GetProcessHeap(), 0, i);
            CHECK_EQ_UINT((uintptr_t)block % 16, 0);
            HeapFree(GetProcessHeap(), 0, block);
        }
    }
    {
        SPEC("T1.25 T1.26");
        HANDLE heap = HeapCreate(0, 0, 0);
        CHECK_EQ_UINT((uintptr_t)heap % 0x10000, 0);
        CHECK_EQ_UINT(0x1000, sysconf(_SC_PAGESIZE));
        HeapDestroy(heap);
    }
    {
        SPEC("T1.27");
        CHECK_EQ_STR(AS_TEXT(WINAPI), AS_TEXT(NTAPI));
        CHECK_EQ_STR(AS_TEXT(WINAPI), AS_TEXT(APIENTRY));
        HANDLE (*plain)(void) = GetProcessHeap;
        CHECK(plain() != NULL);
    }
    {
        SPEC("T1.28");
        CHECK_EQ_PTR(INVALID_HANDLE_VALUE, (void *)UINTPTR_MAX);
    }
    {
        SPEC("T1.30");
        CHECK_EQ_UINT(MAXSIZE_T, UINTPTR_MAX);
        CHECK_EQ_UINT(sizeof(MAXSIZE_T), sizeof(void *));
    }
    {
        SPEC("T5.1");
        CHECK_EQ_UINT(sizeof(HEAP_INFORMATION_CLASS), 4);
    }
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
    test_scalars();
    test_pointers();
    test_platform();
    test_words();
    test_structures();
    test_memory();
    test_handles();
    test_text();
    return check_report();
}
