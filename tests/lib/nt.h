/* The NT side for tests that also build with MinGW. On Linux this is <ntifs.h> and the rest is empty; on Windows the
 * routines are taken from ntdll.dll at run time, because headers and import libraries there lack most of them.
 *
 * Call nt_load() first. nt_has(RtlWalkHeap) says whether this system exports the routine. */
#ifndef CAIRN_TESTS_NT_H
#define CAIRN_TESTS_NT_H

#include "check.h"

#ifndef _WIN32
#include <windows.h>
#include <ntstatus.h>
#include <ntifs.h>

#define nt_has(name) true

static inline void nt_load(void)
{
}

#else
#include <ntstatus.h>
#include <winternl.h>

#ifndef HEAP_CLASS_1
#define HEAP_CLASS_1 0x1000
#endif
#ifndef HEAP_SETTABLE_USER_VALUE
#define HEAP_SETTABLE_USER_VALUE 0x100
#endif
#define RTL_HEAP_BUSY 0x0001
#define RTL_HEAP_SEGMENT 0x0002
#define RTL_HEAP_SETTABLE_VALUE 0x0010
#define RTL_HEAP_UNCOMMITTED_RANGE 0x1000
#define RTL_HEAP_LARGE_ALLOC 0x4000
#define RTL_HEAP_LFH_ALLOC 0x8000

typedef struct nt_heap_walk_entry {
    PVOID DataAddress;
    SIZE_T DataSize;
    UCHAR OverheadBytes;
    UCHAR SegmentIndex;
    USHORT Flags;
    union {
        struct {
            SIZE_T Settable;
            USHORT TagIndex;
            USHORT AllocatorBackTraceIndex;
            ULONG Reserved[2];
        } Block;
        struct {
            ULONG CommittedSize;
            ULONG UnCommittedSize;
            PVOID FirstEntry;
            PVOID LastEntry;
        } Segment;
    };
} RTL_HEAP_WALK_ENTRY, *PRTL_HEAP_WALK_ENTRY;

typedef NTSTATUS(NTAPI *nt_enum_routine)(PVOID heap, PVOID param);

/* return type, name, parameters */
#define NT_ROUTINES(X)                                                                                                 \
    X(PVOID, RtlCreateHeap, (ULONG, PVOID, SIZE_T, SIZE_T, PVOID, PRTL_HEAP_PARAMETERS))                               \
    X(PVOID, RtlDestroyHeap, (PVOID))                                                                                  \
    X(PVOID, RtlAllocateHeap, (PVOID, ULONG, SIZE_T))                                                                  \
    X(PVOID, RtlReAllocateHeap, (PVOID, ULONG, PVOID, SIZE_T))                                                         \
    X(BOOLEAN, RtlFreeHeap, (PVOID, ULONG, PVOID))                                                                     \
    X(SIZE_T, RtlSizeHeap, (PVOID, ULONG, PVOID))                                                                      \
    X(BOOLEAN, RtlLockHeap, (PVOID))                                                                                   \
    X(BOOLEAN, RtlUnlockHeap, (PVOID))                                                                                 \
    X(BOOLEAN, RtlValidateHeap, (PVOID, ULONG, PVOID))                                                                 \
    X(BOOLEAN, RtlValidateProcessHeaps, (void))                                                                        \
    X(ULONG, RtlGetProcessHeaps, (ULONG, PVOID *))                                                                     \
    X(NTSTATUS, RtlEnumProcessHeaps, (nt_enum_routine, PVOID))                                                         \
    X(NTSTATUS, RtlWalkHeap, (PVOID, PRTL_HEAP_WALK_ENTRY))                                                            \
    X(SIZE_T, RtlCompactHeap, (PVOID, ULONG))                                                                          \
    X(NTSTATUS, RtlQueryHeapInformation, (PVOID, HEAP_INFORMATION_CLASS, PVOID, SIZE_T, PSIZE_T))                      \
    X(NTSTATUS, RtlSetHeapInformation, (PVOID, HEAP_INFORMATION_CLASS, PVOID, SIZE_T))                                 \
    X(ULONG, RtlMultipleAllocateHeap, (PVOID, ULONG, SIZE_T, ULONG, PVOID *))                                          \
    X(ULONG, RtlMultipleFreeHeap, (PVOID, ULONG, ULONG, PVOID *))                                                      \
    X(NTSTATUS, RtlZeroHeap, (PVOID, ULONG))                                                                           \
    X(VOID, RtlProtectHeap, (PVOID, BOOLEAN))                                                                          \
    X(NTSTATUS, RtlExtendHeap, (PVOID, ULONG, PVOID, SIZE_T))                                                          \
    X(BOOLEAN, RtlGetUserInfoHeap, (PVOID, ULONG, PVOID, PVOID *, PULONG))                                             \
    X(BOOLEAN, RtlSetUserValueHeap, (PVOID, ULONG, PVOID, PVOID))                                                      \
    X(BOOLEAN, RtlSetUserFlagsHeap, (PVOID, ULONG, PVOID, ULONG, ULONG))                                               \
    X(VOID, RtlRaiseException, (PEXCEPTION_RECORD))                                                                    \
    X(ULONG, RtlNtStatusToDosError, (NTSTATUS))                                                                        \
    X(NTSTATUS, RtlGetLastNtStatus, (void))

