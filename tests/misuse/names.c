/* The line names the function that the program called, whatever that stands on; so do the Global and Local functions
 * of a handle that is none, and the _aligned functions of what is no aligned block. */
#include "misuse.h"

#include <errno.h>
#include <malloc.h>
#include <objbase.h>
#include <oleauto.h>

#define SIZE 40

static HANDLE heap;
static char *block;
static OLECHAR text[100]; /* longer than the block */

/* A block of the default heap that was freed, and has busy neighbours. */
static void free_it(void)
{
    for (unsigned i = 0; i < 99; i++) {
        text[i] = 'x';
    }
    heap = misuse_in(GetProcessHeap());
    void *before = HeapAlloc(heap, 0, SIZE);
    block = misuse_with(HeapAlloc(heap, 0, SIZE));
    if (before == NULL || HeapAlloc(heap, 0, SIZE) == NULL || !HeapFree(heap, 0, block)) {
        _exit(5);
    }
}

/* A moveable object that was freed. */
static HANDLE freed_object(void)
{
    HANDLE object = GlobalAlloc(GMEM_MOVEABLE, SIZE);
    GlobalFree(object);
    return misuse_with(object);
}

/* name of the case, function in the line, call with `block`, whether it failed as it should */
#define OF_BLOCK(X)                                                                                                    \
    X(global_free, "GlobalFree", GlobalFree(block) == block)                                                           \
    X(global_realloc, "GlobalReAlloc", GlobalReAlloc(block, 100, GMEM_MOVEABLE) == NULL)                               \
    X(global_modify, "GlobalReAlloc", GlobalReAlloc(block, 0, GMEM_MODIFY | GMEM_MOVEABLE) == NULL)                    \
    X(global_size, "GlobalSize", GlobalSize(block) == 0)                                                               \
    X(global_flags, "GlobalFlags", GlobalFlags(block) == GMEM_INVALID_HANDLE)                                          \
    X(global_handle, "GlobalHandle", GlobalHandle(block) == NULL)                                                      \
    X(global_lock, "GlobalLock", GlobalLock(block) == NULL)                                                            \
    X(local_free, "LocalFree", LocalFree(block) == block)                                                              \
    X(local_realloc, "LocalReAlloc", LocalReAlloc(block, 100, LMEM_MOVEABLE) == NULL)                                  \
    X(local_modify, "LocalReAlloc", LocalReAlloc(block, 0, LMEM_MODIFY) == NULL)                                       \
    X(local_size, "LocalSize", LocalSize(block) == 0)                                                                  \
    X(local_flags, "LocalFlags", LocalFlags(block) == LMEM_INVALID_HANDLE)                                             \
    X(local_handle, "LocalHandle", LocalHandle(block) == NULL)                                                         \
    X(local_lock, "LocalLock", LocalLock(block) == NULL)                                                               \
    X(msize, "_msize", _msize(block) == (size_t)-1)                                                                    \
    X(msize_base, "_msize_base", _msize_base(block) == (size_t)-1)                                                     \
    X(expand, "_expand", _expand(block, 10) == NULL)                                                                   \
    X(expand_base, "_expand_base", _expand_base(block, 10) == NULL)                                                    \
    X(recalloc, "_recalloc", _recalloc(block, 3, 4) == NULL)                                                           \
    X(recalloc_base, "_recalloc_base", _recalloc_base(block, 0, 4) == NULL)                                            \
    X(realloc_base, "_realloc_base", _realloc_base(block, 100) == NULL)                                                \
    X(free_base, "_free_base", (_free_base(block), true))                                                              \
    X(task_free, "CoTaskMemFree", (CoTaskMemFree(block), true))                                                        \
    X(task_realloc, "CoTaskMemRealloc", CoTaskMemRealloc(block, 100) == NULL)                                          \
    X(string_free, "SysFreeString", (SysFreeString((BSTR)(void *)(block + sizeof(void *))), true))                     \
    X(string_realloc, "SysReAllocString", !SysReAllocString(&string, text) && string == was)                           \
    X(string_realloc_len, "SysReAllocStringLen", !SysReAllocStringLen(&string, text, 90) && string == was)             \
    X(multiple_free, "RtlMultipleFreeHeap", RtlMultipleFreeHeap(heap, 0, 1, &array) == 0)

/* the same with `object`, a handle */
#define OF_HANDLE(X)                                                                                                   \
    X(handle_free, "GlobalFree", GlobalFree(object) == object)                                                         \
    X(handle_realloc, "GlobalReAlloc", GlobalReAlloc(object, 100, GMEM_MOVEABLE) == NULL)                              \
    X(handle_modify, "GlobalReAlloc", GlobalReAlloc(object, 0, GMEM_MODIFY) == NULL)                                   \
    X(handle_size, "GlobalSize", GlobalSize(object) == 0)                                                              \
    X(handle_flags, "GlobalFlags", GlobalFlags(object) == GMEM_INVALID_HANDLE)                                         \
    X(handle_lock, "GlobalLock", GlobalLock(object) == NULL)                                                           \
    X(handle_unlock, "GlobalUnlock", GlobalUnlock(object))                                                             \
    X(local_handle_free, "LocalFree", LocalFree(object) == object)                                                     \
    X(local_handle_flags, "LocalFlags", LocalFlags(object) == LMEM_INVALID_HANDLE)                                     \
    X(local_handle_unlock, "LocalUnlock", !LocalUnlock(object))

