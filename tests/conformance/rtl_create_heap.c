/* RtlCreateHeap: nt-heap.md 2, every field of RTL_HEAP_PARAMETERS, HeapBase and CommitRoutine.
 *
 * Wine reads no Parameters, so what they do is asked of our own library only, by name below. */
#include "blocks.h"

#include "nt.h"

#define OWN_SIZE 0x40000u   /* bytes of memory given as HeapBase */
#define FREED_SIZE 0x80000u /* a block large enough to be decommitted */

/* Works the heap a little: blocks of several sizes keep their contents. */
static void check_works(HANDLE heap)
{
    unsigned char *blocks[10];
    for (unsigned i = 0; i < 10; i++) {
        blocks[i] = RtlAllocateHeap(heap, 0, i * 100);
        CHECK(blocks[i] != NULL);
        pattern_fill(blocks[i], i * 100, i);
    }
    CHECK(RtlValidateHeap(heap, 0, NULL));
    for (unsigned i = 0; i < 10; i++) {
        CHECK(pattern_holds(blocks[i], i * 100, i));
        CHECK(RtlFreeHeap(heap, 0, blocks[i]));
    }
    CHECK(RtlValidateHeap(heap, 0, NULL));
}

static HANDLE create(ULONG flags, SIZE_T reserve, SIZE_T commit)
{
    POISON_LAST_ERROR();
    HANDLE heap = RtlCreateHeap(flags, NULL, reserve, commit, NULL, NULL);
    if (CHECK(heap != NULL)) {
        CHECK_LAST_ERROR_UNTOUCHED();
    }
    return heap;
}

static void destroy(HANDLE heap)
{
    CHECK(RtlValidateHeap(heap, 0, NULL));
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

static ULONG header_field(HANDLE heap, size_t offset)
{
    ULONG value;
    memcpy(&value, (const unsigned char *)heap + offset, sizeof(value));
    return value;
}

/* bits outside the valid mask are masked off; without HEAP_GROWABLE the size is fixed */
static void flags(void)
{
    SPEC("N2.1.1 N2.1.7 N2.3.1");
    static const ULONG rows[] = {
        HEAP_GROWABLE,     HEAP_GROWABLE | HEAP_NO_SERIALIZE,          0,
        HEAP_NO_SERIALIZE, HEAP_GROWABLE | HEAP_CREATE_ENABLE_EXECUTE, HEAP_GROWABLE | HEAP_CLASS_1};
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        HANDLE heap = create(rows[i], 0x40000, 0);
        CHECK_EQ_UINT(header_field(heap, 0x10), 0xFFEEFFEE);
        CHECK_EQ_UINT(header_field(heap, 0x70) & 3, rows[i] & 3);
        CHECK_EQ_UINT((uintptr_t)heap & 0xFFFF, 0);
        check_works(heap);
        void *beyond = RtlAllocateHeap(heap, 0, 0x60000);
        CHECK((beyond != NULL) == ((rows[i] & HEAP_GROWABLE) != 0));
        destroy(heap);
    }
    HANDLE heap = create(HEAP_GROWABLE | 0x04000000, 0, 0);
    CHECK_EQ_UINT(header_field(heap, 0x70) & 0x04000000, 0);
    check_works(heap);
    destroy(heap);
}

