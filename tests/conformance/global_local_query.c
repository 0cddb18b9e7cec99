/* GlobalSize, GlobalFlags, GlobalHandle and their Local kin. */
#include "families.h"

/* the size asked for */
static void size(const struct family *f)
{
    SPEC("G3.1.1");
    static const SIZE_T sizes[] = {1, 10, 256, 100000, 0x200000};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        HGLOBAL handle = f->alloc(GMEM_MOVEABLE, sizes[i]);
        HGLOBAL data = f->alloc(GMEM_FIXED, sizes[i]);
        CHECK_QUIETLY(f->size(handle) == sizes[i]);
        CHECK_QUIETLY(f->size(data) == sizes[i]);
        CHECK_EQ_PTR(f->release(handle), NULL);
        CHECK_EQ_PTR(f->release(data), NULL);
    }
}

static void size_without_data(const struct family *f)
{
    SPEC("G3.1.2");
    HGLOBAL none = f->alloc(GMEM_MOVEABLE, 0);
    CHECK_QUIETLY(f->size(none) == 0);
    CHECK_EQ_PTR(f->resize(none, 10, GMEM_MOVEABLE), none);
    CHECK_QUIETLY(f->size(none) == 10);
    CHECK_EQ_PTR(f->resize(none, 0, GMEM_MOVEABLE), none);
    CHECK_QUIETLY(f->size(none) == 0);
    CHECK_EQ_PTR(f->release(none), NULL);
}

static void size_of_nothing(const struct family *f)
{
    {
        SPEC("G4.18");
        CHECK_FAILS(f->size(NULL) == 0, ERROR_INVALID_HANDLE);
    }
    SPEC(f->global ? "G4.6" : "G4.7");
    CHECK_FAILS(f->size(freed_moveable(f)) == 0, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->size(INVALID_MOVEABLE) == 0, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->size(INVALID_FIXED) == 0, ERROR_INVALID_HANDLE);
#ifndef _WIN32
    {
        SPEC("G4.22"); /* crashes on 64-bit Windows */
        CHECK_FAILS(f->size((HGLOBAL)(UINT_PTR)0xC042) == 0, ERROR_INVALID_HANDLE);
    }
    HGLOBAL data = f->alloc(GMEM_FIXED, 100);
    CHECK_FAILS(f->size((char *)data + 16) == 0, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->size((char *)data + 8) == 0, ERROR_INVALID_HANDLE);
    CHECK_EQ_PTR(f->release(data), NULL);
    CHECK_FAILS(f->size(data) == 0, ERROR_INVALID_HANDLE);
#endif
}

static void flags(const struct family *f)
{
    {
        SPEC("G3.1.3");
        HGLOBAL data = f->alloc(GMEM_FIXED, 100);
        CHECK_QUIETLY(f->flags(data) == 0);
        CHECK_EQ_PTR(f->release(data), NULL);
    }

    SPEC("G3.1.4");
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 100);
    CHECK_QUIETLY(f->flags(handle) == 0);
    for (unsigned count = 1; count <= 3; count++) {
        CHECK(f->lock(handle) != NULL);
        SPEC("G6.5");
        CHECK_QUIETLY(f->flags(handle) == count);
        CHECK_EQ_UINT(f->flags(handle) & (f->global ? GMEM_LOCKCOUNT : LMEM_LOCKCOUNT), count);
    }
    CHECK_EQ_PTR(f->release(handle), NULL);

    handle = f->alloc(GMEM_MOVEABLE | f->discardable, 0);
    CHECK_EQ_UINT(GMEM_DISCARDED, 0x4000);
    CHECK_EQ_UINT(f->discardable, f->global ? 0x100 : 0xF00);
    CHECK_QUIETLY(f->flags(handle) == (GMEM_DISCARDED | f->discardable));
    CHECK_EQ_PTR(f->release(handle), NULL);
    handle = f->alloc(GMEM_MOVEABLE, 0);
    CHECK_QUIETLY(f->flags(handle) == GMEM_DISCARDED);
    CHECK_EQ_PTR(f->release(handle), NULL);
    handle = f->alloc(GMEM_MOVEABLE | f->discardable, 1);
    CHECK_QUIETLY(f->flags(handle) == f->discardable);
    CHECK_EQ_PTR(f->release(handle), NULL);
}

/* Global also tells DDESHARE, Local does not; each tells "discardable" in its own bits */
static void flags_of_the_other_family(void)
{
    SPEC("G3.1.4");
    HGLOBAL handle = GlobalAlloc(GMEM_MOVEABLE | GMEM_DDESHARE | GMEM_DISCARDABLE, 1);
    CHECK_EQ_UINT(GMEM_DDESHARE, 0x2000);
    CHECK_EQ_UINT(GlobalFlags(handle), GMEM_DDESHARE | GMEM_DISCARDABLE);
    WINE_DIFFERS("LocalFlags tells DDESHARE") {
        CHECK_EQ_UINT(LocalFlags(handle), LMEM_DISCARDABLE);
    }
    CHECK_EQ_PTR(LocalFree(handle), NULL);
    handle = LocalAlloc(LMEM_MOVEABLE | LMEM_DISCARDABLE, 0);
    CHECK_EQ_UINT(GlobalFlags(handle), GMEM_DISCARDED | GMEM_DISCARDABLE);
    CHECK_EQ_PTR(GlobalFree(handle), NULL);
}

