/*
 * The NT side: the Rtl heap routines, their records and their constants, for ntifs.h and winternl.h alike.
 * Source: nt-heap.md 1.2 (prototypes) and the sections named at each routine; types-and-constants.md 2, 4, 5, 6, 10,
 * 13, 14.1, 14.3 to 14.5. Any thread may call any routine; HEAP_NO_SERIALIZE leaves mutual exclusion to the caller.
 * Sizes are in bytes, Flags are HEAP_* flags.
 */
#ifndef CAIRN_RTL_HEAP_H
#define CAIRN_RTL_HEAP_H

#include "minwinbase.h"

CAIRN_BEGIN_DECLS

/* Heap flags beyond those of winnt.h. Per-call: a user value and three user bits with each block. */
#define HEAP_SETTABLE_USER_VALUE 0x00000100
#define HEAP_SETTABLE_USER_FLAG1 0x00000200
#define HEAP_SETTABLE_USER_FLAG2 0x00000400
#define HEAP_SETTABLE_USER_FLAG3 0x00000800
#define HEAP_SETTABLE_USER_FLAGS 0x00000E00

/* At creation: who owns the heap. */
#define HEAP_CLASS_0 0x00000000
#define HEAP_CLASS_1 0x00001000
#define HEAP_CLASS_2 0x00002000
#define HEAP_CLASS_3 0x00003000
#define HEAP_CLASS_4 0x00004000
#define HEAP_CLASS_5 0x00005000
#define HEAP_CLASS_6 0x00006000
#define HEAP_CLASS_7 0x00007000
#define HEAP_CLASS_8 0x00008000
#define HEAP_CLASS_MASK 0x0000F000

#define HEAP_GLOBAL_TAG 0x0800
#define RTL_HEAP_MAKE_TAG HEAP_MAKE_TAG_FLAGS

/* Every bit that RtlCreateHeap knows. */
#define HEAP_CREATE_VALID_MASK                                                                                         \
    (HEAP_NO_SERIALIZE | HEAP_GROWABLE | HEAP_GENERATE_EXCEPTIONS | HEAP_ZERO_MEMORY | HEAP_REALLOC_IN_PLACE_ONLY |    \
     HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED | HEAP_DISABLE_COALESCE_ON_FREE |                         \
     HEAP_CREATE_SEGMENT_HEAP | HEAP_CREATE_HARDENED | HEAP_CLASS_MASK | HEAP_CREATE_ALIGN_16 |                        \
     HEAP_CREATE_ENABLE_TRACING | HEAP_CREATE_ENABLE_EXECUTE)

CAIRN_STATIC_ASSERT(HEAP_CREATE_VALID_MASK == 0x0007F3FF, "HEAP_CREATE_VALID_MASK of the newer SDKs");

/* Bits of the flags in a heap's header; the names are informal, the values are Windows'. */
#define HEAP_FLAG_PAGE_ALLOCS 0x01000000
#define HEAP_SHARED 0x04000000
#define HEAP_SKIP_VALIDATION_CHECKS 0x10000000
#define HEAP_VALIDATE_ALL_ENABLED 0x20000000
#define HEAP_VALIDATE_PARAMETERS_ENABLED 0x40000000

/* Flags of RtlUsageHeap. */
#define HEAP_USAGE_ALLOCATED_BLOCKS HEAP_REALLOC_IN_PLACE_ONLY
#define HEAP_USAGE_FREE_BUFFER HEAP_ZERO_MEMORY

/* The ULONG of HeapCompatibilityInformation. */
#define HEAP_COMPATIBILITY_STANDARD 0
#define HEAP_COMPATIBILITY_LAL 1
#define HEAP_COMPATIBILITY_LFH 2

/* The 32-bit signature that marks a heap's first page. */
#define RTL_HEAP_SIGNATURE 0xFFEEFFEE
#define RTL_HEAP_SEGMENT_SIGNATURE 0xDDEEDDEE

/* RTL_HEAP_WALK_ENTRY.Flags and RTL_HEAP_ENTRY.Flags, as Windows 10 has them. */
#define RTL_HEAP_BUSY 0x0001
#define RTL_HEAP_SEGMENT 0x0002
#define RTL_HEAP_SETTABLE_VALUE 0x0010
#define RTL_HEAP_SETTABLE_FLAG1 0x0020
#define RTL_HEAP_SETTABLE_FLAG2 0x0040
#define RTL_HEAP_SETTABLE_FLAG3 0x0080
#define RTL_HEAP_SETTABLE_FLAGS 0x00E0
#define RTL_HEAP_UNCOMMITTED_RANGE 0x1000
#define RTL_HEAP_PROTECTED_ENTRY 0x2000
#define RTL_HEAP_LARGE_ALLOC 0x4000
#define RTL_HEAP_LFH_ALLOC 0x8000

/* The process-wide flags (NtGlobalFlag, gflags). */
#define FLG_STOP_ON_EXCEPTION 0x00000001
#define FLG_SHOW_LDR_SNAPS 0x00000002
#define FLG_DEBUG_INITIAL_COMMAND 0x00000004
#define FLG_STOP_ON_HUNG_GUI 0x00000008
#define FLG_HEAP_ENABLE_TAIL_CHECK 0x00000010
#define FLG_HEAP_ENABLE_FREE_CHECK 0x00000020
#define FLG_HEAP_VALIDATE_PARAMETERS 0x00000040
#define FLG_HEAP_VALIDATE_ALL 0x00000080
#define FLG_APPLICATION_VERIFIER 0x00000100
#define FLG_MONITOR_SILENT_PROCESS_EXIT 0x00000200
#define FLG_POOL_ENABLE_TAGGING 0x00000400
#define FLG_HEAP_ENABLE_TAGGING 0x00000800
#define FLG_USER_STACK_TRACE_DB 0x00001000
#define FLG_KERNEL_STACK_TRACE_DB 0x00002000
#define FLG_MAINTAIN_OBJECT_TYPELIST 0x00004000
#define FLG_HEAP_ENABLE_TAG_BY_DLL 0x00008000
#define FLG_DISABLE_STACK_EXTENSION 0x00010000
#define FLG_ENABLE_CSRDEBUG 0x00020000
#define FLG_ENABLE_KDEBUG_SYMBOL_LOAD 0x00040000
#define FLG_DISABLE_PAGE_KERNEL_STACKS 0x00080000
#define FLG_ENABLE_SYSTEM_CRIT_BREAKS 0x00100000
#define FLG_HEAP_DISABLE_COALESCING 0x00200000
#define FLG_ENABLE_CLOSE_EXCEPTIONS 0x00400000
#define FLG_ENABLE_EXCEPTION_LOGGING 0x00800000
#define FLG_ENABLE_HANDLE_TYPE_TAGGING 0x01000000
#define FLG_HEAP_PAGE_ALLOCS 0x02000000
#define FLG_DEBUG_INITIAL_COMMAND_EX 0x04000000
#define FLG_DISABLE_DBGPRINT 0x08000000

/* ---- Creation ---- */

/*
 * Commits more memory for a heap that lies in the caller's reserved range. *CommitAddress and *CommitSize say where and
 * how much; both may be changed to what was committed. Base is the heap.
 */
typedef NTSTATUS(NTAPI *PRTL_HEAP_COMMIT_ROUTINE)(PVOID Base, PVOID *CommitAddress, PSIZE_T CommitSize);

/* Tuning of a heap at creation; a zero member takes the default. Length is sizeof(RTL_HEAP_PARAMETERS). */
typedef struct _RTL_HEAP_PARAMETERS {
    ULONG Length;
    SIZE_T SegmentReserve;
    SIZE_T SegmentCommit;
    SIZE_T DeCommitFreeBlockThreshold;
    SIZE_T DeCommitTotalFreeThreshold;
    SIZE_T MaximumAllocationSize;
    SIZE_T VirtualMemoryThreshold;
    SIZE_T InitialCommit;
    SIZE_T InitialReserve;
    PRTL_HEAP_COMMIT_ROUTINE CommitRoutine;
    SIZE_T Reserved[2];
} RTL_HEAP_PARAMETERS, *PRTL_HEAP_PARAMETERS;

