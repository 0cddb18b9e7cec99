/* The layouts of the structures, written here from types-and-constants.md 14: offsets, sizes and types. Of the two
 * columns there the one for 64 bits, which is what this is built for. */
#include <windows.h>
#include <ntifs.h>

#include "check.h"

#include <stddef.h>

struct row {
    const char *spec;
    const char *name;
    size_t offset; /* of a structure: its alignment */
    size_t size;
    size_t expected_offset;
    size_t expected_size;
    bool has_type;
};

#define MEMBER_OF(structure, member) (((structure *)0)->member)
#define IS_TYPE(value, type) __builtin_types_compatible_p(__typeof__(value), __typeof__(type))

/* A structure: its size and alignment. */
#define WHOLE(spec, structure, size, alignment)                                                                        \
    {                                                                                                                  \
        spec, #structure, _Alignof(structure), sizeof(structure), alignment, size, true                                \
    }

/* A member whose type the line does not name. */
#define PLACE(spec, structure, member, offset, size)                                                                   \
    {                                                                                                                  \
        spec, #structure "." #member, offsetof(structure, member), sizeof(MEMBER_OF(structure, member)), offset, size, \
            true                                                                                                       \
    }

#define FIELD(spec, structure, member, type, offset, size)                                                             \
    {                                                                                                                  \
        spec, #structure "." #member, offsetof(structure, member), sizeof(MEMBER_OF(structure, member)), offset, size, \
            IS_TYPE(MEMBER_OF(structure, member), type)                                                                \
    }

/* The same of a structure within the union of another, with offsets from there. */
#define PART(spec, structure, part, size, alignment)                                                                   \
    {                                                                                                                  \
        spec, #structure "." #part, _Alignof(__typeof__(MEMBER_OF(structure, part))),                                  \
            sizeof(MEMBER_OF(structure, part)), alignment, size, true                                                  \
    }
#define MEMBER(spec, structure, part, member, type, offset, size)                                                      \
    {                                                                                                                  \
        spec, #structure "." #part "." #member, offsetof(structure, part.member) - offsetof(structure, part),          \
            sizeof(MEMBER_OF(structure, part.member)), offset, size, IS_TYPE(MEMBER_OF(structure, part.member), type)  \
    }