/* reserve and commit; Windows 10 and the documentation disagree on what 0 means, both are in pages */
static void reserve_and_commit(void)
{
    SPEC("N2.2.1 N2.2.2 N2.2.3 N2.2.4 N2.2.5");
    HANDLE heap = create(HEAP_GROWABLE, 0, 0);
    WINE_DIFFERS("what RtlCreateHeap reserves and commits by default") {
        CHECK(region_size(heap, 0) == 0x10000 || region_size(heap, 0) == 0x40000);
        CHECK(region_committed(heap, 0) == 0x1000 || region_committed(heap, 0) == 0x2000);
    }
    destroy(heap);

    heap = create(0, 0, 0x11000);
    WINE_DIFFERS("what RtlCreateHeap reserves and commits by default") {
        CHECK_EQ_UINT(region_size(heap, 0), 0x20000); /* a multiple of 16 pages */
    }
    CHECK(region_committed(heap, 0) >= 0x11000);
    destroy(heap);
    heap = create(HEAP_GROWABLE, 0, 0x11000); /* 16 pages more, as with HeapCreate */
    CHECK(region_size(heap, 0) >= 0x20000);
    CHECK_EQ_UINT(region_size(heap, 0) % PAGE, 0);
    CHECK(region_committed(heap, 0) >= 0x11000);
    destroy(heap);

    heap = create(0, 0x30000, 0);
    WINE_DIFFERS("what RtlCreateHeap reserves and commits by default") {
        CHECK_EQ_UINT(region_size(heap, 0), 0x30000);
        CHECK(region_committed(heap, 0) == 0x1000 || region_committed(heap, 0) == 0x2000);
    }
    CHECK(region_size(heap, 0) >= 0x30000);
    destroy(heap);

    heap = create(0, 0x30001, 0x1001); /* in pages */
    CHECK(region_size(heap, 0) > 0x30000 && region_size(heap, 0) % PAGE == 0);
    CHECK(region_committed(heap, 0) > 0x1000 && region_committed(heap, 0) % PAGE == 0);
    CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, 0x40000), NULL); /* its maximum is what it reserved */
    destroy(heap);

    heap = create(0, 0x10000, 0x20000); /* commit beyond reserve */
    CHECK(region_committed(heap, 0) <= region_size(heap, 0));
    check_works(heap);
    destroy(heap);

    heap = create(0, 0x10000, 0); /* a part of the reservation is the heap's own */
    CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, 0x10000), NULL);
    destroy(heap);
}

/* sizes that cannot be had: NULL */
static void absurd_sizes(void)
{
    SPEC("N2.3.10");
    static const struct {
        SIZE_T reserve, commit;
    } rows[] = {{SIZE_MAX, 0}, {SIZE_MAX, SIZE_MAX}, {(SIZE_T)1 << 60, 0x1000}, {SIZE_MAX - 0x1FFF, 0}};
    ULONG before = RtlGetProcessHeaps(0, NULL);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (ULONG growable = 0; growable <= HEAP_GROWABLE; growable += HEAP_GROWABLE) {
            HANDLE heap = NULL;
            WINE_DIFFERS("RtlCreateHeap caps an absurd size") {
                heap = RtlCreateHeap(growable, NULL, rows[i].reserve, rows[i].commit, NULL, NULL);
                CHECK_EQ_PTR(heap, NULL);
            }
            RtlDestroyHeap(heap);
        }
    }
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before);
}

/* on the caller's committed memory: the handle is its address, it is listed, works, and never grows */
static void heap_on_committed_memory(void)
{
    SPEC("N2.3.2 N2.5.1");
    ULONG before = RtlGetProcessHeaps(0, NULL);
    unsigned char *base = pages_reserve(OWN_SIZE);
    CHECK(pages_commit(base, OWN_SIZE));
    HANDLE heap = RtlCreateHeap(0, base, OWN_SIZE, OWN_SIZE, NULL, NULL);
    if (CHECK_EQ_PTR(heap, base)) {
        CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before + 1);
        check_works(heap);
        unsigned n = 0;
        for (unsigned char *block; n < 100 && (block = RtlAllocateHeap(heap, 0, 0x4000)) != NULL; n++) {
            CHECK(block > base && block + 0x4000 <= base + OWN_SIZE);
            memset(block, 0xA5, 0x4000);
        }
        CHECK(n >= 13 && n <= 16);
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, 0x8000), NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, LARGE_MIN), NULL);
        destroy(heap);
        CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before);
    }
    pages_release(base, OWN_SIZE);
}

/* on memory that is reserved only, the heap commits what it needs */
static void heap_on_reserved_memory(void)
{
    SPEC("N2.3.2");
    if (on_wine()) {
        wine_skip("a heap commits the reserved memory that it is given"); /* Wine faults */
        return;
    }
    unsigned char *base = pages_reserve(OWN_SIZE);
    HANDLE heap = RtlCreateHeap(HEAP_NO_SERIALIZE, base, OWN_SIZE, 0, NULL, NULL);
    if (CHECK_EQ_PTR(heap, base)) {
        check_works(heap);
        unsigned char *block = RtlAllocateHeap(heap, 0, 0x30000);
        if (CHECK(block != NULL)) {
            CHECK(block > base && block + 0x30000 <= base + OWN_SIZE);
            pattern_fill(block, 0x30000, 1);
            CHECK(pattern_holds(block, 0x30000, 1));
        }
        CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, 0x30000), NULL);
        destroy(heap);
    }
    pages_release(base, OWN_SIZE);
}

