/*
 * Operations on blocks, for any thread: what the layers above call. Hot sizes go to the magazines of the calling thread
 * without a lock, all others to the back end, under the heap's.
 *
 * The two fast paths are inline. They do only what needs no decision: where anything is not as usual, they do nothing
 * and say so, and the functions below find out what it is. So every check is made on every call: `front_push` knows
 * from the granule map that a busy block starts at the address, and from the tag that it is the heap's.
 *
 * Flags are Windows': HEAP_ZERO_MEMORY, HEAP_NO_SERIALIZE, HEAP_REALLOC_IN_PLACE_ONLY, and those that ask for an extra
 * (extra.h); others mean nothing here, but for one of ours.
 */
#ifndef CAIRN_HEAP_FRONT_H
#define CAIRN_HEAP_FRONT_H

#include "heap/bump.h"
#include "heap/enter.h"
#include "heap/extra.h"
#include "heap/heap.h"
#include "heap/limit.h"
#include "heap/span.h"
#include "heap/thread.h"

/* A large block may hold anything. Without it, it is zero, as on Windows (win32-heap.md 1.5). */
#define FRONT_ANY_CONTENTS 0x80000000u

/* The flags of a call with which an allocation is not for the magazines: a checking one's, and those for an extra. */
#define FRONT_CHECKING_FLAGS 0x60u
#define FRONT_SPECIAL_FLAGS (EXTRA_FLAGS | FRONT_CHECKING_FLAGS)

/* Reads a byte of the map. The compiler does not make a comparison with memory of an atomic load, which a byte's is
 * anyway; the thread sanitizer must be told. */
#if defined(__SANITIZE_THREAD__)
#define FRONT_PEEK(granule) span_granule_value(granule)
#else
#define FRONT_PEEK(granule) (*(const uint8_t *)(granule))
#endif

/* Ends the process with a message: it returns nothing. */
void *front_block_in_use(void) SHARED_AS("front_block_in_use") __attribute__((returns_nonnull));

/*
 * Takes a block from the thread's magazine for a size of at most BUCKET_SMALL_LIMIT, for less that is asked for, which
 * the bucket can tell. NULL: the magazine is empty.
 *
 * That the block is not busy is checked although nothing but the library writes to the magazines: a signal handler that
 * allocates between the two accesses that take a block is given the same one.
 */
static ALWAYS_INLINE void *front_pop_small(struct front *front, size_t size, size_t asked_for)
{
    struct magazine *magazine = front->by_size[(size + GRANULE_SIZE - 1) >> GRANULE_SHIFT];
    void *block = *magazine->top;
    SET_APART(block); /* where it is returned, which saves a move */
    if (UNLIKELY(block == NULL))
        return NULL;
    READ_AGAIN(magazine->top);
    magazine->top--;
    atomic_signal_fence(memory_order_seq_cst);
    return LIKELY(span_claim_small(block, asked_for)) ? block : front_block_in_use();
}

/* Takes a block from the thread's magazine for the size. NULL: it must be allocated by front_allocate. */
static ALWAYS_INLINE void *front_pop(struct front *front, size_t size)
{
    return UNLIKELY(size > BUCKET_SMALL_LIMIT) ? NULL : front_pop_small(front, size, size);
}

/* Takes a block, not marked as busy, from a magazine; NULL: it is empty. */
static ALWAYS_INLINE void *front_pop_from(struct magazine *magazine)
{
    void *block = *magazine->top;
    if (block == NULL)
        return NULL;
    magazine->top--;
    atomic_signal_fence(memory_order_seq_cst);
    return UNLIKELY(span_is_busy(block)) ? front_block_in_use() : block;
}

/* As front_pop, for all buckets and for a size of 0. */
static ALWAYS_INLINE void *front_pop_any(struct front *front, size_t size)
{
    if (UNLIKELY(size > BUCKET_LIMIT))
        return NULL;
    unsigned bucket = bucket_of(size);
    void *block = front_pop_from(&front->magazines[bucket]);
    if (LIKELY(block != NULL))
        span_mark_busy(bucket, block, size);
    return block;
}

/*
 * The bucket whose blocks have this alignment, a power of two, and hold a size, if hot blocks of at most `limit` bytes
 * can do: they lie at multiples of their size in spans that start at a slice, and of a size that is rounded up to a
 * multiple of the alignment the bucket's is one, too. 0, whose magazine is always empty: none.
 */
