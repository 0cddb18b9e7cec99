/*
 * Rounding and checked sums of sizes and addresses. Every alignment is a power of two.
 */
#ifndef CAIRN_BASE_ALIGN_H
#define CAIRN_BASE_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes. What two threads write often does not lie on one. */
#define CACHE_LINE ((size_t)64)

static inline uintptr_t align_down(uintptr_t value, uintptr_t alignment)
{
    return value & ~(alignment - 1);
}

static inline bool is_power_of_two(size_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* The caller knows that the sum does not overflow. */
static inline uintptr_t align_up(uintptr_t value, uintptr_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

static inline bool is_aligned(uintptr_t value, uintptr_t alignment)
{
    return (value & (alignment - 1)) == 0;
}

/* Rounds an untrusted size up. False, and *rounded untouched, when the result does not fit. */
static inline bool align_up_checked(size_t value, size_t alignment, size_t *rounded)
{
    size_t sum;
    if (__builtin_add_overflow(value, alignment - 1, &sum))
        return false;
    *rounded = sum & ~(alignment - 1);
    return true;
}

static inline size_t size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t size_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

#endif
