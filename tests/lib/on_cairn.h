/* For tests of libcairn_malloc.so: what the compiler must not know, and whether the library is there at all. */
#ifndef CAIRN_TESTS_ON_CAIRN_H
#define CAIRN_TESTS_ON_CAIRN_H

#include "check.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>

/* The same value, of which the compiler knows nothing: it warns of sizes and frees that are wrong on purpose. */
static inline size_t opaque_size(size_t value)
{
    volatile size_t hidden = value;
    return hidden;
}

static inline void *opaque(void *pointer)
{
    void *volatile hidden = pointer;
    return hidden;
}

/* Whether malloc is Cairn's: the C library's rounds the usable size up. */
static inline bool on_cairn(void)
{
    void *block = malloc(10);
    bool exact = malloc_usable_size(block) == 10;
    free(block);
    return exact;
}

/* C23's functions, which the C library may not have: an unmodified program cannot be linked with them, but find them.
 */
static inline void call_free_sized(void *block, size_t size)
{
    void (*function)(void *, size_t);
    *(void **)&function = dlsym(RTLD_DEFAULT, "free_sized");
    function(block, size);
}

static inline void call_free_aligned_sized(void *block, size_t alignment, size_t size)
{
    void (*function)(void *, size_t, size_t);
    *(void **)&function = dlsym(RTLD_DEFAULT, "free_aligned_sized");
    function(block, alignment, size);
}

static inline bool is_aligned_to(const void *pointer, size_t alignment)
{
    return (uintptr_t)pointer % alignment == 0;
}

#endif