#ifndef _WIN32

/* --- asked of our own library only: Wine reads no Parameters --- */

static RTL_HEAP_PARAMETERS parameters(void)
{
    RTL_HEAP_PARAMETERS p;
    memset(&p, 0, sizeof(p));
    p.Length = sizeof(p);
    return p;
}

static HANDLE create_with(ULONG heap_flags, SIZE_T reserve, RTL_HEAP_PARAMETERS *p)
{
    HANDLE heap = RtlCreateHeap(heap_flags, NULL, reserve, 0, NULL, p);
    CHECK(heap != NULL);
    return heap;
}

static SIZE_T committed_bytes(HANDLE heap)
{
    HEAP_SUMMARY summary;
    memset(&summary, 0, sizeof(summary));
    summary.cb = sizeof(summary);
    CHECK(HeapSummary(heap, 0, &summary));
    return summary.cbCommitted;
}

/* HeapBase must be page aligned, of a given size, and cannot grow: Cairn's promise */
static void heap_base_rules(void)
{
    SPEC("N2.3.2");
    unsigned char *base = pages_reserve(OWN_SIZE);
    CHECK(pages_commit(base, OWN_SIZE));
    ULONG before = RtlGetProcessHeaps(0, NULL);
    CHECK_EQ_PTR(RtlCreateHeap(HEAP_GROWABLE, base, OWN_SIZE, OWN_SIZE, NULL, NULL), NULL);
    CHECK_EQ_PTR(RtlCreateHeap(0, base + 16, OWN_SIZE - PAGE, 0, NULL, NULL), NULL);
    CHECK_EQ_PTR(RtlCreateHeap(0, base + 1, OWN_SIZE - PAGE, 0, NULL, NULL), NULL);
    CHECK_EQ_PTR(RtlCreateHeap(0, base, 0, 0, NULL, NULL), NULL);
    CHECK_EQ_PTR(RtlCreateHeap(0, base, SIZE_MAX, 0, NULL, NULL), NULL);
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before);

    HANDLE heap = RtlCreateHeap(0, base, 0, OWN_SIZE, NULL, NULL); /* the size may be given as CommitSize */
    CHECK_EQ_PTR(heap, base);
    check_works(heap);
    CHECK(RtlAllocateHeap(heap, 0, OWN_SIZE - 0x4000) != NULL);
    destroy(heap);

    heap = RtlCreateHeap(0, base + PAGE, 0x8000, 0, NULL, NULL); /* not aligned like other heaps */
    CHECK_EQ_PTR(heap, base + PAGE);
    check_works(heap);
    CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, 0x8000), NULL);
    destroy(heap);
    memset(base, 0, OWN_SIZE); /* still the caller's */
    pages_release(base, OWN_SIZE);
}

/* 2.3: HeapBase that is not mapped: NULL, no fault */
static void heap_base_unmapped(void)
{
    CHECK_EQ_PTR(RtlCreateHeap(0, pages_unmapped(), PAGE, 0, NULL, NULL), NULL);
}

/* 2.3: pointers on a heap of the caller's memory are judged as on any other */
static void heap_base_misuse(void)
{
    unsigned char *base = pages_reserve(OWN_SIZE);
    CHECK(pages_commit(base, OWN_SIZE));
    memset(base, 0xA5, OWN_SIZE); /* what lay there before does not matter */
    HANDLE heap = RtlCreateHeap(0, base, OWN_SIZE, 0, NULL, NULL);
    unsigned char *block = RtlAllocateHeap(heap, 0, 100);
    unsigned char *next = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 100);
    CHECK(all_bytes(next, 100, 0));
    static const size_t offsets[] = {1, 8, 16, 99};
    for (unsigned i = 0; i < 4; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_UINT(RtlFreeHeap(heap, 0, block + offsets[i]), FALSE);
        CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER);
        CHECK_EQ_UINT(RtlSizeHeap(heap, 0, block + offsets[i]), FAILED_SIZE);
    }
    CHECK(RtlFreeHeap(heap, 0, block));
    CHECK_EQ_UINT(RtlFreeHeap(heap, 0, block), FALSE);
    CHECK_EQ_UINT(RtlFreeHeap(GetProcessHeap(), 0, next), FALSE);
    CHECK_EQ_UINT(RtlSizeHeap(heap, 0, next), 100);
    destroy(heap);
    CHECK_EQ_PTR(RtlDestroyHeap(heap), heap); /* a second time */
    CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, 10), NULL);
    pages_release(base, OWN_SIZE);
    CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, 10), NULL);
}

