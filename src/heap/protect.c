#include "heap/protect.h"

#include "base/assert.h"
#include "heap/bump.h"
#include "heap/front_end.h"
#include "heap/large.h"

static bool set_pages(const struct heap *heap, uintptr_t from, uintptr_t end, bool read_only)
{
    void *address = (void *)from;
    size_t size = end - from;
    return read_only ? os_make_read_only(address, size, heap->access) : os_commit(address, size, heap->access);
}

/* Whole pages of a segment that are committed, behind those of the heap object. */
static bool set_segment(const struct heap *heap, const struct segment *segment, bool read_only)
{
    uintptr_t start = (uintptr_t)segment;
    uintptr_t end = align_down(start + segment->reserved, os_page_size());
    uintptr_t from = segment == &heap->first ? align_up(start + segment->header_size, os_page_size()) : start;

    while (from < end && (from = segment_find_page(segment, from, end, true)) != end) {
        uintptr_t committed_end = align_down(segment_find_page(segment, from, end, false), os_page_size());
        if (committed_end <= from)
            return true;
        if (!set_pages(heap, from, committed_end, read_only))
            return false;
        from = committed_end;
    }
    return true;
}

static bool set_all(const struct heap *heap, bool read_only)
{
    bool done = true;
    ASSERT(heap != NULL);
    for (const struct segment *segment = &heap->first; done && segment != NULL; segment = segment->next)
        done = set_segment(heap, segment, read_only);
    for (const struct unit *unit = heap->first_large; done && unit != NULL; unit = unit->large_next) {
        uintptr_t from, end;
        large_pages(unit, &from, &end);
        done = set_pages(heap, from, end, read_only);
    }
    return done;
}

enum outcome protect_set(struct heap *heap, bool read_only)
{
    if (protect_is_on(heap) == read_only)
        return OUTCOME_OK;
    if (read_only) {
        /* What would be written later is written now. */
        bump_settle(heap);
        if (front_end_of(heap) != NULL)
            thread_take_fronts(front_end_of(heap));
    }
    bool done = set_all(heap, read_only);
    if (!done)
        set_all(heap, !read_only);
    else
        atomic_store_explicit(&heap->is_read_only, read_only, memory_order_relaxed);
    return done ? OUTCOME_OK : OUTCOME_NO_MEMORY;
}
