/*
 * The forms of malloc that take an alignment. Which alignments each accepts differs, and follows the C library's.
 */
#include "base/align.h"
#include "malloc/slow.h"

#include <errno.h>

/* The next power of two from here on; 0: there is none. */
static size_t round_to_power_of_two(size_t value)
{
    size_t power = 1;
    while (power != 0 && power < value)
        power <<= 1;
    return power;
}

static ALWAYS_INLINE void *allocate(const char *function, size_t size, size_t alignment)
{
    void *block = own_aligned(size, alignment);
    return LIKELY(block != NULL) ? block : slow_allocate(function, size, alignment, false);
}

/* Any alignment is taken; one that is no power of two means the next one. */
EXPORT void *memalign(size_t alignment, size_t size)
{
    size_t power = round_to_power_of_two(alignment);
    return power != 0 ? allocate("memalign", size, power) : slow_fail(EINVAL);
}

/* C17: only powers of two are valid; the size may be any. */
EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return is_power_of_two(alignment) ? allocate("aligned_alloc", size, alignment) : slow_fail(EINVAL);
}

/* POSIX: the answer is an error number; errno, and on failure *block, stay as they were. */
EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0)
        return EINVAL;
    void *allocated = own_aligned(size, alignment);
    if (UNLIKELY(allocated == NULL) && (allocated = slow_try("posix_memalign", size, alignment, false)) == NULL)
        return ENOMEM;
    *block = allocated;
    return 0;
}

EXPORT void *valloc(size_t size)
{
    return allocate("valloc", size, os_page_size());
}

EXPORT void *pvalloc(size_t size)
{
    size_t pages;
    if (!align_up_checked(size, os_page_size(), &pages))
        return slow_fail(ENOMEM);
    return allocate("pvalloc", pages, os_page_size());
}

EXPORT_ALIAS(memalign, __libc_memalign);
EXPORT_ALIAS(posix_memalign, __posix_memalign);
EXPORT_ALIAS(valloc, __libc_valloc);
EXPORT_ALIAS(pvalloc, __libc_pvalloc);
