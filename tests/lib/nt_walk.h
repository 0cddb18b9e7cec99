/* RtlWalkHeap for the tests: whole walks, taken as walk.h takes them with HeapWalk. */
#ifndef CAIRN_TESTS_NT_WALK_H
#define CAIRN_TESTS_NT_WALK_H

#include "walk.h"

#include "nt.h"

#ifndef NT_SUCCESS
#define NT_SUCCESS(status) ((status) >= 0)
#endif
#ifndef STATUS_NO_MORE_ENTRIES
#define STATUS_NO_MORE_ENTRIES ((NTSTATUS)0x8000001A)
#endif
#ifndef STATUS_INVALID_INFO_CLASS
#define STATUS_INVALID_INFO_CLASS ((NTSTATUS)0xC0000003)
#endif
#ifndef STATUS_ACCESS_VIOLATION
#define STATUS_ACCESS_VIOLATION ((NTSTATUS)0xC0000005)
#endif
#ifndef STATUS_BUFFER_TOO_SMALL
#define STATUS_BUFFER_TOO_SMALL ((NTSTATUS)0xC0000023)
#endif

struct nt_walk {
    size_t count;
    RTL_HEAP_WALK_ENTRY records[WALK_MAX];
};

static inline void nt_walk_begin(RTL_HEAP_WALK_ENTRY *entry)
{
    memset(entry, 0xCD, sizeof(*entry));
    entry->DataAddress = NULL;
}

static inline bool nt_walk_take(PVOID heap, struct nt_walk *walk)
{
    RTL_HEAP_WALK_ENTRY entry;
    NTSTATUS status;
    walk->count = 0;
    nt_walk_begin(&entry);
    POISON_LAST_ERROR();
    while ((status = RtlWalkHeap(heap, &entry)) == STATUS_SUCCESS) {
        if (!CHECK(walk->count < WALK_MAX)) {
            return false;
        }
        walk->records[walk->count++] = entry;
    }
    bool ok = CHECK_EQ_UINT((ULONG)status, (ULONG)STATUS_NO_MORE_ENTRIES);
    return CHECK_LAST_ERROR_UNTOUCHED() && ok;
}

static inline bool nt_walk_same(const struct nt_walk *a, const struct nt_walk *b, size_t n)
{
    return a->count >= n && b->count >= n && memcmp(a->records, b->records, n * sizeof(a->records[0])) == 0;
}

#endif
