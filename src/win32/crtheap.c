/*
 * The C runtime's view of the default heap: its blocks one by one, and the heap as a whole. Aligned blocks have a file
 * of their own.
 */
#include "heap/walk.h"
#include "nt/block.h"
#include "nt/process.h"

#include <cairn_crt_heap.h>
#include <heapapi.h>
#include <ntifs.h>
#include <winerror.h>

#include <errno.h>
#include <stdlib.h>

static void *fail(int error)
{
    errno = error;
    return NULL;
}

/* --- blocks ---------------------------------------------------------------------------------------------------------
 */

static void *allocate(size_t size, ULONG flags, const char *caller)
{
    PVOID heap = process_heap();
    void *block = heap != NULL && size <= _HEAP_MAXREQ ? block_allocate_as(heap, flags, size, caller) : NULL;
    return block != NULL ? block : fail(ENOMEM);
}

static void *resize(void *block, size_t size, ULONG flags, const char *caller)
{
    if (block == NULL)
        return fail(EINVAL);
    void *resized = block_reallocate_as(process_heap(), flags, block, size, caller);
    if (resized != NULL)
        return resized;
    DWORD error = RtlGetLastWin32Error();
    return fail(error == ERROR_INVALID_PARAMETER || error == ERROR_NOACCESS ? EINVAL : ENOMEM);
}

static void release(void *block, const char *caller)
{
    if (!block_free_as(process_heap(), 0, block, caller))
        errno = EINVAL;
}

/* SIZE_MAX, which no block can have, when it overflows. */
static size_t product(size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes;
}

void *_malloc_base(size_t size)
{
    return allocate(size, 0, __func__);
}

void *_calloc_base(size_t count, size_t size)
{
    return allocate(product(count, size), HEAP_ZERO_MEMORY, __func__);
}

void _free_base(void *memblock)
{
    release(memblock, __func__);
}

/* realloc, with flags for what is added. */
static void *reallocate(void *memblock, size_t size, ULONG flags, const char *caller)
{
    if (memblock == NULL)
        return allocate(size, flags, caller);
    if (size != 0)
        return resize(memblock, size, flags, caller);
    release(memblock, caller);
    return NULL;
}

void *_realloc_base(void *memblock, size_t size)
{
    return reallocate(memblock, size, 0, __func__);
}

void *_recalloc_base(void *memblock, size_t num, size_t size)
{
    return reallocate(memblock, product(num, size), HEAP_ZERO_MEMORY, __func__);
}

void *_recalloc(void *memblock, size_t num, size_t size)
{
    size_t bytes = product(num, size);
    if (memblock != NULL || bytes > _HEAP_MAXREQ)
        return reallocate(memblock, bytes, HEAP_ZERO_MEMORY, __func__);
    /* What malloc is in this program has to be asked for a block that its free will take. */
    return calloc(num, size);
}

static size_t measure(void *block, const char *caller)
{
    size_t size = block_size_as(process_heap(), 0, block, caller);
    if (size == (size_t)-1)
        errno = EINVAL;
    return size;
}

size_t _msize_base(void *memblock)
{
    return measure(memblock, __func__);
}

size_t _msize(void *memblock)
{
    return measure(memblock, __func__);
}

void *_expand_base(void *memblock, size_t size)
{
    return resize(memblock, size, HEAP_REALLOC_IN_PLACE_ONLY, __func__);
}

void *_expand(void *memblock, size_t size)
{
    return resize(memblock, size, HEAP_REALLOC_IN_PLACE_ONLY, __func__);
}

/* --- the heap -------------------------------------------------------------------------------------------------------
 */

intptr_t _get_heap_handle(void)
{
    return (intptr_t)process_heap();
}

static int bad(int result)
{
    errno = ENOSYS;
    return result;
}

int _heapchk(void)
{
    return block_validate_as(process_heap(), 0, NULL, __func__) ? _HEAPOK : bad(_HEAPBADNODE);
}

int _heapmin(void)
{
    HEAP_OPTIMIZE_RESOURCES_INFORMATION information = {.Version = HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION};
    PVOID heap = process_heap();
    bool done = heap != NULL &&
                NT_SUCCESS(RtlSetHeapInformation(heap, HeapOptimizeResources, &information, sizeof information));
    return done ? 0 : bad(-1);
}

/* A walk's record, made again from what a _HEAPINFO keeps of it; regions and uncommitted ranges are kept of none. */
static PROCESS_HEAP_ENTRY entry_from_info(const _HEAPINFO *info, bool is_large)
{
    return (PROCESS_HEAP_ENTRY){
        .lpData = info->_pentry,
        .cbData = info->_size < 0xFFFFFFFF ? (DWORD)info->_size : 0xFFFFFFFF,
        .iRegionIndex = is_large ? WALK_LARGE_REGION : 0,
        .wFlags = info->_pentry != NULL && info->_useflag == _USEDENTRY ? PROCESS_HEAP_ENTRY_BUSY : 0,
    };
}

/* On to the next block; what lies between is passed over. False: the last error says why. */
static bool walk_to_block(PVOID heap, PROCESS_HEAP_ENTRY *entry)
{
    do {
        if (!HeapWalk(heap, entry))
            return false;
    } while (entry->wFlags & (PROCESS_HEAP_REGION | PROCESS_HEAP_UNCOMMITTED_RANGE));
    return true;
}

static int end_of_walk(DWORD error)
{
    switch (error) {
    case ERROR_NO_MORE_ITEMS:
        return _HEAPEND;
    case ERROR_INVALID_PARAMETER:
        return bad(_HEAPBADPTR);
    case ERROR_INVALID_HANDLE:
        return bad(_HEAPBADBEGIN);
    default:
        return bad(_HEAPBADNODE);
    }
}

int _heapwalk(_HEAPINFO *entryinfo)
{
    if (entryinfo == NULL) {
        errno = EINVAL;
        return _HEAPBADPTR;
    }

    PVOID heap = process_heap();
    PROCESS_HEAP_ENTRY entry = entry_from_info(entryinfo, /* is_large */ false);
    bool found = walk_to_block(heap, &entry);
    if (!found && entry.wFlags == PROCESS_HEAP_ENTRY_BUSY && RtlGetLastWin32Error() == ERROR_INVALID_PARAMETER) {
        entry = entry_from_info(entryinfo, /* is_large */ true);
        found = walk_to_block(heap, &entry);
    }
    if (!found)
        return end_of_walk(RtlGetLastWin32Error());
    entryinfo->_pentry = entry.lpData;
    entryinfo->_size = entry.cbData;
    entryinfo->_useflag = entry.wFlags & PROCESS_HEAP_ENTRY_BUSY ? _USEDENTRY : _FREEENTRY;
    return _HEAPOK;
}
