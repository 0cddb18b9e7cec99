/*
 * The routines on tags.
 */
#include "heap/enter.h"
#include "heap/tag.h"
#include "nt/entry.h"
#include "nt/status.h"

#include <string.h>

_Static_assert(TAG_GLOBAL == HEAP_GLOBAL_TAG, "the bit of the tags of the process");
_Static_assert(2 * TAG_LIMIT - 1 == HEAP_MAXIMUM_TAG, "an index fits the flags of a call");
_Static_assert(sizeof(((struct tag *)0)->name) == sizeof(((RTL_HEAP_TAG *)0)->TagName), "Windows' names");

static size_t length_of(const WCHAR *string)
{
    size_t length = 0;
    while (string[length] != 0)
        length++;
    return length;
}

/* How many strings there are in front of the empty one. */
static unsigned count_names(const WCHAR *names)
{
    unsigned count = 0;
    for (; *names != 0; names += length_of(names) + 1)
        count++;
    return count;
}

/* Adds a string to a name; what does not fit is cut off. */
static void append(uint16_t name[TAG_NAME_SIZE], size_t *length, const WCHAR *string)
{
    while (*string != 0 && *length < TAG_NAME_SIZE - 1)
        name[(*length)++] = *string++;
}

/* Names of tags. They are read from end to end before anything is locked: a wrong pointer faults there. */
struct names {
    uint16_t prefix[TAG_NAME_SIZE];
    size_t prefix_length;
    const WCHAR *names;
    unsigned count;
};

static struct names read_names(const WCHAR *prefix, const WCHAR *names)
{
    struct names read = {.names = names, .count = count_names(names)};
    if (prefix != NULL)
        append(read.prefix, &read.prefix_length, prefix);
    return read;
}

/* Adds the tags, all or none but for lack of memory; returns the first one's index. */
static unsigned add_all(struct heap *heap, const struct names *names)
{
    unsigned first = 0;
    if (tag_count(heap) + names->count > TAG_LIMIT)
        return 0;
    for (const WCHAR *next = names->names; *next != 0; next += length_of(next) + 1) {
        uint16_t name[TAG_NAME_SIZE];
        size_t length = names->prefix_length;
        memcpy(name, names->prefix, sizeof name);
        append(name, &length, next);
        unsigned index = tag_add(heap, name);
        if (index == 0)
            return 0;
        first = first != 0 ? first : index;
    }
    return first;
}

static unsigned add_for_process(const struct names *names)
{
    call_begin();
    registry_lock();
    unsigned first = add_all(NULL, names);
    registry_unlock();
    call_end();
    return first;
}

ULONG RtlCreateTagHeap(PVOID HeapHandle, ULONG Flags, PCWSTR TagPrefix, PCWSTR TagNames)
{
    static const char name[] = "RtlCreateTagHeap";
    struct heap *heap = entry_find(HeapHandle, name, NULL);
    if (heap == NULL && HeapHandle != NULL) {
        status_set(STATUS_INVALID_HANDLE);
        return 0;
    }
    /* The name of a group is no tag. */
    if (TagNames != NULL && *TagNames == '!')
        TagNames += length_of(TagNames) + 1;
    if (TagNames == NULL || *TagNames == 0) {
        status_set(STATUS_INVALID_PARAMETER);
        return 0;
    }

    struct names names = read_names(TagPrefix, TagNames);
    unsigned first;
    if (heap != NULL) {
        bool locked = entry_lock(heap, entry_flags(heap, Flags));
        first = add_all(heap, &names);
        entry_unlock(heap, locked, name);
    } else {
        first = add_for_process(&names);
    }
    if (first == 0)
        status_set(STATUS_NO_MEMORY);
    return HEAP_MAKE_TAG_FLAGS(0, first);
}

PWSTR RtlQueryTagHeap(PVOID HeapHandle, ULONG Flags, USHORT TagIndex, BOOLEAN ResetCounters, PRTL_HEAP_TAG_INFO TagInfo)
{
    struct heap *heap = entry_find(HeapHandle, "RtlQueryTagHeap", NULL);
    (void)Flags; /* nothing here waits for a lock */
    if (heap == NULL && HeapHandle != NULL) {
        status_set(STATUS_INVALID_HANDLE);
        return NULL;
    }
    struct tag *tag = tag_find(heap, TagIndex);
    if (tag == NULL) {
        status_set(STATUS_INVALID_PARAMETER);
        return NULL;
    }
    if (TagInfo != NULL) {
        TagInfo->NumberOfAllocations = atomic_load_explicit(&tag->allocations, memory_order_relaxed);
        TagInfo->NumberOfFrees = atomic_load_explicit(&tag->frees, memory_order_relaxed);
        TagInfo->BytesAllocated = atomic_load_explicit(&tag->bytes, memory_order_relaxed);
    }
    if (ResetCounters) {
        atomic_store_explicit(&tag->allocations, 0, memory_order_relaxed);
        atomic_store_explicit(&tag->frees, 0, memory_order_relaxed);
    }
    return (PWSTR)tag->name;
}
