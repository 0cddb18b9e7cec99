/*
 * Aligned blocks of the C runtime. Each lies in a block of the default heap:
 *
 *     block | gap | base, size | text of the program ... | rest
 *                              ^ what the program has; `offset` bytes further on is the aligned address
 *
 * The two words in front are believed only if they can be read, and if a block of the heap starts at base in which they
 * and the program's bytes fit. The heap is held from that look to the end of what is done on its account. `caller` is
 * the function that the program called, for the line about a mistake.
 */
#include "base/align.h"
#include "nt/block.h"
#include "nt/memory.h"
#include "nt/process.h"
#include "nt/report.h"

#include <cairn_crt_heap.h>
#include <ntifs.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct prefix {
    char *base;
    size_t size; /* that was asked for */
};

static void *fail(int error)
{
    errno = error;
    return NULL;
}

/* An alignment and an offset that a block of this size can have. */
static bool is_possible(size_t size, size_t alignment, size_t offset)
{
    return alignment != 0 && (alignment & (alignment - 1)) == 0 && (offset == 0 || offset < size);
}

static void write_prefix(void *memblock, const struct prefix *prefix)
{
    memcpy((char *)memblock - sizeof *prefix, prefix, sizeof *prefix);
}

/* Reads what is in front of an untrusted block. False: nothing that could be it. */
static bool read_prefix(const void *memblock, struct prefix *prefix)
{
    const void *start = (const void *)((uintptr_t)memblock - sizeof *prefix);
    if (!memory_is_committed(start, sizeof *prefix))
        return false;
    memcpy(prefix, start, sizeof *prefix);
    return prefix->base != NULL;
}

/* What is wrong with the block under an untrusted one; OUTCOME_OK: nothing, and all is known. The heap is held. */
static enum outcome look_at_base(const void *memblock, const struct prefix *prefix, const char *caller)
{
    size_t all;
    struct heap *heap = process_heap();
    enum outcome outcome = front_size(heap, 0, prefix->base, &all);
    if (outcome == OUTCOME_OK)
        outcome = block_look_at(heap, 0, prefix->base, caller);
    if (outcome != OUTCOME_OK)
        return outcome;
    size_t before = (size_t)((uintptr_t)memblock - (uintptr_t)prefix->base);
    bool fits = before >= sizeof *prefix && before <= all && prefix->size <= all - before;
    return fits ? OUTCOME_OK : OUTCOME_NOT_A_BLOCK;
}

/* Looks at an untrusted block. False: it is none of ours, or damaged, and was told. The heap is held. */
static bool find(const void *memblock, struct prefix *prefix, const char *caller)
{
    const void *blamed = memblock;
    enum outcome outcome = read_prefix(memblock, prefix) ? look_at_base(memblock, prefix, caller) : OUTCOME_NOT_A_BLOCK;
    switch (outcome) {
    case OUTCOME_OK:
        return true;
    case OUTCOME_OUTSIDE:
    case OUTCOME_FOREIGN:
    case OUTCOME_NOT_A_BLOCK:
    case OUTCOME_ALREADY_FREE:
        outcome = OUTCOME_NOT_A_BLOCK; /* the words in front are none */
        break;
    default:
        blamed = prefix->base;
    }
    report_failure(outcome, caller, process_heap(), blamed);
    return false;
}

/* Frees the block under the program's, and leaves no words behind that could be believed again. The heap is held. */
static bool release(void *memblock, const struct prefix *prefix, const char *caller)
{
    write_prefix(memblock, &(struct prefix){NULL, 0});
    if (block_free_as(process_heap(), 0, prefix->base, caller))
        return true;
    write_prefix(memblock, prefix);
    return false;
}

/* What is written behind the program's bytes is found where the block ends with them (docs/debug-heap.md). */
static void end_where_checked(struct heap *heap, void *base, size_t size, const char *caller)
{
    if (heap->hooks != NULL)
        block_reallocate_as(heap, HEAP_REALLOC_IN_PLACE_ONLY, base, size, caller);
}

static void *allocate(size_t size, size_t alignment, size_t offset, const char *caller)
{
    size_t extra, all;
    if (__builtin_add_overflow(sizeof(struct prefix), alignment - 1, &extra) ||
        __builtin_add_overflow(size, extra, &all) || all > _HEAP_MAXREQ)
        return fail(ENOMEM);
    PVOID heap = process_heap();
    char *base = heap != NULL ? block_allocate_as(heap, 0, all, caller) : NULL;
    if (base == NULL)
        return fail(ENOMEM);

    uintptr_t aligned = align_up((uintptr_t)base + sizeof(struct prefix) + offset, alignment);
    char *memblock = base + (aligned - offset - (uintptr_t)base);
    end_where_checked(heap, base, (size_t)(memblock - base) + size, caller);
    write_prefix(memblock, &(struct prefix){.base = base, .size = size});
    return memblock;
}

