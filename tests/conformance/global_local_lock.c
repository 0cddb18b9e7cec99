/* GlobalLock, GlobalUnlock, their Local kin and older names. */
#include "families.h"

#include "thread.h"

static void moveable(const struct family *f)
{
    SPEC("G1.15 G3.2.1 G3.2.4 G3.2.5 G3.2.6");
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 256);
    POISON_LAST_ERROR();
    void *data = f->lock(handle);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(data != NULL && data != handle);
    CHECK_EQ_PTR(data, entry_of(handle)->data);
    CHECK_EQ_UINT((UINT_PTR)data % GRANULARITY, 0);
    CHECK_EQ_UINT(entry_of(handle)->flags, 0x10003);
    CHECK_QUIETLY(f->lock(handle) == data);
    CHECK_EQ_UINT(entry_of(handle)->flags, 0x20003);
    CHECK_EQ_UINT(f->flags(handle), 2);
    CHECK_QUIETLY(f->unlock(handle) == TRUE);
    CHECK_EQ_UINT(f->flags(handle), 1);
    CHECK_FAILS(f->unlock(handle) == FALSE, NO_ERROR);
    CHECK_EQ_UINT(f->flags(handle), 0);
    CHECK_FAILS(f->unlock(handle) == FALSE, ERROR_NOT_LOCKED);
    CHECK_FAILS(f->unlock(handle) == FALSE, ERROR_NOT_LOCKED);
    CHECK_EQ_PTR(f->release(handle), NULL);
}

static void most_locks(const struct family *f)
{
    SPEC("G1.14 G3.2.2 G3.2.3");
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE | f->discardable, 10);
    void *data = f->lock(handle);
    for (unsigned i = 2; i <= 256; i++) {
        CHECK_QUIETLY(f->lock(handle) == data);
        CHECK_EQ_UINT(entry_of(handle)->flags, (i < 255 ? i : 255) << 16 | 7);
    }
    CHECK_EQ_UINT(f->flags(handle), 255 | f->discardable);
    for (unsigned i = 1; i < 255; i++) {
        CHECK_QUIETLY(f->unlock(handle) == TRUE);
    }
    CHECK_FAILS(f->unlock(handle) == FALSE, NO_ERROR);
    CHECK_EQ_UINT(f->flags(handle), f->discardable);
    CHECK_EQ_PTR(f->release(handle), NULL);
}

static void fixed(const struct family *f)
{
    SPEC("G3.2.7 G3.2.8");
    HGLOBAL data = f->alloc(GMEM_FIXED, 100);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_QUIETLY(f->lock(data) == data);
        CHECK_EQ_UINT(f->flags(data), 0);
    }
    for (unsigned i = 0; i < 5; i++) {
        if (f->global) {
            CHECK_QUIETLY(f->unlock(data) == TRUE);
        } else {
            CHECK_FAILS(f->unlock(data) == FALSE, ERROR_NOT_LOCKED);
        }
    }
    CHECK_EQ_PTR(f->release(data), NULL);
}

/* and no count */
static void discarded(const struct family *f)
{
    SPEC("G3.2.9");
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 0);
    CHECK_FAILS(f->lock(handle) == NULL, ERROR_DISCARDED);
    CHECK_EQ_PTR(f->resize(handle, 100, GMEM_MOVEABLE), handle);
    CHECK_EQ_PTR(f->resize(handle, 0, GMEM_MOVEABLE), handle);
    CHECK_FAILS(f->lock(handle) == NULL, ERROR_DISCARDED);
    CHECK_EQ_UINT(f->flags(handle), GMEM_DISCARDED);
    CHECK_FAILS(f->unlock(handle) == FALSE, ERROR_NOT_LOCKED);
    CHECK_EQ_PTR(f->release(handle), NULL);
}

static void lock_nothing(const struct family *f)
{
    {
        SPEC("G4.19");
        CHECK_QUIETLY(f->lock(NULL) == NULL);
    }
    SPEC(f->global ? "G4.8" : "G4.9");
    CHECK_FAILS(f->lock(freed_moveable(f)) == NULL, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->lock(INVALID_MOVEABLE) == NULL, ERROR_INVALID_HANDLE);
    if (f->global) {
        WINE_DIFFERS("GlobalLock of an unmapped pointer leaves the last error") {
            CHECK_FAILS(f->lock(INVALID_FIXED) == NULL, ERROR_INVALID_HANDLE);
        }
    } else {
        CHECK_QUIETLY(f->lock(INVALID_FIXED) == NULL);
    }
#ifndef _WIN32
    /* Windows gives back what can be read */
    HGLOBAL data = f->alloc(GMEM_FIXED, 100);
    CHECK_EQ_PTR(f->release(data), NULL);
    CHECK_FAILS(f->lock(data) == NULL, f->global ? ERROR_INVALID_HANDLE : POISON);
    CHECK_FAILS(f->lock(plain_memory()) == NULL, f->global ? ERROR_INVALID_HANDLE : POISON);
#endif
}

