#include "heap/front.h"

#include "base/align.h"
#include "heap/back.h"
#include "heap/bump.h"
#include "heap/enter.h"
#include "heap/extra.h"
#include "heap/front_end.h"
#include "heap/hooks.h"
#include "heap/large.h"
#include "heap/limit.h"
#include "heap/magazine.h"
#include "heap/padded.h"
#include "heap/protect.h"

#include <cairn_rtl_heap.h>
#include <string.h>

/* --- the front end of a heap ----------------------------------------------------------------------------------------
 */

/* A heap of fixed size can do with nothing less than all of it, and where the back end does not serve all the buckets'
 * sizes, none is hot. */
static bool front_is_possible(const struct heap *heap)
{
    return heap->owns_memory && (heap->flags & HEAP_GROWABLE) && !heap->no_front_end &&
           heap->normal_limit >= BUCKET_WINDOWS_LIMIT;
}

static bool is_active(const struct heap *heap, unsigned bucket)
{
    return bucket_is_active(bucket_use(&heap->uses[bucket]));
}

/* Windows tells programs of the first bucket that becomes active, but not of heaps that have no such front end there.
 */
static void note_use(struct heap *heap, unsigned bucket, uint16_t use)
{
    bucket_set_use(&heap->uses[bucket], use);
    if (!(heap->flags & HEAP_NO_SERIALIZE) && bucket_size(bucket) <= BUCKET_WINDOWS_LIMIT)
        heap->compatibility = HEAP_COMPATIBILITY_LFH;
}

/* The largest size that may be hot: what malloc's family allocates is no block of Windows'. */
static size_t hot_limit(uint32_t flags)
{
    /* What is to be zero, and large, comes from the back end, which knows what is zero already. */
    return (flags & (FRONT_ANY_CONTENTS | HEAP_ZERO_MEMORY)) == FRONT_ANY_CONTENTS ? BUCKET_LIMIT
                                                                                   : BUCKET_WINDOWS_LIMIT;
}

/* The bucket of a size; 0, whose magazine is always empty, where it is never hot. */
static ALWAYS_INLINE unsigned bucket_for(uint32_t flags, size_t size)
{
    return LIKELY(size <= hot_limit(flags)) ? bucket_of(size) : 0;
}

/* Which granule of the arena the top is at. */
static uint32_t top_granule(const struct heap *heap)
{
    uintptr_t top = bump_is_on(heap) ? heap->bump.next : heap->bins.top;
    return (uint32_t)((top - arenas[0].base) >> GRANULE_SHIFT);
}

/* Makes a hot bucket active, or has it wait, if the heap can have a front end, and it serves no size beyond the
 * program's limit; else it is counted anew. Says whether it is active. The caller has the heap to itself. */
static NOINLINE bool activate(struct heap *heap, unsigned bucket)
{
    bool has_waited = bucket_ever_waited(bucket_use(&heap->uses[bucket]));
    if (!front_is_possible(heap) || !limit_allows_size(heap, bucket_size(bucket))) {
        bucket_set_use(&heap->uses[bucket], 0);
        return false;
    }
    if (heap->fills && !has_waited && bucket <= BUCKET_SMALL_COUNT) {
        heap->waited_from[bucket] = top_granule(heap);
        heap->has_waited = true;
        note_use(heap, bucket, BUCKET_WAITS);
        return false;
    }
    if (front_end_of(heap) == NULL) {
        struct front_end *end = front_end_create(heap);
        if (end == NULL)
            return false;
        atomic_store_explicit(&heap->front_end, end, memory_order_release);
    }
    if (!front_end_add_bucket(front_end_of(heap), bucket))
        return false;
    note_use(heap, bucket, has_waited ? BUCKET_ACTIVE_LATE : BUCKET_ACTIVE);
    return true;
}

bool front_serves_beyond(const struct heap *heap, size_t size)
{
    unsigned bucket = BUCKET_COUNT;
    while (bucket > 0 && !(bucket_is_served(bucket_use(&heap->uses[bucket - 1])) && bucket_size(bucket - 1) > size))
        bucket--;
    return bucket != 0;
}

