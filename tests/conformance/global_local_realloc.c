/* GlobalReAlloc, LocalReAlloc and discarding. */
#include "families.h"

#define SMALL 12u
#define BIG 0x20000u

/* the flag sets of the tables */
enum flag_set {
    F0,
    F1,
    F2,
    F3,
    F4,
    F5,
    F6,
    F7,
    FLAG_SETS
};

static UINT flags_of(const struct family *f, enum flag_set set)
{
    const UINT f4 = GMEM_MOVEABLE | f->discardable;
    const UINT obsolete = f->global ? GMEM_DDESHARE | GMEM_LOWER | GMEM_NOTIFY | GMEM_NOT_BANKED : 0;
    const UINT f6 = f4 | GMEM_NOCOMPACT | GMEM_NODISCARD | obsolete;
    const UINT flags[FLAG_SETS] = {
        [F0] = 0,
        [F1] = GMEM_MODIFY,
        [F2] = GMEM_MOVEABLE,
        [F3] = GMEM_MOVEABLE | GMEM_MODIFY,
        [F4] = f4,
        [F5] = f4 | GMEM_MODIFY,
        [F6] = f6,
        [F7] = f6 | GMEM_MODIFY,
    };
    return flags[set];
}

/* The lines that define them. */
static const char *const set_lines[FLAG_SETS] = {"G5.2.2", "G5.2.3", "G5.2.4", "G5.2.5",
                                                 "G5.2.6", "G5.2.7", "G5.2.8", "G5.2.9"};

static bool modifies(enum flag_set set)
{
    return set == F1 || set == F3 || set == F5 || set == F7;
}

static const SIZE_T new_sizes[] = {BIG + 512, 512, 13, SMALL, 11, 10, 0, 1024 * 1024};
#define NEW_SIZES (sizeof(new_sizes) / sizeof(new_sizes[0]))

static bool is_discardable(enum flag_set set)
{
    return set >= F4;
}

static void discardable_without_modify(const struct family *f)
{
    SPEC("G5.1.3 G5.1.11");
    static const SIZE_T sizes[] = {SMALL, BIG};
    for (unsigned s = 0; s < 2; s++) {
        for (unsigned n = 0; n < NEW_SIZES; n++) {
            for (enum flag_set set = F4; set <= F6; set += 2) {
                HGLOBAL fixed = f->alloc(GMEM_FIXED, sizes[s]);
                HGLOBAL moveable = f->alloc(GMEM_MOVEABLE, sizes[s]);
                void *data = f->lock(moveable);
                CHECK_FAILS(f->resize(fixed, new_sizes[n], flags_of(f, set)) == NULL, ERROR_INVALID_PARAMETER);
                WINE_DIFFERS("ReAlloc to 0 of locked memory leaves the last error") {
                    CHECK_FAILS(f->resize(moveable, new_sizes[n], flags_of(f, set)) == NULL, ERROR_INVALID_PARAMETER);
                }
                CHECK(!f->unlock(moveable));
                CHECK_FAILS(f->resize(moveable, new_sizes[n], flags_of(f, set)) == NULL, ERROR_INVALID_PARAMETER);
                CHECK_EQ_UINT(f->size(fixed), sizes[s]);
                CHECK_EQ_UINT(f->size(moveable), sizes[s]);
                CHECK_EQ_UINT(entry_of(moveable)->flags, 3);
                CHECK_EQ_PTR(entry_of(moveable)->data, data);
                CHECK_EQ_PTR(f->release(fixed), NULL);
                CHECK_EQ_PTR(f->release(moveable), NULL);
            }
        }
    }
}

