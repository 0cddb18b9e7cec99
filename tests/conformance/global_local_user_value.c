/* The block behind a moveable object has its handle as user value, and the flags 0x200: nt-heap.md 9, last line;
 * and what HeapWalk tells of it. */
#include "families.h"

#include "nt.h"

#ifndef HEAP_SETTABLE_USER_FLAG1
#define HEAP_SETTABLE_USER_FLAG1 0x200
#endif

#define UNTOUCHED ((PVOID)(UINT_PTR)0x5151)

static const SIZE_T sizes[] = {1, 12, 100, 0x1000, 0x8000, 0x200000};

static bool has(PVOID block, PVOID value, ULONG flags)
{
    PVOID found = UNTOUCHED;
    ULONG found_flags = 0xDEADBEEF;
    bool ok = CHECK_EQ_UINT(RtlGetUserInfoHeap(GetProcessHeap(), 0, block, &found, &found_flags), TRUE);
    ok = CHECK_EQ_PTR(found, value) && ok;
    return CHECK_EQ_UINT(found_flags, flags) && ok;
}

static bool is_of(HGLOBAL handle)
{
    return CHECK(is_moveable(handle)) && has(entry_of(handle)->data, handle, HEAP_SETTABLE_USER_FLAG1);
}

static void value_is_the_handle(const struct family *f)
{
    SPEC("G1.5 G1.6 N9.16");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        HGLOBAL first = f->alloc(GMEM_MOVEABLE, sizes[i]), second = f->alloc(GMEM_MOVEABLE | GMEM_ZEROINIT, sizes[i]);
        CHECK(is_of(first) && is_of(second));
        CHECK_EQ_UINT(f->size(first), sizes[i]);
        CHECK_EQ_UINT(HeapSize(GetProcessHeap(), 0, entry_of(second)->data), sizes[i]);
        CHECK(HeapValidate(GetProcessHeap(), 0, entry_of(first)->data));
        CHECK_EQ_PTR(f->release(first), NULL);
        CHECK(is_of(second));
        CHECK_EQ_PTR(f->release(second), NULL);
    }
}

static void fixed_has_none(const struct family *f)
{
    for (size_t i = 0; i + 1 < sizeof(sizes) / sizeof(sizes[0]); i++) {
        HGLOBAL data = f->alloc(GMEM_FIXED, sizes[i]);
        WINE_DIFFERS("fixed memory has a user value too") {
            has(data, UNTOUCHED, 0);
        }
        CHECK_EQ_PTR(f->release(data), NULL);
    }
}

/* it goes with the block: larger, smaller, discarded and given data again, from small to large and back */
static void value_moves_along(const struct family *f)
{
    SPEC("G1.6");
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 0);
    CHECK_EQ_PTR(entry_of(handle)->data, NULL);
    for (unsigned round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            CHECK_EQ_PTR(f->resize(handle, sizes[i], GMEM_MOVEABLE), handle);
            CHECK(is_of(handle));
        }
        CHECK_EQ_PTR(f->resize(handle, 50, GMEM_MOVEABLE), handle);
        CHECK(is_of(handle));
        CHECK_EQ_PTR(f->resize(handle, 0, GMEM_MOVEABLE), handle);
        CHECK_EQ_PTR(entry_of(handle)->data, NULL);
    }
    CHECK_EQ_PTR(f->release(handle), NULL);
}

/* a fixed object that becomes a moveable one */
static void converted(void)
{
    SPEC("G1.6");
    HGLOBAL data = GlobalAlloc(GMEM_FIXED, 100);
    HGLOBAL handle = GlobalReAlloc(data, 0, GMEM_MODIFY | GMEM_MOVEABLE);
    CHECK(is_of(handle));
    CHECK_EQ_PTR(GlobalFree(handle), NULL);
}

static void walk_tells_the_handle(const struct family *f)
{
    SPEC("G3.3.3 W4.1.5");
    HANDLE heap = GetProcessHeap();
    PROCESS_HEAP_ENTRY entry = {.lpData = NULL};
    HGLOBAL handles[] = {f->alloc(GMEM_MOVEABLE, 40), f->alloc(GMEM_MOVEABLE, 40), f->alloc(GMEM_MOVEABLE, 0x200000)};
    HGLOBAL data = f->alloc(GMEM_FIXED, 41);
    unsigned seen = 0;

    CHECK(HeapLock(heap));
    while (HeapWalk(heap, &entry)) {
        for (unsigned i = 0; i < 3; i++) {
            if (entry.lpData == entry_of(handles[i])->data && (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0) {
                seen++;
                WINE_DIFFERS("a walk does not tell of moveable objects") {
                    CHECK_EQ_UINT(entry.wFlags, PROCESS_HEAP_ENTRY_BUSY | PROCESS_HEAP_ENTRY_MOVEABLE);
                    CHECK_EQ_PTR(entry.Block.hMem, handles[i]);
                }
            }
        }
        if (entry.lpData == (PVOID)data) {
            CHECK_EQ_UINT(entry.wFlags, PROCESS_HEAP_ENTRY_BUSY);
        }
    }
    CHECK_LAST_ERROR(ERROR_NO_MORE_ITEMS);
    CHECK(HeapUnlock(heap));
    CHECK_EQ_UINT(seen, 3);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ_PTR(f->release(handles[i]), NULL);
    }
    CHECK_EQ_PTR(f->release(data), NULL);
}

