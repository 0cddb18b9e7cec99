/*
 * The forms of malloc that take an alignment. Which alignments each accepts differs, and follows the C library's.
 */
#include "base/align.h"
#include "malloc/slow.h"

#include <errno.h>

/* What the magazines of small blocks cannot serve. NULL: no memory; errno is left alone. */
static void *try_slowly(const char *function, size_t size, size_t alignment)
{
    void *block = front_pop_any_aligned(own_front(), size, alignment);
    return LIKELY(block != NULL) ? block : slow_try(function, size, alignment, false);
}

static NOINLINE void *allocate_slowly(const char *function, size_t size, size_t alignment)
{
    void *block = try_slowly(function, size, alignment);
    return LIKELY(block != NULL) ? block : slow_fail(ENOMEM);
}

static ALWAYS_INLINE void *allocate(const char *function, size_t size, size_t alignment)
{
    void *block = front_pop_aligned(own_front(), size, alignment);
    return LIKELY(block != NULL) ? block : allocate_slowly(function, size, alignment);
}

/* The next power of two from here on; 0: there is none. */
static size_t round_to_power_of_two(size_t value)
{
    unsigned zeros = value <= 1 ? 64 : (unsigned)__builtin_clzll(value - 1);
    return zeros != 0 ? (size_t)1 << (64 - zeros) : 0;
}

/* Any alignment is taken; one that is no power of two means the next one. */
EXPORT void *memalign(size_t alignment, size_t size)
{
    size_t power = LIKELY(is_power_of_two(alignment)) ? alignment : round_to_power_of_two(alignment);
    return power != 0 ? allocate("memalign", size, power) : slow_fail(EINVAL);
}

/* C17: only powers of two are valid; the size may be any. */
EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return is_power_of_two(alignment) ? allocate("aligned_alloc", size, alignment) : slow_fail(EINVAL);
}

/* All that is left to do, so that the short way only jumps here. */
static NOINLINE int posix_memalign_slowly(void **block, size_t alignment, size_t size)
{
    void *allocated = try_slowly("posix_memalign", size, alignment);
    if (UNLIKELY(allocated == NULL))
        return ENOMEM;
    *block = allocated;
    return 0;
}

/* POSIX: the answer is an error number; errno, and on failure *block, stay as they were. */
EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
    if (UNLIKELY(!is_power_of_two(alignment) || alignment % sizeof(void *) != 0))
        return EINVAL;
    void *allocated = front_pop_aligned(own_front(), size, alignment);
    if (UNLIKELY(allocated == NULL))
        return posix_memalign_slowly(block, alignment, size);
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
