#include "heap/walk.h"

#include "base/assert.h"
#include "heap/block.h"
#include "heap/bump.h"
#include "heap/front.h"
#include "heap/large.h"
#include "heap/span.h"

static bool stop(enum outcome *outcome, enum outcome value)
{
    *outcome = value;
    return false;
}

static uint32_t region_index(const struct segment *segment)
{
    return segment->index < WALK_LARGE_REGION ? segment->index : WALK_LARGE_REGION - 1;
}

/* --- large blocks ---------------------------------------------------------------------------------------------------
 */

static bool report_large(const struct unit *unit, struct walk_record *record, enum outcome *outcome)
{
    if (unit == NULL)
        return stop(outcome, OUTCOME_OK);
    record->kind = WALK_LARGE;
    record->address = (uintptr_t)large_data(unit);
    record->size = unit->large_size;
    record->overhead = 0;
    record->region = WALK_LARGE_REGION;
    return true;
}

/* --- regions --------------------------------------------------------------------------------------------------------
 */

static bool report_region(const struct heap *heap, const struct segment *segment, struct walk_record *record,
                          enum outcome *outcome)
{
    ASSERT(heap != NULL);
    if (segment == NULL)
        return report_large(heap->first_large, record, outcome);
    *record = (struct walk_record){
        .kind = WALK_REGION,
        .address = (uintptr_t)segment,
        .size = segment->header_size,
        .region = region_index(segment),
        .committed = segment->committed,
        .uncommitted = segment->reserved - segment->committed,
        .first_block = segment->first,
        .last_block = (uintptr_t)segment + segment->reserved - segment->guard,
    };
    return true;
}

/* --- blocks ---------------------------------------------------------------------------------------------------------
 */

static void report(struct walk_record *record, const struct segment *segment, enum walk_kind kind, uintptr_t address,
                   size_t size, size_t overhead)
{
    record->kind = kind;
    record->address = address;
    record->size = size;
    record->overhead = (uint32_t)overhead;
    record->region = region_index(segment);
}

static bool report_at(const struct heap *heap, const struct segment *segment, uintptr_t data,
                      struct walk_record *record, enum outcome *outcome);

/* Reports the committed memory [start, end) of a free block; in front of a hollow part Windows has its marker. */
static void report_free(struct walk_record *record, const struct segment *segment, uintptr_t start, uintptr_t end,
                        bool hollow_follows)
{
    size_t length = end - start - (hollow_follows ? BLOCK_END_MARKER : 0);
    size_t overhead = size_min(length, WALK_FREE_OVERHEAD);
    report(record, segment, WALK_FREE, start + overhead, length - overhead, overhead);
}

/* Whether a committed page starts there, behind an uncommitted one. */
static bool is_behind_hollow(const struct segment *segment, uintptr_t address)
{
    return is_aligned(address, os_page_size()) && address > segment->first && address < segment->end &&
           segment_find_page(segment, address, address + 1, true) == address &&
           segment_find_page(segment, address - 1, address, false) == address - 1;
}

/* The committed rest of a free block, behind a hollow part, starts at a page and ends at a block or the next hollow
 * part. */
static bool report_rest(const struct segment *segment, uintptr_t data, struct walk_record *record,
                        enum outcome *outcome)
{
    uintptr_t start = data - BLOCK_DATA_OFFSET;
    if (!is_behind_hollow(segment, start))
        return stop(outcome, OUTCOME_NOT_A_BLOCK);

    uintptr_t segment_end = segment->end - BLOCK_DATA_OFFSET;
    uintptr_t committed_end = segment_find_page(segment, start, segment_end, false);
    uintptr_t end = start;
    while (end < committed_end && granule_read(segment_granule(segment, end + BLOCK_DATA_OFFSET)) == GRANULE_NONE)
        end += GRANULE_SIZE;
    report_free(record, segment, start, end, end == committed_end && end != segment_end);
    return true;
}

/*
 * The size of what the granule map says is a block. For most blocks the map alone tells it, without a miss of the cache
 * for each block; the header of a larger one is read. False: that one is damaged.
 */
static bool find_size(const struct segment *segment, uintptr_t data, size_t *size)
{
    struct block_header header;

    *size = segment_next_start(segment, data);
    if (LIKELY(*size != 0))
        return true;
    if (!block_read(segment->heap, data, &header))
        return false;
    *size = header.size;
    return header.size >= DISTANCE_LIMIT && header.size <= (segment->end - data) >> GRANULE_SHIFT;
}

