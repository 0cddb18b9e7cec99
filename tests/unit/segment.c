/* Segments: their geometry for every kind of heap and size, growth, and heaps larger than one block header can say. */
#include "heap/segment.h"

#include "base/align.h"
#include "heap/block.h"
#include "heap/heap.h"
#include "heap/validate.h"

#include "arena_state.h"
#include "seed.h"

#include <sys/mman.h>
#include <winnt.h>

#define PAGE_SIZE ((size_t)4096)

static struct heap *create(uint32_t flags, size_t reserve, size_t commit)
{
    return heap_create(&(struct heap_parameters){.flags = flags, .reserve = reserve, .commit = commit});
}

static bool is_valid(struct heap *heap)
{
    struct damage damage;
    bool valid = heap_validate(heap, &damage);
    if (!CHECK(valid)) {
        printf("    damage %d at 0x%zx in a heap of 0x%zx bytes\n", (int)damage.what, (size_t)damage.data,
               heap->first.reserved);
    }
    return valid;
}

/* What holds for every segment, whatever it is of. */
static void check_geometry(const struct segment *segment)
{
    uintptr_t base = (uintptr_t)segment;
    size_t pages = 0;
    CHECK_EQ_UINT(segment->signature, SEGMENT_SIGNATURE);
    CHECK(is_aligned(segment->first, GRANULE_SIZE) && is_aligned(segment->end, GRANULE_SIZE));
    CHECK_EQ_UINT(segment->first, base + segment->header_size + BLOCK_DATA_OFFSET);
    uintptr_t usable_end = base + segment->reserved - segment->guard;
    CHECK(segment->end - BLOCK_DATA_OFFSET <= usable_end &&
          segment->end - BLOCK_DATA_OFFSET + GRANULE_SIZE >= usable_end);
    CHECK(segment->committed <= segment->reserved && is_aligned(segment->committed, PAGE_SIZE));
    uintptr_t end = base + segment->reserved;
    for (uintptr_t page = segment_find_page(segment, base, end, true); page < end;) {
        uintptr_t gap = segment_find_page(segment, page, end, false);
        pages += (gap - page) / PAGE_SIZE;
        page = segment_find_page(segment, gap, end, true);
    }
    CHECK_EQ_UINT(pages * PAGE_SIZE, segment->committed);
    CHECK(segment_of(segment->heap, segment->first) == segment);
    CHECK(segment_of(segment->heap, segment->first - 1) == NULL);
    CHECK(segment_of(segment->heap, segment->end) != segment);
}

static void fixed_sizes(void)
{
    for (size_t size = 1; size < 0x50000; size += 1 + size / 9) {
        struct heap *heap = create(0, size, 0);
        void *block;
        if (!CHECK(heap != NULL)) {
            continue;
        }
        CHECK_EQ_UINT(heap->first.reserved, align_up(size, 0x2000));
        CHECK_EQ_UINT(heap->first.committed, 0x2000);
        check_geometry(&heap->first);
        is_valid(heap);
        /* All of it can be one block, and one byte more cannot. */
        size_t whole = heap->first.end - heap->first.first - BLOCK_HEADER_SIZE;
        CHECK_EQ_INT(heap_allocate(heap, whole + 1, false, &block), OUTCOME_NO_MEMORY);
        if (CHECK_EQ_INT(heap_allocate(heap, whole, false, &block), OUTCOME_OK)) {
            memset(block, 0xEE, whole);
            is_valid(heap);
            CHECK_EQ_UINT(heap->first.committed, heap->first.reserved);
            CHECK_EQ_INT(heap_free(heap, block), OUTCOME_OK);
        }
        check_geometry(&heap->first);
        is_valid(heap);
        heap_destroy(heap);
    }
}

static void growable_sizes(void)
{
    static const size_t commits[] = {0, 1, 0x1000, 0x2001, 0xF000, 0x10000, 0x80000, 0x150000};
    for (size_t i = 0; i < sizeof(commits) / sizeof(commits[0]); i++) {
        struct heap *heap = create(HEAP_GROWABLE, 0, commits[i]);
        size_t commit = align_up(commits[i], PAGE_SIZE);
        CHECK_EQ_UINT(heap->first.reserved, align_up(commit + 0x10000, UNIT_SIZE));
        CHECK_EQ_UINT(heap->first.committed, size_max(commit, 0x2000));
        CHECK_EQ_UINT(heap->first.guard, PAGE_SIZE);
        check_geometry(&heap->first);
        is_valid(heap);
        heap_destroy(heap);
    }
}

static void impossible_sizes(void)
{
    static const size_t sizes[] = {SIZE_MAX,         SIZE_MAX - 0xFFFF, SIZE_MAX / 2,
                                   SIZE_MAX / 2 + 1, (size_t)1 << 56,   (size_t)1 << 48};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CHECK(create(HEAP_GROWABLE, 0, sizes[i]) == NULL);
        CHECK(create(HEAP_GROWABLE, sizes[i], 0) == NULL);
        CHECK(create(0, sizes[i], 0) == NULL);
        CHECK(create(0, 0x1000, sizes[i]) == NULL);
    }
}

