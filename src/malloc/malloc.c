/*
 * The C library's malloc and its nearest kin, on the default heap. What can go wrong, and what the thread's magazines
 * cannot serve, is in one function out of line, so that the usual case is a pop or a push.
 */
#include "heap/mistake.h"
#include "heap/registry.h"
#include "malloc/complain.h"
#include "malloc/early.h"
#include "malloc/slow.h"

#include <errno.h>
#include <string.h>
#include <winnt.h>

static NOINLINE void *malloc_slowly(size_t size)
{
    void *block = front_pop_any(own_front(), size);
    return LIKELY(block != NULL) ? block : slow_allocate("malloc", size, 1, false);
}

EXPORT void *malloc(size_t size)
{
    void *block = front_pop(own_front(), size);
    return LIKELY(block != NULL) ? block : malloc_slowly(size);
}

static NOINLINE void free_slowly(void *block)
{
    slow_free("free", block);
}

EXPORT void free(void *block)
{
    if (UNLIKELY(!front_push(own_front(), block)))
        free_slowly(block);
}

EXPORT void *calloc(size_t count, size_t each)
{
    size_t size;
    if (UNLIKELY(__builtin_mul_overflow(count, each, &size)))
        return slow_fail(ENOMEM);

    void *block = front_pop(own_front(), size);
    if (UNLIKELY(block == NULL))
        block = front_pop_any(own_front(), size);
    return LIKELY(block != NULL) ? memset(block, 0, size) : slow_allocate("calloc", size, 1, true);
}

/* An early block is copied as far as it may go, and lives on. */
static void *move_early(const void *block, size_t readable, size_t size)
{
    void *moved = malloc(size);
    return moved != NULL ? memcpy(moved, block, size_min(size, readable)) : NULL;
}

static NOINLINE void *reallocate(const char *function, void *block, size_t size)
{
    if (block == NULL)
        return malloc(size);
    if (size == 0) {
        slow_free(function, block);
        return NULL;
    }
    void *resized = front_move(own_front(), FRONT_ANY_CONTENTS, block, size);
    if (LIKELY(resized != NULL))
        return resized;

    struct heap *heap = registry_default_heap();
    int error = errno;
    enum outcome outcome = heap != NULL ? front_reallocate(heap, FRONT_ANY_CONTENTS, block, size, &resized)
                                        : OUTCOME_OUTSIDE;
    errno = error;
    if (LIKELY(outcome == OUTCOME_OK))
        return resized;
    if (!outcome_is_mistake(outcome))
        return slow_fail(ENOMEM);

    size_t readable = outcome == OUTCOME_OUTSIDE ? early_readable_bytes(block) : 0;
    if (readable != 0)
        return move_early(block, readable, size);
    complain(function, outcome, block);
    return slow_fail(EINVAL);
}

static ALWAYS_INLINE void *resize(const char *function, void *block, size_t size)
{
    return LIKELY(front_resize(own_front(), block, size)) ? block : reallocate(function, block, size);
}

EXPORT void *realloc(void *block, size_t size)
{
    return resize("realloc", block, size);
}

/* The process' realloc, which a program or a tool may have replaced that knows nothing of reallocarray. */
void *process_realloc(void *block, size_t size) __asm__("realloc");

EXPORT void *reallocarray(void *block, size_t count, size_t each)
{
    size_t size;
    if (__builtin_mul_overflow(count, each, &size))
        return slow_fail(ENOMEM);
    return process_realloc(block, size);
}

EXPORT size_t malloc_usable_size(void *block)
{
    size_t size = 0;
    if (front_tell_size(own_front(), block, &size))
        return size;
    return block != NULL && slow_size("malloc_usable_size", block, &size) ? size : 0;
}

/* The sizes of C23's forms are checked: it is known exactly what was asked for. */
static void free_checked(const char *function, void *block, size_t alignment, size_t size)
{
    size_t requested;

    if (block == NULL || !slow_size(function, block, &requested))
        return;
    if (requested != size || !is_aligned((uintptr_t)block, alignment))
        complain(function, OUTCOME_OTHER_SIZE, block);
    else
        slow_free(function, block);
}

EXPORT void free_sized(void *block, size_t size)
{
    free_checked("free_sized", block, 1, size);
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
    free_checked("free_aligned_sized", block, alignment, size);
}

/* The C library's own names for these, which some programs call past malloc, and one that it dropped. */
EXPORT_ALIAS(malloc, __libc_malloc);
EXPORT_ALIAS(free, __libc_free);
EXPORT_ALIAS(free, cfree);
EXPORT_ALIAS(calloc, __libc_calloc);
EXPORT_ALIAS(realloc, __libc_realloc);
EXPORT_ALIAS(reallocarray, __libc_reallocarray);
