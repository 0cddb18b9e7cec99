/* GlobalAlloc, LocalAlloc, and what a handle leads to. */
#include "families.h"

#define LIMIT 0x10000u

/* a pointer to n bytes, a block of the default heap, aligned to 2*ptr */
static void fixed(const struct family *f)
{
    SPEC("G1.1 G1.2 G2.2 G2.11 G2.12");
    for (SIZE_T size = 1; size <= 0x2000000; size <<= 5) {
        POISON_LAST_ERROR();
        unsigned char *data = f->alloc(GMEM_FIXED, size);
        CHECK_LAST_ERROR_UNTOUCHED();
        CHECK(data != NULL);
        CHECK_EQ_UINT((UINT_PTR)data % GRANULARITY, 0);
        CHECK(HeapValidate(GetProcessHeap(), 0, data));
        CHECK_EQ_UINT(f->size(data), size);
        data[0] = data[size - 1] = 0x5A;
        CHECK_EQ_PTR(f->release(data), NULL);
    }
}

/* Global has a byte, Local has none */
static void fixed_of_size_zero(const struct family *f)
{
    SPEC("G2.3");
    HGLOBAL data = f->alloc(GMEM_FIXED, 0);
    CHECK(data != NULL);
    CHECK_EQ_UINT(f->size(data), f->global ? 1 : 0);
    CHECK_EQ_PTR(f->release(data), NULL);
}

/* a free entry has no data, and links the free ones */
static void entry_is_freed(const struct family *f, HGLOBAL handle)
{
    SPEC("G1.8 G1.9");
    struct entry *entry = entry_of(handle);
    CHECK_EQ_UINT(entry->flags & 1, 1);
    CHECK_EQ_PTR(f->release(handle), NULL);
    CHECK_EQ_PTR(entry->data, NULL);
    CHECK(entry->flags != 0);
    CHECK_EQ_UINT(entry->flags % GRANULARITY, 0);
}

/* a handle; its entry is no block, what it leads to is one of exactly this size */
static void moveable(const struct family *f)
{
    SPEC("G1.1 G1.3 G1.4 G1.5 G2.5 G2.12 W3.9.7");
    for (SIZE_T size = 1; size <= 0x2000000; size <<= 5) {
        POISON_LAST_ERROR();
        HGLOBAL handle = f->alloc(GMEM_MOVEABLE, size);
        CHECK_LAST_ERROR_UNTOUCHED();
        CHECK(is_moveable(handle));
        struct entry *entry = entry_of(handle);
        CHECK_EQ_UINT(entry->flags, 0x3);
        CHECK(!HeapValidate(GetProcessHeap(), 0, entry));
        CHECK(HeapValidate(GetProcessHeap(), 0, entry->data));
        CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, entry->data), size);
        CHECK_EQ_UINT(f->size(handle), size);
        entry_is_freed(f, handle);
    }
}

/* a handle in discarded state */
static void moveable_of_size_zero(const struct family *f)
{
    SPEC("G1.4 G1.12 G2.4");
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 0);
    CHECK(is_moveable(handle));
    CHECK_EQ_UINT(entry_of(handle)->flags, 0xB);
    CHECK_EQ_PTR(entry_of(handle)->data, NULL);
    CHECK(!HeapValidate(GetProcessHeap(), 0, entry_of(handle)));
    CHECK_QUIETLY(f->size(handle) == 0);
    CHECK_FAILS(f->lock(handle) == NULL, ERROR_DISCARDED);
    CHECK_EQ_PTR(f->release(handle), NULL);
}

/* the observed values of the flags, by what was asked for */
static void state_bits(const struct family *f)
{
    SPEC("G1.9 G1.10 G1.11 G1.12 G1.13 G1.15");
    static const struct {
        bool discardable;
        bool shared;
        SIZE_T size;
        UINT_PTR expected;
    } cases[] = {
        {false, false, 0, 0xB},  {true, false, 0, 0xF},    {true, false, 1, 0x7},
        {true, true, 1, 0x8007}, {false, true, 1, 0x8003}, {false, false, 1, 3},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        UINT shared = cases[i].shared ? GMEM_DDESHARE : 0;
        UINT discardable = cases[i].discardable ? f->discardable : 0;
        HGLOBAL handle = f->alloc(GMEM_MOVEABLE | discardable | shared, cases[i].size);
        UINT_PTR flags = entry_of(handle)->flags;
        /* Only Global remembers DDESHARE. */
        CHECK_EQ_UINT(flags, f->global ? cases[i].expected : cases[i].expected & ~(UINT_PTR)0x8000);
        CHECK_EQ_PTR(f->release(handle), NULL);
    }
}

/* also where memory is used again */
static void zeroed(const struct family *f)
{
    SPEC("G2.6");
    static const UINT flags[] = {GMEM_FIXED, GMEM_MOVEABLE};
    static const SIZE_T sizes[] = {1, 13, 100, 5000, 100000, 0x200000};
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
            HGLOBAL dirty = f->alloc(flags[i], sizes[n]);
            memset(f->lock(dirty), 0xA5, sizes[n]);
            CHECK_EQ_PTR(f->release(dirty), NULL);
            HGLOBAL handle = f->alloc(flags[i] | GMEM_ZEROINIT, sizes[n]);
            CHECK(all_bytes(f->lock(handle), sizes[n], 0));
            CHECK_EQ_PTR(f->release(handle), NULL);
        }
    }
}