/* --- spans and their blocks -----------------------------------------------------------------------------------------
 */

/* The span in the back end's block at `data`; NULL: it holds none. */
static const struct span *span_at(const struct segment *segment, uintptr_t data)
{
    if (granule_read(segment_granule(segment, data)) != GRANULE_SPAN)
        return NULL;
    const struct span *span = span_of((void *)(data + SPAN_OFFSET));
    return span != NULL && span->first == data + SPAN_OFFSET ? span : NULL;
}

/* Reports a block of a span, or what is behind its last one. */
static bool report_hot(const struct heap *heap, const struct segment *segment, const struct span *span, unsigned index,
                       struct walk_record *record, enum outcome *outcome)
{
    struct block_header header;
    if (index >= span->count) {
        uintptr_t data = span->first - SPAN_OFFSET;
        if (!block_read(heap, data, &header) || header.size > (segment->end - data) >> GRANULE_SHIFT)
            return stop(outcome, OUTCOME_BLOCK_DAMAGED);
        return report_at(heap, segment, data + block_bytes(header.size), record, outcome);
    }
    struct walk_block block;
    walk_tell_hot(span, (uintptr_t)span_block(span, index), &block);
    report(record, segment, block.is_free ? WALK_HOT_FREE : WALK_HOT_BUSY, block.address, block.size, block.overhead);
    return true;
}

/* --- from one record to the next ------------------------------------------------------------------------------------
 */

/* Reports what starts where the data of a block would be at `data`. */
static bool report_at(const struct heap *heap, const struct segment *segment, uintptr_t data,
                      struct walk_record *record, enum outcome *outcome)
{
    size_t size;

    if (data == segment->end)
        return report_region(heap, segment->next, record, outcome);
    if (data < segment->first || data > segment->end || !is_aligned(data, GRANULE_SIZE))
        return stop(outcome, OUTCOME_NOT_A_BLOCK);

    uint8_t granule = granule_read(segment_granule(segment, data));
    if (granule == GRANULE_NONE)
        return report_rest(segment, data, record, outcome);
    const struct span *span = span_at(segment, data);
    if (span != NULL)
        return report_hot(heap, segment, span, 0, record, outcome);
    if (!find_size(segment, data, &size))
        return stop(outcome, OUTCOME_BLOCK_DAMAGED);
    if (granule_is_free(granule)) {
        uintptr_t start = data - BLOCK_DATA_OFFSET;
        uintptr_t end = start + block_bytes(size);
        uintptr_t committed_end = granule == GRANULE_HOLLOW ? segment_find_page(segment, start, end, false) : end;
        report_free(record, segment, start, committed_end, committed_end != end);
        return true;
    }
    size_t not_asked_for = (size_t)granule - GRANULE_BUSY;
    if (not_asked_for > block_capacity(size))
        return stop(outcome, OUTCOME_BLOCK_DAMAGED);
    size_t requested = block_capacity(size) - not_asked_for;
    report(record, segment, WALK_BUSY, data, requested, block_bytes(size) - requested);
    return true;
}

/* Whether an uncommitted page of the segment starts there. */
static bool is_hollow_page(const struct segment *segment, uintptr_t address)
{
    return is_aligned(address, os_page_size()) && address > segment->first && address < segment->end &&
           segment_find_page(segment, address, address + 1, false) == address;
}

/* Behind a free record comes a block, or the hollow part that cut it off. */
static bool report_behind_free(const struct heap *heap, const struct segment *segment, uintptr_t end,
                               struct walk_record *record, enum outcome *outcome)
{
    uintptr_t hollow = end + BLOCK_END_MARKER;
    if (!is_hollow_page(segment, hollow))
        return report_at(heap, segment, end + BLOCK_DATA_OFFSET, record, outcome);

    uintptr_t hollow_end = segment_find_page(segment, hollow, segment->end, true);
    report(record, segment, WALK_UNCOMMITTED, hollow, hollow_end - hollow, 0);
    return true;
}

/* The hollow part of a segment's last block reaches to the segment's end, any other to a block or the rest of its own.
 */