/* F3, F5, F7 in Global: the block is elsewhere */
static bool convert(const struct family *f, enum flag_set set, SIZE_T size, SIZE_T new_size)
{
    SPEC("G5.1.2 G5.3.11");
    unsigned char *fixed = f->alloc(GMEM_FIXED, size);
    pattern_fill(fixed, size, 7);
    POISON_LAST_ERROR();
    HGLOBAL handle = f->resize(fixed, new_size, flags_of(f, set));
    CHECK_LAST_ERROR_UNTOUCHED();
    bool ok = CHECK(is_moveable(handle));
    if (ok) {
        ok = CHECK_EQ_UINT(entry_of(handle)->flags & 0x7FFF, set == F3 ? 3 : 7);
        ok = CHECK_EQ_UINT(f->size(handle), size) && ok;
        WINE_DIFFERS("GlobalReAlloc leaves the block where it is when it becomes moveable") {
            CHECK(entry_of(handle)->data != fixed);
            CHECK(!HeapValidate(GetProcessHeap(), 0, fixed));
        }
        ok = CHECK(pattern_holds(f->lock(handle), size, 7)) && ok;
    }
    CHECK_EQ_PTR(f->release(handle), NULL);
    return ok;
}

/* Global converts if MOVEABLE is there, else and in Local nothing changes */
static void modify_fixed(const struct family *f)
{
    SPEC("G5.1.1 G5.1.2");
    static const SIZE_T sizes[] = {SMALL, BIG};
    for (unsigned s = 0; s < 2; s++) {
        for (unsigned n = 0; n < NEW_SIZES; n++) {
            for (enum flag_set set = F1; set <= F7; set += 2) {
                if (f->global && set != F1) {
                    convert(f, set, sizes[s], new_sizes[n]);
                    continue;
                }
                HGLOBAL fixed = f->alloc(GMEM_FIXED, sizes[s]);
                CHECK_QUIETLY(f->resize(fixed, new_sizes[n], flags_of(f, set)) == fixed);
                CHECK_EQ_UINT(f->size(fixed), sizes[s]);
                CHECK_EQ_PTR(f->release(fixed), NULL);
            }
        }
    }
}

/* small, F2: it has the new size, and what fits of its contents; it is still fixed */
static void resize_small_fixed(const struct family *f)
{
    static const SIZE_T sizes[] = {512, 10, 0, 13, SMALL, 0x200000};
    for (unsigned n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
        SIZE_T kept = sizes[n] < SMALL ? sizes[n] : SMALL;
        HGLOBAL fixed = f->alloc(GMEM_FIXED, SMALL);
        pattern_fill(fixed, SMALL, 3);
        POISON_LAST_ERROR();
        HGLOBAL moved = f->resize(fixed, sizes[n], GMEM_MOVEABLE);
        CHECK_LAST_ERROR_UNTOUCHED();
        CHECK(moved != NULL && !is_moveable(moved));
        CHECK_EQ_UINT(f->size(moved), sizes[n]);
        CHECK_EQ_PTR(f->lock(moved), moved);
        CHECK(pattern_holds(moved, kept, 3));
        CHECK_EQ_PTR(f->release(moved), NULL);
    }
}

/* has the low-fragmentation heap serve fixed blocks of the small size */
static void activate_small(void)
{
    SPEC("G5.2.1");
    HGLOBAL blocks[18];
    for (unsigned i = 0; i < 18; i++) {
        blocks[i] = GlobalAlloc(GMEM_FIXED, SMALL);
    }
    for (unsigned i = 0; i < 18; i++) {
        CHECK_EQ_PTR(GlobalFree(blocks[i]), NULL);
    }
}

