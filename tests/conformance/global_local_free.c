/* GlobalFree, LocalFree. */
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

/* its block goes with it */
static void locked(const struct family *f)
{
    SPEC("G2.13");
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 5000);
    void *data = f->lock(handle);
    CHECK(f->lock(handle) != NULL);
    CHECK_QUIETLY(f->release(handle) == NULL);
    CHECK(!HeapValidate(GetProcessHeap(), 0, data));
}

/* what one family made the other frees */
static void other_family(void)
{
    SPEC("G1.1");
    CHECK_QUIETLY(LocalFree(GlobalAlloc(GMEM_MOVEABLE, 10)) == NULL);
    CHECK_QUIETLY(GlobalFree(LocalAlloc(LMEM_MOVEABLE, 10)) == NULL);
    CHECK_QUIETLY(LocalFree(GlobalAlloc(GMEM_FIXED, 10)) == NULL);
    CHECK_QUIETLY(GlobalFree(LocalAlloc(LMEM_FIXED, 10)) == NULL);
}

/* what this and its sister tests call wrong */
static void wrong_handles(void)
{
    SPEC("G4.1");
    CHECK_EQ_UINT((DWORD)(UINT_PTR)INVALID_MOVEABLE, 0xDEADBEE0 + sizeof(void *));
    CHECK(is_moveable(INVALID_MOVEABLE));
    CHECK_EQ_UINT((DWORD)(UINT_PTR)INVALID_FIXED, 0xDEADBEE0);
    CHECK_EQ_UINT((UINT_PTR)INVALID_FIXED % GRANULARITY, 0);
    CHECK_EQ_INT(ERROR_INVALID_HANDLE, 6);
    CHECK_EQ_INT(ERROR_INVALID_PARAMETER, 87);
    CHECK_EQ_INT(ERROR_NOACCESS, 998);
}

/* freed or invalid moveable */
static void wrong_moveable(const struct family *f)
{
    SPEC(f->global ? "G4.2" : "G4.3");
    HGLOBAL freed = freed_moveable(f);
    CHECK_FAILS(f->release(freed) == freed, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->release(freed) == freed, ERROR_INVALID_HANDLE);
    CHECK_FAILS(f->release(INVALID_MOVEABLE) == INVALID_MOVEABLE, ERROR_INVALID_HANDLE);
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 256);
    HGLOBAL beside = (char *)handle + GRANULARITY * 0x8000;
    CHECK_FAILS(f->release(beside) == beside, ERROR_INVALID_HANDLE);
    CHECK_QUIETLY(f->release(handle) == NULL);
}

static void wrong_fixed(const struct family *f)
{
    SPEC(f->global ? "G4.2" : "G4.3");
    WINE_DIFFERS("GlobalFree and LocalFree of an unmapped pointer do not say ERROR_NOACCESS") {
        CHECK_FAILS(f->release(INVALID_FIXED) == INVALID_FIXED, ERROR_NOACCESS);
    }
}

#ifndef _WIN32
/* where 64-bit Windows crashes, 32-bit Windows' answer; so for all that is no block */
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

int main(void)
{
    for_both(success);
    for_both(locked);
    other_family();
    wrong_handles();
    for_both(wrong_moveable);
    for_both(wrong_fixed);
#ifndef _WIN32
    for_both(no_fixed_object);
    for_both(block_is_gone);
#endif
    return check_report();
}