/* Counts an allocation of a bucket's size. True: the bucket is active, or has just become it. The caller has the heap
 * to itself. */
static ALWAYS_INLINE bool count_allocation(struct heap *heap, unsigned bucket)
{
    uint16_t use = bucket_use(&heap->uses[bucket]);
    /* None waits where its block could come from a hole in front of a span: is_newer would not know it for a hot one.
     */
    bool has_holes = front_end_of(heap) != NULL && heap->bins.filled_words != 0;
    unsigned step = has_holes && bucket_waits(use) ? 0 : bucket_step(use);
    if (UNLIKELY(step == 0))
        return is_active(heap, bucket) || activate(heap, bucket);
    bucket_set_use(&heap->uses[bucket], (uint16_t)(use + step));
    return false;
}

/* --- hot blocks -----------------------------------------------------------------------------------------------------
 */

/* Takes a block, not marked as busy, from the thread's magazine, or past it if the thread has none. */
static void *take_hot(struct front_end *end, unsigned bucket)
{
    struct front *front = thread_front(end);
    void *block = NULL;

    if (front == NULL || (*front->magazines[bucket].top == NULL && !magazine_fill(front, bucket)))
        return front_end_take(end, front, bucket, true, 1, &block) != 0 ? block : NULL;
    return front_pop_from(&front->magazines[bucket]);
}

static bool allocate_hot(struct heap *heap, unsigned bucket, uint32_t flags, size_t size, void **block)
{
    *block = take_hot(front_end_of(heap), bucket);
    if (UNLIKELY(*block == NULL))
        return false;
    span_mark_busy(bucket, *block, size);
    if (flags & HEAP_ZERO_MEMORY)
        memset(*block, 0, size);
    return true;
}

static void free_hot(struct heap *heap, unsigned bucket, void *block)
{
    struct front_end *end = front_end_of(heap);
    struct front *front = thread_front_to_free(end);

    span_set_granule(span_granule(block), GRANULE_NONE);
    struct magazine *magazine = front != NULL ? &front->magazines[bucket] : NULL;
    if (magazine == NULL || (magazine->top == magazine->limit && !magazine_make_room(front, bucket))) {
        front_end_put(end, front, bucket, 1, &block);
        return;
    }
    magazine->top[1] = block;
    magazine->top++;
}

/* Whether the granule map has a busy hot block at an untrusted address. Such a block keeps its span where it is, so the
 * span may be looked at without a lock; else that takes the heap's, under which spans come and go. */
static bool is_hot(const void *address)
{
    return (uintptr_t)address - arenas[0].base < arenas[0].size && is_aligned((uintptr_t)address, GRANULE_SIZE) &&
           span_is_busy(address);
}

/* --- allocating -----------------------------------------------------------------------------------------------------
 */

OPAQUE void *front_block_in_use(void)
{
    static const char text[] = "cairn: a free block is in use: a signal handler used the heap within a call, or two "
                               "threads freed a block at once\n";
    os_write_error(text, sizeof text - 1);
    os_abort();
}
SHARE(front_block_in_use);

/* Takes a block of a bucket, zeroed if asked for, from the magazine at hand; false: there is none. */
static ALWAYS_INLINE bool allocate_shortly(const struct heap *heap, unsigned bucket, uint32_t flags, size_t size,
                                           void **block)
{
    struct front *front;
    if (!front_at_hand(heap, &front) || (*block = front_pop_from(&front->magazines[bucket])) == NULL)
        return false;
    span_mark_busy(bucket, *block, size);
    if (flags & HEAP_ZERO_MEMORY)
        memset(*block, 0, size);
    return true;
}

bool front_cut(struct heap *heap, uint32_t flags, size_t size, void **block)
{
    if (is_active(heap, bucket_of(size))) /* and takes no lock */
        return false;
    bool locked = heap_enter(heap, flags);
    bool is_cut = front_cut_alone(heap, size, block);
    heap_leave(heap, locked);
    return is_cut;
}

static bool free_shortly(struct heap *heap, void *block)
{
    struct front *front;
    return front_at_hand(heap, &front) && front_push(front, block);
}

