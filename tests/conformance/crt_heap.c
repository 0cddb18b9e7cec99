/* _heapchk, _heapwalk, _heapmin, _get_heap_handle: their pages in Microsoft's C runtime library reference. */
#include "crt_heap.h"

#define BLOCKS 30

/* "_HEAPOK: heap appears to be consistent" */
static void check(void)
{
    CHECK_ERRNO_KEPT(_heapchk() == _HEAPOK);
}

/* How often each block is met in a walk; the walk's end. */
static int walk(void *const *blocks, const size_t *sizes, unsigned *met)
{
    _HEAPINFO info = {._pentry = NULL};
    int result;
    memset(met, 0, BLOCKS * sizeof(*met));
    while ((result = _heapwalk(&info)) == _HEAPOK) {
        CHECK(info._useflag == _USEDENTRY || info._useflag == _FREEENTRY);
        for (unsigned i = 0; i < BLOCKS; i++) {
            if (info._pentry == blocks[i] && info._useflag == _USEDENTRY) {
                CHECK_EQ_UINT(info._size, sizes[i]);
                met[i]++;
            }
        }
    }
    return result;
}

/* "one entry per call"; "_HEAPEND: end of the heap reached successfully". Blocks of all kinds are met, each once */
static void walk_meets_every_block(void)
{
    void *blocks[BLOCKS];
    size_t sizes[BLOCKS];
    unsigned met[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        sizes[i] = i % 10 == 9 ? 0x180000 + i : 40 + (size_t)i * i * 9;
        blocks[i] = crt_malloc(sizes[i]);
    }
    CHECK_ERRNO_KEPT(walk(blocks, sizes, met) == _HEAPEND);
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK_EQ_UINT(met[i], 1);
    }
    for (unsigned i = 0; i < BLOCKS; i += 2) {
        crt_free(blocks[i]);
    }
    CHECK(walk(blocks, sizes, met) == _HEAPEND);
    for (unsigned i = 0; i < BLOCKS; i++) {
        CHECK_EQ_UINT(met[i], i % 2);
    }
    for (unsigned i = 1; i < BLOCKS; i += 2) {
        crt_free(blocks[i]);
    }
    CHECK_ERRNO_KEPT(_heapchk() == _HEAPOK);
}

/* "If entryinfo is a null pointer ... errno is set to EINVAL and the function returns _HEAPBADPTR" */
static void walk_of_nothing(void)
{
#ifdef _WIN32
    wine_skip("_heapwalk of NULL faults");
#else
    CHECK_ERRNO(_heapwalk(NULL) == _HEAPBADPTR, EINVAL);
#endif
}

/* "_HEAPBADPTR: the _pentry field does not contain a valid pointer into the heap"; an error "sets errno to ENOSYS" */
static void walk_from_a_wrong_place(void)
{
#ifdef _WIN32
    wine_skip("_heapwalk from a wrong place faults");
#else
    static int elsewhere[16];
    int *block = crt_malloc(100);
    int *wrong[] = {elsewhere, block + 1, (int *)(uintptr_t)16};
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        for (int use = _FREEENTRY; use <= _USEDENTRY; use++) {
            _HEAPINFO info = {wrong[i], 10, use};
            CHECK_ERRNO(_heapwalk(&info) == _HEAPBADPTR, ENOSYS);
        }
    }
    crt_free(block);
#endif
}

/* "If successful, _heapmin returns 0" */
static void minimize(void)
{
    char *block = crt_malloc(100);
    char *freed = crt_malloc(100000);
    pattern_fill(block, 100, 4);
    memset(freed, 0xA5, 100000);
    crt_free(freed);
    WINE_DIFFERS("_heapmin fails") {
        CHECK_ERRNO_KEPT(_heapmin() == 0);
    }
    CHECK(pattern_holds(block, 100, 4));
    CHECK_ERRNO_KEPT(_heapchk() == _HEAPOK);
    crt_free(block);
}

/* The handle of the heap that the runtime uses: since Visual Studio 2015 the process's default heap */
static void handle(void)
{
#ifndef _WIN32
    CHECK_EQ_PTR((void *)_get_heap_handle(), GetProcessHeap());
#endif
    void *block = crt_malloc(10);
    CHECK(HeapValidate((HANDLE)_get_heap_handle(), 0, block));
    crt_free(block);
}

#ifndef _WIN32
/* "_HEAPBADNODE: heap damaged"; "sets errno to ENOSYS". Last, for the heap stays as it is. */
static void damaged(void)
{
    unsigned char *block = crt_malloc(100);
    unsigned char *next = crt_malloc(100);
    if (CHECK(next > block && next - block < 0x1000)) {
        unsigned char kept[16];
        memcpy(kept, next - 16, 16);
        memset(next - 16, 0xEE, 16);
        CHECK_ERRNO(_heapchk() == _HEAPBADNODE, ENOSYS);
        memcpy(next - 16, kept, 16);
    }
    CHECK_ERRNO_KEPT(_heapchk() == _HEAPOK);
    crt_free(block);
    crt_free(next);
}
#endif

int main(void)
{
    crt_load();
    check();
    walk_meets_every_block();
    walk_of_nothing();
    walk_from_a_wrong_place();
    minimize();
    handle();
#ifndef _WIN32
    damaged();
#endif
    return check_report();
}