static ALWAYS_INLINE unsigned front_bucket_for_aligned(size_t limit, size_t size, size_t alignment)
{
    size_t rounded = align_up(size_max(size, 1), alignment);
    if (UNLIKELY(alignment > SLICE_SIZE || size > limit || rounded > limit))
        return 0;
    unsigned bucket = bucket_of(rounded);
    return LIKELY(span_can_tell(bucket, size)) ? bucket : 0;
}

/* As front_pop, with an alignment. */
static ALWAYS_INLINE void *front_pop_aligned(struct front *front, size_t size, size_t alignment)
{
    /* Of 0, and of a size that cannot be rounded, this is 0. */
    size_t rounded = align_up(size, alignment);
    if (UNLIKELY(alignment > GRANULE_HOT || rounded - 1 >= BUCKET_SMALL_LIMIT))
        return NULL;
    return front_pop_small(front, rounded, size);
}

/* As front_pop_any, with an alignment. */
static ALWAYS_INLINE void *front_pop_any_aligned(struct front *front, size_t size, size_t alignment)
{
    unsigned bucket = front_bucket_for_aligned(BUCKET_LIMIT, size, alignment);
    void *block = front_pop_from(&front->magazines[bucket]);
    if (LIKELY(block != NULL))
        span_mark_busy(bucket, block, size);
    return block;
}

/*
 * Looks an untrusted address up: the granule of a busy hot block of the front's heap, and the offset of its bucket's
 * magazine; NULL: it is none.
 */
static ALWAYS_INLINE uint8_t *front_find(const struct front *front, const void *block, uint32_t *offset)
{
    const struct arena *arena = &arenas[0];
    uintptr_t distance = (uintptr_t)block - arena->base;
    /* Rotated: an address that is not aligned is beyond the arena, too. */
    uintptr_t index = distance >> GRANULE_SHIFT | distance << (8 * sizeof distance - GRANULE_SHIFT);
    if (UNLIKELY(index >= arena->granule_count))
        return NULL;
    uint8_t *granule = &arena->granules[index];
    if (UNLIKELY((FRONT_PEEK(granule) & GRANULE_HOT) == 0))
        return NULL;
    *offset = arena->tags[index >> (SLICE_SHIFT - GRANULE_SHIFT)] - front->tag;
    return LIKELY(*offset < BUCKET_COUNT << TAG_BUCKET_SHIFT) ? granule : NULL;
}

/* Frees a block of the front's heap into the thread's magazine. False: it must be freed by front_free. */
static ALWAYS_INLINE bool front_push(struct front *front, void *block)
{
    uint32_t offset = 0;
    uint8_t *granule = front_find(front, block, &offset);
    if (UNLIKELY(granule == NULL))
        return false;
    struct magazine *magazine = (struct magazine *)(void *)((char *)front->magazines + offset);
    void **top = magazine->top;
    if (UNLIKELY(top == magazine->limit))
        return false;
    top[1] = block;
    magazine->top = top + 1;
    span_set_granule(granule, GRANULE_NONE);
    return true;
}
_Static_assert(TAG_BUCKET_SHIFT == GRANULE_SHIFT, "a tag tells the offset of the magazine");

/* Resizes a block of the front's heap where it is, if it fits there well. False: it must be resized by
 * front_reallocate. */
static ALWAYS_INLINE bool front_resize(struct front *front, void *block, size_t size)
{
    uint32_t offset = 0;
    if (UNLIKELY(front_find(front, block, &offset) == NULL))
        return false;
    unsigned bucket = offset >> TAG_BUCKET_SHIFT;
    if (!span_fits_well(bucket, size))
        return false;
    span_mark_busy(bucket, block, size);
    return true;
}

/* The size that was asked for of a hot block of the front's heap. False: front_size must be asked. */
static ALWAYS_INLINE bool front_tell_size(const struct front *front, const void *block, size_t *size)
{
    uint32_t offset = 0;
    const uint8_t *granule = front_find(front, block, &offset);
    if (UNLIKELY(granule == NULL))
        return false;
    *size = span_requested_at(offset >> TAG_BUCKET_SHIFT, granule);
    return true;
}