static void flags_of_all_combinations(const struct family *f)
{
    SPEC("G3.1.5");
    const UINT asked[] = {
        GMEM_FIXED | GMEM_NOTIFY,
        GMEM_FIXED | f->discardable,
        GMEM_MOVEABLE | GMEM_NOTIFY,
        GMEM_MOVEABLE | GMEM_DDESHARE,
        GMEM_MOVEABLE | GMEM_NOT_BANKED,
        GMEM_MOVEABLE | GMEM_NODISCARD,
        GMEM_MOVEABLE | f->discardable,
        GMEM_MOVEABLE | GMEM_DDESHARE | f->discardable | GMEM_LOWER | GMEM_NOCOMPACT | GMEM_NODISCARD |
            GMEM_NOT_BANKED | GMEM_NOTIFY,
    };
    for (unsigned i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        HGLOBAL handle = f->alloc(asked[i], 100);
        UINT told = asked[i] & GMEM_MOVEABLE ? asked[i] & f->discardable : 0;
        UINT shared = asked[i] & GMEM_MOVEABLE && f->global ? asked[i] & GMEM_DDESHARE : 0;
        CHECK_EQ_UINT(f->flags(handle), told | shared);
        CHECK_EQ_PTR(f->release(handle), NULL);
    }
}

static void flags_of_nothing(const struct family *f)
{
    {
        SPEC("G4.18");
        CHECK_EQ_UINT(GMEM_INVALID_HANDLE, 0x8000);
        CHECK_FAILS(f->flags(NULL) == GMEM_INVALID_HANDLE, ERROR_INVALID_HANDLE);
    }
    SPEC(f->global ? "G4.4" : "G4.5");
    CHECK_FAILS(f->flags(freed_moveable(f)) == GMEM_INVALID_HANDLE, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->flags(INVALID_MOVEABLE) == GMEM_INVALID_HANDLE, ERROR_INVALID_HANDLE);
    WINE_DIFFERS("GlobalFlags and LocalFlags take every aligned pointer for fixed memory") {
        CHECK_FAILS(f->flags(INVALID_FIXED) == GMEM_INVALID_HANDLE, f->global ? ERROR_INVALID_HANDLE : ERROR_NOACCESS);
    }
#ifndef _WIN32
    CHECK_FAILS(f->flags(plain_memory()) == GMEM_INVALID_HANDLE, ERROR_INVALID_HANDLE);
#endif
}

static void handle(const struct family *f)
{
    SPEC("G3.1.6");
    HGLOBAL handles[20];
    for (unsigned i = 0; i < 20; i++) {
        handles[i] = f->alloc(GMEM_MOVEABLE, 10 + i * 1000);
    }
    for (unsigned i = 0; i < 20; i++) {
        void *data = f->lock(handles[i]);
        CHECK_QUIETLY(f->handle(data) == handles[i]);
        CHECK(!f->unlock(handles[i]));
        CHECK_QUIETLY(f->handle(data) == handles[i]);
        CHECK_EQ_PTR(f->release(handles[i]), NULL);
    }
}

static void handle_of_fixed(const struct family *f)
{
    SPEC("G3.1.7");
    HGLOBAL data = f->alloc(GMEM_FIXED, 100);
    CHECK_QUIETLY(f->handle(data) == data);
    CHECK_EQ_PTR(f->release(data), NULL);
    void *block = HeapAlloc(GetProcessHeap(), 0, 100);
    CHECK_QUIETLY(f->handle(block) == block);
    CHECK(HeapFree(GetProcessHeap(), 0, block));
}

/* the handle follows the data where it goes */
static void handle_after_moving(const struct family *f)
{
    SPEC("G3.1.6");
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 100);
    CHECK_EQ_PTR(f->resize(handle, 500000, GMEM_MOVEABLE), handle);
    CHECK_EQ_PTR(f->handle(f->lock(handle)), handle);
    CHECK_EQ_PTR(f->release(handle), NULL);
}

static void handle_of_nothing(const struct family *f)
{
    {
        SPEC("G4.20");
        CHECK_FAILS(f->handle(NULL) == NULL, ERROR_INVALID_PARAMETER);
    }
    SPEC(f->global ? "G4.14" : "G4.15");
    if (f->global) {
        CHECK_FAILS(f->handle(INVALID_FIXED) == NULL, ERROR_INVALID_HANDLE);
    } else {
        WINE_DIFFERS("LocalHandle of an unmapped pointer does not say ERROR_NOACCESS") {
            CHECK_FAILS(f->handle(INVALID_FIXED) == NULL, ERROR_NOACCESS);
        }
    }
    /* where Windows crashes, 32-bit Windows' answer: NULL, ERROR_INVALID_HANDLE */
    CHECK_FAILS(f->handle(freed_moveable(f)) == NULL, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->handle(INVALID_MOVEABLE) == NULL, ERROR_INVALID_HANDLE);
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 100);
    CHECK_FAILS(f->handle(handle) == NULL, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->handle((char *)f->lock(handle) + 16) == NULL, ERROR_INVALID_HANDLE);
    CHECK_EQ_PTR(f->release(handle), NULL);
}

int main(void)
{
    for_both(size);
    for_both(size_without_data);
    for_both(size_of_nothing);
    for_both(flags);
    flags_of_the_other_family();
    for_both(flags_of_all_combinations);
    for_both(flags_of_nothing);
    for_both(handle);
    for_both(handle_of_fixed);
    for_both(handle_after_moving);
    for_both(handle_of_nothing);
    return check_report();
}