static bool must_be_zero(const struct heap *heap, uint32_t flags, size_t size)
{
    return (flags & HEAP_ZERO_MEMORY) || (size > heap->normal_limit && !(flags & FRONT_ANY_CONTENTS));
}

/* Allocates from the back end: a small block from the top if no hole can serve it, which costs least. The caller has
 * the heap to itself. */
static ALWAYS_INLINE enum outcome allocate_in_back_end(struct heap *heap, uint32_t flags, size_t size, void **block)
{
    uintptr_t data = size <= BUMP_LIMIT && size <= heap->normal_limit ? bump_allocate(heap, size) : 0;
    if (UNLIKELY(data == 0))
        return heap_allocate(heap, size, must_be_zero(heap, flags, size), block);
    *block = (void *)data;
    if (flags & HEAP_ZERO_MEMORY)
        memset(*block, 0, size);
    return OUTCOME_OK;
}

/* Allocates from the front end, if the bucket is active or becomes it with this allocation, or from the back end. */
static ALWAYS_INLINE enum outcome allocate(struct heap *heap, unsigned bucket, uint32_t flags, size_t size,
                                           void **block)
{
    if (is_active(heap, bucket) && allocate_hot(heap, bucket, flags, size, block))
        return OUTCOME_OK;
    bool locked = heap_lock_out(heap, flags);
    enum outcome outcome = OUTCOME_OK;
    if (bucket == 0 || !count_allocation(heap, bucket) || !allocate_hot(heap, bucket, flags, size, block))
        outcome = allocate_in_back_end(heap, flags, size, block);
    heap_let_in(heap, locked);
    return outcome;
}

static enum outcome allocate_with_extra(struct heap *heap, uint32_t flags, size_t size, void **block)
{
    bool locked = heap_lock_out(heap, flags);
    enum outcome outcome = extra_allocate(heap, flags, size, 1, must_be_zero(heap, flags, size), block);
    heap_let_in(heap, locked);
    return outcome;
}

/* Windows sets blocks of calls with these flags further apart (nt-heap.md 15.5). */
#define CHECKING_FLAGS ((uint32_t)(HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED))
#define CHECKING_PADDING ((size_t)8)
_Static_assert(CHECKING_FLAGS == FRONT_CHECKING_FLAGS, "Windows' flags");

static enum outcome allocate_padded(struct heap *heap, uint32_t flags, size_t size, void **block)
{
    bool locked = heap_lock_out(heap, flags);
    enum outcome outcome = padded_allocate(heap, size, CHECKING_PADDING, 1, must_be_zero(heap, flags, size), block);
    heap_let_in(heap, locked);
    return outcome;
}

/* Where a limit of the program's refused memory, or the process may have only so much address space, gives back what
 * the heap can do without. Says whether to try again. */
static NOINLINE bool make_room(struct heap *heap, uint32_t flags)
{
    bool is_refused = limit_refused(heap);
    if (!is_refused && os_address_space_limit() == SIZE_MAX)
        return false;
    bool locked = heap_lock_out(heap, flags);
    front_trim(heap);
    if (!is_refused)
        heap_give_segments_back(heap);
    heap_let_in(heap, locked);
    return true;
}

static enum outcome allocate_by_flags(struct heap *heap, uint32_t flags, size_t size, void **block)
{
    if (extra_is_wanted(heap, flags))
        return allocate_with_extra(heap, flags, size, block);
    if (flags & CHECKING_FLAGS)
        return allocate_padded(heap, flags, size, block);
    return allocate(heap, bucket_for(flags, size), flags, size, block);
}

/* An allocation that the flags of the call or the hooks of the heap make another than usual. */
static NOINLINE enum outcome allocate_specially(struct heap *heap, uint32_t flags, size_t size, void **block)
{
    if (!limit_allows_size(heap, size))
        return OUTCOME_NO_MEMORY;
    if (heap->hooks != NULL)
        return heap->hooks->allocate(heap, flags, size, 1, block);
    call_begin();
    enum outcome outcome = allocate_by_flags(heap, flags, size, block);
    if (outcome == OUTCOME_NO_MEMORY && make_room(heap, flags))
        outcome = allocate_by_flags(heap, flags, size, block);
    call_end();
    return outcome;
}