static const struct row rows[] = {
    /* 14.1: HeapWalk, RtlWalkHeap */
    WHOLE("T14.1.1", PROCESS_HEAP_ENTRY, 40, 8),
    FIELD("T14.1.2", PROCESS_HEAP_ENTRY, lpData, PVOID, 0x00, 8),
    FIELD("T14.1.3", PROCESS_HEAP_ENTRY, cbData, DWORD, 0x08, 4),
    FIELD("T14.1.4", PROCESS_HEAP_ENTRY, cbOverhead, BYTE, 0x0c, 1),
    FIELD("T14.1.5", PROCESS_HEAP_ENTRY, iRegionIndex, BYTE, 0x0d, 1),
    FIELD("T14.1.6", PROCESS_HEAP_ENTRY, wFlags, WORD, 0x0e, 2),
    PLACE("T14.1.7", PROCESS_HEAP_ENTRY, Block, 0x10, 24),
    PLACE("T14.1.7", PROCESS_HEAP_ENTRY, Region, 0x10, 24),
    PART("T14.1.9", PROCESS_HEAP_ENTRY, Block, 24, 8),
    MEMBER("T14.1.10", PROCESS_HEAP_ENTRY, Block, hMem, HANDLE, 0x00, 8),
    MEMBER("T14.1.11", PROCESS_HEAP_ENTRY, Block, dwReserved, DWORD[3], 0x08, 12),
    PART("T14.1.12", PROCESS_HEAP_ENTRY, Region, 24, 8),
    MEMBER("T14.1.13", PROCESS_HEAP_ENTRY, Region, dwCommittedSize, DWORD, 0x00, 4),
    MEMBER("T14.1.14", PROCESS_HEAP_ENTRY, Region, dwUnCommittedSize, DWORD, 0x04, 4),
    MEMBER("T14.1.15", PROCESS_HEAP_ENTRY, Region, lpFirstBlock, LPVOID, 0x08, 8),
    MEMBER("T14.1.16", PROCESS_HEAP_ENTRY, Region, lpLastBlock, LPVOID, 0x10, 8),
    WHOLE("T14.1.18", RTL_HEAP_WALK_ENTRY, 48, 8),
    FIELD("T14.1.19", RTL_HEAP_WALK_ENTRY, DataAddress, PVOID, 0x00, 8),
    FIELD("T14.1.20", RTL_HEAP_WALK_ENTRY, DataSize, SIZE_T, 0x08, 8),
    FIELD("T14.1.21", RTL_HEAP_WALK_ENTRY, OverheadBytes, UCHAR, 0x10, 1),
    FIELD("T14.1.22", RTL_HEAP_WALK_ENTRY, SegmentIndex, UCHAR, 0x11, 1),
    FIELD("T14.1.23", RTL_HEAP_WALK_ENTRY, Flags, USHORT, 0x12, 2),
    PLACE("T14.1.24", RTL_HEAP_WALK_ENTRY, Block, 0x18, 24),
    PLACE("T14.1.24", RTL_HEAP_WALK_ENTRY, Segment, 0x18, 24),
    PART("T14.1.25", RTL_HEAP_WALK_ENTRY, Block, 24, 8),
    MEMBER("T14.1.26", RTL_HEAP_WALK_ENTRY, Block, Settable, SIZE_T, 0x00, 8),
    MEMBER("T14.1.27", RTL_HEAP_WALK_ENTRY, Block, TagIndex, USHORT, 0x08, 2),
    MEMBER("T14.1.28", RTL_HEAP_WALK_ENTRY, Block, AllocatorBackTraceIndex, USHORT, 0x0a, 2),
    MEMBER("T14.1.29", RTL_HEAP_WALK_ENTRY, Block, Reserved, ULONG[2], 0x0c, 8),
    PART("T14.1.30", RTL_HEAP_WALK_ENTRY, Segment, 24, 8),
    MEMBER("T14.1.31", RTL_HEAP_WALK_ENTRY, Segment, CommittedSize, ULONG, 0x00, 4),
    MEMBER("T14.1.32", RTL_HEAP_WALK_ENTRY, Segment, UnCommittedSize, ULONG, 0x04, 4),
    MEMBER("T14.1.33", RTL_HEAP_WALK_ENTRY, Segment, FirstEntry, PVOID, 0x08, 8),
    MEMBER("T14.1.34", RTL_HEAP_WALK_ENTRY, Segment, LastEntry, PVOID, 0x10, 8),
    /* 14.2: heapapi.h */
    WHOLE("T14.2.1", HEAP_SUMMARY, 40, 8),
    FIELD("T14.2.3", HEAP_SUMMARY, cb, DWORD, 0x00, 4),
    FIELD("T14.2.4", HEAP_SUMMARY, cbAllocated, SIZE_T, 0x08, 8),
    FIELD("T14.2.5", HEAP_SUMMARY, cbCommitted, SIZE_T, 0x10, 8),
    FIELD("T14.2.6", HEAP_SUMMARY, cbReserved, SIZE_T, 0x18, 8),
    FIELD("T14.2.7", HEAP_SUMMARY, cbMaxReserve, SIZE_T, 0x20, 8),
    WHOLE("T14.2.8", HEAP_OPTIMIZE_RESOURCES_INFORMATION, 8, 4),
    FIELD("T14.2.9", HEAP_OPTIMIZE_RESOURCES_INFORMATION, Version, DWORD, 0x00, 4),
    FIELD("T14.2.10", HEAP_OPTIMIZE_RESOURCES_INFORMATION, Flags, DWORD, 0x04, 4),
    /* 14.3: parameters of RtlCreateHeap */
    WHOLE("T14.3.1", RTL_HEAP_PARAMETERS, 96, 8),
    FIELD("T14.3.3", RTL_HEAP_PARAMETERS, Length, ULONG, 0x00, 4),
    FIELD("T14.3.4", RTL_HEAP_PARAMETERS, SegmentReserve, SIZE_T, 0x08, 8),
    FIELD("T14.3.5", RTL_HEAP_PARAMETERS, SegmentCommit, SIZE_T, 0x10, 8),
    FIELD("T14.3.6", RTL_HEAP_PARAMETERS, DeCommitFreeBlockThreshold, SIZE_T, 0x18, 8),
    FIELD("T14.3.7", RTL_HEAP_PARAMETERS, DeCommitTotalFreeThreshold, SIZE_T, 0x20, 8),
    FIELD("T14.3.8", RTL_HEAP_PARAMETERS, MaximumAllocationSize, SIZE_T, 0x28, 8),
    FIELD("T14.3.9", RTL_HEAP_PARAMETERS, VirtualMemoryThreshold, SIZE_T, 0x30, 8),
    FIELD("T14.3.10", RTL_HEAP_PARAMETERS, InitialCommit, SIZE_T, 0x38, 8),
    FIELD("T14.3.11", RTL_HEAP_PARAMETERS, InitialReserve, SIZE_T, 0x40, 8),
    PLACE("T14.3.12", RTL_HEAP_PARAMETERS, CommitRoutine, 0x48, 8),
    FIELD("T14.3.13", RTL_HEAP_PARAMETERS, Reserved, SIZE_T[2], 0x50, 16),
    WHOLE("T14.3.14", RTL_SEGMENT_HEAP_PARAMETERS, 80, 8),
    FIELD("T14.3.15", RTL_SEGMENT_HEAP_PARAMETERS, Version, USHORT, 0x00, 2),
    FIELD("T14.3.16", RTL_SEGMENT_HEAP_PARAMETERS, Size, USHORT, 0x02, 2),
    FIELD("T14.3.17", RTL_SEGMENT_HEAP_PARAMETERS, Flags, ULONG, 0x04, 4),
    FIELD("T14.3.18", RTL_SEGMENT_HEAP_PARAMETERS, MemorySource, RTL_SEGMENT_HEAP_MEMORY_SOURCE, 0x08, 40),
    FIELD("T14.3.19", RTL_SEGMENT_HEAP_PARAMETERS, Reserved, SIZE_T[4], 0x30, 32),
    WHOLE("T14.3.20", RTL_SEGMENT_HEAP_MEMORY_SOURCE, 40, 8),
    FIELD("T14.3.21", RTL_SEGMENT_HEAP_MEMORY_SOURCE, Flags, ULONG, 0x00, 4),
    FIELD("T14.3.22", RTL_SEGMENT_HEAP_MEMORY_SOURCE, MemoryTypeMask, ULONG, 0x04, 4),
    FIELD("T14.3.23", RTL_SEGMENT_HEAP_MEMORY_SOURCE, NumaNode, ULONG, 0x08, 4),
    FIELD("T14.3.24", RTL_SEGMENT_HEAP_MEMORY_SOURCE, PartitionHandle, HANDLE, 0x10, 8),
    FIELD("T14.3.24", RTL_SEGMENT_HEAP_MEMORY_SOURCE, Callbacks, RTL_SEGMENT_HEAP_VA_CALLBACKS *, 0x10, 8),
    FIELD("T14.3.25", RTL_SEGMENT_HEAP_MEMORY_SOURCE, Reserved, SIZE_T[2], 0x18, 16),
    WHOLE("T14.3.26", RTL_SEGMENT_HEAP_VA_CALLBACKS, 32, 8),
    FIELD("T14.3.27", RTL_SEGMENT_HEAP_VA_CALLBACKS, CallbackContext, HANDLE, 0x00, 8),
    PLACE("T14.3.28", RTL_SEGMENT_HEAP_VA_CALLBACKS, AllocateVirtualMemory, 0x08, 8),
    PLACE("T14.3.29", RTL_SEGMENT_HEAP_VA_CALLBACKS, FreeVirtualMemory, 0x10, 8),
    PLACE("T14.3.30", RTL_SEGMENT_HEAP_VA_CALLBACKS, QueryVirtualMemory, 0x18, 8),
    /* 14.4: snapshots, tags, usage */
    WHOLE("T14.4.1", RTL_HEAP_ENTRY, 32, 8),
    FIELD("T14.4.2", RTL_HEAP_ENTRY, Size, SIZE_T, 0x00, 8),
    FIELD("T14.4.3", RTL_HEAP_ENTRY, Flags, USHORT, 0x08, 2),
    FIELD("T14.4.4", RTL_HEAP_ENTRY, AllocatorBackTraceIndex, USHORT, 0x0a, 2),
    PLACE("T14.4.5", RTL_HEAP_ENTRY, u, 0x10, 16),
    FIELD("T14.4.6", RTL_HEAP_ENTRY, u.s1.Settable, SIZE_T, 0x10, 8),
    FIELD("T14.4.6", RTL_HEAP_ENTRY, u.s1.Tag, ULONG, 0x18, 4),
    FIELD("T14.4.6", RTL_HEAP_ENTRY, u.s2.CommittedSize, SIZE_T, 0x10, 8),
    FIELD("T14.4.6", RTL_HEAP_ENTRY, u.s2.FirstBlock, PVOID, 0x18, 8),
    WHOLE("T14.4.7", RTL_HEAP_TAG, 72, 8),
    FIELD("T14.4.8", RTL_HEAP_TAG, NumberOfAllocations, ULONG, 0x00, 4),
    FIELD("T14.4.9", RTL_HEAP_TAG, NumberOfFrees, ULONG, 0x04, 4),
    FIELD("T14.4.10", RTL_HEAP_TAG, BytesAllocated, SIZE_T, 0x08, 8),
    FIELD("T14.4.11", RTL_HEAP_TAG, TagIndex, USHORT, 0x10, 2),
    FIELD("T14.4.12", RTL_HEAP_TAG, CreatorBackTraceIndex, USHORT, 0x12, 2),
    FIELD("T14.4.13", RTL_HEAP_TAG, TagName, WCHAR[24], 0x14, 48),
    WHOLE("T14.4.14", RTL_HEAP_INFORMATION_V1, 88, 8),
    FIELD("T14.4.15", RTL_HEAP_INFORMATION_V1, BaseAddress, PVOID, 0x00, 8),
    FIELD("T14.4.16", RTL_HEAP_INFORMATION_V1, Flags, ULONG, 0x08, 4),
    FIELD("T14.4.17", RTL_HEAP_INFORMATION_V1, EntryOverhead, USHORT, 0x0c, 2),
    FIELD("T14.4.18", RTL_HEAP_INFORMATION_V1, CreatorBackTraceIndex, USHORT, 0x0e, 2),
    FIELD("T14.4.19", RTL_HEAP_INFORMATION_V1, BytesAllocated, SIZE_T, 0x10, 8),
    FIELD("T14.4.20", RTL_HEAP_INFORMATION_V1, BytesCommitted, SIZE_T, 0x18, 8),
    FIELD("T14.4.21", RTL_HEAP_INFORMATION_V1, NumberOfTags, ULONG, 0x20, 4),
    FIELD("T14.4.22", RTL_HEAP_INFORMATION_V1, NumberOfEntries, ULONG, 0x24, 4),
    FIELD("T14.4.23", RTL_HEAP_INFORMATION_V1, NumberOfPseudoTags, ULONG, 0x28, 4),
    FIELD("T14.4.24", RTL_HEAP_INFORMATION_V1, PseudoTagGranularity, ULONG, 0x2c, 4),
    FIELD("T14.4.25", RTL_HEAP_INFORMATION_V1, Reserved, ULONG[5], 0x30, 20),
    FIELD("T14.4.26", RTL_HEAP_INFORMATION_V1, Tags, RTL_HEAP_TAG *, 0x48, 8),
    FIELD("T14.4.27", RTL_HEAP_INFORMATION_V1, Entries, RTL_HEAP_ENTRY *, 0x50, 8),
    WHOLE("T14.4.28", RTL_HEAP_INFORMATION_V2, 96, 8),
    FIELD("T14.4.29", RTL_HEAP_INFORMATION_V2, BaseAddress, PVOID, 0x00, 8),
    FIELD("T14.4.30", RTL_HEAP_INFORMATION_V2, Flags, ULONG, 0x08, 4),
    FIELD("T14.4.31", RTL_HEAP_INFORMATION_V2, EntryOverhead, USHORT, 0x0c, 2),
    FIELD("T14.4.32", RTL_HEAP_INFORMATION_V2, CreatorBackTraceIndex, USHORT, 0x0e, 2),
    FIELD("T14.4.33", RTL_HEAP_INFORMATION_V2, BytesAllocated, SIZE_T, 0x10, 8),
    FIELD("T14.4.34", RTL_HEAP_INFORMATION_V2, BytesCommitted, SIZE_T, 0x18, 8),
    FIELD("T14.4.35", RTL_HEAP_INFORMATION_V2, NumberOfTags, ULONG, 0x20, 4),
    FIELD("T14.4.36", RTL_HEAP_INFORMATION_V2, NumberOfEntries, ULONG, 0x24, 4),
    FIELD("T14.4.37", RTL_HEAP_INFORMATION_V2, NumberOfPseudoTags, ULONG, 0x28, 4),
    FIELD("T14.4.38", RTL_HEAP_INFORMATION_V2, PseudoTagGranularity, ULONG, 0x2c, 4),
    FIELD("T14.4.39", RTL_HEAP_INFORMATION_V2, Reserved, ULONG[5], 0x30, 20),
    FIELD("T14.4.40", RTL_HEAP_INFORMATION_V2, Tags, RTL_HEAP_TAG *, 0x48, 8),
    FIELD("T14.4.41", RTL_HEAP_INFORMATION_V2, Entries, RTL_HEAP_ENTRY *, 0x50, 8),
    FIELD("T14.4.42", RTL_HEAP_INFORMATION_V2, HeapTag, ULONG64, 0x58, 8),
    WHOLE("T14.4.43", RTL_PROCESS_HEAPS_V1, 96, 8),
    FIELD("T14.4.44", RTL_PROCESS_HEAPS_V1, NumberOfHeaps, ULONG, 0x00, 4),
    FIELD("T14.4.45", RTL_PROCESS_HEAPS_V1, Heaps, RTL_HEAP_INFORMATION_V1[1], 0x08, 88),
    WHOLE("T14.4.46", RTL_PROCESS_HEAPS_V2, 104, 8),
    FIELD("T14.4.47", RTL_PROCESS_HEAPS_V2, NumberOfHeaps, ULONG, 0x00, 4),
    FIELD("T14.4.48", RTL_PROCESS_HEAPS_V2, Heaps, RTL_HEAP_INFORMATION_V2[1], 0x08, 96),
    WHOLE("T14.4.49", RTL_HEAP_TAG_INFO, 16, 8),
    FIELD("T14.4.50", RTL_HEAP_TAG_INFO, NumberOfAllocations, ULONG, 0x00, 4),
    FIELD("T14.4.51", RTL_HEAP_TAG_INFO, NumberOfFrees, ULONG, 0x04, 4),
    FIELD("T14.4.52", RTL_HEAP_TAG_INFO, BytesAllocated, SIZE_T, 0x08, 8),
    WHOLE("T14.4.53", RTL_HEAP_USAGE_ENTRY, 32, 8),
    FIELD("T14.4.54", RTL_HEAP_USAGE_ENTRY, Next, RTL_HEAP_USAGE_ENTRY *, 0x00, 8),
    FIELD("T14.4.55", RTL_HEAP_USAGE_ENTRY, Address, PVOID, 0x08, 8),
    FIELD("T14.4.56", RTL_HEAP_USAGE_ENTRY, Size, SIZE_T, 0x10, 8),
    FIELD("T14.4.57", RTL_HEAP_USAGE_ENTRY, AllocatorBackTraceIndex, USHORT, 0x18, 2),
    FIELD("T14.4.58", RTL_HEAP_USAGE_ENTRY, TagIndex, USHORT, 0x1a, 2),
    WHOLE("T14.4.59", RTL_HEAP_USAGE, 128, 8),
    FIELD("T14.4.60", RTL_HEAP_USAGE, Length, ULONG, 0x00, 4),
    FIELD("T14.4.61", RTL_HEAP_USAGE, BytesAllocated, SIZE_T, 0x08, 8),
    FIELD("T14.4.62", RTL_HEAP_USAGE, BytesCommitted, SIZE_T, 0x10, 8),
    FIELD("T14.4.63", RTL_HEAP_USAGE, BytesReserved, SIZE_T, 0x18, 8),
    FIELD("T14.4.64", RTL_HEAP_USAGE, BytesReservedMaximum, SIZE_T, 0x20, 8),
    FIELD("T14.4.65", RTL_HEAP_USAGE, Entries, RTL_HEAP_USAGE_ENTRY *, 0x28, 8),
    FIELD("T14.4.66", RTL_HEAP_USAGE, AddedEntries, RTL_HEAP_USAGE_ENTRY *, 0x30, 8),
    FIELD("T14.4.67", RTL_HEAP_USAGE, RemovedEntries, RTL_HEAP_USAGE_ENTRY *, 0x38, 8),
    FIELD("T14.4.68", RTL_HEAP_USAGE, Reserved, ULONG_PTR[8], 0x40, 64),
    WHOLE("T14.4.69", RTL_DEBUG_INFORMATION, 208, 8),
    FIELD("T14.4.70", RTL_DEBUG_INFORMATION, SectionHandleClient, HANDLE, 0x00, 8),
    FIELD("T14.4.71", RTL_DEBUG_INFORMATION, ViewBaseClient, PVOID, 0x08, 8),
    FIELD("T14.4.72", RTL_DEBUG_INFORMATION, ViewBaseTarget, PVOID, 0x10, 8),
    FIELD("T14.4.73", RTL_DEBUG_INFORMATION, ViewBaseDelta, ULONG_PTR, 0x18, 8),
    FIELD("T14.4.74", RTL_DEBUG_INFORMATION, EventPairClient, HANDLE, 0x20, 8),
    FIELD("T14.4.75", RTL_DEBUG_INFORMATION, EventPairTarget, HANDLE, 0x28, 8),
    FIELD("T14.4.76", RTL_DEBUG_INFORMATION, TargetProcessId, HANDLE, 0x30, 8),
    FIELD("T14.4.77", RTL_DEBUG_INFORMATION, TargetThreadHandle, HANDLE, 0x38, 8),
    FIELD("T14.4.78", RTL_DEBUG_INFORMATION, Flags, ULONG, 0x40, 4),
    FIELD("T14.4.79", RTL_DEBUG_INFORMATION, OffsetFree, SIZE_T, 0x48, 8),
    FIELD("T14.4.80", RTL_DEBUG_INFORMATION, CommitSize, SIZE_T, 0x50, 8),
    FIELD("T14.4.81", RTL_DEBUG_INFORMATION, ViewSize, SIZE_T, 0x58, 8),
    FIELD("T14.4.82", RTL_DEBUG_INFORMATION, Modules, PVOID, 0x60, 8),
    FIELD("T14.4.83", RTL_DEBUG_INFORMATION, BackTraces, PVOID, 0x68, 8),
    FIELD("T14.4.84", RTL_DEBUG_INFORMATION, Heaps, PVOID, 0x70, 8),
    FIELD("T14.4.85", RTL_DEBUG_INFORMATION, Locks, PVOID, 0x78, 8),
    FIELD("T14.4.86", RTL_DEBUG_INFORMATION, SpecificHeap, PVOID, 0x80, 8),
    FIELD("T14.4.87", RTL_DEBUG_INFORMATION, TargetProcessHandle, HANDLE, 0x88, 8),
    FIELD("T14.4.88", RTL_DEBUG_INFORMATION, VerifierOptions, PVOID, 0x90, 8),
    FIELD("T14.4.89", RTL_DEBUG_INFORMATION, ProcessHeap, PVOID, 0x98, 8),
    FIELD("T14.4.90", RTL_DEBUG_INFORMATION, CriticalSectionHandle, HANDLE, 0xa0, 8),
    FIELD("T14.4.91", RTL_DEBUG_INFORMATION, CriticalSectionOwnerThread, HANDLE, 0xa8, 8),
    FIELD("T14.4.92", RTL_DEBUG_INFORMATION, Reserved, PVOID[4], 0xb0, 32),
    /* 14.5: heap information classes */
    WHOLE("T14.5.1", HEAP_EXTENDED_INFORMATION, 88, 8),
    FIELD("T14.5.2", HEAP_EXTENDED_INFORMATION, ProcessHandle, HANDLE, 0x00, 8),
    FIELD("T14.5.3", HEAP_EXTENDED_INFORMATION, HeapHandle, PVOID, 0x08, 8),
    FIELD("T14.5.4", HEAP_EXTENDED_INFORMATION, Level, ULONG, 0x10, 4),
    PLACE("T14.5.5", HEAP_EXTENDED_INFORMATION, CallbackRoutine, 0x18, 8),
    FIELD("T14.5.6", HEAP_EXTENDED_INFORMATION, CallbackContext, PVOID, 0x20, 8),
    PLACE("T14.5.7", HEAP_EXTENDED_INFORMATION, HeapInformation, 0x28, 48),
    WHOLE("T14.5.8", PROCESS_HEAP_INFORMATION, 32, 8),
    FIELD("T14.5.9", PROCESS_HEAP_INFORMATION, ReserveSize, SIZE_T, 0x00, 8),
    FIELD("T14.5.10", PROCESS_HEAP_INFORMATION, CommitSize, SIZE_T, 0x08, 8),
    FIELD("T14.5.11", PROCESS_HEAP_INFORMATION, NumberOfHeaps, ULONG, 0x10, 4),
    FIELD("T14.5.12", PROCESS_HEAP_INFORMATION, FirstHeapInformationOffset, ULONG_PTR, 0x18, 8),
    WHOLE("T14.5.13", HEAP_INFORMATION, 48, 8),
    FIELD("T14.5.14", HEAP_INFORMATION, Address, PVOID, 0x00, 8),
    FIELD("T14.5.15", HEAP_INFORMATION, Mode, ULONG, 0x08, 4),
    FIELD("T14.5.16", HEAP_INFORMATION, ReserveSize, SIZE_T, 0x10, 8),
    FIELD("T14.5.17", HEAP_INFORMATION, CommitSize, SIZE_T, 0x18, 8),
    FIELD("T14.5.18", HEAP_INFORMATION, FirstRegionInformationOffset, ULONG_PTR, 0x20, 8),
    FIELD("T14.5.19", HEAP_INFORMATION, NextHeapInformationOffset, ULONG_PTR, 0x28, 8),
    WHOLE("T14.5.20", HEAP_REGION_INFORMATION, 40, 8),
    FIELD("T14.5.21", HEAP_REGION_INFORMATION, Address, PVOID, 0x00, 8),
    FIELD("T14.5.22", HEAP_REGION_INFORMATION, ReserveSize, SIZE_T, 0x08, 8),
    FIELD("T14.5.23", HEAP_REGION_INFORMATION, CommitSize, SIZE_T, 0x10, 8),
    FIELD("T14.5.24", HEAP_REGION_INFORMATION, FirstRangeInformationOffset, ULONG_PTR, 0x18, 8),
    FIELD("T14.5.25", HEAP_REGION_INFORMATION, NextRegionInformationOffset, ULONG_PTR, 0x20, 8),
    WHOLE("T14.5.26", HEAP_RANGE_INFORMATION, 40, 8),
    FIELD("T14.5.27", HEAP_RANGE_INFORMATION, Address, PVOID, 0x00, 8),
    FIELD("T14.5.28", HEAP_RANGE_INFORMATION, Size, SIZE_T, 0x08, 8),
    FIELD("T14.5.29", HEAP_RANGE_INFORMATION, Type, ULONG, 0x10, 4),
    FIELD("T14.5.30", HEAP_RANGE_INFORMATION, Protection, ULONG, 0x14, 4),
    FIELD("T14.5.31", HEAP_RANGE_INFORMATION, FirstBlockInformationOffset, ULONG_PTR, 0x18, 8),
    FIELD("T14.5.32", HEAP_RANGE_INFORMATION, NextRangeInformationOffset, ULONG_PTR, 0x20, 8),
    WHOLE("T14.5.33", HEAP_BLOCK_INFORMATION, 40, 8),
    FIELD("T14.5.34", HEAP_BLOCK_INFORMATION, Address, PVOID, 0x00, 8),
    FIELD("T14.5.35", HEAP_BLOCK_INFORMATION, Flags, ULONG, 0x08, 4),
    FIELD("T14.5.36", HEAP_BLOCK_INFORMATION, DataSize, SIZE_T, 0x10, 8),
    FIELD("T14.5.37", HEAP_BLOCK_INFORMATION, OverheadSize, ULONG_PTR, 0x18, 8),
    FIELD("T14.5.38", HEAP_BLOCK_INFORMATION, NextBlockInformationOffset, ULONG_PTR, 0x20, 8),
    WHOLE("T14.5.39", HEAP_INFORMATION_ITEM, 168, 8),
    FIELD("T14.5.40", HEAP_INFORMATION_ITEM, Level, ULONG, 0x00, 4),
    FIELD("T14.5.41", HEAP_INFORMATION_ITEM, Size, SIZE_T, 0x08, 8),
    PLACE("T14.5.42", HEAP_INFORMATION_ITEM, HeapPerfInformation, 0x10, 152),
    WHOLE("T14.5.43", HEAP_PERFORMANCE_COUNTERS_INFORMATION, 152, 8),
    FIELD("T14.5.44", HEAP_PERFORMANCE_COUNTERS_INFORMATION, Size, ULONG, 0x00, 4),
    FIELD("T14.5.45", HEAP_PERFORMANCE_COUNTERS_INFORMATION, Version, ULONG, 0x04, 4),
    FIELD("T14.5.46", HEAP_PERFORMANCE_COUNTERS_INFORMATION, HeapIndex, ULONG, 0x08, 4),
    FIELD("T14.5.47", HEAP_PERFORMANCE_COUNTERS_INFORMATION, LastHeapIndex, ULONG, 0x0c, 4),
    FIELD("T14.5.48", HEAP_PERFORMANCE_COUNTERS_INFORMATION, BaseAddress, PVOID, 0x10, 8),
    FIELD("T14.5.49", HEAP_PERFORMANCE_COUNTERS_INFORMATION, ReserveSize, SIZE_T, 0x18, 8),
    FIELD("T14.5.50", HEAP_PERFORMANCE_COUNTERS_INFORMATION, CommitSize, SIZE_T, 0x20, 8),
    FIELD("T14.5.51", HEAP_PERFORMANCE_COUNTERS_INFORMATION, SegmentCount, ULONG, 0x28, 4),
    FIELD("T14.5.52", HEAP_PERFORMANCE_COUNTERS_INFORMATION, LargeUCRMemory, SIZE_T, 0x30, 8),
    FIELD("T14.5.53", HEAP_PERFORMANCE_COUNTERS_INFORMATION, UCRLength, ULONG, 0x38, 4),
    FIELD("T14.5.54", HEAP_PERFORMANCE_COUNTERS_INFORMATION, AllocatedSpace, SIZE_T, 0x40, 8),
    FIELD("T14.5.55", HEAP_PERFORMANCE_COUNTERS_INFORMATION, FreeSpace, SIZE_T, 0x48, 8),
    FIELD("T14.5.56", HEAP_PERFORMANCE_COUNTERS_INFORMATION, FreeListLength, ULONG, 0x50, 4),
    FIELD("T14.5.57", HEAP_PERFORMANCE_COUNTERS_INFORMATION, Contention, ULONG, 0x54, 4),
    FIELD("T14.5.58", HEAP_PERFORMANCE_COUNTERS_INFORMATION, VirtualBlocks, ULONG, 0x58, 4),
    FIELD("T14.5.59", HEAP_PERFORMANCE_COUNTERS_INFORMATION, CommitRate, ULONG, 0x5c, 4),
    FIELD("T14.5.60", HEAP_PERFORMANCE_COUNTERS_INFORMATION, DecommitRate, ULONG, 0x60, 4),
    FIELD("T14.5.61", HEAP_PERFORMANCE_COUNTERS_INFORMATION, SegmentHeapPerfInformation,
          SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, 0x68, 48),
    WHOLE("T14.5.62", SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, 48, 8),
    FIELD("T14.5.63", SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, SegmentReserveSize, SIZE_T, 0x00, 8),
    FIELD("T14.5.64", SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, SegmentCommitSize, SIZE_T, 0x08, 8),
    FIELD("T14.5.65", SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, SegmentCount, ULONG_PTR, 0x10, 8),
    FIELD("T14.5.66", SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, AllocatedSize, SIZE_T, 0x18, 8),
    FIELD("T14.5.67", SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, LargeAllocReserveSize, SIZE_T, 0x20, 8),
    FIELD("T14.5.68", SEGMENT_HEAP_PERFORMANCE_COUNTER_INFORMATION, LargeAllocCommitSize, SIZE_T, 0x28, 8),
    WHOLE("T14.5.69", HEAP_DEBUGGING_INFORMATION, 48, 8),
    PLACE("T14.5.70", HEAP_DEBUGGING_INFORMATION, InterceptorFunction, 0x00, 8),
    FIELD("T14.5.71", HEAP_DEBUGGING_INFORMATION, InterceptorValue, USHORT, 0x08, 2),
    FIELD("T14.5.72", HEAP_DEBUGGING_INFORMATION, ExtendedOptions, ULONG, 0x0c, 4),
    FIELD("T14.5.73", HEAP_DEBUGGING_INFORMATION, StackTraceDepth, ULONG, 0x10, 4),
    FIELD("T14.5.74", HEAP_DEBUGGING_INFORMATION, MinTotalBlockSize, SIZE_T, 0x18, 8),
    FIELD("T14.5.75", HEAP_DEBUGGING_INFORMATION, MaxTotalBlockSize, SIZE_T, 0x20, 8),
    PLACE("T14.5.76", HEAP_DEBUGGING_INFORMATION, HeapLeakEnumerationRoutine, 0x28, 8),
    WHOLE("T14.5.77", RTL_HEAP_STACK_QUERY, 40, 8),
    FIELD("T14.5.78", RTL_HEAP_STACK_QUERY, Version, ULONG, 0x00, 4),
    FIELD("T14.5.79", RTL_HEAP_STACK_QUERY, ProcessHandle, HANDLE, 0x08, 8),
    PLACE("T14.5.80", RTL_HEAP_STACK_QUERY, WriteRoutine, 0x10, 8),
    FIELD("T14.5.81", RTL_HEAP_STACK_QUERY, SerializationContext, PVOID, 0x18, 8),
    FIELD("T14.5.82", RTL_HEAP_STACK_QUERY, QueryLevel, UCHAR, 0x20, 1),
    FIELD("T14.5.83", RTL_HEAP_STACK_QUERY, Flags, UCHAR, 0x21, 1),
    WHOLE("T14.5.84", RTL_HEAP_STACK_CONTROL, 16, 8),
    FIELD("T14.5.85", RTL_HEAP_STACK_CONTROL, Version, USHORT, 0x00, 2),
    FIELD("T14.5.86", RTL_HEAP_STACK_CONTROL, Flags, USHORT, 0x02, 2),
    FIELD("T14.5.87", RTL_HEAP_STACK_CONTROL, ProcessHandle, HANDLE, 0x08, 8),
    /* 14.7: exceptions */
    WHOLE("T14.7.1", EXCEPTION_RECORD, 152, 8),
    FIELD("T14.7.2", EXCEPTION_RECORD, ExceptionCode, DWORD, 0x00, 4),
    FIELD("T14.7.3", EXCEPTION_RECORD, ExceptionFlags, DWORD, 0x04, 4),
    FIELD("T14.7.4", EXCEPTION_RECORD, ExceptionRecord, EXCEPTION_RECORD *, 0x08, 8),
    FIELD("T14.7.5", EXCEPTION_RECORD, ExceptionAddress, PVOID, 0x10, 8),
    FIELD("T14.7.6", EXCEPTION_RECORD, NumberParameters, DWORD, 0x18, 4),
    FIELD("T14.7.7", EXCEPTION_RECORD, ExceptionInformation, ULONG_PTR[15], 0x20, 120),
    WHOLE("T14.7.8", EXCEPTION_POINTERS, 16, 8),
    FIELD("T14.7.9", EXCEPTION_POINTERS, ExceptionRecord, EXCEPTION_RECORD *, 0x00, 8),
    FIELD("T14.7.10", EXCEPTION_POINTERS, ContextRecord, CONTEXT *, 0x08, 8),
    /* 14.8: memory status */
    WHOLE("T14.8.1", MEMORYSTATUS, 56, 8),
    FIELD("T14.8.2", MEMORYSTATUS, dwLength, DWORD, 0x00, 4),
    FIELD("T14.8.3", MEMORYSTATUS, dwMemoryLoad, DWORD, 0x04, 4),
    FIELD("T14.8.4", MEMORYSTATUS, dwTotalPhys, SIZE_T, 0x08, 8),
    FIELD("T14.8.5", MEMORYSTATUS, dwAvailPhys, SIZE_T, 0x10, 8),
    FIELD("T14.8.6", MEMORYSTATUS, dwTotalPageFile, SIZE_T, 0x18, 8),
    FIELD("T14.8.7", MEMORYSTATUS, dwAvailPageFile, SIZE_T, 0x20, 8),
    FIELD("T14.8.8", MEMORYSTATUS, dwTotalVirtual, SIZE_T, 0x28, 8),
    FIELD("T14.8.9", MEMORYSTATUS, dwAvailVirtual, SIZE_T, 0x30, 8),
    WHOLE("T14.8.10", MEMORYSTATUSEX, 64, 8),
    FIELD("T14.8.11", MEMORYSTATUSEX, dwLength, DWORD, 0x00, 4),
    FIELD("T14.8.12", MEMORYSTATUSEX, dwMemoryLoad, DWORD, 0x04, 4),
    FIELD("T14.8.13", MEMORYSTATUSEX, ullTotalPhys, DWORDLONG, 0x08, 8),
    FIELD("T14.8.14", MEMORYSTATUSEX, ullAvailPhys, DWORDLONG, 0x10, 8),
    FIELD("T14.8.15", MEMORYSTATUSEX, ullTotalPageFile, DWORDLONG, 0x18, 8),
    FIELD("T14.8.16", MEMORYSTATUSEX, ullAvailPageFile, DWORDLONG, 0x20, 8),
    FIELD("T14.8.17", MEMORYSTATUSEX, ullTotalVirtual, DWORDLONG, 0x28, 8),
    FIELD("T14.8.18", MEMORYSTATUSEX, ullAvailVirtual, DWORDLONG, 0x30, 8),
    FIELD("T14.8.19", MEMORYSTATUSEX, ullAvailExtendedVirtual, DWORDLONG, 0x38, 8),
};