/* what cannot be had in place fails with ERROR_NOT_ENOUGH_MEMORY */
static void no_room_in_place(const struct family *f)
{
    SPEC("G5.1.4 G5.1.11");
    HGLOBAL fixed = f->alloc(GMEM_FIXED, SMALL);
    CHECK_FAILS(f->resize(fixed, 0x10000000, 0) == NULL, ERROR_NOT_ENOUGH_MEMORY);
    CHECK_FAILS(f->resize(fixed, SIZE_MAX, 0) == NULL, ERROR_NOT_ENOUGH_MEMORY);
    CHECK_FAILS(f->resize(fixed, SIZE_MAX, GMEM_MOVEABLE) == NULL, ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ_UINT(f->size(fixed), SMALL);
    CHECK_EQ_PTR(f->release(fixed), NULL);
}

/* What a row of the tables says of F0 or F2. */
enum outcome {
    STAYS,    /* the block stays where it is, and has the new size */
    MOVES,    /* it is elsewhere */
    DISCARDS, /* it is gone */
    FAILS,    /* NULL, nothing has changed */
};

/* 5.3 and 5.4: fixed memory; the small rows with the low-fragmentation heap, where no block is resized in place. */
struct fixed_row {
    const char *global; /* lines */
    const char *local;
    SIZE_T size;
    SIZE_T new_size;
    enum outcome f0;
    enum outcome f2;
};

static const struct fixed_row fixed_rows[] = {
    {"G5.3.1", "G5.4.1 G5.4.9", SMALL, 512, FAILS, MOVES}, {"G5.3.2", "G5.4.2 G5.4.9", SMALL, 10, FAILS, MOVES},
    {"G5.3.3", "G5.4.3 G5.4.9", SMALL, 0, FAILS, MOVES},   {"G5.3.4", "G5.4.4 G5.4.9", SMALL, SMALL, FAILS, MOVES},
    {"G5.3.5", "G5.4.9", SMALL, 11, FAILS, MOVES},         {"G5.3.6", "G5.4.9", SMALL, 1024 * 1024, FAILS, MOVES},
    {"G5.3.7", "G5.4.5 G5.4.9", SMALL, 13, FAILS, MOVES},  {"G5.3.8 G5.2.1", "G5.4.6", BIG, BIG + 512, STAYS, STAYS},
    {"G5.3.9 G5.2.1", "G5.4.7", BIG, 10, STAYS, STAYS},    {"G5.3.10 G5.2.1", "G5.4.8", BIG, 0, STAYS, STAYS},
};

/* What F0 or F2 did. */
static bool check_resized(const struct family *f, const struct fixed_row *row, enum outcome outcome, void *fixed,
                          void *result)
{
    DWORD error = GetLastError();
    if (outcome == FAILS) {
        bool ok = CHECK_EQ_PTR(result, NULL);
        ok = CHECK_EQ_UINT(error, ERROR_NOT_ENOUGH_MEMORY) && ok;
        return CHECK_EQ_UINT(f->size(fixed), row->size) && ok;
    }
    SIZE_T kept = row->size < row->new_size ? row->size : row->new_size;
    bool ok = CHECK_EQ_UINT(error, POISON);
    ok = CHECK(result != NULL && !is_moveable(result)) && ok;
    ok = CHECK_EQ_INT(result != fixed, outcome == MOVES) && ok;
    ok = CHECK_EQ_UINT(f->size(result), row->new_size) && ok;
    ok = CHECK_EQ_PTR(f->lock(result), result) && ok;
    return CHECK(pattern_holds(result, kept, 6)) && ok;
}

/* One cell of 5.3 or 5.4. */
static bool check_fixed_cell(const struct family *f, const struct fixed_row *row, enum flag_set set)
{
    SPEC(f->global ? row->global : row->local);
    SPEC(set_lines[set]);
    if (f->global && modifies(set) && set != F1) {
        return convert(f, set, row->size, row->new_size);
    }
    bool ok = false;
    void *fixed = f->alloc(GMEM_FIXED, row->size);
    pattern_fill(fixed, row->size, 6);
    POISON_LAST_ERROR();
    void *result = f->resize(fixed, row->new_size, flags_of(f, set));
    if (set == F0 || set == F2) {
        WINE_DIFFERS("small blocks are resized where they are") {
            ok = check_resized(f, row, set == F0 ? row->f0 : row->f2, fixed, result) || check_excuse != NULL;
        }
    } else {
        DWORD error = GetLastError();
        ok = CHECK_EQ_PTR(result, modifies(set) ? fixed : NULL);
        ok = CHECK_EQ_UINT(error, modifies(set) ? POISON : ERROR_INVALID_PARAMETER) && ok;
        ok = CHECK_EQ_UINT(f->size(fixed), row->size) && ok;
        ok = CHECK(pattern_holds(fixed, row->size, 6)) && ok;
    }
    CHECK_EQ_PTR(f->release(result != NULL ? result : fixed), NULL);
    return ok;
}

static void fixed_table(const struct family *f)
{
    SPEC("W5.8 W7.9 W7.10");
    activate_small();
    for (unsigned r = 0; r < sizeof(fixed_rows) / sizeof(fixed_rows[0]); r++) {
        for (enum flag_set set = F0; set < FLAG_SETS; set++) {
            if (!check_fixed_cell(f, &fixed_rows[r], set) && check_excuse == NULL) {
                printf("    in case: fixed, %u -> %u, F%d\n", (unsigned)fixed_rows[r].size,
                       (unsigned)fixed_rows[r].new_size, (int)set);
            }
        }
    }
}

/* 5.5 */
struct row {
    const char *spec;
    bool locked;
    SIZE_T size;
    SIZE_T new_size;
    enum outcome f0;
    enum outcome f2;
};

static const struct row rows[] = {
    {"G5.5.1 G5.1.4", true, SMALL, 512, FAILS, MOVES},  {"G5.5.2", true, SMALL, 10, STAYS, STAYS},
    {"G5.5.3 G5.1.5", true, SMALL, 0, FAILS, FAILS},    {"G5.5.4 G5.1.4", false, SMALL, 512, MOVES, MOVES},
    {"G5.5.5 G5.5.14", false, SMALL, 10, STAYS, STAYS}, {"G5.5.6 G5.1.6 G5.1.7", false, SMALL, 0, FAILS, DISCARDS},
    {"G5.5.7", true, BIG, BIG + 512, STAYS, STAYS},     {"G5.5.8", true, BIG, 10, STAYS, STAYS},
    {"G5.5.9 G5.1.5", true, BIG, 0, FAILS, FAILS},      {"G5.5.10", false, BIG, BIG + 512, STAYS, STAYS},
    {"G5.5.11", false, BIG, 10, STAYS, STAYS},          {"G5.5.12 G5.1.6 G5.1.7", false, BIG, 0, FAILS, DISCARDS},
};

/* F4 and F6 always fail; the sets with MODIFY never do, and outcome says nothing of them. */
static enum outcome outcome_of(const struct row *row, enum flag_set set)
{
    if (is_discardable(set)) {
        return FAILS;
    }
    return set == F0 ? row->f0 : row->f2;
}

static bool check_row(const struct family *f, const struct row *row, enum flag_set set)
{
    SPEC(row->spec);
    SPEC(set_lines[set]);
    SPEC(modifies(set) ? "G5.1.1 G5.5.13" : "G5.1.9 G5.1.11");
    enum outcome outcome = outcome_of(row, set);
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, row->size);
    pattern_fill(f->lock(handle), row->size, 9);
    if (!row->locked) {
        CHECK(!f->unlock(handle));
    }
    struct entry before = *entry_of(handle);
    POISON_LAST_ERROR();
    HGLOBAL result = f->resize(handle, row->new_size, flags_of(f, set));
    DWORD error = GetLastError();
    const struct entry *after = entry_of(handle);
    bool ok = CHECK_EQ_PTR(result, modifies(set) || outcome != FAILS ? handle : NULL);

    if (modifies(set) || outcome == FAILS) {
        /* "nothing changes", but that F5 and F7 make it discardable */
        ok = CHECK_EQ_PTR(after->data, before.data) && ok;
        ok = CHECK_EQ_UINT(after->flags, before.flags | (set == F5 || set == F7 ? 4u : 0u)) && ok;
        ok = CHECK_EQ_UINT(f->size(handle), row->size) && ok;
        DWORD failure = row->new_size == 0 || is_discardable(set) ? ERROR_INVALID_PARAMETER : ERROR_NOT_ENOUGH_MEMORY;
        WINE_DIFFERS("ReAlloc to 0 of locked memory leaves the last error") {
            ok = CHECK_EQ_UINT(error, modifies(set) ? POISON : failure) && ok;
        }
    } else if (outcome == DISCARDS) {
        ok = CHECK_EQ_PTR(after->data, NULL) && ok;
        ok = CHECK_EQ_UINT(after->flags, before.flags | ENTRY_DISCARDED) && ok;
        ok = CHECK_EQ_UINT(f->size(handle), 0) && ok;
        ok = CHECK(!HeapValidate(GetProcessHeap(), 0, before.data)) && ok;
    } else {
        SIZE_T kept = row->size < row->new_size ? row->size : row->new_size;
        ok = CHECK_EQ_INT(after->data != before.data, outcome == MOVES) && ok;
        ok = CHECK(outcome == STAYS || !HeapValidate(GetProcessHeap(), 0, before.data)) && ok;
        ok = CHECK_EQ_UINT(after->flags, before.flags) && ok;
        ok = CHECK_EQ_UINT(f->size(handle), row->new_size) && ok;
        ok = CHECK(pattern_holds(after->data, kept, 9)) && ok;
    }
    CHECK_EQ_PTR(f->release(handle), NULL);
    return ok;
}

