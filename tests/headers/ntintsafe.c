/* ntintsafe.h: the functions of intsafe.h, whose exactness is tested there, with NT statuses. */
#include <ntintsafe.h>

#include "check.h"

#define OVERFLOW_STATUS 0xC0000095u

/* The three operations of a type, where they fit and where they do not: all bits one then. */
#define TEST_TYPE(name, type, largest)                                                                                 \
    do {                                                                                                               \
        type result = 0;                                                                                               \
        CHECK_EQ_UINT((ULONG)Rtl##name##Add(2, 3, &result), 0);                                                        \
        CHECK_EQ_UINT(result, 5);                                                                                      \
        CHECK_EQ_UINT((ULONG)Rtl##name##Sub(3, 2, &result), 0);                                                        \
        CHECK_EQ_UINT(result, 1);                                                                                      \
        CHECK_EQ_UINT((ULONG)Rtl##name##Mult(2, 3, &result), 0);                                                       \
        CHECK_EQ_UINT(result, 6);                                                                                      \
        CHECK_EQ_UINT((ULONG)Rtl##name##Add(largest, 1, &result), OVERFLOW_STATUS);                                    \
        CHECK(result == (type)-1);                                                                                     \
        result = 0;                                                                                                    \
        CHECK_EQ_UINT((ULONG)Rtl##name##Mult(largest, 2, &result), OVERFLOW_STATUS);                                   \
        CHECK(result == (type)-1);                                                                                     \
        if (largest == (type)-1) {                                                                                     \
            result = 0;                                                                                                \
            CHECK_EQ_UINT((ULONG)Rtl##name##Sub(2, 3, &result), OVERFLOW_STATUS);                                      \
            CHECK(result == (type)-1);                                                                                 \
        }                                                                                                              \
    } while (0)

int main(void)
{
    SPEC("G11.3");
    TEST_TYPE(SIZET, SIZE_T, SIZE_T_MAX);
    TEST_TYPE(SizeT, size_t, SIZE_T_MAX);
    TEST_TYPE(ULong, ULONG, DWORD_MAX);
    TEST_TYPE(ULongLong, ULONGLONG, ULONGLONG_MAX);
    TEST_TYPE(Long, LONG, MAXLONG32);
    TEST_TYPE(LongLong, LONGLONG, LONGLONG_MAX);

    ULONG narrow = 0;
    CHECK_EQ_UINT((ULONG)RtlSIZETToULong(7, &narrow), 0);
    CHECK_EQ_UINT(narrow, 7);
    CHECK_EQ_UINT((ULONG)RtlULongLongToULong((ULONGLONG)1 << 32, &narrow), OVERFLOW_STATUS);
    CHECK_EQ_UINT(narrow, 0xFFFFFFFF);
    return check_report();
}