enum outcome front_allocate(struct heap *heap, uint32_t flags, size_t size, void **block)
{
    if (UNLIKELY(flags & FRONT_SPECIAL_FLAGS) || UNLIKELY(heap->hooks != NULL))
        return allocate_specially(heap, flags, size, block);
    unsigned bucket = bucket_for(flags, size);
    if (allocate_shortly(heap, bucket, flags, size, block))
        return OUTCOME_OK;
    if (!limit_allows_size(heap, size))
        return OUTCOME_NO_MEMORY;
    call_begin();
    enum outcome outcome = allocate(heap, bucket, flags, size, block);
    if (UNLIKELY(outcome == OUTCOME_NO_MEMORY) && make_room(heap, flags))
        outcome = allocate_by_flags(heap, flags, size, block);
    call_end();
    return outcome;
}
SHARE(front_allocate);

static enum outcome allocate_aligned(struct heap *heap, unsigned bucket, uint32_t flags, size_t size, size_t alignment,
                                     void **block)
{
    if (is_active(heap, bucket) && allocate_hot(heap, bucket, flags, size, block))
        return OUTCOME_OK;
    bool locked = heap_lock_out(heap, flags);
    enum outcome outcome = OUTCOME_OK;
    if (bucket == 0 || !count_allocation(heap, bucket) || !allocate_hot(heap, bucket, flags, size, block))
        outcome = heap_allocate_aligned(heap, size, alignment, must_be_zero(heap, flags, size), block);
    heap_let_in(heap, locked);
    return outcome;
}

enum outcome front_allocate_aligned(struct heap *heap, uint32_t flags, size_t size, size_t alignment, void **block)
{
    if (alignment <= GRANULE_SIZE)
        return front_allocate(heap, flags, size, block);
    if (alignment > SIZE_MAX / 4 || !limit_allows_size(heap, size))
        return OUTCOME_NO_MEMORY;
    if (UNLIKELY(heap->hooks != NULL))
        return heap->hooks->allocate(heap, flags, size, alignment, block);
    unsigned bucket = front_bucket_for_aligned(hot_limit(flags), size, alignment);
    if (allocate_shortly(heap, bucket, flags, size, block))
        return OUTCOME_OK;
    call_begin();
    enum outcome outcome = allocate_aligned(heap, bucket, flags, size, alignment, block);
    if (UNLIKELY(outcome == OUTCOME_NO_MEMORY) && make_room(heap, flags))
        outcome = allocate_aligned(heap, bucket, flags, size, alignment, block);
    call_end();
    return outcome;
}
SHARE(front_allocate_aligned);

/* --- freeing --------------------------------------------------------------------------------------------------------
 */

static enum outcome free_in_heap(struct heap *heap, uint32_t flags, void *block)
{
    struct hot hot;
    enum outcome outcome;
    bool locked = heap_lock_out(heap, flags);
    /* What is in a span now is no busy block of it, nor one of the back end. */
    if (LIKELY(!hot_find(heap, block, &hot, &outcome)))
        outcome = LIKELY(!extra_is_used(heap)) ? heap_free(heap, block) : extra_free(heap, block);
    else if (outcome == OUTCOME_OK)
        outcome = OUTCOME_ALREADY_FREE;
    heap_let_in(heap, locked);
    return outcome;
}

static enum outcome free_block(struct heap *heap, uint32_t flags, void *block)
{
    struct hot hot;
    enum outcome outcome;
    if (!is_hot(block) || !hot_find(heap, block, &hot, &outcome))
        return free_in_heap(heap, flags, block);
    if (outcome == OUTCOME_OK)
        free_hot(heap, hot.bucket, block);
    return outcome;
}

enum outcome front_free(struct heap *heap, uint32_t flags, void *block)
{
    if (UNLIKELY(heap->hooks != NULL))
        return heap->hooks->free(heap, flags, block);
    call_begin();
    enum outcome outcome = free_block(heap, flags, block);
    call_end();
    return outcome;
}
SHARE(front_free);