CAIRN_LAYOUT(RTL_HEAP_PARAMETERS, 96, 8, 48, 4);
CAIRN_OFFSET(RTL_HEAP_PARAMETERS, Length, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_PARAMETERS, SegmentReserve, 0x08, 0x04);
CAIRN_OFFSET(RTL_HEAP_PARAMETERS, SegmentCommit, 0x10, 0x08);
CAIRN_OFFSET(RTL_HEAP_PARAMETERS, DeCommitFreeBlockThreshold, 0x18, 0x0C);
CAIRN_OFFSET(RTL_HEAP_PARAMETERS, DeCommitTotalFreeThreshold, 0x20, 0x10);
CAIRN_OFFSET(RTL_HEAP_PARAMETERS, MaximumAllocationSize, 0x28, 0x14);
CAIRN_OFFSET(RTL_HEAP_PARAMETERS, VirtualMemoryThreshold, 0x30, 0x18);
CAIRN_OFFSET(RTL_HEAP_PARAMETERS, InitialCommit, 0x38, 0x1C);
CAIRN_OFFSET(RTL_HEAP_PARAMETERS, InitialReserve, 0x40, 0x20);
CAIRN_OFFSET(RTL_HEAP_PARAMETERS, CommitRoutine, 0x48, 0x24);
CAIRN_OFFSET(RTL_HEAP_PARAMETERS, Reserved, 0x50, 0x28);

#define SEGMENT_HEAP_PARAMETERS_VERSION 3
#define SEGMENT_HEAP_FLG_USE_PAGE_HEAP 0x1
#define SEGMENT_HEAP_FLG_NO_LFH 0x2
#define SEGMENT_HEAP_PARAMS_VALID_FLAGS 0x3
#define RTL_SEGHEAP_MEM_SOURCE_ANY_NODE 0xFFFFFFFF

typedef enum _RTL_MEMORY_TYPE {
    MemoryTypePaged = 0,
    MemoryTypeNonPaged = 1,
    MemoryType64KPage = 2,
    MemoryTypeLargePage = 3,
    MemoryTypeHugePage = 4,
    MemoryTypeCustom = 5,
    MemoryTypeMax = 6
} RTL_MEMORY_TYPE, *PRTL_MEMORY_TYPE;

typedef enum _HEAP_MEMORY_INFO_CLASS {
    HeapMemoryBasicInformation = 0
} HEAP_MEMORY_INFO_CLASS;

/* Opaque here: nothing in this library takes extended parameters. */
typedef struct MEM_EXTENDED_PARAMETER MEM_EXTENDED_PARAMETER, *PMEM_EXTENDED_PARAMETER;

typedef NTSTATUS(NTAPI *PALLOCATE_VIRTUAL_MEMORY_EX_CALLBACK)(HANDLE CallbackContext, HANDLE ProcessHandle,
                                                              PVOID *BaseAddress, PSIZE_T RegionSize,
                                                              ULONG AllocationType, ULONG PageProtection,
                                                              PMEM_EXTENDED_PARAMETER ExtendedParameters,
                                                              ULONG ExtendedParameterCount);
typedef NTSTATUS(NTAPI *PFREE_VIRTUAL_MEMORY_EX_CALLBACK)(HANDLE CallbackContext, HANDLE ProcessHandle,
                                                          PVOID *BaseAddress, PSIZE_T RegionSize, ULONG FreeType);
typedef NTSTATUS(NTAPI *PQUERY_VIRTUAL_MEMORY_CALLBACK)(HANDLE CallbackContext, HANDLE ProcessHandle, PVOID BaseAddress,
                                                        HEAP_MEMORY_INFO_CLASS MemoryInformationClass,
                                                        PVOID MemoryInformation, SIZE_T MemoryInformationLength,
                                                        PSIZE_T ReturnLength);

typedef struct _RTL_SEGMENT_HEAP_VA_CALLBACKS {
    HANDLE CallbackContext;
    PALLOCATE_VIRTUAL_MEMORY_EX_CALLBACK AllocateVirtualMemory;
    PFREE_VIRTUAL_MEMORY_EX_CALLBACK FreeVirtualMemory;
    PQUERY_VIRTUAL_MEMORY_CALLBACK QueryVirtualMemory;
} RTL_SEGMENT_HEAP_VA_CALLBACKS, *PRTL_SEGMENT_HEAP_VA_CALLBACKS;

CAIRN_LAYOUT(RTL_SEGMENT_HEAP_VA_CALLBACKS, 32, 8, 16, 4);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_VA_CALLBACKS, CallbackContext, 0x00, 0x00);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_VA_CALLBACKS, AllocateVirtualMemory, 0x08, 0x04);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_VA_CALLBACKS, FreeVirtualMemory, 0x10, 0x08);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_VA_CALLBACKS, QueryVirtualMemory, 0x18, 0x0C);

typedef struct _RTL_SEGMENT_HEAP_MEMORY_SOURCE {
    ULONG Flags;
    ULONG MemoryTypeMask;
    ULONG NumaNode;
    __extension__ union {
        HANDLE PartitionHandle;
        RTL_SEGMENT_HEAP_VA_CALLBACKS *Callbacks;
    };
    SIZE_T Reserved[2];
} RTL_SEGMENT_HEAP_MEMORY_SOURCE, *PRTL_SEGMENT_HEAP_MEMORY_SOURCE;

CAIRN_LAYOUT(RTL_SEGMENT_HEAP_MEMORY_SOURCE, 40, 8, 24, 4);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_MEMORY_SOURCE, Flags, 0x00, 0x00);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_MEMORY_SOURCE, MemoryTypeMask, 0x04, 0x04);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_MEMORY_SOURCE, NumaNode, 0x08, 0x08);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_MEMORY_SOURCE, PartitionHandle, 0x10, 0x0C);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_MEMORY_SOURCE, Callbacks, 0x10, 0x0C);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_MEMORY_SOURCE, Reserved, 0x18, 0x10);

typedef struct _RTL_SEGMENT_HEAP_PARAMETERS {
    USHORT Version;
    USHORT Size;
    ULONG Flags;
    RTL_SEGMENT_HEAP_MEMORY_SOURCE MemorySource;
    SIZE_T Reserved[4];
} RTL_SEGMENT_HEAP_PARAMETERS, *PRTL_SEGMENT_HEAP_PARAMETERS;

CAIRN_LAYOUT(RTL_SEGMENT_HEAP_PARAMETERS, 80, 8, 48, 4);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_PARAMETERS, Version, 0x00, 0x00);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_PARAMETERS, Size, 0x02, 0x02);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_PARAMETERS, Flags, 0x04, 0x04);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_PARAMETERS, MemorySource, 0x08, 0x08);
CAIRN_OFFSET(RTL_SEGMENT_HEAP_PARAMETERS, Reserved, 0x30, 0x20);

/* ---- Enumeration, tags and usage ---- */

/* One element of a heap, as RtlWalkHeap gives it. Segment holds with RTL_HEAP_SEGMENT, Block otherwise. */
typedef struct _RTL_HEAP_WALK_ENTRY {
    PVOID DataAddress;
    SIZE_T DataSize;
    UCHAR OverheadBytes;
    UCHAR SegmentIndex;
    USHORT Flags;
    __extension__ union {
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

CAIRN_LAYOUT(RTL_HEAP_WALK_ENTRY, 48, 8, 28, 4);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, DataAddress, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, DataSize, 0x08, 0x04);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, OverheadBytes, 0x10, 0x08);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, SegmentIndex, 0x11, 0x09);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, Flags, 0x12, 0x0A);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, Block.Settable, 0x18, 0x0C);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, Block.TagIndex, 0x20, 0x10);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, Block.AllocatorBackTraceIndex, 0x22, 0x12);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, Block.Reserved, 0x24, 0x14);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, Segment.CommittedSize, 0x18, 0x0C);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, Segment.UnCommittedSize, 0x1C, 0x10);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, Segment.FirstEntry, 0x20, 0x14);
CAIRN_OFFSET(RTL_HEAP_WALK_ENTRY, Segment.LastEntry, 0x28, 0x18);

/* One element in a debug snapshot: u.s1 for blocks, u.s2 for segments. */
typedef struct _RTL_HEAP_ENTRY {
    SIZE_T Size;
    USHORT Flags;
    USHORT AllocatorBackTraceIndex;
    union {
        struct {
            SIZE_T Settable;
            ULONG Tag;
        } s1;
        struct {
            SIZE_T CommittedSize;
            PVOID FirstBlock;
        } s2;
    } u;
} RTL_HEAP_ENTRY, *PRTL_HEAP_ENTRY;