/* DISCARDABLE without MOVEABLE is fixed; of obsolete flags DDESHARE is remembered; undefined ones mean nothing */
static void other_flags(const struct family *f)
{
    static const struct {
        const char *spec;
        UINT flags;
    } rows[] = {
        {"G2.7", 0},
        {"G2.7 G2.8", GMEM_NOCOMPACT},
        {"G2.7 G2.8", GMEM_NODISCARD},
        {"G2.7 G2.8", GMEM_NOT_BANKED},
        {"G2.7 G2.8", GMEM_LOWER},
        {"G2.7 G2.8", GMEM_NOTIFY},
        {"G2.7 G2.8", GMEM_SHARE},
        {"G2.9", 0x8001},
        {"G2.9", 0x10000},
        {"G2.9", 0xFFFF0000},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        SPEC(rows[i].spec);
        UINT_PTR remembered = f->global && rows[i].flags == GMEM_SHARE ? 0x8003 : 3;
        POISON_LAST_ERROR();
        HGLOBAL data = f->alloc(rows[i].flags | f->discardable, 100);
        CHECK_LAST_ERROR_UNTOUCHED();
        CHECK(data != NULL && !is_moveable(data));
        CHECK_QUIETLY(f->flags(data) == 0);
        CHECK_EQ_PTR(f->release(data), NULL);
        HGLOBAL handle = f->alloc(rows[i].flags | GMEM_MOVEABLE, 100);
        CHECK(is_moveable(handle));
        CHECK_EQ_UINT(entry_of(handle)->flags, remembered);
        CHECK_EQ_UINT(f->size(handle), 100);
        CHECK_EQ_PTR(f->release(handle), NULL);
    }
}

/* and no handle is lost by it */
static void too_large(const struct family *f)
{
    SPEC("G2.10");
    static const SIZE_T sizes[] = {SIZE_MAX, SIZE_MAX - 7, SIZE_MAX / 2};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CHECK_FAILS(f->alloc(GMEM_FIXED, sizes[i]) == NULL, ERROR_NOT_ENOUGH_MEMORY);
        CHECK_FAILS(f->alloc(GMEM_MOVEABLE, sizes[i]) == NULL, ERROR_NOT_ENOUGH_MEMORY);
    }
}

/* nothing that a walk shows is MOVEABLE or DDESHARE */
static void walk_shows_no_handles(void)
{
    SPEC("W4.1.5 W10.2");
    HANDLE heap = GetProcessHeap();
    PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
    CHECK(HeapLock(heap));
    while (HeapWalk(heap, &entry)) {
        if ((entry.wFlags & (PROCESS_HEAP_ENTRY_MOVEABLE | PROCESS_HEAP_ENTRY_DDESHARE)) != 0) {
            CHECK_EQ_UINT(entry.wFlags, PROCESS_HEAP_ENTRY_BUSY);
            break;
        }
    }
    CHECK_LAST_ERROR(ERROR_NO_MORE_ITEMS);
    CHECK(HeapUnlock(heap));
}

/* of both families together; then fixed memory still can be had */
static void table_is_full(const struct family *f)
{
    SPEC("G1.7");
    static HGLOBAL handles[LIMIT];
    unsigned count = 0;
    unsigned bad = 0;
    while (count < LIMIT && (handles[count] = f->alloc(GMEM_MOVEABLE | f->discardable, 0)) != NULL) {
        bad += !is_moveable(handles[count]);
        count++;
    }
    CHECK_EQ_UINT(count, LIMIT);
    CHECK_EQ_UINT(bad, 0);
    {
        SPEC("G3.3.1");
        walk_shows_no_handles();
    }
    CHECK_FAILS(GlobalAlloc(GMEM_MOVEABLE | GMEM_DISCARDABLE, 0) == NULL, ERROR_NOT_ENOUGH_MEMORY);
    CHECK_FAILS(LocalAlloc(LMEM_MOVEABLE | LMEM_DISCARDABLE, 0) == NULL, ERROR_NOT_ENOUGH_MEMORY);
    CHECK_FAILS(GlobalAlloc(GMEM_MOVEABLE, 100) == NULL, ERROR_NOT_ENOUGH_MEMORY);
    HGLOBAL data = f->alloc(f->discardable, 0);
    CHECK(data != NULL);
    CHECK_EQ_PTR(f->release(data), NULL);

    /* One freed, one can be had. */
    CHECK_EQ_PTR(f->release(handles[LIMIT / 3]), NULL);
    handles[LIMIT / 3] = f->alloc(GMEM_MOVEABLE, 10);
    CHECK(handles[LIMIT / 3] != NULL);
    CHECK_FAILS(f->alloc(GMEM_MOVEABLE, 10) == NULL, ERROR_NOT_ENOUGH_MEMORY);
    for (unsigned i = 0; i < count; i++) {
        bad += f->release(handles[i]) != NULL;
    }
    CHECK_EQ_UINT(bad, 0);
}

static void walk_shows_no_sharing(void)
{
    SPEC("G3.3.2");
    HGLOBAL data = GlobalAlloc(GMEM_FIXED | GMEM_DDESHARE, 100);
    walk_shows_no_handles();
    CHECK_EQ_PTR(GlobalFree(data), NULL);
}

static void prototypes(void)
{
    SPEC("G2.1");
    CHECK(_Generic(GlobalAlloc, HGLOBAL(WINAPI *)(UINT, SIZE_T) : true, default : false));
    CHECK(_Generic(LocalAlloc, HLOCAL(WINAPI *)(UINT, SIZE_T) : true, default : false));
}

int main(void)
{
    prototypes();
    for_both(fixed);
    for_both(fixed_of_size_zero);
    for_both(moveable);
    for_both(moveable_of_size_zero);
    for_both(state_bits);
    for_both(zeroed);
    for_both(other_flags);
    for_both(too_large);
    for_both(table_is_full);
    walk_shows_no_sharing();
    return check_report();
}