/* --- size and resizing ----------------------------------------------------------------------------------------------
 */

static enum outcome find_size(struct heap *heap, uint32_t flags, const void *block, size_t *size)
{
    struct hot hot;
    enum outcome outcome;
    bool locked = !is_hot(block) && heap_lock_out(heap, flags);
    if (!hot_find(heap, block, &hot, &outcome))
        outcome = heap_size(heap, block, size);
    else if (outcome == OUTCOME_OK)
        *size = hot.requested;
    heap_let_in(heap, locked);
    return outcome;
}

enum outcome front_size(struct heap *heap, uint32_t flags, const void *block, size_t *size)
{
    if (UNLIKELY(heap->hooks != NULL))
        return heap->hooks->size(heap, flags, block, size);
    call_begin();
    enum outcome outcome = find_size(heap, flags, block, size);
    call_end();
    return outcome;
}
SHARE(front_size);

static void zero_behind(void *block, size_t from, size_t size)
{
    if (size > from)
        memset((char *)block + from, 0, size - from);
}

/*
 * Whether a hot block is to keep its place. A program that insists on it learns that hot blocks cannot be resized, as
 * on Windows (win32-heap.md 7); but where Windows has none, they can. One that does not insist has a much smaller block
 * moved, so that the memory can be of use.
 */
static bool stays(const struct heap *heap, uint32_t flags, const struct hot *hot, size_t size)
{
    if (!(flags & HEAP_REALLOC_IN_PLACE_ONLY))
        return span_fits_well(hot->bucket, size);
    bool is_hot_on_windows = bucket_size(hot->bucket) <= BUCKET_WINDOWS_LIMIT && !(heap->flags & HEAP_NO_SERIALIZE);
    return !is_hot_on_windows && size <= bucket_size(hot->bucket);
}

/* Whether a block was cut from the top after the top was at a granule of the arena. */
static bool is_newer(const struct heap *heap, const void *block, uint32_t granule)
{
    uintptr_t address = arenas[0].base + ((uintptr_t)granule << GRANULE_SHIFT);
    const struct segment *then = segment_of(heap, address);
    const struct segment *now = segment_of(heap, (uintptr_t)block);
    return then == now ? (uintptr_t)block >= address : then != NULL && now != NULL && now->index > then->index;
}

static bool size_has_waited(const struct heap *heap, size_t size)
{
    return size <= BUCKET_SMALL_LIMIT && bucket_ever_waited(bucket_use(&heap->uses[bucket_of(size)]));
}

/* Whether a program that insists on the place of a block of the back end is to learn that it is a hot one: it would be,
 * had its bucket not waited. */
static bool counts_as_hot(struct heap *heap, uint32_t flags, const void *block)
{
    size_t size;
    return (flags & HEAP_REALLOC_IN_PLACE_ONLY) && !(heap->flags & HEAP_NO_SERIALIZE) &&
           heap_size(heap, block, &size) == OUTCOME_OK && size_has_waited(heap, size) &&
           is_newer(heap, block, heap->waited_from[bucket_of(size)]);
}

static enum outcome resize_in_back_end(struct heap *heap, uint32_t flags, void *block, size_t size, size_t *old_size)
{
    if (UNLIKELY(counts_as_hot(heap, flags, block)))
        return OUTCOME_CANNOT_RESIZE;
    bool insists = (flags & HEAP_REALLOC_IN_PLACE_ONLY) != 0;
    enum outcome outcome = heap_resize(heap, block, size, must_be_zero(heap, flags, size), insists, old_size);
    /* It is not to be taken for a hot block now. Older ones no longer are, either. */
    if (outcome == OUTCOME_OK && UNLIKELY(size_has_waited(heap, size)))
        heap->waited_from[bucket_of(size)] = top_granule(heap);
    return outcome;
}

/* Resizes a block where it is, if that can be. *old_size: its size, if it is a block. */
static enum outcome resize(struct heap *heap, uint32_t flags, void *block, size_t size, size_t *old_size)
{
    struct hot hot;
    enum outcome outcome;