CAIRN_LAYOUT(RTL_HEAP_ENTRY, 32, 8, 16, 4);
CAIRN_OFFSET(RTL_HEAP_ENTRY, Size, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_ENTRY, Flags, 0x08, 0x04);
CAIRN_OFFSET(RTL_HEAP_ENTRY, AllocatorBackTraceIndex, 0x0A, 0x06);
CAIRN_OFFSET(RTL_HEAP_ENTRY, u.s1.Settable, 0x10, 0x08);
CAIRN_OFFSET(RTL_HEAP_ENTRY, u.s1.Tag, 0x18, 0x0C);
CAIRN_OFFSET(RTL_HEAP_ENTRY, u.s2.CommittedSize, 0x10, 0x08);
CAIRN_OFFSET(RTL_HEAP_ENTRY, u.s2.FirstBlock, 0x18, 0x0C);

typedef struct _RTL_HEAP_TAG {
    ULONG NumberOfAllocations;
    ULONG NumberOfFrees;
    SIZE_T BytesAllocated;
    USHORT TagIndex;
    USHORT CreatorBackTraceIndex;
    WCHAR TagName[24];
} RTL_HEAP_TAG, *PRTL_HEAP_TAG;

CAIRN_LAYOUT(RTL_HEAP_TAG, 72, 8, 64, 4);
CAIRN_OFFSET(RTL_HEAP_TAG, NumberOfAllocations, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_TAG, NumberOfFrees, 0x04, 0x04);
CAIRN_OFFSET(RTL_HEAP_TAG, BytesAllocated, 0x08, 0x08);
CAIRN_OFFSET(RTL_HEAP_TAG, TagIndex, 0x10, 0x0C);
CAIRN_OFFSET(RTL_HEAP_TAG, CreatorBackTraceIndex, 0x12, 0x0E);
CAIRN_OFFSET(RTL_HEAP_TAG, TagName, 0x14, 0x10);

/* One heap in a debug snapshot: V1 is Windows 7 to 10, V2 is Windows 11. */
typedef struct _RTL_HEAP_INFORMATION_V1 {
    PVOID BaseAddress;
    ULONG Flags;
    USHORT EntryOverhead;
    USHORT CreatorBackTraceIndex;
    SIZE_T BytesAllocated;
    SIZE_T BytesCommitted;
    ULONG NumberOfTags;
    ULONG NumberOfEntries;
    ULONG NumberOfPseudoTags;
    ULONG PseudoTagGranularity;
    ULONG Reserved[5];
    PRTL_HEAP_TAG Tags;
    PRTL_HEAP_ENTRY Entries;
} RTL_HEAP_INFORMATION_V1, *PRTL_HEAP_INFORMATION_V1;

CAIRN_LAYOUT(RTL_HEAP_INFORMATION_V1, 88, 8, 64, 4);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, BaseAddress, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, Flags, 0x08, 0x04);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, EntryOverhead, 0x0C, 0x08);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, CreatorBackTraceIndex, 0x0E, 0x0A);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, BytesAllocated, 0x10, 0x0C);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, BytesCommitted, 0x18, 0x10);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, NumberOfTags, 0x20, 0x14);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, NumberOfEntries, 0x24, 0x18);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, NumberOfPseudoTags, 0x28, 0x1C);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, PseudoTagGranularity, 0x2C, 0x20);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, Reserved, 0x30, 0x24);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, Tags, 0x48, 0x38);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V1, Entries, 0x50, 0x3C);

typedef struct _RTL_HEAP_INFORMATION_V2 {
    PVOID BaseAddress;
    ULONG Flags;
    USHORT EntryOverhead;
    USHORT CreatorBackTraceIndex;
    SIZE_T BytesAllocated;
    SIZE_T BytesCommitted;
    ULONG NumberOfTags;
    ULONG NumberOfEntries;
    ULONG NumberOfPseudoTags;
    ULONG PseudoTagGranularity;
    ULONG Reserved[5];
    PRTL_HEAP_TAG Tags;
    PRTL_HEAP_ENTRY Entries;
    /* Windows aligns it to 8 in a 32-bit program too, the i386 ABI of Linux does not. */
    DECLSPEC_ALIGN(8) ULONG64 HeapTag;
} RTL_HEAP_INFORMATION_V2, *PRTL_HEAP_INFORMATION_V2;

CAIRN_LAYOUT(RTL_HEAP_INFORMATION_V2, 96, 8, 72, 8);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, BaseAddress, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, Flags, 0x08, 0x04);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, EntryOverhead, 0x0C, 0x08);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, CreatorBackTraceIndex, 0x0E, 0x0A);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, BytesAllocated, 0x10, 0x0C);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, BytesCommitted, 0x18, 0x10);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, NumberOfTags, 0x20, 0x14);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, NumberOfEntries, 0x24, 0x18);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, NumberOfPseudoTags, 0x28, 0x1C);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, PseudoTagGranularity, 0x2C, 0x20);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, Reserved, 0x30, 0x24);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, Tags, 0x48, 0x38);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, Entries, 0x50, 0x3C);
CAIRN_OFFSET(RTL_HEAP_INFORMATION_V2, HeapTag, 0x58, 0x40);

typedef struct _RTL_PROCESS_HEAPS_V1 {
    ULONG NumberOfHeaps;
    RTL_HEAP_INFORMATION_V1 Heaps[1];
} RTL_PROCESS_HEAPS_V1, *PRTL_PROCESS_HEAPS_V1;

CAIRN_LAYOUT(RTL_PROCESS_HEAPS_V1, 96, 8, 68, 4);
CAIRN_OFFSET(RTL_PROCESS_HEAPS_V1, NumberOfHeaps, 0x00, 0x00);
CAIRN_OFFSET(RTL_PROCESS_HEAPS_V1, Heaps, 0x08, 0x04);

typedef struct _RTL_PROCESS_HEAPS_V2 {
    ULONG NumberOfHeaps;
    RTL_HEAP_INFORMATION_V2 Heaps[1];
} RTL_PROCESS_HEAPS_V2, *PRTL_PROCESS_HEAPS_V2;

CAIRN_LAYOUT(RTL_PROCESS_HEAPS_V2, 104, 8, 80, 8);
CAIRN_OFFSET(RTL_PROCESS_HEAPS_V2, NumberOfHeaps, 0x00, 0x00);
CAIRN_OFFSET(RTL_PROCESS_HEAPS_V2, Heaps, 0x08, 0x08);

typedef struct _RTL_HEAP_TAG_INFO {
    ULONG NumberOfAllocations;
    ULONG NumberOfFrees;
    SIZE_T BytesAllocated;
} RTL_HEAP_TAG_INFO, *PRTL_HEAP_TAG_INFO;

CAIRN_LAYOUT(RTL_HEAP_TAG_INFO, 16, 8, 12, 4);
CAIRN_OFFSET(RTL_HEAP_TAG_INFO, NumberOfAllocations, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_TAG_INFO, NumberOfFrees, 0x04, 0x04);
CAIRN_OFFSET(RTL_HEAP_TAG_INFO, BytesAllocated, 0x08, 0x08);

typedef struct _RTL_HEAP_USAGE_ENTRY {
    struct _RTL_HEAP_USAGE_ENTRY *Next;
    PVOID Address;
    SIZE_T Size;
    USHORT AllocatorBackTraceIndex;
    USHORT TagIndex;
} RTL_HEAP_USAGE_ENTRY, *PRTL_HEAP_USAGE_ENTRY;

CAIRN_LAYOUT(RTL_HEAP_USAGE_ENTRY, 32, 8, 16, 4);
CAIRN_OFFSET(RTL_HEAP_USAGE_ENTRY, Next, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_USAGE_ENTRY, Address, 0x08, 0x04);
CAIRN_OFFSET(RTL_HEAP_USAGE_ENTRY, Size, 0x10, 0x08);
CAIRN_OFFSET(RTL_HEAP_USAGE_ENTRY, AllocatorBackTraceIndex, 0x18, 0x0C);
CAIRN_OFFSET(RTL_HEAP_USAGE_ENTRY, TagIndex, 0x1A, 0x0E);