/* The calling thread's front for the heap with this handle, if it is one of the two that it has at hand; else false. */
static ALWAYS_INLINE bool front_at_hand(const void *handle, struct front **front)
{
    if (LIKELY(handle == thread_fronts.default_heap)) {
        *front = thread_fronts.default_front;
        return true;
    }
    *front = thread_fronts.recent_front;
    return LIKELY(handle == thread_fronts.recent_heap);
}

/* Cuts a small block from the top of a heap that bumps; false: it must be allocated otherwise, as where its bucket is
 * active. The caller has the heap to itself. */
static ALWAYS_INLINE bool front_cut_alone(struct heap *heap, size_t size, void **block)
{
    size_t granules = block_granules_for(size);
    uint16_t *use = &heap->uses[bucket_of(size)];
    uint16_t used = bucket_use(use);
    unsigned step = bucket_step(used);
    if (UNLIKELY(step == 0) || !bump_has(heap, granules))
        return false;
    bucket_set_use(use, (uint16_t)(used + step));
    *block = (void *)bump_cut(heap, granules, size);
    return true;
}

/* Whether to try that: front_cut_at_once where there is one thread, else front_cut. False: it must be allocated by
 * front_allocate. A heap with hooks does not bump, nor does one that is read-only, or to whose blocks the program has
 * set a limit. */
static ALWAYS_INLINE bool front_may_cut(uint32_t flags, size_t size)
{
    return LIKELY(size <= BUCKET_SMALL_LIMIT) && LIKELY(!(flags & (HEAP_ZERO_MEMORY | FRONT_SPECIAL_FLAGS)));
}

bool front_cut(struct heap *heap, uint32_t flags, size_t size, void **block);

static ALWAYS_INLINE bool front_cut_at_once(struct heap *heap, size_t size, void **block)
{
    call_begin();
    bool is_cut = front_cut_alone(heap, size, block);
    call_end_with_nothing_freed();
    return is_cut;
}

enum outcome front_allocate(struct heap *heap, uint32_t flags, size_t size, void **block) SHARED_AS("front_allocate");

/* The address is a multiple of `alignment`, a power of two. */
enum outcome front_allocate_aligned(struct heap *heap, uint32_t flags, size_t size, size_t alignment, void **block)
    SHARED_AS("front_allocate_aligned");

/* `block` is an untrusted pointer in all of these; a failure changes nothing. */

/* Moves a hot block of the front's heap whose size is to be one that front_resize refuses, if the magazines have all
 * that it takes. NULL: front_reallocate must be asked. */
void *front_move(struct front *front, uint32_t flags, void *block, size_t size) SHARED_AS("front_move");

enum outcome front_reallocate(struct heap *heap, uint32_t flags, void *block, size_t size, void **resized)
    SHARED_AS("front_reallocate");
enum outcome front_free(struct heap *heap, uint32_t flags, void *block) SHARED_AS("front_free");

/* The size that was asked for. */
enum outcome front_size(struct heap *heap, uint32_t flags, const void *block, size_t *size) SHARED_AS("front_size");

/* A block's extra (extra.h); OUTCOME_NO_EXTRA: there is nothing to set. */
struct extra_info;
enum outcome front_get_extra(struct heap *heap, uint32_t flags, const void *block, struct extra_info *info);
enum outcome front_claim(struct heap *heap, uint32_t flags, void *block, size_t size, uintptr_t claim);
enum outcome front_set_extra_value(struct heap *heap, uint32_t flags, void *block, uintptr_t value);
enum outcome front_set_extra_flags(struct heap *heap, uint32_t flags, const void *block, uint32_t clear, uint32_t set);

/*
 * The free blocks that the calling thread and the front end hold become the back end's again, as far as whole spans are
 * free; then front_trim gives the memory of all that is free back to the system, and front_compact tells the bytes of
 * the largest committed piece of a free block. The caller has the heap to itself.
 */
void front_flush(struct heap *heap);
void front_trim(struct heap *heap) SHARED_AS("front_trim");
size_t front_compact(struct heap *heap);

/* Has all that is hot active, with free blocks that take no lock of the heap. The caller has the heap to itself. */
void front_stop_filling(struct heap *heap);

/* Whether the front end serves blocks larger than this, without asking again. The caller has the heap to itself. */
bool front_serves_beyond(const struct heap *heap, size_t size);

#endif