static void unlock_nothing(const struct family *f)
{
    {
        SPEC("G4.18");
        CHECK_FAILS(f->unlock(NULL) == FALSE, ERROR_INVALID_HANDLE);
    }
    SPEC(f->global ? "G4.10" : "G4.11");
    HGLOBAL freed = freed_moveable(f);
    if (f->global) {
        WINE_DIFFERS("GlobalUnlock of a wrong handle is FALSE") {
            CHECK_FAILS(f->unlock(freed) == TRUE, ERROR_INVALID_HANDLE);
            CHECK_FAILS(f->unlock(INVALID_MOVEABLE) == TRUE, ERROR_INVALID_HANDLE);
        }
        CHECK_QUIETLY(f->unlock(INVALID_FIXED) == TRUE);
    } else {
        CHECK_FAILS(f->unlock(freed) == FALSE, ERROR_INVALID_HANDLE);
        CHECK_FAILS(f->unlock(INVALID_MOVEABLE) == FALSE, ERROR_INVALID_HANDLE);
        CHECK_FAILS(f->unlock(INVALID_FIXED) == FALSE, ERROR_NOT_LOCKED);
    }
}

static void older_names(void)
{
    SPEC("G3.2.10");
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE, 100);
    GlobalFix(handle);
    CHECK_EQ_UINT(GlobalFlags(handle), 1);
    CHECK_EQ_PTR(GlobalWire(handle), entry_of(handle)->data);
    CHECK_EQ_UINT(GlobalFlags(handle), 2);
    GlobalUnfix(handle);
    CHECK_EQ_UINT(GlobalFlags(handle), 1);
    CHECK_FAILS(GlobalUnWire(handle) == FALSE, NO_ERROR);
    CHECK_EQ_UINT(GlobalFlags(handle), 0);
    CHECK_QUIETLY(GlobalCompact(0) == 0);
    CHECK_QUIETLY(GlobalCompact(1000) == 0);
    CHECK_QUIETLY(LocalCompact(1000) == 0);
    CHECK_QUIETLY(LocalShrink(handle, 10) == 0);
    CHECK_EQ_UINT(GlobalSize(handle), 100);
    {
        SPEC("G6.5");
        CHECK_EQ_PTR(GlobalLRUNewest(handle), handle);
        CHECK_EQ_PTR(GlobalLRUOldest(handle), handle);
    }
    CHECK_EQ_PTR(GlobalFree(handle), NULL);
}

#define THREADS 4
#define ROUNDS 2000

static HGLOBAL shared;

/* Each thread has objects of its own, and all lock one. */
static void work(void *arg)
{
    uintptr_t mark = (uintptr_t)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        HGLOBAL mine = GlobalAlloc(GMEM_MOVEABLE, sizeof(mark));
        uintptr_t *data = GlobalLock(mine);
        *data = mark + i;
        GlobalUnlock(mine);
        mine = GlobalReAlloc(mine, 100 + i % 1000, GMEM_MOVEABLE);
        data = GlobalLock(mine);
        CHECK(data != NULL && *data == mark + i && GlobalHandle(data) == mine);
        CHECK(*(int *)GlobalLock(shared) == 42);
        CHECK(GlobalFree(mine) == NULL);
        GlobalUnlock(shared);
    }
}

/* Any thread may call any function at any time. */
static void threads(void)
{
    struct thread started[THREADS];
    shared = GlobalAlloc(GMEM_MOVEABLE, sizeof(int));
    *(int *)GlobalLock(shared) = 42;
    for (uintptr_t i = 0; i < THREADS; i++) {
        thread_start(&started[i], work, (void *)(i << 20));
    }
    for (unsigned i = 0; i < THREADS; i++) {
        thread_join(&started[i]);
    }
    CHECK_EQ_UINT(GlobalFlags(shared), 1);
    CHECK_EQ_PTR(GlobalFree(shared), NULL);
}

int main(void)
{
    for_both(moveable);
    for_both(most_locks);
    for_both(fixed);
    for_both(discarded);
    for_both(lock_nothing);
    for_both(unlock_nothing);
    older_names();
    threads();
    return check_report();
}
