/*
 * Task memory, COM's: blocks of the default heap.
 */
#include <combaseapi.h>
#include <heapapi.h>

LPVOID CoTaskMemAlloc(SIZE_T cb)
{
    return HeapAlloc(GetProcessHeap(), 0, cb);
}

LPVOID CoTaskMemRealloc(LPVOID pv, SIZE_T cb)
{
    if (pv == NULL)
        return CoTaskMemAlloc(cb);
    if (cb != 0)
        return HeapReAlloc(GetProcessHeap(), 0, pv, cb);
    CoTaskMemFree(pv);
    return NULL;
}

void CoTaskMemFree(LPVOID pv)
{
    HeapFree(GetProcessHeap(), 0, pv);
}
