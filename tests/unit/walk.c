/* Walking with cursors that are no cursors: every field of a walk entry is the program's to overwrite. Whatever it
 * says, a step reads only the heap, ends, and tells of nothing that is not inside the heap. */
#include "heap/heap.h"

#include "child.h"
#include "seed.h"

#include <ntifs.h>
#include <ntstatus.h>
#include <sys/mman.h>
#include <windows.h>

#define SECONDS 60
#define STEPS (400000u / SLOWNESS)
#define RECORDS 512

static struct heap *heap;
static RTL_HEAP_WALK_ENTRY records[RECORDS];
static size_t record_count;

static HANDLE make(unsigned kind)
{
    static unsigned char *memory;
    switch (kind) {
    case 0:
        return HeapCreate(0, 0, 0);
    case 1:
        return HeapCreate(0, 0, 0x80000);
    default:
        memory = mmap(NULL, 0x100000, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return RtlCreateHeap(0, memory, 0x100000, 0x1000, NULL, NULL);
    }
}

/* Busy, free and uncommitted records, further regions and large blocks where the heap can have them. */
static void populate(struct random *random)
{
    void *blocks[60];
    for (size_t i = 0; i < 60; i++) {
        blocks[i] = HeapAlloc(heap, 0, random_below(random, i % 10 == 0 ? 0x30000 : 5000));
    }
    for (size_t i = 0; i < 60; i += 3) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
    HeapAlloc(heap, 0, 0x120000);
    HEAP_OPTIMIZE_RESOURCES_INFORMATION information = {HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
    CHECK(HeapSetInformation(heap, HeapOptimizeResources, &information, sizeof(information)));

    RTL_HEAP_WALK_ENTRY entry = {0};
    record_count = 0;
    while (RtlWalkHeap(heap, &entry) == STATUS_SUCCESS && CHECK(record_count < RECORDS)) {
        records[record_count++] = entry;
    }
    CHECK(record_count > 60);
}

static bool is_in_segment(const struct segment *segment, uintptr_t from, uintptr_t end)
{
    uintptr_t base = (uintptr_t)segment;
    return from >= base && from <= end && end <= base + segment->reserved + 16;
}

/* All that a record tells of lies in one segment, or is a large block. */
static bool is_in_heap(const RTL_HEAP_WALK_ENTRY *entry)
{
    uintptr_t from = (uintptr_t)entry->DataAddress, end = from + entry->DataSize;
    if (entry->Flags & RTL_HEAP_LARGE_ALLOC) {
        return HeapSize(heap, 0, entry->DataAddress) == entry->DataSize;
    }
    for (const struct segment *segment = &heap->first; segment != NULL; segment = segment->next) {
        if (is_in_segment(segment, from, end)) {
            return true;
        }
    }
    return false;
}

static uintptr_t random_address(struct random *random)
{
    const RTL_HEAP_WALK_ENTRY *record = &records[random_below(random, record_count)];
    uintptr_t address = (uintptr_t)record->DataAddress;
    switch (random_below(random, 7)) {
    case 0:
        return address;
    case 1:
        return address + record->DataSize;
    case 2:
        return address + 16 * random_below(random, 64) - 16 * random_below(random, 64);
    case 3:
        return (uintptr_t)heap + 4096 * random_below(random, 600);
    case 4:
        return (uintptr_t)heap + random_below(random, 0x400000);
    case 5:
        return random_next(random);
    default:
        return 4096 * random_below(random, 64) + 64 * random_below(random, 2);
    }
}

static void make_cursor(struct random *random, RTL_HEAP_WALK_ENTRY *entry)
{
    static const USHORT flags[] = {0, RTL_HEAP_BUSY, RTL_HEAP_SEGMENT, RTL_HEAP_UNCOMMITTED_RANGE,
                                   RTL_HEAP_LARGE_ALLOC | RTL_HEAP_BUSY};
    *entry = records[random_below(random, record_count)];
    if (random_percent(random, 60)) {
        entry->DataAddress = (void *)random_address(random);
    }
    switch (random_below(random, 4)) {
    case 0:
        entry->DataSize = random_address(random) -
                          (uintptr_t)entry->DataAddress; /* ends anywhere, perhaps wrapping round */
        break;
    case 1:
        entry->DataSize = random_address(random) - 64 - (uintptr_t)entry->DataAddress;
        break;
    case 2:
        entry->DataSize = random_percent(random, 50) ? random_next(random) : 16 * random_below(random, 4096);
        break;
    default:
        break;
    }
    if (random_percent(random, 40)) {
        entry->Flags = flags[random_below(random, 5)];
    }
}

static void say(const char *what, const RTL_HEAP_WALK_ENTRY *entry)
{
    printf("    %s: heap + 0x%zx, size 0x%zx, flags 0x%x\n", what, (size_t)entry->DataAddress - (size_t)heap,
           (size_t)entry->DataSize, (unsigned)entry->Flags);
}

static void walk_from_anywhere(void *arg)
{
    const unsigned kind = *(const unsigned *)arg;
    struct random random = {test_seed() + kind};
    heap = make(kind);
    CHECK(heap != NULL);
    populate(&random);
    for (unsigned i = 0; i < STEPS && atomic_load(&check_failures) < 5; i++) {
        RTL_HEAP_WALK_ENTRY cursor, entry;
        make_cursor(&random, &cursor);
        entry = cursor;
        if (RtlWalkHeap(heap, &entry) == STATUS_SUCCESS && !CHECK(is_in_heap(&entry))) {
            say("cursor", &cursor);
            say("record", &entry);
        }
    }
    CHECK(HeapValidate(heap, 0, NULL));
}

int main(void)
{
    static unsigned kinds[] = {0, 1, 2};
    for (unsigned i = 0; i < 3; i++) {
        child_run(walk_from_anywhere, &kinds[i], SECONDS, "walking from anywhere");
    }
    return check_report();
}