typedef struct _RTL_HEAP_USAGE {
    ULONG Length;
    SIZE_T BytesAllocated;
    SIZE_T BytesCommitted;
    SIZE_T BytesReserved;
    SIZE_T BytesReservedMaximum;
    PRTL_HEAP_USAGE_ENTRY Entries;
    PRTL_HEAP_USAGE_ENTRY AddedEntries;
    PRTL_HEAP_USAGE_ENTRY RemovedEntries;
    ULONG_PTR Reserved[8];
} RTL_HEAP_USAGE, *PRTL_HEAP_USAGE;

CAIRN_LAYOUT(RTL_HEAP_USAGE, 128, 8, 64, 4);
CAIRN_OFFSET(RTL_HEAP_USAGE, Length, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_USAGE, BytesAllocated, 0x08, 0x04);
CAIRN_OFFSET(RTL_HEAP_USAGE, BytesCommitted, 0x10, 0x08);
CAIRN_OFFSET(RTL_HEAP_USAGE, BytesReserved, 0x18, 0x0C);
CAIRN_OFFSET(RTL_HEAP_USAGE, BytesReservedMaximum, 0x20, 0x10);
CAIRN_OFFSET(RTL_HEAP_USAGE, Entries, 0x28, 0x14);
CAIRN_OFFSET(RTL_HEAP_USAGE, AddedEntries, 0x30, 0x18);
CAIRN_OFFSET(RTL_HEAP_USAGE, RemovedEntries, 0x38, 0x1C);
CAIRN_OFFSET(RTL_HEAP_USAGE, Reserved, 0x40, 0x20);

typedef struct _RTL_DEBUG_INFORMATION {
    HANDLE SectionHandleClient;
    PVOID ViewBaseClient;
    PVOID ViewBaseTarget;
    ULONG_PTR ViewBaseDelta;
    HANDLE EventPairClient;
    HANDLE EventPairTarget;
    HANDLE TargetProcessId;
    HANDLE TargetThreadHandle;
    ULONG Flags;
    SIZE_T OffsetFree;
    SIZE_T CommitSize;
    SIZE_T ViewSize;
    PVOID Modules;
    PVOID BackTraces;
    PVOID Heaps;
    PVOID Locks;
    PVOID SpecificHeap;
    HANDLE TargetProcessHandle;
    PVOID VerifierOptions;
    PVOID ProcessHeap;
    HANDLE CriticalSectionHandle;
    HANDLE CriticalSectionOwnerThread;
    PVOID Reserved[4];
} RTL_DEBUG_INFORMATION, *PRTL_DEBUG_INFORMATION;

CAIRN_LAYOUT(RTL_DEBUG_INFORMATION, 208, 8, 104, 4);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, SectionHandleClient, 0x00, 0x00);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, ViewBaseClient, 0x08, 0x04);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, ViewBaseTarget, 0x10, 0x08);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, ViewBaseDelta, 0x18, 0x0C);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, EventPairClient, 0x20, 0x10);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, EventPairTarget, 0x28, 0x14);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, TargetProcessId, 0x30, 0x18);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, TargetThreadHandle, 0x38, 0x1C);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, Flags, 0x40, 0x20);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, OffsetFree, 0x48, 0x24);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, CommitSize, 0x50, 0x28);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, ViewSize, 0x58, 0x2C);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, Modules, 0x60, 0x30);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, BackTraces, 0x68, 0x34);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, Heaps, 0x70, 0x38);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, Locks, 0x78, 0x3C);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, SpecificHeap, 0x80, 0x40);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, TargetProcessHandle, 0x88, 0x44);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, VerifierOptions, 0x90, 0x48);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, ProcessHeap, 0x98, 0x4C);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, CriticalSectionHandle, 0xA0, 0x50);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, CriticalSectionOwnerThread, 0xA8, 0x54);
CAIRN_OFFSET(RTL_DEBUG_INFORMATION, Reserved, 0xB0, 0x58);

/* ---- Information classes beyond the documented three ---- */

/* The "Offset" members count bytes from the start of the buffer; 0 ends a list. */
typedef struct _PROCESS_HEAP_INFORMATION {
    SIZE_T ReserveSize;
    SIZE_T CommitSize;
    ULONG NumberOfHeaps;
    ULONG_PTR FirstHeapInformationOffset;
} PROCESS_HEAP_INFORMATION, *PPROCESS_HEAP_INFORMATION;

CAIRN_LAYOUT(PROCESS_HEAP_INFORMATION, 32, 8, 16, 4);
CAIRN_OFFSET(PROCESS_HEAP_INFORMATION, ReserveSize, 0x00, 0x00);
CAIRN_OFFSET(PROCESS_HEAP_INFORMATION, CommitSize, 0x08, 0x04);
CAIRN_OFFSET(PROCESS_HEAP_INFORMATION, NumberOfHeaps, 0x10, 0x08);
CAIRN_OFFSET(PROCESS_HEAP_INFORMATION, FirstHeapInformationOffset, 0x18, 0x0C);

typedef struct _HEAP_INFORMATION {
    PVOID Address;
    ULONG Mode;
    SIZE_T ReserveSize;
    SIZE_T CommitSize;
    ULONG_PTR FirstRegionInformationOffset;
    ULONG_PTR NextHeapInformationOffset;
} HEAP_INFORMATION, *PHEAP_INFORMATION;

CAIRN_LAYOUT(HEAP_INFORMATION, 48, 8, 24, 4);
CAIRN_OFFSET(HEAP_INFORMATION, Address, 0x00, 0x00);
CAIRN_OFFSET(HEAP_INFORMATION, Mode, 0x08, 0x04);
CAIRN_OFFSET(HEAP_INFORMATION, ReserveSize, 0x10, 0x08);
CAIRN_OFFSET(HEAP_INFORMATION, CommitSize, 0x18, 0x0C);
CAIRN_OFFSET(HEAP_INFORMATION, FirstRegionInformationOffset, 0x20, 0x10);
CAIRN_OFFSET(HEAP_INFORMATION, NextHeapInformationOffset, 0x28, 0x14);

typedef struct _HEAP_REGION_INFORMATION {
    PVOID Address;
    SIZE_T ReserveSize;
    SIZE_T CommitSize;
    ULONG_PTR FirstRangeInformationOffset;
    ULONG_PTR NextRegionInformationOffset;
} HEAP_REGION_INFORMATION, *PHEAP_REGION_INFORMATION;

CAIRN_LAYOUT(HEAP_REGION_INFORMATION, 40, 8, 20, 4);
CAIRN_OFFSET(HEAP_REGION_INFORMATION, Address, 0x00, 0x00);
CAIRN_OFFSET(HEAP_REGION_INFORMATION, ReserveSize, 0x08, 0x04);
CAIRN_OFFSET(HEAP_REGION_INFORMATION, CommitSize, 0x10, 0x08);
CAIRN_OFFSET(HEAP_REGION_INFORMATION, FirstRangeInformationOffset, 0x18, 0x0C);
CAIRN_OFFSET(HEAP_REGION_INFORMATION, NextRegionInformationOffset, 0x20, 0x10);

/* HEAP_RANGE_INFORMATION.Type and HEAP_BLOCK_INFORMATION.Flags */
#define HEAP_RANGE_TYPE_COMMITTED 1
#define HEAP_RANGE_TYPE_RESERVED 2
#define HEAP_BLOCK_BUSY 1
#define HEAP_BLOCK_EXTRA_INFORMATION 2
#define HEAP_BLOCK_LARGE_BLOCK 4
#define HEAP_BLOCK_LFH_BLOCK 8

typedef struct _HEAP_RANGE_INFORMATION {
    PVOID Address;
    SIZE_T Size;
    ULONG Type;
    ULONG Protection;
    ULONG_PTR FirstBlockInformationOffset;
    ULONG_PTR NextRangeInformationOffset;
} HEAP_RANGE_INFORMATION, *PHEAP_RANGE_INFORMATION;

