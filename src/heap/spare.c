#include "heap/spare.h"

#include "base/align.h"
#include "heap/arena.h"

/* As much as there is memory in use, up to SPARE_BYTES, and a share of the rest. */
#define SPARE_BYTES ((size_t)4 << 20)
#define SPARE_SHARE_BEYOND 16

static atomic_size_t spare_bytes;

bool spare_take(size_t bytes)
{
    size_t in_use = arena_committed_bytes();
    size_t limit = size_min(in_use, SPARE_BYTES + in_use / SPARE_SHARE_BEYOND);
    if (atomic_fetch_add_explicit(&spare_bytes, bytes, memory_order_relaxed) + bytes <= limit)
        return true;
    spare_give_back(bytes);
    return false;
}

void spare_give_back(size_t bytes)
{
    atomic_fetch_sub_explicit(&spare_bytes, bytes, memory_order_relaxed);
}
