#include "heap/segment.h"

#include "base/assert.h"
#include <winnt.h>
#include "heap/block.h"
#include "heap/enter.h"
#include "heap/limit.h"

/* Segments double in size up to this (win32-heap.md 8). */
#define LARGEST_SEGMENT ((size_t)0xFD0000)

/* A heap of this size will use what it commits for small blocks, and soon: it is had from the system in one go, not
 * page by page. */
#define POPULATE_FROM ((size_t)4 << 20)

bool segment_commit(struct segment *segment, uintptr_t from, uintptr_t end, bool used_soon)
{
    struct heap *heap = segment->heap;
    size_t page = os_page_size();
    from = align_down(from, page);
    end = align_up(end, page);

    if (heap->owns_memory) {
        bool resident = used_soon && heap->committed_bytes >= POPULATE_FROM;
        enum arena_contents contents = resident ? ARENA_RESIDENT : ARENA_ANYTHING;
        for (;;) {
            from = segment_find_page(segment, from, end, false);
            if (from == end)
                return true;
            uintptr_t span_end = segment_find_page(segment, from, end, true);
            if (!limit_allows_commit(heap, span_end - from) ||
                !arena_commit(segment, (void *)from, span_end - from, heap->access, contents))
                return false;
            segment->committed += span_end - from;
            heap->committed_bytes += span_end - from;
            from = span_end;
        }
    }

    if (end <= segment->committed_end)
        return true;
    void *address = (void *)segment->committed_end;
    size_t size = end - segment->committed_end;
    if (!limit_allows_commit(heap, size))
        return false;
    uintptr_t inside = call_out();
    bool committed = heap->commit_routine(heap->commit_context, heap, &address, &size);
    call_back_in(inside);
    if (!committed)
        return false;
    /* The callee may have committed more than was asked for, but it must be the right place, and enough. */
    size_t left = (uintptr_t)heap + segment->reserved - segment->committed_end;
    if ((uintptr_t)address != segment->committed_end || size < end - segment->committed_end || size > left)
        return false;
    size = align_down(size_min(size, limit_room(heap)), page);
    segment->committed_end += size;
    segment->committed += size;
    heap->committed_bytes += size;
    return true;
}

void segment_decommit(struct segment *segment, uintptr_t from, uintptr_t end, bool keep_warm)
{
    ASSERT(segment->heap->owns_memory);
    uintptr_t span = from;
    while ((span = segment_find_page(segment, span, end, true)) < end) {
        uintptr_t span_end = segment_find_page(segment, span, end, false);
        arena_decommit(segment, (void *)span, span_end - span, keep_warm);
        segment->committed -= span_end - span;
        segment->heap->committed_bytes -= span_end - span;
        span = span_end;
    }
    if (!keep_warm)
        arena_cool(segment, (void *)from, end - from);
}

size_t segment_committed_bytes(const struct segment *segment, uintptr_t from, uintptr_t end)
{
    size_t bytes = 0;
    while ((from = segment_find_page(segment, from, end, true)) < end) {
        uintptr_t span_end = segment_find_page(segment, from, end, false);
        bytes += span_end - from;
        from = span_end;
    }
    return bytes;
}

uintptr_t segment_find_page(const struct segment *segment, uintptr_t from, uintptr_t end, bool committed)
{
    if (segment->heap->owns_memory) {
        size_t page = os_page_size();
        uintptr_t found = arena_find_page(arena_of(segment), align_down(from, page), align_up(end, page), committed);
        return size_min(size_max(found, from), end);
    }
    if (committed)
        return from < segment->committed_end ? from : end;
    return size_min(size_max(from, segment->committed_end), end);
}

/* A fresh segment is one free block, unless it has more granules than a header can hold: then as few as can be, of
 * equal size, so that no two of them could be merged. */
static size_t piece_count(const struct segment *segment)
{
    size_t granules = (segment->end - segment->first) >> GRANULE_SHIFT;
    return (granules + BLOCK_MAX_GRANULES - 1) / BLOCK_MAX_GRANULES;
}

static uintptr_t piece_data(const struct segment *segment, size_t piece, size_t count)
{
    size_t granules = (segment->end - segment->first) >> GRANULE_SHIFT;
    return segment->first + block_bytes(granules * piece / count);
}

static size_t piece_size(const struct segment *segment, size_t piece, size_t count)
{
    return (piece_data(segment, piece + 1, count) - piece_data(segment, piece, count)) >> GRANULE_SHIFT;
}