/* all fields zero: the defaults; a wrong Length: ignored; an unreadable pointer: NULL */
static void parameters_structure(void)
{
    SPEC("N2.3.7 N2.3.8 N2.3.9 N2.4.1");
    RTL_HEAP_PARAMETERS p = parameters();
    HANDLE heap = create_with(HEAP_GROWABLE, 0, &p);
    check_works(heap);
    CHECK(!is_large(heap, RtlAllocateHeap(heap, 0, NORMAL_MAX)));
    destroy(heap);

    static const ULONG lengths[] = {0, 1, sizeof(p) - 1, sizeof(p) + 1, 0xFFFFFFFF};
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        memset(&p, 0x11, sizeof(p));
        p.Length = lengths[i];
        heap = create_with(HEAP_GROWABLE, 0, &p);
        check_works(heap);
        CHECK(!is_large(heap, RtlAllocateHeap(heap, 0, NORMAL_MAX)));
        destroy(heap);
    }

    ULONG before = RtlGetProcessHeaps(0, NULL);
    CHECK_EQ_PTR(RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, pages_unmapped()), NULL);
    CHECK_EQ_PTR(RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, (PRTL_HEAP_PARAMETERS)(uintptr_t)8), NULL);
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before);
}

/* SegmentReserve: the size of each additional segment, 1 MiB by default */
static void segment_reserve(void)
{
    SPEC("N2.4.2");
    RTL_HEAP_PARAMETERS p = parameters();
    HANDLE heap = create_with(HEAP_GROWABLE, 0x10000, &p);
    CHECK(RtlAllocateHeap(heap, 0, 0x20000) != NULL);
    CHECK_EQ_UINT(region_size(heap, 1), 0x100000);
    destroy(heap);

    p.SegmentReserve = 0x200000;
    heap = create_with(HEAP_GROWABLE, 0x10000, &p);
    CHECK(RtlAllocateHeap(heap, 0, 0x20000) != NULL);
    CHECK_EQ_UINT(region_size(heap, 1), 0x200000);
    destroy(heap);

    p.SegmentReserve = 0x20000; /* smaller than a block: the segment is large enough all the same */
    heap = create_with(HEAP_GROWABLE, 0x10000, &p);
    unsigned char *block = RtlAllocateHeap(heap, 0, 0x80000);
    if (CHECK(block != NULL)) {
        memset(block, 0xA5, 0x80000);
    }
    destroy(heap);
}

/* SegmentCommit: segments are committed in steps of this size */
static void segment_commit(void)
{
    SPEC("N2.4.3");
    RTL_HEAP_PARAMETERS p = parameters();
    HANDLE plain = create_with(HEAP_GROWABLE, 0x100000, &p);
    SIZE_T before = region_committed(plain, 0);
    while (region_committed(plain, 0) == before && RtlAllocateHeap(plain, 0, 0x100) != NULL) {
    }
    CHECK(region_committed(plain, 0) - before >= 2 * PAGE); /* by default two pages, more in a heap that has more */
    destroy(plain);

    p.SegmentCommit = 0x20000;
    HANDLE heap = create_with(HEAP_GROWABLE, 0x100000, &p);
    CHECK(RtlAllocateHeap(heap, 0, 0x8000) != NULL);
    SIZE_T committed = region_committed(heap, 0);
    CHECK(committed >= 0x20000);
    CHECK_EQ_UINT(committed % PAGE, 0);
    while (region_committed(heap, 0) == committed && RtlAllocateHeap(heap, 0, 0x1000) != NULL) {
    }
    CHECK(region_committed(heap, 0) - committed >= 0x20000 - PAGE);
    destroy(heap);
}