    if (is_hot(block) && hot_find(heap, block, &hot, &outcome)) {
        if (outcome != OUTCOME_OK)
            return outcome;
        *old_size = hot.requested;
        if (!stays(heap, flags, &hot, size))
            return OUTCOME_CANNOT_RESIZE;
        span_mark_resized(hot.bucket, block, size);
        if (must_be_zero(heap, flags, size))
            zero_behind(block, hot.requested, size);
        return OUTCOME_OK;
    }
    bool locked = heap_lock_out(heap, flags);
    if (LIKELY(!hot_find(heap, block, &hot, &outcome)))
        outcome = resize_in_back_end(heap, flags, block, size, old_size);
    heap_let_in(heap, locked);
    return outcome;
}

/*
 * The bucket for a hot block that grows: what grew once will often grow again, and can then stay where it is. A quarter
 * more, but of a small bucket no more than the map's byte can tell, and of others little, for they have room anyway.
 * Whoever doubles has made room himself.
 *
 * Here and in front_move blocks of all sizes come by in turn, which no branch foretells: hence the formula instead of
 * the table and its limit.
 */
#define ROOM_LIMIT_SMALL ((size_t)64)
#define ROOM_LIMIT ((size_t)512)
_Static_assert(ROOM_LIMIT_SMALL + BUCKET_SMALL_LIMIT / 16 <= GRANULE_HOT, "a byte of the map tells it");

static ALWAYS_INLINE unsigned roomy_bucket(size_t old_size, size_t size)
{
    size_t most = size <= BUCKET_SMALL_LIMIT - ROOM_LIMIT_SMALL ? ROOM_LIMIT_SMALL : ROOM_LIMIT;
    size_t room = size_min(size / 4, most) & -(size_t)(size / 2 < old_size);
    size_t roomy = size_min(size + room, BUCKET_WINDOWS_LIMIT);
    return LIKELY(roomy > BUCKET_BY_FORMULA) ? bucket_by_formula(roomy) : bucket_of(roomy);
}

/* The bucket for what a block is moved to. What has grown beyond Windows' front end the back end has: there it can
 * often grow on where it is, and need not be copied. */
static unsigned bucket_to_move(uint32_t flags, size_t old_size, size_t size)
{
    if (size <= old_size)
        return bucket_for(flags, size);
    return size <= BUCKET_WINDOWS_LIMIT ? roomy_bucket(old_size, size) : 0;
}

/* Allocates what a block is to be moved to. */
static enum outcome allocate_to_move(struct heap *heap, uint32_t flags, size_t old_size, size_t size, void **moved)
{
    unsigned bucket = bucket_to_move(flags, old_size, size);
    if (allocate_shortly(heap, bucket, flags, size, moved))
        return OUTCOME_OK;
    return allocate(heap, bucket, flags, size, moved);
}

/* Allocates anew, copies, frees. A failure leaves the old block as it was. */
static enum outcome move(struct heap *heap, uint32_t flags, void *block, size_t old_size, size_t size, void **moved)
{
    bool is_large = size > heap->normal_limit; /* then it is zero, if it must be, where it is new */
    uint32_t new_flags = is_large ? flags : flags & ~(uint32_t)HEAP_ZERO_MEMORY;
    enum outcome outcome = allocate_to_move(heap, new_flags, old_size, size, moved);
    if (outcome != OUTCOME_OK)
        return outcome;
    memcpy(*moved, block, size_min(size, old_size));
    if ((flags & HEAP_ZERO_MEMORY) && !is_large)
        zero_behind(*moved, old_size, size);
    if (free_shortly(heap, block))
        return OUTCOME_OK;
    outcome = free_block(heap, flags, block);
    if (UNLIKELY(outcome != OUTCOME_OK))
        free_block(heap, flags, *moved);
    return outcome;
}

