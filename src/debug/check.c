#include "debug/check.h"

#include "debug/origin.h"
#include "heap/block.h"
#include "heap/extra.h"
#include "heap/mistake.h"

#include <winnt.h>

/* --- what is found --------------------------------------------------------------------------------------------------
 */

static void tell_traces(const struct finding *finding)
{
    origin_tell(finding->allocated_at, finding->freed_at);
}

static enum outcome find_fault(const struct heap *heap, struct finding *finding)
{
    finding->asked = heap->debug->asked;
    finding->tell_traces = tell_traces;
    finding_note(finding);
    return finding->what;
}

enum outcome check_tail(struct heap *heap, const struct place *place)
{
    struct extra_info info = {0, 0, 0, 0};
    const uint8_t *data = (const uint8_t *)place->data;
    if (!place_has_tail(heap, place))
        return OUTCOME_OK;
    size_t at = place->size;
    while (at < place->size + heap->tail && data[at] == TAIL_BYTE)
        at++;
    if (at == place->size + heap->tail)
        return OUTCOME_OK;
    if (extra_is_used(heap))
        extra_get(heap, data, &info);
    return find_fault(heap, &(struct finding){
                                .what = OUTCOME_END_OVERWRITTEN,
                                .block = data,
                                .size = place->size,
                                .knows_byte = true,
                                .offset = at,
                                .found = data[at],
                                .allocated_at = info.trace,
                            });
}

/* Tells of a wrong byte in free memory, with what is known of the block that was there. */
static enum outcome tell_of_free(struct heap *heap, uintptr_t damaged)
{
    const struct freed *freed = freed_find(&heap->debug->freed, damaged);
    uintptr_t block = freed != NULL ? freed->data : align_down(damaged, GRANULE_SIZE);
    return find_fault(heap, &(struct finding){
                                .what = OUTCOME_WRITTEN_WHEN_FREE,
                                .block = (const void *)block,
                                .size = freed != NULL ? freed->size : FINDING_NO_SIZE,
                                .knows_byte = true,
                                .offset = damaged - block,
                                .found = *(const uint8_t *)damaged,
                                .allocated_at = freed != NULL ? freed->allocated_at : 0,
                                .freed_at = freed != NULL ? freed->freed_at : 0,
                            });
}

enum outcome check_bad_block(struct heap *heap, enum outcome outcome, const void *block)
{
    const struct freed *freed = outcome == OUTCOME_ALREADY_FREE || outcome == OUTCOME_NOT_A_BLOCK
                                    ? freed_find(&heap->debug->freed, (uintptr_t)block)
                                    : NULL;
    if (freed == NULL || freed->data != (uintptr_t)block)
        return outcome;
    /* Merged with the block before, it is no block of its own any more. */
    return find_fault(heap, &(struct finding){
                                .what = OUTCOME_ALREADY_FREE,
                                .block = block,
                                .size = freed->size,
                                .allocated_at = freed->allocated_at,
                                .freed_at = freed->freed_at,
                            });
}

/* --- free memory ----------------------------------------------------------------------------------------------------
 */

/* In front of [from, end) lies a header, behind it a header and perhaps two links. */
enum outcome check_take(struct heap *heap, uintptr_t from, uintptr_t end, size_t around)
{
    struct marks *marks = &heap->debug->marks;
    uintptr_t damaged = marks_find_damage(marks, from, end - GRANULE_SIZE);
    enum outcome outcome = damaged != 0 ? tell_of_free(heap, damaged) : OUTCOME_OK;
    marks_clear(marks, from - GRANULE_SIZE - around, end + GRANULE_SIZE + around);
    return outcome;
}

/* --- the whole heap -------------------------------------------------------------------------------------------------
 */

/* heap_validate was here before, so the headers lead from block to block. */
static enum outcome check_tails(struct heap *heap)
{
    for (const struct segment *segment = &heap->first; segment != NULL; segment = segment->next) {
        struct block_header header;
        for (uintptr_t data = segment->first; data != segment->end; data += block_bytes(header.size)) {
            struct back_block back;
            if (!block_read(heap, data, &header))
                return OUTCOME_BLOCK_DAMAGED;
            if (back_find(heap, data, &back) != OUTCOME_OK)
                continue;
            struct place place = {data, place_end(&back), back.requested};
            enum outcome outcome = check_tail(heap, &place);
            if (outcome != OUTCOME_OK)
                return outcome;
        }
    }
    return OUTCOME_OK;
}

static enum outcome check_contents(struct heap *heap)
{
    enum outcome outcome = check_tails(heap);
    if (outcome != OUTCOME_OK)
        return outcome;
    uintptr_t damaged = marks_find_any_damage(&heap->debug->marks);
    return damaged != 0 ? tell_of_free(heap, damaged) : OUTCOME_OK;
}

bool check_validate(struct heap *heap, struct damage *damage)
{
    *damage = (struct damage){check_contents(heap), 0};
    return damage->what == OUTCOME_OK;
}

enum outcome check_block(struct heap *heap, const void *block, enum outcome outcome)
{
    heap->debug->asked = block;
    if (outcome != OUTCOME_OK) {
        outcome = check_bad_block(heap, outcome, block);
    } else {
        struct place place = place_find(heap, block);
        outcome = check_tail(heap, &place);
    }
    heap->debug->asked = NULL;
    return outcome;
}

/* With full validation, every call looks at the whole heap first. */
static enum outcome check_all(struct heap *heap)
{
    struct damage damage;
    if (!debug_has_flag(heap, HEAP_VALIDATE_ALL_ENABLED) || heap_validate(heap, &damage))
        return OUTCOME_OK;
    if (damage.what == OUTCOME_END_OVERWRITTEN || damage.what == OUTCOME_WRITTEN_WHEN_FREE)
        return damage.what;
    return find_fault(
        heap, &(struct finding){.what = damage.what, .block = (const void *)damage.data, .size = FINDING_NO_SIZE});
}

enum outcome check_begin(struct heap *heap, const void *block)
{
    heap->debug->asked = block;
    return check_all(heap);
}

void check_finish(struct heap *heap)
{
    heap->debug->asked = NULL;
}

enum outcome check_enter(struct heap *heap, const void *block)
{
    enum outcome outcome = check_begin(heap, block);
    check_finish(heap);
    return outcome;
}