CAIRN_LAYOUT(HEAP_RANGE_INFORMATION, 40, 8, 24, 4);
CAIRN_OFFSET(HEAP_RANGE_INFORMATION, Address, 0x00, 0x00);
CAIRN_OFFSET(HEAP_RANGE_INFORMATION, Size, 0x08, 0x04);
CAIRN_OFFSET(HEAP_RANGE_INFORMATION, Type, 0x10, 0x08);
CAIRN_OFFSET(HEAP_RANGE_INFORMATION, Protection, 0x14, 0x0C);
CAIRN_OFFSET(HEAP_RANGE_INFORMATION, FirstBlockInformationOffset, 0x18, 0x10);
CAIRN_OFFSET(HEAP_RANGE_INFORMATION, NextRangeInformationOffset, 0x20, 0x14);

typedef struct _HEAP_BLOCK_INFORMATION {
    PVOID Address;
    ULONG Flags;
    SIZE_T DataSize;
    ULONG_PTR OverheadSize;
    ULONG_PTR NextBlockInformationOffset;
} HEAP_BLOCK_INFORMATION, *PHEAP_BLOCK_INFORMATION;

CAIRN_LAYOUT(HEAP_BLOCK_INFORMATION, 40, 8, 20, 4);
CAIRN_OFFSET(HEAP_BLOCK_INFORMATION, Address, 0x00, 0x00);
CAIRN_OFFSET(HEAP_BLOCK_INFORMATION, Flags, 0x08, 0x04);
CAIRN_OFFSET(HEAP_BLOCK_INFORMATION, DataSize, 0x10, 0x08);
CAIRN_OFFSET(HEAP_BLOCK_INFORMATION, OverheadSize, 0x18, 0x0C);
CAIRN_OFFSET(HEAP_BLOCK_INFORMATION, NextBlockInformationOffset, 0x20, 0x10);

typedef struct _SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION {
    SIZE_T SegmentReserveSize;
    SIZE_T SegmentCommitSize;
    ULONG_PTR SegmentCount;
    SIZE_T AllocatedSize;
    SIZE_T LargeAllocReserveSize;
    SIZE_T LargeAllocCommitSize;
} SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, *PSEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION;

CAIRN_LAYOUT(SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, 48, 8, 24, 4);
CAIRN_OFFSET(SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, SegmentReserveSize, 0x00, 0x00);
CAIRN_OFFSET(SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, SegmentCommitSize, 0x08, 0x04);
CAIRN_OFFSET(SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, SegmentCount, 0x10, 0x08);
CAIRN_OFFSET(SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, AllocatedSize, 0x18, 0x0C);
CAIRN_OFFSET(SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, LargeAllocReserveSize, 0x20, 0x10);
CAIRN_OFFSET(SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, LargeAllocCommitSize, 0x28, 0x14);

/* HEAP_PERFORMANCE_COUNTERS_INFORMATION.Version */
#define HeapPerformanceCountersInformationStandardHeapVersion 1
#define HeapPerformanceCountersInformationSegmentHeapVersion 2

typedef struct _HEAP_PERFORMANCE_COUNTERS_INFORMATION {
    ULONG Size;
    ULONG Version;
    ULONG HeapIndex;
    ULONG LastHeapIndex;
    PVOID BaseAddress;
    SIZE_T ReserveSize;
    SIZE_T CommitSize;
    ULONG SegmentCount;
    SIZE_T LargeUCRMemory;
    ULONG UCRLength;
    SIZE_T AllocatedSpace;
    SIZE_T FreeSpace;
    ULONG FreeListLength;
    ULONG Contention;
    ULONG VirtualBlocks;
    ULONG CommitRate;
    ULONG DecommitRate;
    SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION SegmentHeapPerfInformation;
} HEAP_PERFORMANCE_COUNTERS_INFORMATION, *PHEAP_PERFORMANCE_COUNTERS_INFORMATION;

CAIRN_LAYOUT(HEAP_PERFORMANCE_COUNTERS_INFORMATION, 152, 8, 92, 4);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, Size, 0x00, 0x00);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, Version, 0x04, 0x04);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, HeapIndex, 0x08, 0x08);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, LastHeapIndex, 0x0C, 0x0C);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, BaseAddress, 0x10, 0x10);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, ReserveSize, 0x18, 0x14);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, CommitSize, 0x20, 0x18);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, SegmentCount, 0x28, 0x1C);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, LargeUCRMemory, 0x30, 0x20);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, UCRLength, 0x38, 0x24);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, AllocatedSpace, 0x40, 0x28);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, FreeSpace, 0x48, 0x2C);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, FreeListLength, 0x50, 0x30);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, Contention, 0x54, 0x34);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, VirtualBlocks, 0x58, 0x38);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, CommitRate, 0x5C, 0x3C);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, DecommitRate, 0x60, 0x40);
CAIRN_OFFSET(HEAP_PERFORMANCE_COUNTERS_INFORMATION, SegmentHeapPerfInformation, 0x68, 0x44);

/* What the callback of HeapExtendedInformation is given: the record of one level. */
typedef struct _HEAP_INFORMATION_ITEM {
    ULONG Level;
    SIZE_T Size;
    __extension__ union {
        PROCESS_HEAP_INFORMATION ProcessHeapInformation;
        HEAP_INFORMATION HeapInformation;
        HEAP_REGION_INFORMATION HeapRegionInformation;
        HEAP_RANGE_INFORMATION HeapRangeInformation;
        HEAP_BLOCK_INFORMATION HeapBlockInformation;
        HEAP_PERFORMANCE_COUNTERS_INFORMATION HeapPerfInformation;
        ULONG_PTR DynamicStart;
    };
} HEAP_INFORMATION_ITEM, *PHEAP_INFORMATION_ITEM;

CAIRN_LAYOUT(HEAP_INFORMATION_ITEM, 168, 8, 100, 4);
CAIRN_OFFSET(HEAP_INFORMATION_ITEM, Level, 0x00, 0x00);
CAIRN_OFFSET(HEAP_INFORMATION_ITEM, Size, 0x08, 0x04);
CAIRN_OFFSET(HEAP_INFORMATION_ITEM, ProcessHeapInformation, 0x10, 0x08);
CAIRN_OFFSET(HEAP_INFORMATION_ITEM, HeapInformation, 0x10, 0x08);
CAIRN_OFFSET(HEAP_INFORMATION_ITEM, HeapRegionInformation, 0x10, 0x08);
CAIRN_OFFSET(HEAP_INFORMATION_ITEM, HeapRangeInformation, 0x10, 0x08);
CAIRN_OFFSET(HEAP_INFORMATION_ITEM, HeapBlockInformation, 0x10, 0x08);
CAIRN_OFFSET(HEAP_INFORMATION_ITEM, HeapPerfInformation, 0x10, 0x08);

typedef NTSTATUS(NTAPI *PRTL_HEAP_EXTENDED_ENUMERATION_ROUTINE)(PHEAP_INFORMATION_ITEM Information, PVOID Context);

/* HEAP_EXTENDED_INFORMATION.Level */
#define HeapExtendedProcessHeapInformationLevel 1
#define HeapExtendedHeapInformationLevel 2
#define HeapExtendedHeapRegionInformationLevel 3
#define HeapExtendedHeapRangeInformationLevel 4
#define HeapExtendedHeapBlockInformationLevel 5
#define HeapExtendedHeapHeapPerfInformationLevel 0x80000000

typedef struct _HEAP_EXTENDED_INFORMATION {
    HANDLE ProcessHandle;
    PVOID HeapHandle;
    ULONG Level;
    PRTL_HEAP_EXTENDED_ENUMERATION_ROUTINE CallbackRoutine;
    PVOID CallbackContext;
    __extension__ union {
        PROCESS_HEAP_INFORMATION ProcessHeapInformation;
        HEAP_INFORMATION HeapInformation;
    };
} HEAP_EXTENDED_INFORMATION, *PHEAP_EXTENDED_INFORMATION;

CAIRN_LAYOUT(HEAP_EXTENDED_INFORMATION, 88, 8, 44, 4);
CAIRN_OFFSET(HEAP_EXTENDED_INFORMATION, ProcessHandle, 0x00, 0x00);
CAIRN_OFFSET(HEAP_EXTENDED_INFORMATION, HeapHandle, 0x08, 0x04);
CAIRN_OFFSET(HEAP_EXTENDED_INFORMATION, Level, 0x10, 0x08);
CAIRN_OFFSET(HEAP_EXTENDED_INFORMATION, CallbackRoutine, 0x18, 0x0C);
CAIRN_OFFSET(HEAP_EXTENDED_INFORMATION, CallbackContext, 0x20, 0x10);
CAIRN_OFFSET(HEAP_EXTENDED_INFORMATION, ProcessHeapInformation, 0x28, 0x14);
CAIRN_OFFSET(HEAP_EXTENDED_INFORMATION, HeapInformation, 0x28, 0x14);