static bool report_behind_hollow(const struct heap *heap, const struct segment *segment, uintptr_t address,
                                 uintptr_t end, struct walk_record *record, enum outcome *outcome)
{
    if (!is_hollow_page(segment, address))
        return stop(outcome, OUTCOME_NOT_A_BLOCK);
    if (end == segment->end)
        return report_region(heap, segment->next, record, outcome);
    return report_at(heap, segment, end + BLOCK_DATA_OFFSET, record, outcome);
}

static bool report_behind_busy(const struct heap *heap, const struct segment *segment, uintptr_t data,
                               struct walk_record *record, enum outcome *outcome)
{
    size_t size;

    if (!is_aligned(data, GRANULE_SIZE) || !granule_is_busy(granule_read(segment_granule(segment, data))))
        return stop(outcome, OUTCOME_NOT_A_BLOCK);
    if (!find_size(segment, data, &size))
        return stop(outcome, OUTCOME_BLOCK_DAMAGED);
    return report_at(heap, segment, data + block_bytes(size), record, outcome);
}

/* The segment whose region record has this address; NULL: none. */
static const struct segment *segment_at(const struct heap *heap, uintptr_t address)
{
    if (address == (uintptr_t)heap)
        return &heap->first;
    /* Only an address inside the tiled part can be looked up: the first that a further segment's header leaves. */
    uintptr_t inside = address + align_up(sizeof(struct segment), GRANULE_SIZE) + BLOCK_DATA_OFFSET;
    const struct segment *segment = segment_of(heap, inside);
    return (uintptr_t)segment == address ? segment : NULL;
}

static NOINLINE bool report_behind_other(const struct heap *heap, enum walk_kind kind, uintptr_t address, size_t size,
                                         struct walk_record *record, enum outcome *outcome)
{
    const struct segment *segment;

    switch (kind) {
    case WALK_LARGE: {
        const struct unit *unit = large_find(heap, (void *)address);
        return unit != NULL ? report_large(unit->large_next, record, outcome) : stop(outcome, OUTCOME_NOT_A_BLOCK);
    }
    case WALK_REGION:
        segment = segment_at(heap, address);
        return segment != NULL ? report_at(heap, segment, segment->first, record, outcome)
                               : stop(outcome, OUTCOME_NOT_A_BLOCK);
    case WALK_UNCOMMITTED:
        /* An uncommitted unit may be nobody's, but in front of it is the committed head of the free block. */
        segment = segment_of(heap, address - 1);
        return segment != NULL ? report_behind_hollow(heap, segment, address, address + size, record, outcome)
                               : stop(outcome, OUTCOME_NOT_A_BLOCK);
    default:
        segment = segment_of(heap, address);
        return segment != NULL ? report_behind_free(heap, segment, address + size, record, outcome)
                               : stop(outcome, OUTCOME_NOT_A_BLOCK);
    }
}

static bool report_behind_hot(const struct heap *heap, const struct span *span, uintptr_t address,
                              struct walk_record *record, enum outcome *outcome)
{
    const struct segment *segment = segment_of(heap, address);
    if (segment == NULL || !span_has_block_at(span, (void *)address))
        return stop(outcome, OUTCOME_NOT_A_BLOCK);
    return report_hot(heap, segment, span, span_index(span, (void *)address) + 1, record, outcome);
}

bool walk_next(struct heap *heap, enum walk_kind kind, uintptr_t address, size_t size, struct walk_record *record,
               enum outcome *outcome)
{
    if (address == 0) {
        front_stop_filling(heap); /* as on Windows, a walk shows what lies ready for hot sizes */
        bump_settle(heap);
        return report_region(heap, &heap->first, record, outcome);
    }
    bump_settle(heap);
    /* Entries say no more of a block than busy or free; whether it is a hot one, its address tells. */
    const struct span *span = kind == WALK_BUSY || kind == WALK_FREE ? span_of((void *)address) : NULL;
    if (span != NULL)
        return report_behind_hot(heap, span, address, record, outcome);
    if (kind != WALK_BUSY)
        return report_behind_other(heap, kind, address, size, record, outcome);
    const struct segment *segment = segment_of(heap, address);
    if (UNLIKELY(segment == NULL))
        return stop(outcome, OUTCOME_NOT_A_BLOCK);
    return report_behind_busy(heap, segment, address, record, outcome);
}