void *front_move(struct front *front, uint32_t flags, void *block, size_t size)
{
    uint32_t offset = 0;
    const uint8_t *granule = front_find(front, block, &offset);
    if (UNLIKELY(granule == NULL))
        return NULL;
    unsigned old_bucket = offset >> TAG_BUCKET_SHIFT;
    size_t old_size = span_requested_of_hot(old_bucket, granule);
    unsigned bucket = bucket_to_move(flags, old_size, size);
    const struct magazine *old = &front->magazines[old_bucket];
    void *moved;
    if (old->top == old->limit || (moved = front_pop_from(&front->magazines[bucket])) == NULL)
        return NULL;
    span_mark_busy(bucket, moved, size);
    memcpy(moved, block, size_min(size, old_size));
    if (LIKELY(front_push(front, block)))
        return moved;
    front_push(front, moved); /* another thread has freed the block meanwhile */
    return NULL;
}
SHARE(front_move);

/* Resizes a hot block where it is, or moves it to another, if the front at hand has all that it takes and the flags ask
 * for nothing else: what is done most often with strings and vectors that grow. */
static bool reallocate_shortly(struct heap *heap, uint32_t flags, void *block, size_t size, void **resized)
{
    struct front *front;
    if ((flags & (HEAP_REALLOC_IN_PLACE_ONLY | HEAP_ZERO_MEMORY | EXTRA_FLAGS)) || !front_at_hand(heap, &front))
        return false;
    *resized = front_resize(front, block, size) ? block : front_move(front, flags, block, size);
    return *resized != NULL;
}

static enum outcome reallocate(struct heap *heap, uint32_t flags, void *block, size_t size, void **resized)
{
    size_t old_size = 0;
    enum outcome outcome = resize(heap, flags, block, size, &old_size);
    *resized = block;
    /* Where the memory behind the block cannot be had, other memory may be. */
    bool may_move = outcome == OUTCOME_CANNOT_RESIZE || outcome == OUTCOME_NO_MEMORY;
    if (LIKELY(!may_move) || (flags & HEAP_REALLOC_IN_PLACE_ONLY) || !heap_may_have(heap, size))
        return outcome;
    return move(heap, flags, block, old_size, size, resized);
}

/* Resizes a block that has an extra. False: it has none. */
static bool reallocate_with_extra(struct heap *heap, uint32_t flags, void *block, size_t size, void **resized,
                                  enum outcome *outcome)
{
    bool locked = heap_lock_out(heap, flags);
    bool has = extra_reallocate(heap, flags, block, size, must_be_zero(heap, flags, size), resized, outcome);
    heap_let_in(heap, locked);
    return has;
}

/* Moves a block that has no extra to one that has. */
static enum outcome move_to_extra(struct heap *heap, uint32_t flags, void *block, size_t size, void **moved)
{
    size_t old_size;
    enum outcome outcome = find_size(heap, flags, block, &old_size);
    if (outcome == OUTCOME_OK)
        outcome = allocate_with_extra(heap, flags, size, moved);
    if (outcome != OUTCOME_OK)
        return outcome;
    memcpy(*moved, block, size_min(size, old_size));
    outcome = free_block(heap, flags, block);
    if (UNLIKELY(outcome != OUTCOME_OK))
        free_block(heap, flags, *moved);
    return outcome;
}

static enum outcome reallocate_any(struct heap *heap, uint32_t flags, void *block, size_t size, void **resized)
{
    enum outcome outcome;
    if (UNLIKELY(extra_is_used(heap)) && reallocate_with_extra(heap, flags, block, size, resized, &outcome))
        return outcome;
    if (UNLIKELY(flags & EXTRA_FLAGS) && !(flags & HEAP_REALLOC_IN_PLACE_ONLY) && extra_is_wanted(heap, flags))
        return move_to_extra(heap, flags, block, size, resized);
    return reallocate(heap, flags, block, size, resized);
}

/* A size beyond the program's limit; whether it is a block at all comes first. */
static NOINLINE enum outcome refuse_size(struct heap *heap, uint32_t flags, const void *block)
{
    size_t size;
    enum outcome outcome = front_size(heap, flags, block, &size);
    return outcome == OUTCOME_OK ? OUTCOME_NO_MEMORY : outcome;
}