/* so many of a size that the front end serves it, here and on Windows; a locked one shrinks where it is */
static void many(const struct family *f)
{
    SPEC("G5.5.14");
    HGLOBAL handles[200];
    for (SIZE_T size = 12; size < 16000; size = size * 7 + 5) {
        for (unsigned i = 0; i < 200; i++) {
            handles[i] = f->alloc(GMEM_MOVEABLE, size);
            pattern_fill(f->lock(handles[i]), size, i);
        }
        for (unsigned i = 0; i < 200; i++) {
            void *data = entry_of(handles[i])->data;
            CHECK(is_of(handles[i]) && pattern_holds(data, size, i));
            CHECK_QUIETLY(f->resize(handles[i], 10, 0) == handles[i]);
            CHECK_EQ_PTR(entry_of(handles[i])->data, data);
            CHECK_EQ_UINT(f->size(handles[i]), 10);
            CHECK(is_of(handles[i]) && pattern_holds(data, 10, i));
            CHECK_QUIETLY(f->handle(data) == handles[i]);
        }
        CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
        for (unsigned i = 0; i < 200; i++) {
            CHECK_EQ_PTR(f->release(handles[i]), NULL);
        }
    }
}

/* another user value is what the handle of the data is then; the object is as it was */
static void value_is_set(const struct family *f)
{
    SPEC("G1.6");
    for (SIZE_T size = 12; size < 0x400000; size *= 30) {
        HGLOBAL handle = f->alloc(GMEM_MOVEABLE, size);
        PVOID data = entry_of(handle)->data;
        CHECK_EQ_PTR(f->handle(data), handle);
        CHECK_EQ_UINT(RtlSetUserValueHeap(GetProcessHeap(), 0, data, UNTOUCHED), TRUE);
        CHECK_EQ_PTR(f->handle(data), UNTOUCHED);
        CHECK(has(data, UNTOUCHED, HEAP_SETTABLE_USER_FLAG1));
        CHECK_EQ_UINT(f->size(handle), size);
        CHECK_EQ_UINT(RtlSetUserValueHeap(GetProcessHeap(), 0, data, handle), TRUE);
        CHECK_EQ_PTR(f->handle(data), handle);
        CHECK_EQ_PTR(f->release(handle), NULL);
    }
}

#ifndef _WIN32
/* where 64-bit Windows crashes: 32-bit Windows' answer */
static void value_of_nothing(const struct family *f)
{
    SPEC("G4.16");
    HGLOBAL wrong[] = {INVALID_MOVEABLE, freed_moveable(f), INVALID_FIXED};
    for (unsigned i = 0; i < 3; i++) {
        PVOID value = UNTOUCHED;
        ULONG flags = 0xDEADBEEF;
        CHECK_FAILS(!RtlGetUserInfoHeap(GetProcessHeap(), 0, wrong[i], &value, &flags), ERROR_INVALID_PARAMETER);
        CHECK_EQ_PTR(value, UNTOUCHED);
    }
}

/* ours to say: the flags are the object's */
static void flags_stay(const struct family *f)
{
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 64);
    CHECK_FAILS(!RtlSetUserFlagsHeap(GetProcessHeap(), 0, entry_of(handle)->data, 0x200, 0), ERROR_INVALID_PARAMETER);
    CHECK(is_of(handle));
    CHECK_EQ_PTR(f->release(handle), NULL);
}

/* what lies behind the data can be overwritten; the object is found all the same */
static void overwritten(const struct family *f)
{
    HGLOBAL first = f->alloc(GMEM_MOVEABLE, 64), second = f->alloc(GMEM_MOVEABLE, 64);
    const UINT_PTR values[] = {0, 1, (UINT_PTR)second, ~(UINT_PTR)0};
    for (unsigned i = 0; i < 4; i++) {
        UINT_PTR words[2] = {values[i], values[i]};
        memcpy((char *)entry_of(first)->data + 64, words, sizeof(words));
        CHECK_QUIETLY(f->handle(entry_of(first)->data) == first);
        CHECK_QUIETLY(f->handle(entry_of(second)->data) == second);
    }
    CHECK_EQ_PTR(f->release(first), NULL);
    CHECK_EQ_PTR(f->release(second), NULL);
}
#endif

int main(void)
{
    nt_load();
    for_both(value_is_the_handle);
    for_both(fixed_has_none);
    for_both(value_moves_along);
    converted();
    for_both(walk_tells_the_handle);
    for_both(many);
    for_both(value_is_set);
#ifndef _WIN32
    for_both(value_of_nothing);
    for_both(flags_stay);
    for_both(overwritten);
#endif
    return check_report();
}
