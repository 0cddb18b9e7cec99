/* What the tests of the heap functions share: the sizes that the specification speaks in, recognisable contents, and
 * the bad pointers and bad handles that every function has to refuse. Public headers only. */
#ifndef CAIRN_TESTS_BLOCKS_H
#define CAIRN_TESTS_BLOCKS_H

#include "pages.h"

#include <windows.h>

#include "check.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Under a sanitizer even an address like 0xDEADBE00 may be mapped. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#define GRANULARITY (2 * sizeof(void *))
#define UNIT ((SIZE_T)0x8000 * sizeof(void *))                 /* `A` of win32-heap.md: 256 KiB on x64 */
#define NORMAL_MAX ((SIZE_T)0x20000 * sizeof(void *) - 0x3000) /* largest size that is surely a normal block */
#define GREY_SIZE (NORMAL_MAX + 0x1000)                        /* still a normal block, position irregular */
#define LARGE_MIN (NORMAL_MAX + 0x2000)                        /* from here on a large block */
#define LARGE_ALIGNMENT (8 * sizeof(void *))
#define LARGE_REGION 64 /* iRegionIndex of a large block's record */
#define FAILED_SIZE ((SIZE_T)-1)

#define CHECKING_BITS (HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED)
#define VALIDATING_BITS 0x60000000u

/* What the global flags of the process add to the flags of every heap: nt-heap.md 14. A test of the plain heap is run
 * with some as well. */
static inline DWORD debug_bits(void)
{
    DWORD flags;
    memcpy(&flags, (const char *)GetProcessHeap() + (sizeof(void *) == 8 ? 0x70 : 0x40), sizeof(flags));
    return flags & (CHECKING_BITS | VALIDATING_BITS);
}

/* Bytes of the pattern behind a block's data. */
static inline SIZE_T tail_size(void)
{
    return debug_bits() & HEAP_TAIL_CHECKING_ENABLED ? 2 * sizeof(void *) : 0;
}

/* Bytes from the end of the first block to that of the next in a fresh heap: nt-heap.md 15.5. */
static inline SIZE_T block_stride(SIZE_T size)
{
    SIZE_T extra = (debug_bits() != 0 ? 2 * sizeof(void *) : 8) + tail_size() +
                   (debug_bits() & VALIDATING_BITS ? 2 * sizeof(void *) : 0);
    SIZE_T needed = (size < GRANULARITY ? GRANULARITY : size) + extra;
    return (needed + GRANULARITY - 1) / GRANULARITY * GRANULARITY;
}

static inline unsigned char pattern_byte(size_t i, unsigned seed)
{
    return (unsigned char)(seed * 31u + i * 7u + (i >> 8));
}

static inline void pattern_fill(void *block, size_t size, unsigned seed)
{
    unsigned char *bytes = block;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = pattern_byte(i, seed);
    }
}

static inline bool pattern_holds(const void *block, size_t size, unsigned seed)
{
    const unsigned char *bytes = block;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != pattern_byte(i, seed)) {
            return false;
        }
    }
    return true;
}