enum outcome front_reallocate(struct heap *heap, uint32_t flags, void *block, size_t size, void **resized)
{
    if (reallocate_shortly(heap, flags, block, size, resized))
        return OUTCOME_OK;
    if (!limit_allows_size(heap, size))
        return refuse_size(heap, flags, block);
    if (UNLIKELY(heap->hooks != NULL))
        return heap->hooks->reallocate(heap, flags, block, size, resized);
    call_begin();
    enum outcome outcome = reallocate_any(heap, flags, block, size, resized);
    if (UNLIKELY(outcome == OUTCOME_NO_MEMORY) && make_room(heap, flags))
        outcome = reallocate_any(heap, flags, block, size, resized);
    call_end();
    return outcome;
}
SHARE(front_reallocate);

/* --- extras ---------------------------------------------------------------------------------------------------------
 */

/* Begins a call about a block's extra. */
static enum outcome enter(struct heap *heap, uint32_t flags, const void *block, bool *locked)
{
    *locked = heap_enter(heap, flags);
    return UNLIKELY(heap->hooks != NULL) ? heap->hooks->enter(heap, block) : OUTCOME_OK;
}

enum outcome front_get_extra(struct heap *heap, uint32_t flags, const void *block, struct extra_info *info)
{
    bool locked;
    enum outcome outcome = enter(heap, flags, block, &locked);
    *info = (struct extra_info){0, 0, 0, 0};
    if (outcome == OUTCOME_OK)
        outcome = extra_get(heap, block, info);
    heap_leave(heap, locked);
    return outcome;
}

enum outcome front_claim(struct heap *heap, uint32_t flags, void *block, size_t size, uintptr_t claim)
{
    bool locked;
    enum outcome outcome = enter(heap, flags, block, &locked);
    if (outcome == OUTCOME_OK)
        outcome = extra_claim(heap, block, size, claim);
    heap_leave(heap, locked);
    return outcome;
}

enum outcome front_set_extra_value(struct heap *heap, uint32_t flags, void *block, uintptr_t value)
{
    bool locked;
    enum outcome outcome = enter(heap, flags, block, &locked);
    if (outcome == OUTCOME_OK)
        outcome = extra_set_value(heap, block, value);
    heap_leave(heap, locked);
    return outcome;
}

enum outcome front_set_extra_flags(struct heap *heap, uint32_t flags, const void *block, uint32_t clear, uint32_t set)
{
    struct hot hot;
    enum outcome outcome;
    if (hot_find(heap, block, &hot, &outcome))
        return outcome == OUTCOME_OK ? OUTCOME_NO_EXTRA : outcome;
    bool locked;
    outcome = enter(heap, flags, block, &locked);
    if (outcome == OUTCOME_OK)
        outcome = extra_set_flags(heap, block, clear, set);
    heap_leave(heap, locked);
    return outcome;
}

/* --- the whole heap -------------------------------------------------------------------------------------------------
 */

/* Opens a span for a bucket at once: who allocates from it then waits for no lock. */
static void open_first_span(struct heap *heap, unsigned bucket)
{
    struct front_end *end = front_end_of(heap);
    void *block = NULL;
    if (front_end_take(end, NULL, bucket, true, 1, &block) != 0)
        front_end_put(end, NULL, bucket, 1, &block);
}

void front_stop_filling(struct heap *heap)
{
    if (protect_is_on(heap))
        return;
    heap_stop_filling(heap);
    if (LIKELY(!heap->has_waited))
        return;
    heap->has_waited = false;
    for (unsigned bucket = 1; bucket <= BUCKET_SMALL_COUNT; bucket++) {
        if (bucket_use(&heap->uses[bucket]) == BUCKET_HAS_WAITED && activate(heap, bucket))
            open_first_span(heap, bucket);
    }
}

void front_flush(struct heap *heap)
{
    struct front_end *end = front_end_of(heap);
    if (end == NULL)
        return;
    struct front *front = thread_front(end);
    if (front != NULL)
        magazine_empty_all(front);
    front_end_trim(end);
}

void front_trim(struct heap *heap)
{
    front_flush(heap);
    if (heap->hooks == NULL) /* else free memory is to stay as it is */
        heap_trim(heap);
}
SHARE(front_trim);

size_t front_compact(struct heap *heap)
{
    front_flush(heap);
    heap_coalesce(heap);
    return heap_largest_free(heap);
}