#define RTL_HEAP_MEMORY_LIMIT_CURRENT_VERSION 1

/* Limits of one heap; 0 is none. The codes are statuses. */
typedef struct _RTL_HEAP_MEMORY_LIMIT_DATA {
    SIZE_T CommitLimitBytes;
    SIZE_T CommitLimitFailureCode;
    SIZE_T MaxAllocationSizeBytes;
    SIZE_T AllocationLimitFailureCode;
} RTL_HEAP_MEMORY_LIMIT_DATA, *PRTL_HEAP_MEMORY_LIMIT_DATA;

CAIRN_LAYOUT(RTL_HEAP_MEMORY_LIMIT_DATA, 32, 8, 16, 4);
CAIRN_OFFSET(RTL_HEAP_MEMORY_LIMIT_DATA, CommitLimitBytes, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_MEMORY_LIMIT_DATA, CommitLimitFailureCode, 0x08, 0x04);
CAIRN_OFFSET(RTL_HEAP_MEMORY_LIMIT_DATA, MaxAllocationSizeBytes, 0x10, 0x08);
CAIRN_OFFSET(RTL_HEAP_MEMORY_LIMIT_DATA, AllocationLimitFailureCode, 0x18, 0x0C);

/* What HeapMemoryLimit is set with. */
typedef struct _RTL_HEAP_MEMORY_LIMIT_INFO {
    ULONG Version;
    RTL_HEAP_MEMORY_LIMIT_DATA Data;
} RTL_HEAP_MEMORY_LIMIT_INFO, *PRTL_HEAP_MEMORY_LIMIT_INFO;

CAIRN_LAYOUT(RTL_HEAP_MEMORY_LIMIT_INFO, 40, 8, 20, 4);
CAIRN_OFFSET(RTL_HEAP_MEMORY_LIMIT_INFO, Version, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_MEMORY_LIMIT_INFO, Data, 0x08, 0x04);

typedef NTSTATUS(NTAPI *RTL_HEAP_STACK_WRITE_ROUTINE)(PVOID Information, ULONG Size, PVOID Context);

#define HEAP_STACK_QUERY_VERSION 2

typedef struct _RTL_HEAP_STACK_QUERY {
    ULONG Version;
    HANDLE ProcessHandle;
    RTL_HEAP_STACK_WRITE_ROUTINE WriteRoutine;
    PVOID SerializationContext;
    UCHAR QueryLevel;
    UCHAR Flags;
} RTL_HEAP_STACK_QUERY, *PRTL_HEAP_STACK_QUERY;

CAIRN_LAYOUT(RTL_HEAP_STACK_QUERY, 40, 8, 20, 4);
CAIRN_OFFSET(RTL_HEAP_STACK_QUERY, Version, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_STACK_QUERY, ProcessHandle, 0x08, 0x04);
CAIRN_OFFSET(RTL_HEAP_STACK_QUERY, WriteRoutine, 0x10, 0x08);
CAIRN_OFFSET(RTL_HEAP_STACK_QUERY, SerializationContext, 0x18, 0x0C);
CAIRN_OFFSET(RTL_HEAP_STACK_QUERY, QueryLevel, 0x20, 0x10);
CAIRN_OFFSET(RTL_HEAP_STACK_QUERY, Flags, 0x21, 0x11);

#define HEAP_STACK_CONTROL_VERSION 1
#define HEAP_STACK_CONTROL_FLAGS_STACKTRACE_ENABLE 1
#define HEAP_STACK_CONTROL_FLAGS_STACKTRACE_DISABLE 2

typedef struct _RTL_HEAP_STACK_CONTROL {
    USHORT Version;
    USHORT Flags;
    HANDLE ProcessHandle;
} RTL_HEAP_STACK_CONTROL, *PRTL_HEAP_STACK_CONTROL;

CAIRN_LAYOUT(RTL_HEAP_STACK_CONTROL, 16, 8, 8, 4);
CAIRN_OFFSET(RTL_HEAP_STACK_CONTROL, Version, 0x00, 0x00);
CAIRN_OFFSET(RTL_HEAP_STACK_CONTROL, Flags, 0x02, 0x02);
CAIRN_OFFSET(RTL_HEAP_STACK_CONTROL, ProcessHandle, 0x08, 0x04);

typedef NTSTATUS(NTAPI *PRTL_HEAP_DEBUGGING_INTERCEPTOR_ROUTINE)(PVOID HeapHandle, ULONG Action,
                                                                 ULONG StackFramesToCapture, PVOID *StackTrace);
typedef NTSTATUS(NTAPI *PRTL_HEAP_LEAK_ENUMERATION_ROUTINE)(LONG Reserved, PVOID HeapHandle, PVOID BaseAddress,
                                                            SIZE_T BlockSize, ULONG StackTraceDepth, PVOID *StackTrace);

typedef struct _HEAP_DEBUGGING_INFORMATION {
    PRTL_HEAP_DEBUGGING_INTERCEPTOR_ROUTINE InterceptorFunction;
    USHORT InterceptorValue;
    ULONG ExtendedOptions;
    ULONG StackTraceDepth;
    SIZE_T MinTotalBlockSize;
    SIZE_T MaxTotalBlockSize;
    PRTL_HEAP_LEAK_ENUMERATION_ROUTINE HeapLeakEnumerationRoutine;
} HEAP_DEBUGGING_INFORMATION, *PHEAP_DEBUGGING_INFORMATION;

CAIRN_LAYOUT(HEAP_DEBUGGING_INFORMATION, 48, 8, 28, 4);
CAIRN_OFFSET(HEAP_DEBUGGING_INFORMATION, InterceptorFunction, 0x00, 0x00);
CAIRN_OFFSET(HEAP_DEBUGGING_INFORMATION, InterceptorValue, 0x08, 0x04);
CAIRN_OFFSET(HEAP_DEBUGGING_INFORMATION, ExtendedOptions, 0x0C, 0x08);
CAIRN_OFFSET(HEAP_DEBUGGING_INFORMATION, StackTraceDepth, 0x10, 0x0C);
CAIRN_OFFSET(HEAP_DEBUGGING_INFORMATION, MinTotalBlockSize, 0x18, 0x10);
CAIRN_OFFSET(HEAP_DEBUGGING_INFORMATION, MaxTotalBlockSize, 0x20, 0x14);
CAIRN_OFFSET(HEAP_DEBUGGING_INFORMATION, HeapLeakEnumerationRoutine, 0x28, 0x18);

/* ---- Routines ---- */

/* What RtlEnumProcessHeaps calls for each heap; a status other than success ends the enumeration. */
typedef NTSTATUS(NTAPI *PRTL_ENUM_HEAPS_ROUTINE)(PVOID HeapHandle, PVOID Parameter);

/*
 * A new heap, or NULL. HeapBase places it in memory of the caller, Lock is the caller's own lock, Parameters tunes it;
 * all three may be NULL.
 *
 * Lock is an RTL_CRITICAL_SECTION, or an ERESOURCE, that was initialised: else NULL, last status
 * STATUS_INVALID_PARAMETER, as with HEAP_NO_SERIALIZE. It is then the heap's lock: RtlLockHeap takes it, and so does
 * each call that uses the heap; who holds it by EnterCriticalSection, or ExAcquireResourceExclusiveLite, keeps other
 * threads out of the heap and may use the heap. Several heaps may have the same. It must be there as long as the heap
 * is; RtlDestroyHeap leaves it alone, held or not. Such a heap has no low-fragmentation heap.
 *
 * With HEAP_CREATE_SEGMENT_HEAP, Parameters is a PRTL_SEGMENT_HEAP_PARAMETERS: pageable memory
 * of any node, with or without SEGMENT_HEAP_FLG_NO_LFH; else last status STATUS_NOT_SUPPORTED. (nt-heap.md 2, 16;
 * Microsoft page "RtlCreateHeap function (ntifs.h)")
 */
