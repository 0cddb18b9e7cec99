/* intsafe.h: every function of every type against exact arithmetic, at the corners of the types and, for the 8-bit
 * types, for all operands; and the drivers' ntintsafe.h. */
#include <intsafe.h>
#include <ntintsafe.h>

#include "check.h"

__extension__ typedef __int128 wide_int;
__extension__ typedef unsigned __int128 wide_uint;

#define TYPES(X)                                                                                                       \
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

/* Distinct C types: conversions go from every type to these and from these to every type. */
#define WITH_EACH_DISTINCT(X, name, type)                                                                              \
    X(name, type, Int8, INT8)                                                                                          \
    X(name, type, UInt8, UINT8)                                                                                        \
    X(name, type, Char, CHAR)                                                                                          \
    X(name, type, Short, SHORT)                                                                                        \
    X(name, type, UShort, USHORT)                                                                                      \
    X(name, type, Int, INT)                                                                                            \
    X(name, type, DWord, DWORD)                                                                                        \
    X(name, type, LongLong, LONGLONG)                                                                                  \
    X(name, type, ULongLong, ULONGLONG)                                                                                \
    X(name, type, SSIZET, SSIZE_T)                                                                                     \
    X(name, type, SizeT, size_t)                                                                                       \
    X(name, type, SIZET, SIZE_T)

#define IS_SIGNED(type) ((type)-1 < (type)1)
#define BITS(type) ((int)sizeof(type) * 8)
#define MIN_OF(type) (IS_SIGNED(type) ? -((wide_int)1 << (BITS(type) - 1)) : (wide_int)0)
#define MAX_OF(type) (((wide_int)1 << (BITS(type) - IS_SIGNED(type))) - 1)

enum {
    MAX_CORNERS = 100
};

enum operation {
    ADD,
    SUB,
    MULT,
    OPERATIONS
};

struct range {
    wide_int min;
    wide_int max;
};

struct arithmetic {
    const char *name;
    HRESULT (*call)(enum operation operation, wide_int left, wide_int right, wide_int *result);
    struct range range;
};

struct conversion {
    const char *name;
    HRESULT (*call)(wide_int value, wide_int *result);
    struct range from;
    struct range to;
};

#define DEFINE_ARITHMETIC(name, type)                                                                                  \
    static HRESULT call_##name(enum operation operation, wide_int left, wide_int right, wide_int *result)              \
    {                                                                                                                  \
        type narrow = 0x55;                                                                                            \
        HRESULT status = operation == ADD   ? name##Add((type)left, (type)right, &narrow)                              \
                         : operation == SUB ? name##Sub((type)left, (type)right, &narrow)                              \
                                            : name##Mult((type)left, (type)right, &narrow);                            \
        *result = narrow;                                                                                              \
        return status;                                                                                                 \
    }

#define DEFINE_CONVERSION(from_name, from_type, name, type)                                                            \
    static HRESULT convert_##from_name##_##name(wide_int value, wide_int *result)                                      \
    {                                                                                                                  \
        type narrow = 0x55;                                                                                            \
        HRESULT status = from_name##To##name((from_type)value, &narrow);                                               \
        *result = narrow;                                                                                              \
        return status;                                                                                                 \
    }

#define DEFINE_CONVERSION_BACK(name, type, from_name, from_type)                                                       \
    static HRESULT back_##from_name##_##name(wide_int value, wide_int *result)                                         \
    {                                                                                                                  \
        type narrow = 0x55;                                                                                            \
        HRESULT status = from_name##To##name((from_type)value, &narrow);                                               \
        *result = narrow;                                                                                              \
        return status;                                                                                                 \
    }

#define DEFINE_CONVERSIONS(name, type)                                                                                 \
    WITH_EACH_DISTINCT(DEFINE_CONVERSION, name, type)                                                                  \
    WITH_EACH_DISTINCT(DEFINE_CONVERSION_BACK, name, type)