/* the decommit thresholds: a freed block gives its pages back only if both are exceeded */
static void decommit_thresholds(void)
{
    SPEC("N2.4.4 N2.4.5");
    RTL_HEAP_PARAMETERS p = parameters();
    static const struct {
        SIZE_T block, total;
        bool decommits;
    } rows[] = {
        {PAGE, 0x1000000, false},
        {0x100000, PAGE, false},
        {0x100000, 0x1000000, false},
        {PAGE, PAGE, true},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        p.DeCommitFreeBlockThreshold = rows[i].block;
        p.DeCommitTotalFreeThreshold = rows[i].total;
        HANDLE heap = create_with(HEAP_GROWABLE, 0x100000, &p);
        unsigned char *block = RtlAllocateHeap(heap, 0, FREED_SIZE);
        void *stop = RtlAllocateHeap(heap, 0, 100);
        CHECK(block != NULL && stop != NULL);
        memset(block, 0xA5, FREED_SIZE);
        SIZE_T before = committed_bytes(heap);
        CHECK(RtlFreeHeap(heap, 0, block));
        SIZE_T after = committed_bytes(heap);
        if (!CHECK(rows[i].decommits ? after + FREED_SIZE / 2 <= before : after == before)) {
            printf("    row %u: %zu bytes committed, after the free %zu\n", i, before, after);
        }
        CHECK(RtlValidateHeap(heap, 0, NULL));
        block = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, FREED_SIZE); /* committed again when needed */
        CHECK(block != NULL && all_bytes(block, FREED_SIZE, 0));
        CHECK(committed_bytes(heap) >= FREED_SIZE);
        destroy(heap);
    }
}

/* MaximumAllocationSize: the largest single block */
static void maximum_allocation_size(void)
{
    SPEC("N2.4.6");
    RTL_HEAP_PARAMETERS p = parameters();
    p.MaximumAllocationSize = 0x8000;
    HANDLE heap = create_with(HEAP_GROWABLE, 0, &p);
    unsigned char *block = RtlAllocateHeap(heap, 0, 0x8000);
    CHECK(block != NULL);
    static const SIZE_T sizes[] = {0x9001, 0x20000, LARGE_MIN, SIZE_MAX};
    for (unsigned i = 0; i < 4; i++) {
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, sizes[i]), NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(RtlReAllocateHeap(heap, 0, block, sizes[i]), NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    }
    CHECK_EQ_UINT(RtlSizeHeap(heap, 0, block), 0x8000);
    destroy(heap);
}

/* VirtualMemoryThreshold: above it a mapping of its own or, in a fixed heap, failure; clamped to 0xFF000 */
static void virtual_memory_threshold(void)
{
    SPEC("N2.4.7 N2.4.12");
    RTL_HEAP_PARAMETERS p = parameters();
    p.VirtualMemoryThreshold = 0x4000;
    HANDLE heap = create_with(HEAP_GROWABLE, 0, &p);
    void *normal = RtlAllocateHeap(heap, 0, 0x3000);
    void *large = RtlAllocateHeap(heap, 0, 0x5001);
    CHECK(!is_large(heap, normal));
    CHECK(is_large(heap, large));
    CHECK_EQ_UINT((uintptr_t)large % LARGE_ALIGNMENT, 0);
    destroy(heap);

    heap = create_with(0, 0x40000, &p);
    CHECK(RtlAllocateHeap(heap, 0, 0x3000) != NULL);
    POISON_LAST_ERROR();
    CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, 0x5001), NULL);
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    destroy(heap);

    p.VirtualMemoryThreshold = 0x400000;
    heap = create_with(HEAP_GROWABLE, 0, &p);
    CHECK(!is_large(heap, RtlAllocateHeap(heap, 0, NORMAL_MAX)));
    CHECK(is_large(heap, RtlAllocateHeap(heap, 0, LARGE_MIN)));
    destroy(heap);
}

/* what the Reserved fields hold means nothing */
static void reserved_fields(void)
{
    SPEC("N2.4.10");
    RTL_HEAP_PARAMETERS p = parameters();
    p.Reserved[0] = 1;
    p.Reserved[1] = SIZE_MAX;
    HANDLE heap = create_with(HEAP_GROWABLE, 0, &p);
    check_works(heap);
    destroy(heap);
}

/* InitialCommit and InitialReserve mean nothing without a CommitRoutine */
static void initial_sizes_are_ignored(void)
{
    SPEC("N2.4.8");
    RTL_HEAP_PARAMETERS p = parameters();
    p.InitialCommit = SIZE_MAX;
    p.InitialReserve = 0x1000;
    HANDLE heap = create_with(HEAP_GROWABLE, 0, &p);
    check_works(heap);
    destroy(heap);
}