static void moveable(const struct family *f)
{
    for (unsigned r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        for (enum flag_set set = F0; set < FLAG_SETS; set++) {
            if (!check_row(f, &rows[r], set) && check_excuse == NULL) {
                printf("    in case: %s, %u -> %u, F%d\n", rows[r].locked ? "locked" : "unlocked",
                       (unsigned)rows[r].size, (unsigned)rows[r].new_size, (int)set);
            }
        }
    }
}

static void state_survives(const struct family *f)
{
    SPEC("G5.1.9");
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE | f->discardable, 100);
    CHECK(f->lock(handle) != NULL);
    CHECK(f->lock(handle) != NULL);
    CHECK_EQ_PTR(f->resize(handle, 500000, GMEM_MOVEABLE), handle);
    CHECK_EQ_UINT(entry_of(handle)->flags, 0x20007);
    CHECK_EQ_PTR(f->resize(handle, 5, 0), handle);
    CHECK_EQ_UINT(entry_of(handle)->flags, 0x20007);
    CHECK_EQ_PTR(f->release(handle), NULL);
}

/* ZEROINIT clears what is added */
static void from_nothing_and_back(const struct family *f)
{
    SPEC("G5.1.6 G5.1.10 G5.6.1");
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 0);
    for (unsigned round = 0; round < 3; round++) {
        CHECK_QUIETLY(f->resize(handle, 10, GMEM_MOVEABLE) == handle);
        CHECK_EQ_UINT(f->size(handle), 10);
        CHECK_EQ_UINT(entry_of(handle)->flags, 3);
        memset(f->lock(handle), 0xA5, 10);
        CHECK(!f->unlock(handle));
        CHECK_QUIETLY(f->resize(handle, 0, GMEM_MOVEABLE) == handle);
        CHECK_EQ_UINT(f->size(handle), 0);
        CHECK_QUIETLY(f->resize(handle, 0, GMEM_MOVEABLE) == handle);
        CHECK_FAILS(f->lock(handle) == NULL, ERROR_DISCARDED);
        CHECK_QUIETLY(f->resize(handle, 100, GMEM_MOVEABLE | GMEM_ZEROINIT) == handle);
        CHECK(all_bytes(f->lock(handle), 100, 0));
        CHECK(!f->unlock(handle));
        CHECK_QUIETLY(f->resize(handle, 0, GMEM_MOVEABLE) == handle);
        CHECK_FAILS(f->resize(handle, SIZE_MAX, GMEM_MOVEABLE) == NULL, ERROR_NOT_ENOUGH_MEMORY);
        CHECK_EQ_UINT(entry_of(handle)->flags, 0xB);
    }
    CHECK_EQ_PTR(f->release(handle), NULL);
}

