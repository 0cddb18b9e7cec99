/*
 * Task memory, COM's: blocks of the default heap.
 */
#include "nt/block.h"
#include "nt/process.h"

#include <combaseapi.h>

LPVOID CoTaskMemAlloc(SIZE_T cb)
{
    return block_allocate_as(process_heap(), 0, cb, __func__);
}

LPVOID CoTaskMemRealloc(LPVOID pv, SIZE_T cb)
{
    if (pv == NULL)
        return block_allocate_as(process_heap(), 0, cb, __func__);
    if (cb != 0)
        return block_reallocate_as(process_heap(), 0, pv, cb, __func__);
    block_free_as(process_heap(), 0, pv, __func__);
    return NULL;
}

void CoTaskMemFree(LPVOID pv)
{
    block_free_as(process_heap(), 0, pv, __func__);
}