NTSYSAPI PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock,
                                   PRTL_HEAP_PARAMETERS Parameters);

/* Ends a heap with all its blocks: NULL if done, else the handle. (nt-heap.md 3) */
NTSYSAPI PVOID NTAPI RtlDestroyHeap(PVOID HeapHandle);

/* A block of Size bytes, or NULL. (nt-heap.md 4) */
NTSYSAPI PVOID NTAPI RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size);

/* Resizes a block; NULL on failure, the old block stays. (nt-heap.md 4) */
NTSYSAPI PVOID NTAPI RtlReAllocateHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress, SIZE_T Size);

/* Frees a block: nonzero if done; a NULL BaseAddress is done. (nt-heap.md 4) */
NTSYSAPI LOGICAL NTAPI RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

/* The size that was asked for, or (SIZE_T)-1. (nt-heap.md 4) */
NTSYSAPI SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

/*
 * Stores Count blocks of Size bytes in Array; returns how many, less than Count after a failure, which is then the last
 * error. A NULL Array: 0, ERROR_INVALID_PARAMETER. (nt-heap.md 12)
 */
NTSYSAPI ULONG NTAPI RtlMultipleAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size, ULONG Count, PVOID *Array);

/*
 * Frees the blocks of Array in order, NULLs are passed over; returns how many, less than Count if one cannot be freed:
 * ERROR_INVALID_PARAMETER, also for a NULL Array. (nt-heap.md 12)
 */
NTSYSAPI ULONG NTAPI RtlMultipleFreeHeap(PVOID HeapHandle, ULONG Flags, ULONG Count, PVOID *Array);

/*
 * What a block has beside its data. A block that was allocated with HEAP_SETTABLE_USER_VALUE has a value, NULL at
 * first, and one with that or a bit of HEAP_SETTABLE_USER_FLAGS has these bits. RtlReAllocateHeap keeps both; where it
 * makes the block larger and its flags have such bits, these replace the block's. A block without a value leaves
 * *UserValue alone, one without bits has 0. Results may be NULL. FALSE, ERROR_INVALID_PARAMETER: no block.
 * (nt-heap.md 9)
 */
NTSYSAPI BOOLEAN NTAPI RtlGetUserInfoHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress, PVOID *UserValue,
                                          PULONG UserFlags);

/* FALSE, ERROR_INVALID_PARAMETER: no block, or one without a value. (nt-heap.md 9) */
NTSYSAPI BOOLEAN NTAPI RtlSetUserValueHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress, PVOID UserValue);

/*
 * Clears, then sets bits of HEAP_SETTABLE_USER_FLAGS. FALSE, ERROR_INVALID_PARAMETER: other bits, no block, or one that
 * was allocated with none of HEAP_SETTABLE_USER_VALUE and HEAP_SETTABLE_USER_FLAGS. (nt-heap.md 9)
 */
NTSYSAPI BOOLEAN NTAPI RtlSetUserFlagsHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress, ULONG FlagsToClear,
                                           ULONG FlagsToSet);

/*
 * Tells that a block outlives the module that allocated it. Nothing here counts blocks by module, so there is nothing
 * to change: STATUS_SUCCESS for a block, else STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER. (nt-heap.md 1.2)
 */
NTSYSAPI NTSTATUS NTAPI RtlDisownModuleHeapAllocation(PVOID HeapHandle, PVOID BaseAddress);

/* Takes the heap's lock; the owner may take it again. FALSE for what is no heap. (nt-heap.md 5) */
NTSYSAPI BOOLEAN NTAPI RtlLockHeap(PVOID HeapHandle);

/* Gives back the heap's lock, once. (nt-heap.md 5) */
NTSYSAPI BOOLEAN NTAPI RtlUnlockHeap(PVOID HeapHandle);

/* Whether one block, or with a NULL BaseAddress the whole heap, is sound. (nt-heap.md 6) */
NTSYSAPI BOOLEAN NTAPI RtlValidateHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

/* Whether every heap of the process is sound; waits for heaps that other threads hold. (nt-heap.md 6) */
NTSYSAPI BOOLEAN NTAPI RtlValidateProcessHeaps(void);

/*
 * The global flags of the process, FLG_*: what CAIRN_OPTIONS=gflags=... says, or else the file for the program; 0
 * without. (nt-heap.md 14)
 */
NTSYSAPI ULONG NTAPI RtlGetNtGlobalFlags(void);

/* Steps to the heap's next element; DataAddress NULL starts, STATUS_NO_MORE_ENTRIES ends. (nt-heap.md 7) */
NTSYSAPI NTSTATUS NTAPI RtlWalkHeap(PVOID HeapHandle, PRTL_HEAP_WALK_ENTRY Entry);

/* Merges free blocks; size of the largest committed free one. (nt-heap.md 11) */
NTSYSAPI SIZE_T NTAPI RtlCompactHeap(PVOID HeapHandle, ULONG Flags);

/*
 * Makes all free committed memory of the heap zero, but for blocks that other threads keep at hand. Flags:
 * HEAP_NO_SERIALIZE. STATUS_INVALID_HANDLE; STATUS_INVALID_PARAMETER if a block header was overwritten. (nt-heap.md 11)
 */
NTSYSAPI NTSTATUS NTAPI RtlZeroHeap(PVOID HeapHandle, ULONG Flags);

/*
 * Makes all memory of a heap's blocks read-only, or for FALSE writable again. While it is read-only, calls that would
 * change a block fail with ERROR_NOACCESS (STATUS_ACCESS_VIOLATION, which HEAP_GENERATE_EXCEPTIONS raises), and a
 * program that writes to one faults; HeapSize, HeapWalk, HeapValidate and their kin go on, and so does RtlDestroyHeap.
 * Blocks in the page of the heap's own header stay writable. No other thread may be in a call that allocates or frees.
 * There is no result; last error: ERROR_INVALID_HANDLE, ERROR_NOT_SUPPORTED (the default heap),
 * ERROR_NOT_ENOUGH_MEMORY, and then the heap is as it was. (nt-heap.md 11)
 */
NTSYSAPI VOID NTAPI RtlProtectHeap(PVOID HeapHandle, BOOLEAN MakeReadOnly);

/*
 * Windows before Vista adds memory of the caller's to a heap with it. Here a heap's memory is of one kind, so it is
 * refused: STATUS_NOT_IMPLEMENTED; STATUS_INVALID_HANDLE, STATUS_INVALID_PARAMETER where there is nothing to add, or
 * nothing to add it to. A heap in memory of the caller's is made with RtlCreateHeap. (nt-heap.md 11)
 */
NTSYSAPI NTSTATUS NTAPI RtlExtendHeap(PVOID HeapHandle, ULONG Flags, PVOID Base, SIZE_T Size);

/*
 * Fills Usage, whose Length is its size (else STATUS_INFO_LENGTH_MISMATCH), with the heap's totals, in bytes;
 * BytesReservedMaximum is MAXSIZE_T for a heap that grows. Flags:
 *
 * HEAP_USAGE_ALLOCATED_BLOCKS: Entries becomes the list of its blocks, by address. If Entries was the list of an
 * earlier call, AddedEntries and RemovedEntries become the lists of what is only in the new, and only in the old one;
 * lists of that call are released. The members are NULL, or from an earlier call, else STATUS_INVALID_PARAMETER. Blocks
 * that come and go while other threads use the heap may be in or not. TagIndex and AllocatorBackTraceIndex are those of
 * RtlWalkHeap. STATUS_NO_MEMORY.
 *
 * HEAP_USAGE_FREE_BUFFER: releases the three lists, and does nothing else. (nt-heap.md 11)
 */
NTSYSAPI NTSTATUS NTAPI RtlUsageHeap(PVOID HeapHandle, ULONG Flags, PRTL_HEAP_USAGE Usage);

/*
 * Adds tags to a heap, or for NULL to the process: one for each string of TagNames, which an empty string ends, with
 * TagPrefix (may be NULL) in front, cut off after 23 characters. A first string that begins with an exclamation mark
 * names their group, and is no tag. Returns the first tag as flags of an allocation, HEAP_MAKE_TAG_FLAGS(0, index); the
 * others follow it. A heap has up to 2047 tags, and so has the process. 0: ERROR_INVALID_HANDLE,
 * ERROR_INVALID_PARAMETER (no names), ERROR_NOT_ENOUGH_MEMORY. (nt-heap.md 10)
 */