/* the others as they were, moveable or fixed */
static void zeroed(const struct family *f)
{
    SPEC("G5.1.8");
    static const SIZE_T sizes[] = {1, 12, 100, 5000, BIG, 0x200000};
    static const UINT kinds[] = {GMEM_FIXED, GMEM_MOVEABLE};
    for (unsigned k = 0; k < 2; k++) {
        HGLOBAL object = f->alloc(kinds[k], 1);
        SIZE_T size = 1;
        memset(f->lock(object), 0xA5, size);
        for (unsigned n = 1; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
            object = f->resize(object, sizes[n], GMEM_MOVEABLE | GMEM_ZEROINIT);
            unsigned char *data = f->lock(object);
            CHECK(all_bytes(data, size, 0xA5));
            CHECK(all_bytes(data + size, sizes[n] - size, 0));
            size = sizes[n];
            memset(data, 0xA5, size);
        }
        CHECK_EQ_PTR(f->release(object), NULL);
    }
}

static void large_scenario(const struct family *f)
{
    SPEC(f->global ? "G5.6.2 G5.6.3" : "G5.6.4");
    HGLOBAL object = f->alloc(GMEM_ZEROINIT, 100000);
    CHECK_EQ_PTR(f->lock(object), object);
    HGLOBAL modified = f->resize(object, 0, GMEM_MODIFY | GMEM_MOVEABLE);
    CHECK_EQ_INT(modified != object, f->global);
    CHECK_EQ_UINT(f->size(modified), 100000);
    CHECK_EQ_INT(f->lock(modified) != modified, f->global);
    CHECK_FAILS(f->unlock(modified) == FALSE, f->global ? NO_ERROR : ERROR_NOT_LOCKED);
    HGLOBAL grown = f->resize(modified, 200000, GMEM_MOVEABLE | GMEM_ZEROINIT);
    CHECK_EQ_PTR(grown, modified);
    CHECK(f->size(grown) >= 200000);
    CHECK(all_bytes(f->lock(grown), 200000, 0));
    CHECK_EQ_PTR(f->release(grown), NULL);
}

