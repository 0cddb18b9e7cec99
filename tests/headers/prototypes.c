/* The types of the NT heap routines, written here from nt-heap.md 1.2: each is assigned to a pointer of that type,
 * which a wrong one would not compile with, and so is it for who calls it through one. */
#include <windows.h>
#include <ntifs.h>

#include "check.h"

typedef NTSTATUS(NTAPI *enum_routine)(PVOID Heap, PVOID Param);

/* Checks that the routine has the type of the pointer, and no other. */
#define HAS_TYPE(spec, routine, result, ...)                                                                           \
    do {                                                                                                               \
        SPEC(spec);                                                                                                    \
        result(NTAPI *pointer)(__VA_ARGS__) = routine;                                                                 \
        CHECK(pointer == routine);                                                                                     \
        CHECK(__builtin_types_compatible_p(__typeof__(pointer), __typeof__(&routine)));                                \
    } while (0)

static void test_creation(void)
{
    HAS_TYPE("N1.2.2", RtlCreateHeap, PVOID, ULONG, PVOID, SIZE_T, SIZE_T, PVOID, PRTL_HEAP_PARAMETERS);
    HAS_TYPE("N1.2.3", RtlDestroyHeap, PVOID, PVOID);
}

static void test_blocks(void)
{
    HAS_TYPE("N1.2.4", RtlAllocateHeap, PVOID, PVOID, ULONG, SIZE_T);
    HAS_TYPE("N1.2.5", RtlReAllocateHeap, PVOID, PVOID, ULONG, PVOID, SIZE_T);
    HAS_TYPE("N1.2.6", RtlFreeHeap, LOGICAL, PVOID, ULONG, PVOID);
    HAS_TYPE("N1.2.7", RtlSizeHeap, SIZE_T, PVOID, ULONG, PVOID);
    HAS_TYPE("N1.2.23", RtlMultipleAllocateHeap, ULONG, PVOID, ULONG, SIZE_T, ULONG, PVOID *);
    HAS_TYPE("N1.2.24", RtlMultipleFreeHeap, ULONG, PVOID, ULONG, ULONG, PVOID *);
}

static void test_locks_and_validation(void)
{
    HAS_TYPE("N1.2.8", RtlLockHeap, BOOLEAN, PVOID);
    HAS_TYPE("N1.2.8", RtlUnlockHeap, BOOLEAN, PVOID);
    HAS_TYPE("N1.2.9", RtlValidateHeap, BOOLEAN, PVOID, ULONG, PVOID);
    HAS_TYPE("N1.2.10", RtlValidateProcessHeaps, BOOLEAN, void);
}

static void test_lists(void)
{
    HAS_TYPE("N1.2.11", RtlGetProcessHeaps, ULONG, ULONG, PVOID *);
    HAS_TYPE("N1.2.12", RtlEnumProcessHeaps, NTSTATUS, enum_routine, PVOID);
    HAS_TYPE("N1.2.13", RtlWalkHeap, NTSTATUS, PVOID, PRTL_HEAP_WALK_ENTRY);
    HAS_TYPE("N1.2.17", RtlUsageHeap, NTSTATUS, PVOID, ULONG, PRTL_HEAP_USAGE);
    HAS_TYPE("N1.2.28", RtlQueryProcessHeapInformation, NTSTATUS, PRTL_DEBUG_INFORMATION);
}

static void test_the_whole_heap(void)
{
    HAS_TYPE("N1.2.14", RtlCompactHeap, SIZE_T, PVOID, ULONG);
    HAS_TYPE("N1.2.15", RtlZeroHeap, NTSTATUS, PVOID, ULONG);
    HAS_TYPE("N1.2.16", RtlProtectHeap, VOID, PVOID, BOOLEAN);
    HAS_TYPE("N1.2.20", RtlExtendHeap, NTSTATUS, PVOID, ULONG, PVOID, SIZE_T);
    HAS_TYPE("N1.2.21", RtlQueryHeapInformation, NTSTATUS, PVOID, HEAP_INFORMATION_CLASS, PVOID, SIZE_T, PSIZE_T);
    HAS_TYPE("N1.2.22", RtlSetHeapInformation, NTSTATUS, PVOID, HEAP_INFORMATION_CLASS, PVOID, SIZE_T);
    HAS_TYPE("N1.2.29", RtlDisownModuleHeapAllocation, NTSTATUS, PVOID, PVOID);
}

static void test_tags_and_values(void)
{
    HAS_TYPE("N1.2.18", RtlCreateTagHeap, ULONG, PVOID, ULONG, PCWSTR, PCWSTR);
    HAS_TYPE("N1.2.19", RtlQueryTagHeap, PWSTR, PVOID, ULONG, USHORT, BOOLEAN, PRTL_HEAP_TAG_INFO);
    HAS_TYPE("N1.2.25", RtlGetUserInfoHeap, BOOLEAN, PVOID, ULONG, PVOID, PVOID *, PULONG);
    HAS_TYPE("N1.2.26", RtlSetUserValueHeap, BOOLEAN, PVOID, ULONG, PVOID, PVOID);
    HAS_TYPE("N1.2.27", RtlSetUserFlagsHeap, BOOLEAN, PVOID, ULONG, PVOID, ULONG, ULONG);
}

int main(void)
{
    SPEC("N1.2.1");
    CHECK_EQ_UINT(sizeof(BOOLEAN), 1);
    CHECK_EQ_UINT(sizeof(LOGICAL), 4);
    test_creation();
    test_blocks();
    test_locks_and_validation();
    test_lists();
    test_the_whole_heap();
    test_tags_and_values();
    return check_report();
}
