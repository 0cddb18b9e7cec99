#include "malloc/slow.h"

#include "heap/mistake.h"
#include "heap/registry.h"
#include "malloc/complain.h"
#include "malloc/early.h"

#include <errno.h>
#include <winnt.h>

void *slow_fail(int error)
{
    errno = error;
    return NULL;
}

void *slow_try(const char *function, size_t size, size_t alignment, bool zero)
{
    struct heap *heap = registry_default_heap();
    uint32_t flags = zero ? HEAP_ZERO_MEMORY : FRONT_ANY_CONTENTS;
    enum outcome outcome = OUTCOME_NO_MEMORY;
    int error = errno;
    void *block;

    if (heap != NULL)
        outcome = alignment <= MEMORY_ALLOCATION_ALIGNMENT
                      ? front_allocate(heap, flags, size, &block)
                      : front_allocate_aligned(heap, flags, size, alignment, &block);
    errno = error;
    if (LIKELY(outcome == OUTCOME_OK))
        return block;
    if (outcome_is_mistake(outcome))
        complain(function, outcome, NULL);
    return NULL;
}

void *slow_allocate(const char *function, size_t size, size_t alignment, bool zero)
{
    void *block = slow_try(function, size, alignment, zero);
    return LIKELY(block != NULL) ? block : slow_fail(ENOMEM);
}

void slow_free(const char *function, void *block)
{
    struct heap *heap = registry_default_heap();
    int error = errno;

    if (block == NULL)
        return;
    enum outcome outcome = heap != NULL ? front_free(heap, 0, block) : OUTCOME_OUTSIDE;
    errno = error;
    if (LIKELY(outcome == OUTCOME_OK))
        return;
    if (outcome != OUTCOME_OUTSIDE || early_readable_bytes(block) == 0)
        complain(function, outcome, block);
}

bool slow_size(const char *function, const void *block, size_t *size)
{
    struct heap *heap = registry_default_heap();
    enum outcome outcome = heap != NULL ? front_size(heap, 0, block, size) : OUTCOME_OUTSIDE;

    if (LIKELY(outcome == OUTCOME_OK))
        return true;
    complain(function, outcome, block);
    return false;
}