#define MAKE_OF_BLOCK(name, function, failed)                                                                          \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        free_it();                                                                                                     \
        BSTR string = (BSTR)(void *)(block + sizeof(void *)), was = string;                                            \
        PVOID array = block;                                                                                           \
        (void)was, (void)array;                                                                                        \
        misuse_end(failed);                                                                                            \
    }
#define MAKE_OF_HANDLE(name, function, failed)                                                                         \
    static void name(void)                                                                                             \
    {                                                                                                                  \
        HANDLE object = freed_object();                                                                                \
        misuse_end(failed);                                                                                            \
    }
OF_BLOCK(MAKE_OF_BLOCK)
OF_HANDLE(MAKE_OF_HANDLE)

/* No block can have this address, and it is no handle that was ever given out. */
static void handle_of_misaligned(void)
{
    heap = misuse_in(GetProcessHeap());
    block = misuse_with((char *)HeapAlloc(heap, 0, SIZE) + sizeof(void *));
    misuse_end(GlobalHandle(block) == NULL && GetLastError() == ERROR_INVALID_HANDLE);
}

static void heapchk(void)
{
    free_it();
    char *damaged = misuse_with(HeapAlloc(heap, 0, SIZE));
    damaged[SIZE] = 1;
    misuse_end(_heapchk() == _HEAPBADNODE);
}

/* Aligned blocks: the block that is told is the one under it, which ends where the aligned one does. */
static char *aligned(size_t alignment)
{
    misuse_in(GetProcessHeap());
    char *memory = _aligned_malloc(SIZE, alignment);
    memset(memory, 'x', SIZE);
    return memory;
}

static bool can_be_mended(char *memory)
{
    memory[SIZE] = (char)0xAB;
    errno = 0;
    _aligned_free(memory);
    return errno == 0;
}

static void aligned_past_end(void)
{
    char *memory = aligned(16);
    misuse_with(memory - 16);
    memory[SIZE] = 1;
    errno = 0;
    _aligned_free(memory);
    misuse_end(errno == EINVAL && memory[0] == 'x' && can_be_mended(memory));
}

static void resize_past_end(size_t alignment)
{
    char *memory = aligned(16);
    misuse_with(memory - 16);
    memory[SIZE] = 1;
    bool failed = _aligned_realloc(memory, 1000, alignment) == NULL && errno == EINVAL;
    misuse_end(failed && memory[0] == 'x' && can_be_mended(memory));
}

static void aligned_past_end_resized(void)
{
    resize_past_end(16);
}

static void aligned_past_end_moved(void)
{
    resize_past_end(0x10000);
}

/* With full validation any call finds it, and is the one that is told. */
static void aligned_beside_damage(void)
{
    char *memory = aligned(16);
    char *other = misuse_with(HeapAlloc(GetProcessHeap(), 0, SIZE));
    other[SIZE] = 1;
    errno = 0;
    _aligned_free(memory);
    other[SIZE] = (char)0xAB;
    misuse_end(errno == EINVAL && memory[0] == 'x' && can_be_mended(memory));
}

static void aligned_freed_twice(void)
{
    char *memory = misuse_with(aligned(64));
    _aligned_free(memory);
    errno = 0;
    _aligned_free(memory);
    misuse_end(errno == EINVAL);
}

static void aligned_measured_when_free(void)
{
    char *memory = misuse_with(aligned(64));
    _aligned_free(memory);
    misuse_end(_aligned_msize(memory, 64, 0) == (size_t)-1);
}

static void aligned_of_plain(void)
{
    char *memory = misuse_with(HeapAlloc(misuse_in(GetProcessHeap()), HEAP_ZERO_MEMORY, SIZE));
    misuse_end(_aligned_realloc(memory, 100, 16) == NULL && errno == EINVAL);
}

#define FREED ": block is already free: block B, heap H, size 40"
#define NO_HANDLE ": not the handle of a memory object: handle B"
#define NO_BLOCK ": no block starts at this address: block B, heap H"
#define PAST_END(size) ": block was written to past its end: block B, heap H, size " size ", byte " size " is 0x1"
#define CASE_OF_BLOCK(name, function, failed) {#name, name, "+htc", function FREED},
#define CASE_OF_HANDLE(name, function, failed) {#name, name, "+hfc", function NO_HANDLE},

MISUSE_MAIN(OF_BLOCK(CASE_OF_BLOCK) OF_HANDLE(CASE_OF_HANDLE) //
            {"handle of a misaligned address", handle_of_misaligned, "+htc", "GlobalHandle" NO_BLOCK},
            {"heapchk", heapchk, "+htc", "_heapchk" PAST_END("40")},
            {"aligned", aligned_past_end, "+htc", "_aligned_free" PAST_END("56")},
            {"aligned", aligned_past_end, "+hpc+ust", "_aligned_free" PAST_END("56")},
            {"aligned, resized", aligned_past_end_resized, "+htc", "_aligned_realloc" PAST_END("56")},
            {"aligned, moved", aligned_past_end_moved, "+hfc+htc", "_aligned_realloc" PAST_END("56")},
            {"aligned, beside damage", aligned_beside_damage, "+hvc", "_aligned_free" PAST_END("40")},
            {"aligned, freed twice", aligned_freed_twice, "+htc", "_aligned_free" NO_BLOCK},
            {"aligned, freed twice", aligned_freed_twice, "+hfc", "_aligned_free" NO_BLOCK},
            {"aligned, freed twice", aligned_freed_twice, "", "_aligned_free" NO_BLOCK},
            {"aligned, measured", aligned_measured_when_free, "+hvc", "_aligned_msize" NO_BLOCK},
            {"aligned, of a plain block", aligned_of_plain, "+htc", "_aligned_realloc" NO_BLOCK})