/* A heap with odd parameters cannot be had, or works, grows and stays consistent. */
static void check_odd_parameters(ULONG heap_flags, RTL_HEAP_PARAMETERS *p, const char *name)
{
    HANDLE heap = RtlCreateHeap(heap_flags, NULL, 0x10000, 0, NULL, p);
    if (heap == NULL) {
        return;
    }
    static const SIZE_T sizes[] = {0, 100, 0x20000, 1, 0x6000, LARGE_MIN, NORMAL_MAX, 0x3000};
    unsigned char *blocks[8];
    for (unsigned i = 0; i < 8; i++) {
        blocks[i] = RtlAllocateHeap(heap, 0, sizes[i]);
        if (blocks[i] != NULL) {
            pattern_fill(blocks[i], sizes[i], i);
        }
    }
    tell_case(CHECK(RtlValidateHeap(heap, 0, NULL)), name);
    for (unsigned i = 0; i < 8; i++) {
        if (blocks[i] != NULL) {
            tell_case(CHECK(pattern_holds(blocks[i], sizes[i], i)), name);
            tell_case(CHECK_EQ_UINT(RtlSizeHeap(heap, 0, blocks[i]), sizes[i]), name);
            tell_case(CHECK(RtlFreeHeap(heap, 0, blocks[i])), name);
        }
    }
    tell_case(CHECK(RtlValidateHeap(heap, 0, NULL)), name);
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
}

/* 2.4: no value of a field does harm */
static void odd_parameters(void)
{
    static const struct {
        const char *name;
        size_t offset;
    } fields[] = {
        {"SegmentReserve", offsetof(RTL_HEAP_PARAMETERS, SegmentReserve)},
        {"SegmentCommit", offsetof(RTL_HEAP_PARAMETERS, SegmentCommit)},
        {"DeCommitFreeBlockThreshold", offsetof(RTL_HEAP_PARAMETERS, DeCommitFreeBlockThreshold)},
        {"DeCommitTotalFreeThreshold", offsetof(RTL_HEAP_PARAMETERS, DeCommitTotalFreeThreshold)},
        {"MaximumAllocationSize", offsetof(RTL_HEAP_PARAMETERS, MaximumAllocationSize)},
        {"VirtualMemoryThreshold", offsetof(RTL_HEAP_PARAMETERS, VirtualMemoryThreshold)},
    };
    for (unsigned f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
        for (unsigned shift = 0; shift <= 64; shift += shift < 40 ? 1 : 3) {
            SIZE_T value = shift == 64 ? SIZE_MAX : (SIZE_T)1 << shift;
            RTL_HEAP_PARAMETERS p = parameters();
            memcpy((unsigned char *)&p + fields[f].offset, &value, sizeof(value));
            check_odd_parameters(HEAP_GROWABLE, &p, fields[f].name);
            check_odd_parameters(0, &p, fields[f].name);
        }
    }
}

/* What the commit routine was asked for, and what it shall answer. */
static struct {
    unsigned char *base;
    unsigned calls;
    bool wrong;
    NTSTATUS answer;
} commits;

#define INITIAL_COMMIT 0x4000u