static inline bool all_bytes(const void *block, size_t size, unsigned char value)
{
    const unsigned char *bytes = block;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

/* Says which case of a table a failed check belongs to. */
static inline void tell_case(bool ok, const char *name)
{
    if (!ok && check_excuse == NULL) {
        printf("    in case: %s\n", name);
    }
}

/* Finds the walk record of the block at `block`. */
static inline bool find_record(HANDLE heap, const void *block, PROCESS_HEAP_ENTRY *entry)
{
    memset(entry, 0, sizeof(*entry));
    while (HeapWalk(heap, entry)) {
        if (entry->lpData == block && (entry->wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0) {
            return true;
        }
    }
    return false;
}

static inline bool is_large(HANDLE heap, const void *block)
{
    PROCESS_HEAP_ENTRY entry;
    return find_record(heap, block, &entry) && entry.iRegionIndex == LARGE_REGION;
}

/* The n-th region record, counted from 0; false if the heap has fewer. */
static inline bool find_region(HANDLE heap, unsigned n, PROCESS_HEAP_ENTRY *entry)
{
    memset(entry, 0, sizeof(*entry));
    while (HeapWalk(heap, entry)) {
        if ((entry->wFlags & PROCESS_HEAP_REGION) != 0 && n-- == 0) {
            return true;
        }
    }
    return false;
}

/* Reserved bytes of the n-th region; 0 if the heap has fewer. */
static inline SIZE_T region_size(HANDLE heap, unsigned n)
{
    PROCESS_HEAP_ENTRY entry;
    if (!find_region(heap, n, &entry)) {
        return 0;
    }
    return (SIZE_T)entry.Region.dwCommittedSize + entry.Region.dwUnCommittedSize;
}

static inline SIZE_T region_committed(HANDLE heap, unsigned n)
{
    PROCESS_HEAP_ENTRY entry;
    return find_region(heap, n, &entry) ? entry.Region.dwCommittedSize : 0;
}

/* A heap whose blocks bear witness: misuse must change none of them. */
struct witness {
    HANDLE heap;
    unsigned char *small[3];
    unsigned char *large;
};

#define WITNESS_SMALL 100u
#define WITNESS_LARGE 0x180000u

static inline void witness_make(struct witness *w)
{
    w->heap = HeapCreate(0, 0, 0);
    CHECK(w->heap != NULL);
    for (unsigned i = 0; i < 3; i++) {
        w->small[i] = HeapAlloc(w->heap, 0, WITNESS_SMALL);
        pattern_fill(w->small[i], WITNESS_SMALL, i);
    }
    w->large = HeapAlloc(w->heap, 0, WITNESS_LARGE);
    pattern_fill(w->large, WITNESS_LARGE, 3);
}

/* Checks that the heap is consistent and its blocks are as they were; leaves the last error as it was. */
static inline bool witness_unharmed(const struct witness *w)
{
    DWORD error = GetLastError();
    bool ok = CHECK(HeapValidate(w->heap, 0, NULL));
    for (unsigned i = 0; i < 3; i++) {
        ok = CHECK(HeapValidate(w->heap, 0, w->small[i])) && ok;
        ok = CHECK_EQ_UINT(HeapSize(w->heap, 0, w->small[i]), WITNESS_SMALL) && ok;
        ok = CHECK(pattern_holds(w->small[i], WITNESS_SMALL, i)) && ok;
    }
    ok = CHECK_EQ_UINT(HeapSize(w->heap, 0, w->large), WITNESS_LARGE) && ok;
    ok = CHECK(pattern_holds(w->large, 0x3000, 3)) && ok;
    SetLastError(error);
    return ok;
}

static inline void witness_end(struct witness *w)
{
    CHECK(witness_unharmed(w));
    CHECK(HeapFree(w->heap, 0, w->large));
    for (unsigned i = 0; i < 3; i++) {
        CHECK(HeapFree(w->heap, 0, w->small[i]));
    }
    CHECK(HeapDestroy(w->heap));
}

/* Pointers that are no block of the witness heap. */
struct bad_block {
    const char *name;
    void *address;
    bool unmapped; /* not readable: ERROR_NOACCESS is then an answer, too */
    bool wine;     /* Wine survives it */
};

#define BAD_BLOCKS 24

struct bad_blocks {
    struct witness witness;
    struct witness foreign;
    void *kept; /* stays allocated behind the freed ones, so that they do not melt into the unused rest */
    unsigned count;
    struct bad_block list[BAD_BLOCKS];
};

static inline void bad_add(struct bad_blocks *bad, const char *name, void *address, bool unmapped, bool wine)
{
    if (CHECK(bad->count < BAD_BLOCKS)) {
        bad->list[bad->count++] = (struct bad_block){name, address, unmapped, wine};
    }
}

/* A static buffer, aligned like a heap, that holds nothing. */
static inline unsigned char *plain_memory(void)
{
    static unsigned char buffer[0x20000];
    return (unsigned char *)(((uintptr_t)buffer + 0xFFFF) & ~(uintptr_t)0xFFFF);
}

static inline void bad_blocks_make(struct bad_blocks *bad)
{
    struct witness *w = &bad->witness;
    bad->count = 0;
    witness_make(w);
    witness_make(&bad->foreign);

    void *freed = HeapAlloc(w->heap, 0, 200);
    void *merged = HeapAlloc(w->heap, 0, 0x5000);
    bad->kept = HeapAlloc(w->heap, 0, 300);
    void *freed_large = HeapAlloc(w->heap, 0, WITNESS_LARGE);
    CHECK(HeapFree(w->heap, 0, freed));
    CHECK(HeapFree(w->heap, 0, merged));
    CHECK(HeapFree(w->heap, 0, freed_large));

    bad_add(bad, "freed", freed, false, true);
    bad_add(bad, "freed and merged into the block before it", merged, false, false);
    bad_add(bad, "freed large block", freed_large, true, false);
    bad_add(bad, "interior, granule aligned", w->small[1] + GRANULARITY, false, true);
    bad_add(bad, "interior, misaligned", w->small[1] + 1, false, true);
    bad_add(bad, "last byte", w->small[1] + WITNESS_SMALL - 1, false, true);
    bad_add(bad, "just before a block", w->small[1] - GRANULARITY, false, true);
    bad_add(bad, "misaligned by 8", w->small[1] + 8, false, true);
    bad_add(bad, "inside a large block", w->large + 0x10000 + LARGE_ALIGNMENT, false, true);
    bad_add(bad, "inside a large block, near its start", w->large + GRANULARITY, false, true);
    bad_add(bad, "just before a large block", w->large - GRANULARITY, false, true);
    bad_add(bad, "block of another heap", bad->foreign.small[1], false, true);
    bad_add(bad, "large block of another heap", bad->foreign.large, false, false);
    bad_add(bad, "heap handle", w->heap, false, false);
    bad_add(bad, "inside the heap header", (unsigned char *)w->heap + 0x40, false, true);
    bad_add(bad, "uncommitted end of the heap", (unsigned char *)w->heap + 0xF000, true, false);
    bad_add(bad, "past the heap", (unsigned char *)w->heap + 0x2000000, true, false);
    bad_add(bad, "static memory", plain_memory() + 64, false, true);
    bad_add(bad, "static memory, misaligned", plain_memory() + 67, false, true);
    bad_add(bad, "on the stack", &bad->list[0], false, true);
    bad_add(bad, "address 1", (void *)(uintptr_t)1, true, false);
    bad_add(bad, "not canonical", (void *)(uintptr_t)0x8000000000000010u, true, false);
    bad_add(bad, "highest address", (void *)~(uintptr_t)0, true, false);
    bad_add(bad, "unmapped", pages_unmapped(), true, false);
}

static inline void bad_blocks_end(struct bad_blocks *bad)
{
    CHECK(HeapFree(bad->witness.heap, 0, bad->kept));
    witness_end(&bad->witness);
    witness_end(&bad->foreign);
}

/* Windows leaves these undefined, so only our own library and, where it survives, Wine are asked. */
static inline bool bad_block_may_run(const struct bad_block *block)
{
#ifdef _WIN32
    return on_wine() && block->wine;
#else
    (void)block;
    return true;
#endif
}

#ifndef _WIN32

/* Handles that are no heap. Windows faults on some, Wine too: Cairn's promise alone. */
struct bad_handle {
    const char *name;
    HANDLE handle;
};

#define BAD_HANDLES 10

struct bad_handles {
    struct witness witness;
    struct bad_handle list[BAD_HANDLES];
};

static inline void bad_handles_make(struct bad_handles *bad)
{
    witness_make(&bad->witness);
    HANDLE destroyed = HeapCreate(0, 0, 0);
    HANDLE destroyed_fixed = HeapCreate(0, 0, UNIT);
    CHECK(HeapDestroy(destroyed));
    CHECK(HeapDestroy(destroyed_fixed));

    unsigned char *forged = plain_memory();
    memcpy(forged, bad->witness.heap, 0x400); /* looks like a heap, is none */

    static unsigned char elsewhere[64];
    unsigned char *heap = bad->witness.heap;
    const struct bad_handle list[BAD_HANDLES] = {
        {"destroyed", destroyed},
        {"destroyed fixed-size heap", destroyed_fixed},
        {"forged header", forged},
        {"static memory, misaligned", elsewhere + 1},
        {"inside a heap", heap + GRANULARITY},
        {"block", bad->witness.small[0]},
        {"large block", (void *)((uintptr_t)bad->witness.large & ~(uintptr_t)0xFFFF)},
        {"not canonical", (void *)(uintptr_t)0x8000000000010000u},
        {"highest address", (void *)~(uintptr_t)0},
        {"unmapped", pages_unmapped()},
    };
    memcpy(bad->list, list, sizeof(list));
}

static inline void bad_handles_end(struct bad_handles *bad)
{
    memset(plain_memory(), 0, 0x400);
    witness_end(&bad->witness);
}

#endif
#endif