static void discard(void)
{
    SPEC("G6.1 G6.2 G6.3");
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, 100);
    CHECK(GlobalLock(handle) != NULL);
    CHECK_EQ_PTR(GlobalDiscard(handle), NULL);
    CHECK_EQ_UINT(GlobalSize(handle), 100);
    CHECK(!GlobalUnlock(handle));
    CHECK_EQ_PTR(GlobalDiscard(handle), handle);
    CHECK_EQ_UINT(GlobalFlags(handle), GMEM_DISCARDED);
    CHECK_EQ_PTR(GlobalFree(handle), NULL);

    handle = LocalAlloc(LMEM_MOVEABLE, 100);
    CHECK(LocalLock(handle) != NULL);
    CHECK_EQ_PTR(LocalDiscard(handle), NULL);
    CHECK(!LocalUnlock(handle));
    CHECK_EQ_PTR(LocalDiscard(handle), handle);
    CHECK_EQ_UINT(LocalFlags(handle), LMEM_DISCARDED);
    CHECK_EQ_PTR(LocalFree(handle), NULL);
#if !defined(GlobalDiscard) || !defined(LocalDiscard)
    CHECK(false && "macros");
#endif
}

static void discard_fixed(void)
{
    SPEC("G6.4");
    HLOCAL fixed = LocalAlloc(LMEM_FIXED, 200000);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ_PTR(LocalDiscard(fixed), fixed);
        CHECK_EQ_UINT(LocalSize(fixed), 0);
    }
    CHECK_EQ_PTR(LocalFree(fixed), NULL);
}

/* The block of an earlier moveable object is the next one's, and that of fixed memory which becomes moveable. */
static void block_of_conversion(void)
{
    SPEC("G5.3.11");
    static const SIZE_T sizes[] = {10, 0};
    activate_small();
    for (unsigned n = 0; n < 2; n++) {
        HGLOBAL earlier = GlobalAlloc(GMEM_MOVEABLE, SMALL);
        void *data = entry_of(earlier)->data;
        CHECK_EQ_PTR(GlobalFree(earlier), NULL);
        HGLOBAL handle = GlobalReAlloc(GlobalAlloc(GMEM_FIXED, SMALL), sizes[n], GMEM_MODIFY | GMEM_MOVEABLE);
        WINE_DIFFERS("GlobalReAlloc leaves the block where it is when it becomes moveable") {
            CHECK_EQ_PTR(entry_of(handle)->data, data);
        }
        CHECK_EQ_PTR(GlobalFree(handle), NULL);
    }
    HGLOBAL earlier = GlobalAlloc(GMEM_MOVEABLE, SMALL);
    void *data = entry_of(earlier)->data;
    CHECK_EQ_PTR(GlobalFree(earlier), NULL);
    HGLOBAL handle = GlobalReAlloc(GlobalAlloc(GMEM_FIXED, BIG), 0, GMEM_MODIFY | GMEM_MOVEABLE);
    CHECK(entry_of(handle)->data != data);
    CHECK_EQ_PTR(GlobalFree(handle), NULL);
}