/* Commits the head of every piece: all that can fail comes before anything that would have to be undone. */
static bool commit_pieces(struct segment *segment, size_t count)
{
    for (size_t piece = 0; piece < count; piece++) {
        uintptr_t start = piece_data(segment, piece, count) - BLOCK_DATA_OFFSET;
        size_t bytes = block_bytes(piece_size(segment, piece, count));
        if (!segment_commit(segment, start, start + size_min(BLOCK_HEAD_SIZE, bytes), false))
            return false;
    }
    return true;
}

/* Tiles a fresh segment with free blocks; the first piece last, so that it is the first that the bins give. */
static void tile(struct segment *segment, size_t count)
{
    for (size_t piece = count; piece-- > 0;) {
        uintptr_t data = piece_data(segment, piece, count);
        uintptr_t start = data - BLOCK_DATA_OFFSET;
        size_t size = piece_size(segment, piece, count);
        uintptr_t end = start + block_bytes(size);
        bool hollow = segment_find_page(segment, start, end, false) != end;
        block_write(segment->heap, data, size, piece == 0 ? 0 : piece_size(segment, piece - 1, count));
        *segment_granule(segment, data) = hollow ? GRANULE_HOLLOW : GRANULE_FREE;
        bins_insert(segment->heap, data, size);
    }
}

/* Makes the segment, the memory of whose header is there, the newest of its heap; `guard` bytes at its end are not
 * used. */
static bool start(struct segment *segment, size_t reserved, size_t guard)
{
    struct heap *heap = segment->heap;
    /* The data of a block reaches 8 bytes beyond it: behind the last one lies a granule that is no block's. */
    size_t usable = align_down(reserved - guard - segment->header_size - GRANULE_SIZE, GRANULE_SIZE);

    segment->reserved = reserved;
    segment->guard = guard;
    segment->first = (uintptr_t)segment + segment->header_size + BLOCK_DATA_OFFSET;
    segment->end = segment->first + usable;
    size_t count = piece_count(segment);
    if (!commit_pieces(segment, count))
        return false;

    bins_retire_top(heap);
    if (heap->last_segment != NULL)
        heap->last_segment->next = segment;
    heap->last_segment = segment;
    heap->bins.pristine = heap->owns_memory ? arena_accessible_end(segment) : segment->end;
    heap->segment_count++;
    heap->reserved_bytes += reserved;
    tile(segment, count);
    return true;
}

bool segment_start_first(struct heap *heap, size_t reserved, size_t guard)
{
    struct segment *segment = &heap->first;
    segment->header_size = align_up(sizeof(struct heap), GRANULE_SIZE);
    return start(segment, reserved, guard);
}

/* Writes the header of a run that was taken for a further segment. */
static bool start_further(struct heap *heap, struct segment *segment, size_t reserved)
{
    size_t first_commit = align_up(sizeof(struct segment) + BLOCK_HEAD_SIZE, os_page_size());
    if (!limit_allows_commit(heap, first_commit) ||
        !arena_commit(segment, segment, first_commit, heap->access, ARENA_ANYTHING))
        return false;

    *segment = (struct segment){
        .signature = SEGMENT_SIGNATURE,
        .segment_flags = heap->first.segment_flags,
        .heap = heap,
        .granules = arena_granule(arena_of(segment), segment),
        .header_size = align_up(sizeof(struct segment), GRANULE_SIZE),
        .committed = first_commit,
        .index = heap->segment_count,
    };
    heap->committed_bytes += first_commit;
    if (start(segment, reserved, os_page_size()))
        return true;
    heap->committed_bytes -= segment->committed;
    return false;
}

static size_t grown_segment_size(size_t size)
{
    return size_max(size, size_min(2 * size, LARGEST_SEGMENT));
}

bool segment_add(struct heap *heap, size_t size)
{
    if (!(heap->flags & HEAP_GROWABLE))
        return false;

    size_t least = align_up(size + sizeof(struct segment) + BLOCK_HEAD_SIZE + 2 * os_page_size(), UNIT_SIZE);
    size_t reserved = size_max(heap->next_segment_size, least);
    struct segment *segment = arena_take(reserved, heap, RUN_SEGMENT);
    while (segment == NULL && reserved > least) {
        reserved = size_max(align_down(reserved / 2, UNIT_SIZE), least);
        segment = arena_take(reserved, heap, RUN_SEGMENT);
    }
    if (segment == NULL)
        return false;
    if (!start_further(heap, segment, reserved)) {
        arena_give_back(segment, false);
        return false;
    }

    heap->next_segment_size = grown_segment_size(heap->next_segment_size);
    return true;
}
