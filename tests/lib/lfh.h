/* The low-fragmentation heap for the tests: what turns it on, and whether it is. Public headers only. */
#ifndef CAIRN_TESTS_LFH_H
#define CAIRN_TESTS_LFH_H

#include "blocks.h"

#define LFH_LIVE 18 /* so many live blocks of a size turn it on for that size: win32-heap.md section 5 */

static inline ULONG lfh_mode(HANDLE heap)
{
    ULONG mode = 0xCDCDCDCD;
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode), NULL));
    return mode;
}

static inline bool lfh_set(HANDLE heap, ULONG mode)
{
    return HeapSetInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode)) != FALSE;
}

/* Has `count` blocks of the size at once, then frees them. */
static inline void lfh_use(HANDLE heap, SIZE_T size, unsigned count)
{
    void *blocks[256];
    for (unsigned i = 0; i < count; i++) {
        CHECK((blocks[i] = HeapAlloc(heap, 0, size)) != NULL);
    }
    for (unsigned i = 0; i < count; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
}

#endif