/* Each further segment is twice as large as the one before, up to a limit, and holds what it was made for. */
static void growth(void)
{
    struct heap *heap = create(HEAP_GROWABLE, 0, 0);
    size_t expected = 0x100000;
    size_t reserved = heap->first.reserved;
    void *block;
    for (unsigned i = 0; i < 150; i++) {
        CHECK_EQ_INT(heap_allocate(heap, 0x60000, false, &block), OUTCOME_OK);
    }
    CHECK(heap->segment_count > 4);
    uint32_t index = 1;
    for (const struct segment *segment = heap->first.next; segment != NULL; segment = segment->next) {
        CHECK_EQ_UINT(align_up(segment->reserved, UNIT_SIZE), align_up(expected, UNIT_SIZE));
        CHECK_EQ_UINT(segment->index, index++);
        check_geometry(segment);
        expected = size_min(2 * expected, 0xFD0000);
        reserved += segment->reserved;
    }
    CHECK_EQ_UINT(heap->segment_count, index);
    CHECK_EQ_UINT(heap->reserved_bytes, reserved);
    is_valid(heap);
    heap_destroy(heap);
}

static bool refuse(void *context, void *base, void **address, size_t *size)
{
    (void)context, (void)base, (void)address, (void)size;
    return false;
}

/* Memory of the caller's, from the least on that can hold a heap; whatever fits between its ends is used, and no
 * more. */
static void caller_memory(void)
{
    char *memory = mmap(NULL, 0x40000, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t size = 0x800; size <= 0x30000; size += 0x800) {
        struct heap_parameters parameters = {.reserve = size, .caller_memory = memory + 0x1000};
        struct heap *heap = heap_create(&parameters);
        if (size < PAGE_SIZE) {
            CHECK(heap == NULL);
            continue;
        }
        if (!CHECK_EQ_PTR(heap, memory + 0x1000)) {
            continue;
        }
        CHECK_EQ_UINT(heap->first.reserved, align_down(size, PAGE_SIZE));
        check_geometry(&heap->first);
        void *block;
        size_t whole = heap->first.end - heap->first.first - BLOCK_HEADER_SIZE;
        CHECK_EQ_INT(heap_allocate(heap, whole + 1, false, &block), OUTCOME_NO_MEMORY);
        if (CHECK_EQ_INT(heap_allocate(heap, whole, false, &block), OUTCOME_OK)) {
            memset(block, 0xEE, whole);
        }
        is_valid(heap);
        CHECK(!os_is_readable(memory) && !os_is_readable(memory + 0x1000 + align_down(size, PAGE_SIZE)));
        heap_destroy(heap);
        mprotect(memory, 0x40000, PROT_NONE);
    }
    CHECK(heap_create(&(struct heap_parameters){.reserve = 0x8000, .caller_memory = memory + 0x1008}) == NULL);

    /* A routine that refuses leaves the heap as it was. */
    mprotect(memory, 0x1000, PROT_READ | PROT_WRITE);
    struct heap *heap = heap_create(&(struct heap_parameters){
        .reserve = 0x30000, .commit = 0x1000, .caller_memory = memory, .commit_routine = refuse});
    void *block;
    CHECK(heap != NULL && heap_allocate(heap, 100, false, &block) == OUTCOME_OK);
    CHECK_EQ_INT(heap_allocate(heap, 0x1000, false, &block), OUTCOME_NO_MEMORY);
    CHECK_EQ_UINT(heap->first.committed, 0x1000);
    is_valid(heap);
    CHECK_EQ_INT(heap_allocate(heap, 100, false, &block), OUTCOME_OK);
    heap_destroy(heap);
    munmap(memory, 0x40000);
}

/* Segments with more granules than a header can hold, from just above one block on: whole before and after use. */
static void more_than_a_block_can_be(void)
{
    static const size_t sizes[] = {
        (size_t)4 << 30,    ((size_t)4 << 30) + 0x2000, ((size_t)4 << 30) + 0x4000,
        ((size_t)5 << 30),  ((size_t)8 << 30) + 0x2000, ((size_t)9 << 30) + 0x6000,
        ((size_t)20 << 30),
    };
    const size_t count = SLOWNESS == SLOWNESS_PLAIN ? sizeof(sizes) / sizeof(sizes[0]) : 3;
    for (size_t i = 0; i < count; i++) {
        struct heap *heap = create(i % 2 == 0 ? 0 : HEAP_GROWABLE, sizes[i], 0);
        void *blocks[40];
        if (!CHECK(heap != NULL)) {
            continue;
        }
        check_geometry(&heap->first);
        is_valid(heap);
        for (size_t j = 0; j < 40; j++) {
            CHECK_EQ_INT(heap_allocate(heap, j * 0x3456, j % 2 == 0, &blocks[j]), OUTCOME_OK);
            is_valid(heap);
        }
        for (size_t j = 0; j < 40; j += 2) {
            CHECK_EQ_INT(heap_free(heap, blocks[j]), OUTCOME_OK);
            is_valid(heap);
        }
        for (size_t j = 1; j < 40; j += 2) {
            CHECK_EQ_INT(heap_free(heap, blocks[j]), OUTCOME_OK);
            is_valid(heap);
        }
        CHECK_EQ_UINT(heap->busy_bytes, 0);
        check_geometry(&heap->first);
        heap_destroy(heap);
    }
}

int main(void)
{
    struct arena_state before;
    CHECK(arena_state_take(&before));
    fixed_sizes();
    growable_sizes();
    impossible_sizes();
    growth();
    caller_memory();
    more_than_a_block_can_be();
    CHECK(arena_state_is(&before));
    return check_report();
}