NTSYSAPI ULONG NTAPI RtlCreateTagHeap(PVOID HeapHandle, ULONG Flags, PCWSTR TagPrefix, PCWSTR TagNames);

/*
 * The name of a tag, for as long as its heap is there, and what was counted: blocks allocated and freed with it since
 * the counters were last reset, and the bytes of those that have it now. A heap's handle finds the tags of the process
 * too; they have HEAP_GLOBAL_TAG in their index. NULL: ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (no such tag).
 * A heap that was made with the global flag htg has pseudo tags, by which it counts blocks that have no tag by their
 * size: HEAP_PSEUDO_TAG_FLAG and the size in units of 16 bytes, up to 127; 128 for larger ones, 0 for those that have
 * memory of their own. (nt-heap.md 10)
 */
NTSYSAPI PWSTR NTAPI RtlQueryTagHeap(PVOID HeapHandle, ULONG Flags, USHORT TagIndex, BOOLEAN ResetCounters,
                                     PRTL_HEAP_TAG_INFO TagInfo);

/* How many heaps there are; stores the first NumberOfHeaps of their handles. (nt-heap.md 7) */
NTSYSAPI ULONG NTAPI RtlGetProcessHeaps(ULONG NumberOfHeaps, PVOID *ProcessHeaps);

/* Calls EnumRoutine for each heap until one call does not succeed; that call's status. (nt-heap.md 7) */
NTSYSAPI NTSTATUS NTAPI RtlEnumProcessHeaps(PRTL_ENUM_HEAPS_ROUTINE EnumRoutine, PVOID Parameter);

/* RTL_DEBUG_INFORMATION.Flags: HEAP_TAGS and HEAP_ENTRIES are what RtlQueryProcessHeapInformation is to add to what it
 * tells of each heap; the others ask for nothing of a heap and mean nothing to it. */
#define RTL_QUERY_PROCESS_MODULES 0x00000001
#define RTL_QUERY_PROCESS_BACKTRACES 0x00000002
#define RTL_QUERY_PROCESS_HEAP_SUMMARY 0x00000004
#define RTL_QUERY_PROCESS_HEAP_TAGS 0x00000008
#define RTL_QUERY_PROCESS_HEAP_ENTRIES 0x00000010
#define RTL_QUERY_PROCESS_LOCKS 0x00000020
#define RTL_QUERY_PROCESS_MODULES32 0x00000040
#define RTL_QUERY_PROCESS_VERIFIER_OPTIONS 0x00000080
#define RTL_QUERY_PROCESS_MODULESEX 0x00000100
#define RTL_QUERY_PROCESS_HEAP_SEGMENTS 0x00000200
#define RTL_QUERY_PROCESS_CS_OWNER 0x00000400
#define RTL_QUERY_PROCESS_NONINVASIVE 0x80000000

/*
 * Tells of all heaps of this process: Heaps becomes the address of an RTL_PROCESS_HEAPS_V1 in the ViewSize bytes at
 * ViewBaseClient, of which the first OffsetFree are taken; OffsetFree is moved behind all that was stored. The entries
 * of a heap begin with one for a region, at whose FirstBlock the next one starts; each starts where the one before
 * ends, and the data of a block lies EntryOverhead behind its start. A large block is a region of its own. Waits for
 * heaps that other threads hold. STATUS_NO_MEMORY: there is not enough room; STATUS_NOT_SUPPORTED: TargetProcessId is
 * another process (0 is this one); STATUS_INVALID_PARAMETER: there is no buffer. (nt-heap.md 13)
 */
NTSYSAPI NTSTATUS NTAPI RtlQueryProcessHeapInformation(PRTL_DEBUG_INFORMATION Buffer);

/*
 * Information about a heap; *ReturnLength (may be NULL) is the size stored or needed. (nt-heap.md 8)
 *
 * HeapExtendedInformation: HeapInformation begins with a HEAP_EXTENDED_INFORMATION in which the caller says what to
 * tell, and in whose union the answer begins. HeapHandle of the structure: a heap, or NULL for all of the process;
 * that of the call is not looked at. ProcessHandle: NULL or (HANDLE)-1, this process. Level: what is told at most, from
 * the process (only without a heap) to heaps, their regions, ranges of pages, and blocks. The records follow the
 * structure, and lists of them are linked by offsets from its start:
 *
 *   HEAP_INFORMATION         Mode as HeapCompatibilityInformation
 *   HEAP_REGION_INFORMATION  a segment, or a large block with the address space around it
 *   HEAP_RANGE_INFORMATION   pages of a region that are committed, or are not, all of them in order
 *   HEAP_BLOCK_INFORMATION   what lies in a range, as RtlWalkHeap tells it; Flags are HEAP_BLOCK_*
 *
 * HeapExtendedHeapHeapPerfInformationLevel: a HEAP_PERFORMANCE_COUNTERS_INFORMATION for each heap, one behind the
 * other, Version 1. AllocatedSpace and FreeSpace are what was asked for of CommitSize, and the rest; UCRLength and
 * LargeUCRMemory number and bytes of uncommitted ranges; FreeListLength free blocks; VirtualBlocks large ones; what is
 * not counted (Contention, the rates, SegmentHeapPerfInformation) is 0.
 *
 * With a CallbackRoutine the records are not stored: the routine is called with each, from the outside in, without
 * offsets, Size being that of the record. No heap is held meanwhile; what it is told of was so when the call began. It
 * ends the call by any error status, which is the call's.
 *
 * Waits for heaps that other threads hold. STATUS_BUFFER_TOO_SMALL: *ReturnLength bytes were needed just now;
 * STATUS_INVALID_HANDLE; STATUS_NOT_SUPPORTED: another process; STATUS_INVALID_PARAMETER: another level, no buffer, or
 * a heap with an overwritten block; STATUS_NO_MEMORY. Windows' semantics are hardly public, these are Cairn's.
 */
NTSYSAPI NTSTATUS NTAPI RtlQueryHeapInformation(PVOID HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass,
                                                PVOID HeapInformation, SIZE_T HeapInformationLength,
                                                PSIZE_T ReturnLength);

/*
 * Changes a property of a heap, or with a NULL handle of all heaps. (nt-heap.md 8)
 *
 * HeapMemoryLimit, with an RTL_HEAP_MEMORY_LIMIT_INFO whose Version is RTL_HEAP_MEMORY_LIMIT_CURRENT_VERSION, sets hard
 * limits for one heap, in place of those it had. What would commit more than CommitLimitBytes in all (HeapSummary tells
 * cbCommitted), or is larger than MaxAllocationSizeBytes, fails as for lack of memory: NULL, ERROR_NOT_ENOUGH_MEMORY,
 * or STATUS_NO_MEMORY raised; where that limit has a FailureCode, that is the last status of the failed call. Before a
 * call fails so, the heap gives the memory of free blocks back. A heap that has more than it may keeps it, and gets no
 * more. Windows' semantics are not public, these are Cairn's. STATUS_INVALID_PARAMETER: Version, length or a code that
 * is neither 0 nor an error status; STATUS_INVALID_HANDLE: no heap, or NULL; STATUS_UNSUCCESSFUL: a
 * MaxAllocationSizeBytes below what the low-fragmentation heap of this heap serves already.
 */
NTSYSAPI NTSTATUS NTAPI RtlSetHeapInformation(PVOID HeapHandle, HEAP_INFORMATION_CLASS HeapInformationClass,
                                              PVOID HeapInformation, SIZE_T HeapInformationLength);

/* The Win32 error code for a status. (types-and-constants.md 8) */
NTSYSAPI ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status);

/* The calling thread's last-error code, the one of GetLastError. */
NTSYSAPI ULONG NTAPI RtlGetLastWin32Error(void);

/* Sets the calling thread's last-error code. */
NTSYSAPI VOID NTAPI RtlSetLastWin32Error(ULONG Win32Error);

/* The status behind the calling thread's last failed call. */
NTSYSAPI NTSTATUS NTAPI RtlGetLastNtStatus(void);

CAIRN_END_DECLS

#endif
