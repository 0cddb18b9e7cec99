/* GlobalFree, LocalFree: global-local-toolhelp-seh.md 2, 4. */
#include "families.h"

/* NULL on success, and for NULL */
static void success(const struct family *f)
{
    SPEC("G2.13");
    CHECK_QUIETLY(f->release(NULL) == NULL);
    CHECK_QUIETLY(f->release(f->alloc(GMEM_FIXED, 100)) == NULL);
    CHECK_QUIETLY(f->release(f->alloc(GMEM_FIXED, 0)) == NULL);
    CHECK_QUIETLY(f->release(f->alloc(GMEM_FIXED, 0x200000)) == NULL);
    CHECK_QUIETLY(f->release(f->alloc(GMEM_MOVEABLE, 100)) == NULL);
    CHECK_QUIETLY(f->release(f->alloc(GMEM_MOVEABLE, 0)) == NULL);
    CHECK_QUIETLY(f->release(HeapAlloc(GetProcessHeap(), 0, 10)) == NULL);
}

/* a locked object is freed too [wine]; its block goes with it */
static void locked(const struct family *f)
{
    SPEC("G2.13");
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 5000);
    void *data = f->lock(handle);
    CHECK(f->lock(handle) != NULL);
    CHECK_QUIETLY(f->release(handle) == NULL);
    CHECK(!HeapValidate(GetProcessHeap(), 0, data));
}

/* one table: what one family made the other frees */
static void other_family(void)
{
    SPEC("G1.1");
    CHECK_QUIETLY(LocalFree(GlobalAlloc(GMEM_MOVEABLE, 10)) == NULL);
    CHECK_QUIETLY(GlobalFree(LocalAlloc(LMEM_MOVEABLE, 10)) == NULL);
    CHECK_QUIETLY(LocalFree(GlobalAlloc(GMEM_FIXED, 10)) == NULL);
    CHECK_QUIETLY(GlobalFree(LocalAlloc(LMEM_FIXED, 10)) == NULL);
}

/* freed or invalid moveable: the argument, ERROR_INVALID_HANDLE */
static void wrong_moveable(const struct family *f)
{
    SPEC("G4.1 G4.2 G4.3");
    HGLOBAL freed = freed_moveable(f);
    CHECK_FAILS(f->release(freed) == freed, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->release(freed) == freed, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->release(INVALID_MOVEABLE) == INVALID_MOVEABLE, ERROR_INVALID_HANDLE);
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 256);
    HGLOBAL beside = (char *)handle + GRANULARITY * 0x8000;
    CHECK_FAILS(f->release(beside) == beside, ERROR_INVALID_HANDLE);
    CHECK_QUIETLY(f->release(handle) == NULL);
}

/* invalid fixed: the argument, ERROR_NOACCESS */
static void wrong_fixed(const struct family *f)
{
    SPEC("G4.1 G4.2 G4.3");
    WINE_DIFFERS("GlobalFree and LocalFree of an unmapped pointer do not say ERROR_NOACCESS") {
        CHECK_FAILS(f->release(INVALID_FIXED) == INVALID_FIXED, ERROR_NOACCESS);
    }
}

#ifndef _WIN32
/* the second time the argument, ERROR_INVALID_HANDLE, where Windows does not crash; so for all that is no block */
static void no_fixed_object(const struct family *f)
{
    SPEC("G4.21");
    struct witness w;
    witness_make(&w);
    HGLOBAL data = f->alloc(GMEM_FIXED, 100);
    HGLOBAL behind = f->alloc(GMEM_FIXED, 100);
    CHECK_QUIETLY(f->release(data) == NULL);
    HGLOBAL wrong[] = {data, (char *)behind + 16, (char *)behind + 1, w.small[0], plain_memory(), (HGLOBAL)&w};
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_FAILS(f->release(wrong[i]) == wrong[i], ERROR_INVALID_HANDLE);
    }
    CHECK_QUIETLY(f->release(behind) == NULL);
    witness_end(&w);
}

/* A moveable object's block that was freed by itself: the object can no more be freed, and nothing else is. */
static void block_is_gone(const struct family *f)
{
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 100);
    void *data = f->lock(handle);
    CHECK(HeapFree(GetProcessHeap(), 0, data));
    CHECK_FAILS(f->release(handle) == handle, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->size(handle) == 0, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->resize(handle, 200, GMEM_MOVEABLE) == NULL, ERROR_INVALID_HANDLE);
}
#endif

/* what is left in the table: a link of the list of free entries */
static void freed_entry(const struct family *f)
{
    SPEC("G1.8");
    HGLOBAL first = f->alloc(GMEM_MOVEABLE, 10), second = f->alloc(GMEM_MOVEABLE, 10);
    CHECK_EQ_PTR(f->release(first), NULL);
    CHECK_EQ_PTR(f->release(second), NULL);
    CHECK_EQ_PTR(entry_of(second)->data, NULL);
    CHECK(entry_of(second)->flags != 0 && entry_of(second)->flags % GRANULARITY == 0);
}

int main(void)
{
    for_both(freed_entry);
    for_both(success);
    for_both(locked);
    other_family();
    for_both(wrong_moveable);
    for_both(wrong_fixed);
#ifndef _WIN32
    for_both(no_fixed_object);
    for_both(block_is_gone);
#endif
    return check_report();
}