static void prototypes(void)
{
    SPEC("G5.1");
    CHECK(_Generic(GlobalReAlloc, HGLOBAL(WINAPI *)(HGLOBAL, SIZE_T, UINT) : true, default : false));
    CHECK(_Generic(LocalReAlloc, HLOCAL(WINAPI *)(HLOCAL, SIZE_T, UINT) : true, default : false));
}

static void nothing(const struct family *f)
{
    SPEC(f->global ? "G4.12" : "G4.13");
    static const UINT flags[] = {GMEM_MOVEABLE, 0, GMEM_MODIFY, GMEM_MODIFY | GMEM_MOVEABLE};
    HGLOBAL freed = freed_moveable(f);
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        {
            SPEC("G4.17");
            CHECK_FAILS(f->resize(NULL, 10, flags[i]) == NULL, ERROR_INVALID_HANDLE);
        }
        CHECK_FAILS(f->resize(freed, 10, flags[i]) == NULL, ERROR_INVALID_HANDLE);
        CHECK_FAILS(f->resize(INVALID_MOVEABLE, 10, flags[i]) == NULL, ERROR_INVALID_HANDLE);
    }
    CHECK_FAILS(f->resize(freed, 0, GMEM_MOVEABLE) == NULL, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->resize(INVALID_MOVEABLE, 0, GMEM_MOVEABLE) == NULL, ERROR_INVALID_HANDLE);
    WINE_DIFFERS("GlobalReAlloc and LocalReAlloc of an unmapped pointer do not say ERROR_NOACCESS") {
        CHECK_FAILS(f->resize(INVALID_FIXED, 0, GMEM_MOVEABLE) == NULL, ERROR_NOACCESS);
    }
#ifndef _WIN32
    CHECK_FAILS(f->resize(INVALID_FIXED, 0, GMEM_MODIFY) == NULL, ERROR_NOACCESS);
    CHECK_FAILS(f->resize(INVALID_FIXED, 0, GMEM_MODIFY | GMEM_MOVEABLE) == NULL, ERROR_NOACCESS);
    CHECK_FAILS(f->resize(plain_memory(), 10, GMEM_MOVEABLE) == NULL, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->resize(plain_memory(), 10, GMEM_MODIFY | GMEM_MOVEABLE) == NULL, ERROR_INVALID_HANDLE);
#endif
}

#ifndef _WIN32
static SIZE_T allocated(void)
{
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    CHECK(HeapSummary(GetProcessHeap(), 0, &summary));
    return summary.cbAllocated;
}

/* A table that is full: fixed memory cannot be made moveable, and stays as it is. Nothing is left over of the trials.
 */
static void no_handle_left(void)
{
    static HGLOBAL handles[0x10000];
    unsigned count = 0;
    unsigned char *fixed = GlobalAlloc(GMEM_FIXED, 100);
    pattern_fill(fixed, 100, 1);
    while (count < 0x10000 && (handles[count] = GlobalAlloc(GMEM_MOVEABLE, 0)) != NULL) {
        count++;
    }
    SIZE_T before = allocated();
    CHECK_FAILS(GlobalReAlloc(fixed, 0, GMEM_MODIFY | GMEM_MOVEABLE) == NULL, ERROR_NOT_ENOUGH_MEMORY);
    CHECK_FAILS(GlobalAlloc(GMEM_MOVEABLE, 1000) == NULL, ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ_UINT(allocated(), before);
    CHECK_EQ_UINT(GlobalSize(fixed), 100);
    CHECK(pattern_holds(fixed, 100, 1));
    while (count > 0) {
        GlobalFree(handles[--count]);
    }
    CHECK_EQ_PTR(GlobalFree(fixed), NULL);
}
#endif

int main(void)
{
    prototypes();
    for_both(discardable_without_modify);
    for_both(modify_fixed);
    for_both(resize_small_fixed);
    for_both(no_room_in_place);
    for_both(moveable);
    for_both(state_survives);
    for_both(from_nothing_and_back);
    for_both(zeroed);
    for_both(large_scenario);
    discard();
    discard_fixed();
    for_both(nothing);
    for_both(fixed_table);
    block_of_conversion();
#ifndef _WIN32
    no_handle_left();
#endif
    return check_report();
}