TYPES(DEFINE_ARITHMETIC)
TYPES(DEFINE_CONVERSIONS)

#define RANGE_OF(type)                                                                                                 \
    {                                                                                                                  \
        MIN_OF(type), MAX_OF(type)                                                                                     \
    }
#define ARITHMETIC_ROW(name, type) {#name, call_##name, RANGE_OF(type)},
#define CONVERSION_ROW(from_name, from_type, name, type)                                                               \
    {#from_name "To" #name, convert_##from_name##_##name, RANGE_OF(from_type), RANGE_OF(type)},
#define CONVERSION_BACK_ROW(name, type, from_name, from_type)                                                          \
    {#from_name "To" #name, back_##from_name##_##name, RANGE_OF(from_type), RANGE_OF(type)},
#define CONVERSION_ROWS(name, type)                                                                                    \
    WITH_EACH_DISTINCT(CONVERSION_ROW, name, type)                                                                     \
    WITH_EACH_DISTINCT(CONVERSION_BACK_ROW, name, type)

static const struct arithmetic arithmetics[] = {TYPES(ARITHMETIC_ROW)};
static const struct conversion conversions[] = {TYPES(CONVERSION_ROWS)};

/* Numbers near the powers of two in the range: the ends of all widths, and about the square roots of the ends. */
static int corners(struct range range, wide_int values[MAX_CORNERS])
{
    static const int exponents[] = {0, 4, 7, 8, 15, 16, 31, 32, 63, 64};
    int count = 0;

    for (size_t index = 0; index < sizeof(exponents) / sizeof(exponents[0]); index++) {
        for (int distance = -2; distance <= 2; distance++) {
            wide_int power = (wide_int)1 << exponents[index];
            wide_int candidates[] = {power + distance, -power + distance};
            for (int side = 0; side < 2; side++) {
                if (candidates[side] >= range.min && candidates[side] <= range.max) {
                    values[count++] = candidates[side];
                }
            }
        }
    }
    return count;
}

static wide_uint magnitude(wide_int value)
{
    return value < 0 ? (wide_uint)-value : (wide_uint)value;
}

/* The exact product of two numbers of at most 64 bits, or where that is too large a number that no type holds. */
static wide_int product(wide_int left, wide_int right)
{
    const wide_int too_large = (wide_int)1 << 100;
    wide_uint size = magnitude(left) * magnitude(right);

    size = size > (wide_uint)too_large ? (wide_uint)too_large : size;
    return (left < 0) != (right < 0) ? -(wide_int)size : (wide_int)size;
}

static wide_int exact_result(enum operation operation, wide_int left, wide_int right)
{
    return operation == ADD ? left + right : operation == SUB ? left - right : product(left, right);
}

/* A result is right if it is the exact value, or where that does not fit the error with all bits one. */
static void check_result(HRESULT status, wide_int result, wide_int exact, struct range range, const char *name)
{
    bool fits = exact >= range.min && exact <= range.max;
    wide_int error = range.min < 0 ? -1 : range.max;

    check_uint((uint32_t)status, fits ? 0 : 0x80070216, name, __FILE__, __LINE__);
    check_true(result == (fits ? exact : error), name, __FILE__, __LINE__);
}

static void test_operations(const struct arithmetic *arithmetic, wide_int left, wide_int right)
{
    for (enum operation operation = ADD; operation < OPERATIONS; operation++) {
        wide_int result;
        HRESULT status = arithmetic->call(operation, left, right, &result);
        check_result(status, result, exact_result(operation, left, right), arithmetic->range, arithmetic->name);
    }
}

static void test_arithmetic_corners(const struct arithmetic *arithmetic)
{
    wide_int values[MAX_CORNERS];
    int count = corners(arithmetic->range, values);

    for (int left = 0; left < count; left++) {
        for (int right = 0; right < count; right++) {
            test_operations(arithmetic, values[left], values[right]);
        }
    }
}

static void test_arithmetic_exhaustively(const struct arithmetic *arithmetic)
{
    for (wide_int left = arithmetic->range.min; left <= arithmetic->range.max; left++) {
        for (wide_int right = arithmetic->range.min; right <= arithmetic->range.max; right++) {
            test_operations(arithmetic, left, right);
        }
    }
}

static void test_arithmetic(void)
{
    SPEC("G11.2 G11.7");
    for (size_t index = 0; index < sizeof(arithmetics) / sizeof(arithmetics[0]); index++) {
        bool is_small = arithmetics[index].range.max <= 0xFF;
        (is_small ? test_arithmetic_exhaustively : test_arithmetic_corners)(&arithmetics[index]);
    }
}

static void test_conversions(void)
{
    SPEC("G11.2 G11.7");
    for (size_t index = 0; index < sizeof(conversions) / sizeof(conversions[0]); index++) {
        const struct conversion *conversion = &conversions[index];
        wide_int values[MAX_CORNERS];
        int count = corners(conversion->from, values);
        for (int corner = 0; corner < count; corner++) {
            wide_int result;
            HRESULT status = conversion->call(values[corner], &result);
            check_result(status, result, values[corner], conversion->to, conversion->name);
        }
    }
}

static void test_error_values(void)
{
    SPEC("G11.2 T7.16");
    CHECK_EQ_UINT((uint32_t)INTSAFE_E_ARITHMETIC_OVERFLOW, 0x80070216);
    CHECK_EQ_UINT(SIZE_T_ERROR, 0xFFFFFFFFFFFFFFFF);
    CHECK_EQ_UINT(DWORD_ERROR, 0xFFFFFFFF);
    CHECK_EQ_UINT(USHORT_ERROR, 0xFFFF);
    CHECK_EQ_UINT(BYTE_ERROR, 0xFF);
    CHECK_EQ_INT(INT_ERROR, -1);
    CHECK_EQ_INT(LONGLONG_ERROR, -1);
}

/* Of this type, in both spellings. */
#define CHECK_SIZES(name)                                                                                              \
    do {                                                                                                               \
        SIZE_T result = 0;                                                                                             \
        CHECK(_Generic(name##Add, HRESULT(*)(SIZE_T, SIZE_T, SIZE_T *) : true, default : false));                      \
        CHECK(_Generic(name##Sub, HRESULT(*)(SIZE_T, SIZE_T, SIZE_T *) : true, default : false));                      \
        CHECK(_Generic(name##Mult, HRESULT(*)(SIZE_T, SIZE_T, SIZE_T *) : true, default : false));                     \
        CHECK(name##Add(40, 2, &result) == S_OK && result == 42);                                                      \
        CHECK(name##Sub(40, 2, &result) == S_OK && result == 38);                                                      \
        CHECK(name##Mult(40, 2, &result) == S_OK && result == 80);                                                     \
        CHECK(name##Add(SIZE_MAX, 1, &result) == (HRESULT)0x80070216 && result == SIZE_MAX);                           \
        result = 0;                                                                                                    \
        CHECK(name##Mult(SIZE_MAX / 2, 3, &result) == (HRESULT)0x80070216 && result == SIZE_MAX);                      \
    } while (0)

static void test_sizes(void)
{
    SPEC("G11.1 G11.5");
    CHECK_SIZES(SIZET);
    CHECK_SIZES(SizeT);
}

static void test_underflow(void)
{
    SPEC("G11.4");
    SIZE_T size = 0;
    SIZE_T other_size = 0;
    CHECK(SIZETSub(1, 2, &size) == INTSAFE_E_ARITHMETIC_OVERFLOW && size == SIZE_MAX);
    CHECK(SizeTSub(0, SIZE_MAX, &other_size) == INTSAFE_E_ARITHMETIC_OVERFLOW && other_size == SIZE_MAX);
}

/* as the documentation's samples have it */
static void test_sample(void)
{
    SPEC("G11.6");
    PHANDLE heaps = NULL;
    SIZE_T bytes = 0;
    CHECK(!(SIZETMult(25, sizeof(*heaps), &bytes) != S_OK));
    CHECK_EQ_UINT(bytes, 25 * sizeof(HANDLE));
    CHECK(SIZETMult(SIZE_MAX / 4, sizeof(*heaps), &bytes) != S_OK);
}

/* Both ends of each type. */
#define CHECK_NT(name, type)                                                                                           \
    do {                                                                                                               \
        type result = 0;                                                                                               \
        CHECK_EQ_INT(Rtl##name##Add((type)MAX_OF(type), 1, &result), STATUS_INTEGER_OVERFLOW);                         \
        CHECK(result == (type)-1);                                                                                     \
        result = 0;                                                                                                    \
        CHECK_EQ_INT(Rtl##name##Sub((type)MIN_OF(type), 1, &result), STATUS_INTEGER_OVERFLOW);                         \
        CHECK(result == (type)-1);                                                                                     \
        result = 0;                                                                                                    \
        CHECK_EQ_INT(Rtl##name##Mult((type)(MAX_OF(type) / 2 + 1), 2, &result), STATUS_INTEGER_OVERFLOW);              \
        CHECK(result == (type)-1);                                                                                     \
        CHECK_EQ_INT(Rtl##name##Add((type)(MAX_OF(type) - 1), 1, &result), STATUS_SUCCESS);                            \
        CHECK(result == (type)MAX_OF(type));                                                                           \
        CHECK_EQ_INT(Rtl##name##Sub((type)(MIN_OF(type) + 1), 1, &result), STATUS_SUCCESS);                            \
        CHECK(result == (type)MIN_OF(type));                                                                           \
        CHECK_EQ_INT(Rtl##name##Mult(7, 6, &result), STATUS_SUCCESS);                                                  \
        CHECK_EQ_INT(result, 42);                                                                                      \
        CHECK_EQ_INT(Rtl##name##ToUChar((type)(MAX_OF(type) / 2 + 1), &few), /* 64 or 128 of the shortest */           \
                     MAX_OF(type) > 255 ? STATUS_INTEGER_OVERFLOW : STATUS_SUCCESS);                                   \
    } while (0);

static void test_driver_functions(void)
{
    SPEC("G11.3");
    UCHAR few = 0;
    CHECK_EQ_UINT((uint32_t)STATUS_INTEGER_OVERFLOW, 0xC0000095);
    CHECK(_Generic(RtlSIZETMult, NTSTATUS(*)(SIZE_T, SIZE_T, SIZE_T *) : true, default : false));
    TYPES(CHECK_NT)
}

static void test_limits(void)
{
    CHECK_EQ_UINT(SIZE_T_MAX, 0xFFFFFFFFFFFFFFFF);
    CHECK_EQ_UINT(DWORD_MAX, 0xFFFFFFFF);
    CHECK_EQ_UINT(ULONGLONG_MAX, 0xFFFFFFFFFFFFFFFF);
    CHECK_EQ_UINT(WORD_MAX, 0xFFFF);
    CHECK_EQ_UINT(BYTE_MAX, 0xFF);
    CHECK_EQ_INT(SHORT_MIN, -0x8000);
    CHECK_EQ_INT(SHORT_MAX, 0x7FFF);
    CHECK_EQ_INT(LONGLONG_MIN, INT64_MIN);
    CHECK_EQ_INT(LONGLONG_MAX, INT64_MAX);
    CHECK_EQ_INT(SSIZE_T_MIN, INT64_MIN);
    CHECK_EQ_INT(SSIZE_T_MAX, INT64_MAX);
    CHECK_EQ_INT(INT_PTR_MIN, INT64_MIN);
}

int main(void)
{
    test_arithmetic();
    test_conversions();
    test_error_values();
    test_sizes();
    test_underflow();
    test_sample();
    test_driver_functions();
    test_limits();
    return check_report();
}