static NTSTATUS NTAPI commit_routine(PVOID base, PVOID *address, PSIZE_T size)
{
    unsigned char *start = *address;
    commits.calls++;
    commits.wrong = commits.wrong || base != commits.base || start < commits.base ||
                    start + *size > commits.base + OWN_SIZE || *size == 0 || *size % PAGE != 0 ||
                    (uintptr_t)start % PAGE != 0;
    if (commits.answer < 0) {
        return commits.answer;
    }
    return pages_commit(start, *size) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static RTL_HEAP_PARAMETERS commit_parameters(void)
{
    RTL_HEAP_PARAMETERS p = parameters();
    p.CommitRoutine = commit_routine;
    p.InitialCommit = INITIAL_COMMIT;
    p.InitialReserve = OWN_SIZE;
    return p;
}

/* with a CommitRoutine the heap begins with InitialCommit and asks for more, inside InitialReserve */
static void commit_routine_is_asked(void)
{
    SPEC("N2.3.3 N2.4.9 N2.4.11");
    unsigned char *base = pages_reserve(OWN_SIZE);
    CHECK(pages_commit(base, INITIAL_COMMIT));
    memset(&commits, 0, sizeof(commits));
    commits.base = base;
    RTL_HEAP_PARAMETERS p = commit_parameters();
    HANDLE heap = RtlCreateHeap(0, base, SIZE_MAX, 1, NULL, &p); /* the two size arguments are replaced */
    if (CHECK_EQ_PTR(heap, base)) {
        CHECK_EQ_UINT(commits.calls, 0);
        unsigned char *first = RtlAllocateHeap(heap, 0, 0x8000);
        CHECK(first != NULL && commits.calls > 0);
        pattern_fill(first, 0x8000, 1);

        commits.answer = STATUS_NO_MEMORY;
        unsigned calls = commits.calls;
        POISON_LAST_ERROR();
        CHECK_EQ_PTR(RtlAllocateHeap(heap, 0, 0x10000), NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        CHECK_EQ_UINT((ULONG)RtlGetLastNtStatus(), (ULONG)STATUS_NO_MEMORY);
        CHECK(commits.calls > calls);
        CHECK(RtlValidateHeap(heap, 0, NULL));

        commits.answer = STATUS_SUCCESS;
        unsigned char *second = RtlAllocateHeap(heap, 0, 0x10000);
        CHECK(second != NULL);
        pattern_fill(second, 0x10000, 2);
        unsigned n = 0;
        while (n < 100 && RtlAllocateHeap(heap, 0, 0x4000) != NULL) {
            n++;
        }
        CHECK(n >= 7 && n < 10);
        CHECK(pattern_holds(first, 0x8000, 1));
        CHECK(pattern_holds(second, 0x10000, 2));
        CHECK(!commits.wrong);
        destroy(heap);
        memset(base, 0, INITIAL_COMMIT);
    }
    pages_release(base, OWN_SIZE);
}

/* InitialCommit and InitialReserve must be there, in order, HeapBase given and the heap not growable: else NULL */
static void commit_routine_rules(void)
{
    SPEC("N2.3.3 N2.3.4");
    unsigned char *base = pages_reserve(OWN_SIZE);
    CHECK(pages_commit(base, OWN_SIZE));
    memset(&commits, 0, sizeof(commits));
    commits.base = base;
    ULONG before = RtlGetProcessHeaps(0, NULL);
    RTL_HEAP_PARAMETERS p = commit_parameters();
    CHECK_EQ_PTR(RtlCreateHeap(0, NULL, OWN_SIZE, 0, NULL, &p), NULL);
    CHECK_EQ_PTR(RtlCreateHeap(HEAP_GROWABLE, NULL, OWN_SIZE, 0, NULL, &p), NULL);
    CHECK_EQ_PTR(RtlCreateHeap(HEAP_GROWABLE, base, OWN_SIZE, 0, NULL, &p), NULL);
    p.InitialCommit = 0;
    CHECK_EQ_PTR(RtlCreateHeap(0, base, OWN_SIZE, 0, NULL, &p), NULL);
    p = commit_parameters();
    p.InitialReserve = 0;
    CHECK_EQ_PTR(RtlCreateHeap(0, base, OWN_SIZE, 0, NULL, &p), NULL);
    p = commit_parameters();
    p.InitialCommit = OWN_SIZE;
    p.InitialReserve = OWN_SIZE / 2;
    CHECK_EQ_PTR(RtlCreateHeap(0, base, OWN_SIZE, 0, NULL, &p), NULL);
    CHECK_EQ_UINT(commits.calls, 0);
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before);

    p.InitialReserve = OWN_SIZE; /* all committed from the start is in order */
    HANDLE heap = RtlCreateHeap(0, base, 0, 0, NULL, &p);
    CHECK_EQ_PTR(heap, base);
    check_works(heap);
    CHECK(RtlAllocateHeap(heap, 0, OWN_SIZE - 0x4000) != NULL);
    CHECK_EQ_UINT(commits.calls, 0);
    destroy(heap);
    pages_release(base, OWN_SIZE);
}

static void all_parameters(void)
{
    heap_base_rules();
    heap_base_unmapped();
    heap_base_misuse();
    parameters_structure();
    segment_reserve();
    segment_commit();
    decommit_thresholds();
    maximum_allocation_size();
    virtual_memory_threshold();
    reserved_fields();
    initial_sizes_are_ignored();
    odd_parameters();
    commit_routine_is_asked();
    commit_routine_rules();
}

#else

static void all_parameters(void)
{
    wine_skip("RtlCreateHeap reads Parameters");
}

#endif

int main(void)
{
    nt_load();
    flags();
    reserve_and_commit();
    absurd_sizes();
    heap_on_committed_memory();
    heap_on_reserved_memory();
    all_parameters();
    return check_report();
}