#define NT_DECLARE(type, name, parameters) static type(NTAPI *nt_##name) parameters;
NT_ROUTINES(NT_DECLARE)
#undef NT_DECLARE

static inline void nt_find(void *routine, const char *name)
{
    FARPROC address = GetProcAddress(GetModuleHandleA("ntdll.dll"), name);
    memcpy(routine, &address, sizeof(address));
}

static inline void nt_load(void)
{
#define NT_FIND(type, name, parameters) nt_find(&nt_##name, #name);
    NT_ROUTINES(NT_FIND)
#undef NT_FIND
}

#define nt_has(name) (nt_##name != NULL)

#define RtlCreateHeap nt_RtlCreateHeap
#define RtlDestroyHeap nt_RtlDestroyHeap
#define RtlAllocateHeap nt_RtlAllocateHeap
#define RtlReAllocateHeap nt_RtlReAllocateHeap
#define RtlFreeHeap nt_RtlFreeHeap
#define RtlSizeHeap nt_RtlSizeHeap
#define RtlLockHeap nt_RtlLockHeap
#define RtlUnlockHeap nt_RtlUnlockHeap
#define RtlValidateHeap nt_RtlValidateHeap
#define RtlValidateProcessHeaps nt_RtlValidateProcessHeaps
#define RtlGetProcessHeaps nt_RtlGetProcessHeaps
#define RtlEnumProcessHeaps nt_RtlEnumProcessHeaps
#define RtlWalkHeap nt_RtlWalkHeap
#define RtlCompactHeap nt_RtlCompactHeap
#define RtlQueryHeapInformation nt_RtlQueryHeapInformation
#define RtlSetHeapInformation nt_RtlSetHeapInformation
#define RtlMultipleAllocateHeap nt_RtlMultipleAllocateHeap
#define RtlMultipleFreeHeap nt_RtlMultipleFreeHeap
#define RtlZeroHeap nt_RtlZeroHeap
#define RtlProtectHeap nt_RtlProtectHeap
#define RtlExtendHeap nt_RtlExtendHeap
#define RtlGetUserInfoHeap nt_RtlGetUserInfoHeap
#define RtlSetUserValueHeap nt_RtlSetUserValueHeap
#define RtlSetUserFlagsHeap nt_RtlSetUserFlagsHeap
#define RtlRaiseException nt_RtlRaiseException
#define RtlNtStatusToDosError nt_RtlNtStatusToDosError
#define RtlGetLastNtStatus nt_RtlGetLastNtStatus
#endif
#endif
