/*
 * Aligned blocks of the C runtime. Each lies in a block of the default heap:
 *
 *     block | gap | base, size | text of the program ... | rest
 *                              ^ what the program has; `offset` bytes further on is the aligned address
 *
 * The two words in front are believed only if they can be read, and if a block of the heap starts at base in which they
 * and the program's bytes fit. The heap is held from that look to the end of what is done on its account.
 */
#include "base/align.h"
#include "nt/memory.h"
#include "nt/process.h"

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

/* Reads what is in front of an untrusted block. False: it is none of ours. The heap is held. */
static bool read_prefix(const void *memblock, struct prefix *prefix)
{
    const void *start = (const void *)((uintptr_t)memblock - sizeof *prefix);
    if (!memory_is_committed(start, sizeof *prefix))
        return false;
    memcpy(prefix, start, sizeof *prefix);
    if (prefix->base == NULL || !RtlValidateHeap(process_heap(), 0, prefix->base))
        return false;
    size_t before = (size_t)((uintptr_t)memblock - (uintptr_t)prefix->base);
    size_t all = RtlSizeHeap(process_heap(), 0, prefix->base);
    return before >= sizeof *prefix && before <= all && prefix->size <= all - before;
}

/* Frees the block under the program's, and leaves no words behind that could be believed again. The heap is held. */
static bool release(void *memblock, const struct prefix *prefix)
{
    write_prefix(memblock, &(struct prefix){NULL, 0});
    return RtlFreeHeap(process_heap(), 0, prefix->base) != FALSE;
}

static void *allocate(size_t size, size_t alignment, size_t offset)
{
    size_t extra, all;
    if (__builtin_add_overflow(sizeof(struct prefix), alignment - 1, &extra) ||
        __builtin_add_overflow(size, extra, &all) || all > _HEAP_MAXREQ)
        return fail(ENOMEM);
    PVOID heap = process_heap();
    char *base = heap != NULL ? RtlAllocateHeap(heap, 0, all) : NULL;
    if (base == NULL)
        return fail(ENOMEM);

    uintptr_t aligned = align_up((uintptr_t)base + sizeof(struct prefix) + offset, alignment);
    void *memblock = base + (aligned - offset - (uintptr_t)base);
    write_prefix(memblock, &(struct prefix){.base = base, .size = size});
    return memblock;
}

/* Resizes the block under the program's where it is, if its address will do. The heap is held. */
static bool resize_in_place(char *memblock, struct prefix *prefix, size_t size, size_t alignment, size_t offset)
{
    size_t all;
    size_t before = (size_t)(memblock - prefix->base);
    if (((uintptr_t)memblock + offset) % alignment != 0 || __builtin_add_overflow(before, size, &all) ||
        RtlReAllocateHeap(process_heap(), HEAP_REALLOC_IN_PLACE_ONLY, prefix->base, all) == NULL)
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

/* Resizes an untrusted block and tells its old size. The heap is held. */
static void *resize(void *memblock, size_t size, size_t alignment, size_t offset, size_t *old_size)
{
    struct prefix prefix;
    if (!read_prefix(memblock, &prefix))
        return fail(EINVAL);
    *old_size = prefix.size;
    if (resize_in_place(memblock, &prefix, size, alignment, offset))
        return memblock;
    void *moved = allocate(size, alignment, offset);
    if (moved == NULL)
        return NULL;
    memcpy(moved, memblock, size_min(prefix.size, size));
    release(memblock, &prefix);
    return moved;
}

/* What the four functions that resize have in common. */
static void *reallocate(void *memblock, size_t size, size_t alignment, size_t offset, bool zero)
{
    size_t old_size = 0;
    void *resized;

    if (memblock != NULL && size == 0) {
        _aligned_free(memblock);
        return NULL;
    }
    if (!is_possible(size, alignment, offset))
        return fail(EINVAL);
    if (memblock != NULL && hold_heap()) {
        resized = resize(memblock, size, alignment, offset, &old_size);
        let_heap_go();
    } else {
        resized = allocate(size, alignment, offset);
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
    return size != 0 ? _aligned_offset_malloc(size, alignment, 0) : fail(EINVAL);
}

void *_aligned_offset_malloc(size_t size, size_t alignment, size_t offset)
{
    return is_possible(size, alignment, offset) ? allocate(size, alignment, offset) : fail(EINVAL);
}

void *_aligned_realloc(void *memblock, size_t size, size_t alignment)
{
    return reallocate(memblock, size, alignment, 0, /* zero */ false);
}

void *_aligned_recalloc(void *memblock, size_t num, size_t size, size_t alignment)
{
    return reallocate(memblock, product(num, size), alignment, 0, /* zero */ true);
}

void *_aligned_offset_realloc(void *memblock, size_t size, size_t alignment, size_t offset)
{
    return reallocate(memblock, size, alignment, offset, /* zero */ false);
}

void *_aligned_offset_recalloc(void *memblock, size_t num, size_t size, size_t alignment, size_t offset)
{
    return reallocate(memblock, product(num, size), alignment, offset, /* zero */ true);
}

size_t _aligned_msize(void *memblock, size_t alignment, size_t offset)
{
    struct prefix prefix;
    bool ours = false;
    if (memblock != NULL && is_possible(SIZE_MAX, alignment, offset) && hold_heap()) {
        ours = read_prefix(memblock, &prefix);
        let_heap_go();
    }
    if (ours)
        return prefix.size;
    errno = EINVAL;
    return (size_t)-1;
}

void _aligned_free(void *memblock)
{
    struct prefix prefix;
    if (memblock == NULL)
        return;
    bool freed = false;
    if (hold_heap()) {
        freed = read_prefix(memblock, &prefix) && release(memblock, &prefix);
        let_heap_go();
    }
    if (!freed)
        errno = EINVAL;
}
