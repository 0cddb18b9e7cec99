#include "heap/meta.h"

#include "base/align.h"
#include "base/assert.h"
#include "heap/back.h"
#include "heap/lack.h"

#include <string.h>
#include <winnt.h>

static struct lock lock;
static struct heap *heap;
static struct lack lack; /* the front ends can do without more */

void meta_lock(void)
{
    lock_acquire(&lock);
}

void meta_unlock(void)
{
    lock_release(&lock);
}

static void *allocate(size_t size, size_t alignment)
{
    uintptr_t data = 0;

    meta_lock();
    if (!lack_skips(&lack)) {
        if (heap == NULL)
            heap = heap_create(&(struct heap_parameters){.flags = HEAP_GROWABLE});
        if (heap != NULL && back_allocate_aligned(heap, size, alignment, 0, &data) != OUTCOME_OK)
            data = 0;
        lack_note(&lack, data == 0);
    }
    meta_unlock();
    return data != 0 ? memset((void *)data, 0, size) : NULL;
}

void *meta_allocate(size_t size)
{
    return allocate(size, GRANULE_SIZE);
}

/* The header of the next block is in the last granule of the last line. */
void *meta_allocate_apart(size_t size)
{
    return allocate(align_up(size + GRANULE_SIZE, CACHE_LINE) - GRANULE_SIZE, CACHE_LINE);
}

void meta_free(void *memory)
{
    size_t requested;

    if (memory == NULL)
        return;
    meta_lock();
    enum outcome outcome = back_free_at(heap, (uintptr_t)memory, &requested);
    meta_unlock();
    ASSERT(outcome == OUTCOME_OK);
    (void)outcome;
}

size_t meta_reserved(void)
{
    meta_lock();
    size_t bytes = heap != NULL ? heap->reserved_bytes : 0;
    meta_unlock();
    return bytes;
}

size_t meta_committed(void)
{
    meta_lock();
    size_t bytes = heap != NULL ? heap->committed_bytes : 0;
    meta_unlock();
    return bytes;
}

void meta_cool(void)
{
    meta_lock();
    if (heap != NULL)
        heap_cool(heap);
    meta_unlock();
}