/* What the lines say beside the tables. */
static NTSTATUS NTAPI commit(PVOID base, PVOID *address, SIZE_T *size)
{
    (void)base, (void)address, (void)size;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI enumerate(PHEAP_INFORMATION_ITEM item, PVOID context)
{
    (void)item, (void)context;
    return STATUS_SUCCESS;
}

static void test_the_rest(void)
{
    {
        SPEC("T14.1"); /* natural packing */
        struct {
            char first;
            PROCESS_HEAP_ENTRY second;
        } pair = {0};
        CHECK_EQ_UINT((size_t)((char *)&pair.second - &pair.first), 8);
    }
    {
        SPEC("T14.1.8");
        PROCESS_HEAP_ENTRY entry = {0};
        entry.Region.dwUnCommittedSize = 7;
        CHECK_EQ_PTR(entry.Block.hMem, (HANDLE)((ULONG_PTR)7 << 32));
        CHECK_EQ_UINT(entry.Region.dwCommittedSize, 0);
    }
    {
        SPEC("T14.1.35");
        CHECK_EQ_UINT(sizeof(RTL_HEAP_WALK_ENTRY), sizeof(PROCESS_HEAP_ENTRY) + 8);
        CHECK_EQ_UINT(offsetof(RTL_HEAP_WALK_ENTRY, Flags) - offsetof(PROCESS_HEAP_ENTRY, wFlags), 4);
        CHECK_EQ_UINT(offsetof(RTL_HEAP_WALK_ENTRY, Segment) - offsetof(PROCESS_HEAP_ENTRY, Region), 8);
    }
    {
        SPEC("T14.2.2");
        HEAP_SUMMARY summary = {.cb = sizeof(summary)};
        CHECK(HeapSummary(GetProcessHeap(), 0, &summary));
        CHECK(IS_TYPE(summary.cb, DWORD));
    }
    {
        SPEC("T14.3.2");
        RTL_HEAP_PARAMETERS parameters = {.CommitRoutine = commit};
        CHECK(parameters.CommitRoutine == commit);
    }
    {
        SPEC("T14.5.88");
        HEAP_EXTENDED_INFORMATION information = {.CallbackRoutine = enumerate};
        CHECK(information.CallbackRoutine == enumerate);
    }
    {
        SPEC("T14.7.11");
        CHECK_EQ_UINT(sizeof(CONTEXT), 1232);
    }
    {
        SPEC("N16.10");
        CHECK_EQ_UINT(HeapPerformanceCountersInformationSegmentHeapVersion, 2);
        CHECK_EQ_UINT(sizeof(MEMBER_OF(HEAP_PERFORMANCE_COUNTERS_INFORMATION, SegmentHeapPerfInformation)), 48);
    }
    {
        SPEC("T13.8");
        RTL_SEGMENT_HEAP_PARAMETERS parameters = {.Version = 3, .Size = sizeof(parameters)};
        HANDLE heap = RtlCreateHeap(HEAP_GROWABLE | HEAP_CREATE_SEGMENT_HEAP, NULL, 0, 0, NULL,
                                    (PRTL_HEAP_PARAMETERS)&parameters);
        CHECK(heap != NULL && RtlDestroyHeap(heap) == NULL);
        parameters.Version = sizeof(parameters);
        CHECK(RtlCreateHeap(HEAP_GROWABLE | HEAP_CREATE_SEGMENT_HEAP, NULL, 0, 0, NULL,
                            (PRTL_HEAP_PARAMETERS)&parameters) == NULL);
    }
}

int main(void)
{
    test_the_rest();
    for (size_t index = 0; index < sizeof(rows) / sizeof(rows[0]); index++) {
        const struct row *row = &rows[index];
        SPEC(row->spec);
        bool ok = CHECK_EQ_UINT(row->offset, row->expected_offset);
        ok = CHECK_EQ_UINT(row->size, row->expected_size) && ok;
        if (!(CHECK(row->has_type) && ok)) {
            printf("    of %s\n", row->name);
        }
    }
    return check_report();
}
