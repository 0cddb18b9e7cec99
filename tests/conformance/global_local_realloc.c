/* GlobalReAlloc, LocalReAlloc and discarding: global-local-toolhelp-seh.md 5, 6. */
#include "families.h"

#define SMALL 12u
#define BIG 0x20000u

/* 5.2: the flag sets of the tables */
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

static bool modifies(enum flag_set set)
{
    return set == F1 || set == F3 || set == F5 || set == F7;
}

static const SIZE_T new_sizes[] = {BIG + 512, 512, 13, SMALL, 11, 10, 0, 1024 * 1024};
#define NEW_SIZES (sizeof(new_sizes) / sizeof(new_sizes[0]))

/* 5.3, 5.4, F4 and F6: NULL, and the object as it was. 5.1: DISCARDABLE without MODIFY always fails */
static void discardable_without_modify(const struct family *f)
{
    SPEC(
        "G5.1.3 G5.1.11 G5.2.6 G5.2.8 G5.3.1 G5.3.2 G5.3.3 G5.3.8 G5.3.9 G5.3.10 G5.4.1 G5.4.2 G5.4.3 G5.4.6 G5.4.7 G5.4.8");
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

/* Global F3, F5, F7 of fixed memory: a moveable handle, the size unchanged, the contents kept; the block elsewhere
 */
static void convert(const struct family *f, enum flag_set set, SIZE_T size, SIZE_T new_size)
{
    SPEC("G5.1.2 G5.3.11 G5.3.1 G5.3.2 G5.3.3 G5.3.8 G5.3.9 G5.3.10");
    unsigned char *fixed = f->alloc(GMEM_FIXED, size);
    pattern_fill(fixed, size, 7);
    POISON_LAST_ERROR();
    HGLOBAL handle = f->resize(fixed, new_size, flags_of(f, set));
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(is_moveable(handle));
    if (is_moveable(handle)) {
        CHECK_EQ_UINT(entry_of(handle)->flags & 0x7FFF, set == F3 ? 3 : 7);
        CHECK_EQ_UINT(f->size(handle), size);
        WINE_DIFFERS("GlobalReAlloc leaves the block where it is when it becomes moveable") {
            CHECK(entry_of(handle)->data != fixed);
            CHECK(!HeapValidate(GetProcessHeap(), 0, fixed));
        }
        CHECK(pattern_holds(f->lock(handle), size, 7));
    }
    CHECK_EQ_PTR(f->release(handle), NULL);
}

/* 5.3, 5.4, the sets with MODIFY: Global converts if MOVEABLE is there, else and in Local nothing changes */
static void modify_fixed(const struct family *f)
{
    SPEC(
        "G5.1.1 G5.2.3 G5.2.5 G5.2.7 G5.2.9 G5.3.1 G5.3.2 G5.3.3 G5.3.8 G5.3.9 G5.3.10 G5.3.5 G5.3.6 G5.4.1 G5.4.2 G5.4.3 G5.4.6 G5.4.7 G5.4.8");
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
    SPEC("G5.2.4 G5.3.1 G5.3.2 G5.3.3 G5.4.1 G5.4.2 G5.4.3");
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

/* big, F0 and F2: the same pointer, the new size */
static void resize_big_fixed(const struct family *f)
{
    SPEC("G5.1.4 G5.3.8 G5.3.9 G5.3.10 G5.4.6 G5.4.7 G5.4.8");
    static const SIZE_T sizes[] = {BIG + 512, 10, 0};
    SPEC("W7.9");
    for (unsigned n = 0; n < 3; n++) {
        for (enum flag_set set = F0; set <= F2; set += 2) {
            HGLOBAL fixed = f->alloc(GMEM_FIXED, BIG);
            pattern_fill(fixed, BIG, 5);
            CHECK_QUIETLY(f->resize(fixed, sizes[n], flags_of(f, set)) == fixed);
            CHECK_EQ_UINT(f->size(fixed), sizes[n]);
            CHECK(pattern_holds(fixed, sizes[n] < BIG ? sizes[n] : BIG, 5));
            CHECK_EQ_PTR(f->release(fixed), NULL);
        }
    }
}

/* 5.2: has the low-fragmentation heap serve fixed blocks of the small size */
static void activate_small(void)
{
    HGLOBAL blocks[18];
    for (unsigned i = 0; i < 18; i++) {
        blocks[i] = GlobalAlloc(GMEM_FIXED, SMALL);
    }
    for (unsigned i = 0; i < 18; i++) {
        CHECK_EQ_PTR(GlobalFree(blocks[i]), NULL);
    }
}

/* small, with the low-fragmentation heap: never where it is; F0 is NULL, the same size too, F2 another
 * pointer */
static void hot_small_fixed(const struct family *f)
{
    SPEC("G5.2.1 G5.2.2 G5.3.1 G5.3.2 G5.3.3 G5.3.4 G5.3.7 G5.4.1 G5.4.2 G5.4.3 G5.4.4 G5.4.5 G5.4.9");
    static const SIZE_T sizes[] = {512, 10, 0, SMALL, 13};
    activate_small();
    SPEC("W5.8 W7.10");
    for (unsigned n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
        HGLOBAL fixed = f->alloc(GMEM_FIXED, SMALL);
        pattern_fill(fixed, SMALL, 6);
        WINE_DIFFERS("small blocks are resized where they are") {
            CHECK_FAILS(f->resize(fixed, sizes[n], 0) == NULL, ERROR_NOT_ENOUGH_MEMORY);
            CHECK_EQ_UINT(f->size(fixed), SMALL);
        }
        f->release(fixed);

        fixed = f->alloc(GMEM_FIXED, SMALL);
        pattern_fill(fixed, SMALL, 6);
        POISON_LAST_ERROR();
        HGLOBAL moved = f->resize(fixed, sizes[n], GMEM_MOVEABLE);
        CHECK_LAST_ERROR_UNTOUCHED();
        WINE_DIFFERS("small blocks are resized where they are") {
            CHECK(moved != fixed);
        }
        CHECK_EQ_UINT(f->size(moved), sizes[n]);
        CHECK(pattern_holds(moved, sizes[n] < SMALL ? sizes[n] : SMALL, 6));
        CHECK_EQ_PTR(f->release(moved), NULL);
    }
}

/* flags 0 forbids fixed memory to move: what cannot be had in place fails with ERROR_NOT_ENOUGH_MEMORY */
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

/* What a row of table 5.5 says of F0 or F2. */
enum outcome {
    STAYS,    /* the block stays where it is, and has the new size */
    MOVES,    /* it is elsewhere */
    DISCARDS, /* it is gone */
    FAILS,    /* NULL, nothing has changed */
};

struct row {
    const char *spec;
    bool locked;
    SIZE_T size;
    SIZE_T new_size;
    enum outcome f0;
    enum outcome f2;
};

static const struct row rows[] = {
    {"G5.5.1", true, SMALL, 512, FAILS, MOVES},
    {"G5.5.2 G5.5.14", true, SMALL, 10, STAYS, STAYS},
    {"G5.5.3 G5.1.5", true, SMALL, 0, FAILS, FAILS},
    {"G5.5.4 G5.1.4", false, SMALL, 512, MOVES, MOVES},
    {"G5.5.5 G5.5.14", false, SMALL, 10, STAYS, STAYS},
    {"G5.5.6 G5.1.6 G5.1.7", false, SMALL, 0, FAILS, DISCARDS},
    {"G5.5.7", true, BIG, BIG + 512, STAYS, STAYS},
    {"G5.5.8", true, BIG, 10, STAYS, STAYS},
    {"G5.5.9", true, BIG, 0, FAILS, FAILS},
    {"G5.5.10", false, BIG, BIG + 512, STAYS, STAYS},
    {"G5.5.11", false, BIG, 10, STAYS, STAYS},
    {"G5.5.12", false, BIG, 0, FAILS, DISCARDS},
};

static bool check_row(const struct family *f, const struct row *row, enum flag_set set)
{
    SPEC(row->spec);
    SPEC("G5.5.13");
    enum outcome outcome = set == F0 ? row->f0 : row->f2;
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
        DWORD failure = row->new_size == 0 ? ERROR_INVALID_PARAMETER : ERROR_NOT_ENOUGH_MEMORY;
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

/* table 5.5, whole: moveable memory, locked and not */
static void moveable(const struct family *f)
{
    static const enum flag_set sets[] = {F0, F1, F2, F3, F5, F7};
    for (unsigned r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        for (unsigned s = 0; s < sizeof(sets) / sizeof(sets[0]); s++) {
            if (!check_row(f, &rows[r], sets[s]) && check_excuse == NULL) {
                printf("    in case: %s, %u -> %u, F%d\n", rows[r].locked ? "locked" : "unlocked",
                       (unsigned)rows[r].size, (unsigned)rows[r].new_size, (int)sets[s]);
            }
        }
    }
}

/* lock count and other state bits survive */
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

/* a discarded handle gets data again; ZEROINIT clears what is added */
static void from_nothing_and_back(const struct family *f)
{
    SPEC("G5.1.8 G5.1.10 G5.6.1");
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

/* ZEROINIT: added bytes are zero, the others as they were, moveable or fixed */
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

/* fixed 100000 bytes, made moveable (Global) or not (Local), then grown and cleared */
static void large_scenario(const struct family *f)
{
    SPEC("G5.6.2 G5.6.3 G5.6.4");
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

/* discarding is ReAlloc to 0: not of what is locked; Local's of fixed memory too, again and again */
static void discard(void)
{
    SPEC("G6.1 G6.2 G6.3 G6.4");
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, 100);
    CHECK(GlobalLock(handle) != NULL);
    CHECK_EQ_PTR(GlobalDiscard(handle), NULL);
    CHECK_EQ_UINT(GlobalSize(handle), 100);
    CHECK(!GlobalUnlock(handle));
    CHECK_EQ_PTR(GlobalDiscard(handle), handle);
    CHECK_EQ_UINT(GlobalFlags(handle), GMEM_DISCARDED);
    CHECK_EQ_PTR(GlobalFree(handle), NULL);

    HLOCAL fixed = LocalAlloc(LMEM_FIXED, 200000);
    CHECK_EQ_PTR(LocalDiscard(fixed), fixed);
    CHECK_EQ_UINT(LocalSize(fixed), 0);
    CHECK_EQ_PTR(LocalDiscard(fixed), fixed);
    CHECK_EQ_PTR(LocalFree(fixed), NULL);
}

/* freed or invalid moveable: NULL, ERROR_INVALID_HANDLE; invalid fixed: ERROR_NOACCESS; NULL: ERROR_INVALID_HANDLE
 */
static void nothing(const struct family *f)
{
    SPEC("G4.12 G4.13 G4.17");
    static const UINT flags[] = {GMEM_MOVEABLE, 0, GMEM_MODIFY, GMEM_MODIFY | GMEM_MOVEABLE};
    HGLOBAL freed = freed_moveable(f);
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        CHECK_FAILS(f->resize(NULL, 10, flags[i]) == NULL, ERROR_INVALID_HANDLE);
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

static void prototypes(void)
{
    SPEC("G5.1");
    HGLOBAL(WINAPI * global)(HGLOBAL, SIZE_T, UINT) = GlobalReAlloc;
    HLOCAL(WINAPI * local)(HLOCAL, SIZE_T, UINT) = LocalReAlloc;
    HGLOBAL handle = local(global(GlobalAlloc(GMEM_MOVEABLE, 1), 10, GMEM_MOVEABLE), 20, LMEM_MOVEABLE);
    CHECK_EQ_UINT(GlobalSize(handle), 20);
    CHECK_EQ_PTR(GlobalFree(handle), NULL);
}

int main(void)
{
    prototypes();
    for_both(discardable_without_modify);
    for_both(modify_fixed);
    for_both(resize_small_fixed);
    for_both(resize_big_fixed);
    for_both(no_room_in_place);
    for_both(moveable);
    for_both(state_survives);
    for_both(from_nothing_and_back);
    for_both(zeroed);
    for_both(large_scenario);
    discard();
    for_both(nothing);
    for_both(hot_small_fixed);
#ifndef _WIN32
    no_handle_left();
#endif
    return check_report();
}