/* Resizes the block under the program's where it is, if its address will do. The heap is held. */
static bool resize_in_place(char *memblock, struct prefix *prefix, size_t size, size_t alignment, size_t offset,
                            const char *caller)
{
    size_t all;
    size_t before = (size_t)(memblock - prefix->base);
    if (((uintptr_t)memblock + offset) % alignment != 0 || __builtin_add_overflow(before, size, &all) ||
        block_reallocate_as(process_heap(), HEAP_REALLOC_IN_PLACE_ONLY, prefix->base, all, caller) == NULL)
        return false;
    prefix->size = size;
    write_prefix(memblock, prefix);
    return true;
}

static bool hold_heap(void)
{
    PVOID heap = process_heap();
    return heap != NULL && RtlLockHeap(heap);
}

static void let_heap_go(void)
{
    RtlUnlockHeap(process_heap());
}

static bool release_untrusted(void *memblock, const char *caller)
{
    struct prefix prefix;
    if (!hold_heap())
        return false;
    bool freed = find(memblock, &prefix, caller) && release(memblock, &prefix, caller);
    let_heap_go();
    return freed;
}

/* Resizes an untrusted block and tells its old size. The heap is held. */
static void *resize(void *memblock, size_t size, size_t alignment, size_t offset, size_t *old_size, const char *caller)
{
    struct prefix prefix;
    if (!find(memblock, &prefix, caller))
        return fail(EINVAL);
    *old_size = prefix.size;
    if (resize_in_place(memblock, &prefix, size, alignment, offset, caller))
        return memblock;
    void *moved = allocate(size, alignment, offset, caller);
    if (moved == NULL)
        return NULL;
    memcpy(moved, memblock, size_min(prefix.size, size));
    if (release(memblock, &prefix, caller))
        return moved;
    release_untrusted(moved, caller);
    return fail(EINVAL);
}

/* What the four functions that resize have in common. */
static void *reallocate(void *memblock, size_t size, size_t alignment, size_t offset, bool zero, const char *caller)
{
    size_t old_size = 0;
    void *resized;

    if (memblock != NULL && size == 0)
        return release_untrusted(memblock, caller) ? NULL : fail(EINVAL);
    if (!is_possible(size, alignment, offset))
        return fail(EINVAL);
    if (memblock != NULL && hold_heap()) {
        resized = resize(memblock, size, alignment, offset, &old_size, caller);
        let_heap_go();
    } else {
        resized = allocate(size, alignment, offset, caller);
    }
    if (resized != NULL && zero && size > old_size)
        memset((char *)resized + old_size, 0, size - old_size);
    return resized;
}

/* SIZE_MAX, which no block can have, when it overflows. */
static size_t product(size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes;
}

void *_aligned_malloc(size_t size, size_t alignment)
{
    return size != 0 && is_possible(size, alignment, 0) ? allocate(size, alignment, 0, __func__) : fail(EINVAL);
}

void *_aligned_offset_malloc(size_t size, size_t alignment, size_t offset)
{
    return is_possible(size, alignment, offset) ? allocate(size, alignment, offset, __func__) : fail(EINVAL);
}

void *_aligned_realloc(void *memblock, size_t size, size_t alignment)
{
    return reallocate(memblock, size, alignment, 0, /* zero */ false, __func__);
}

void *_aligned_recalloc(void *memblock, size_t num, size_t size, size_t alignment)
{
    return reallocate(memblock, product(num, size), alignment, 0, /* zero */ true, __func__);
}

void *_aligned_offset_realloc(void *memblock, size_t size, size_t alignment, size_t offset)
{
    return reallocate(memblock, size, alignment, offset, /* zero */ false, __func__);
}

void *_aligned_offset_recalloc(void *memblock, size_t num, size_t size, size_t alignment, size_t offset)
{
    return reallocate(memblock, product(num, size), alignment, offset, /* zero */ true, __func__);
}

size_t _aligned_msize(void *memblock, size_t alignment, size_t offset)
{
    struct prefix prefix;
    bool ours = false;
    if (memblock != NULL && is_possible(SIZE_MAX, alignment, offset) && hold_heap()) {
        ours = find(memblock, &prefix, __func__);
        let_heap_go();
    }
    if (ours)
        return prefix.size;
    errno = EINVAL;
    return (size_t)-1;
}

void _aligned_free(void *memblock)
{
    if (memblock != NULL && !release_untrusted(memblock, __func__))
        errno = EINVAL;
}
