/*
 * The C library's malloc.h, and what Microsoft's has beyond it: the heap functions of cairn_crt_heap.h, and memory on
 * the stack. Source: each function's page in Microsoft's C runtime library reference.
 */
#ifndef CAIRN_MALLOC_H
#define CAIRN_MALLOC_H

/* Only so can a header lead on to the next of its name without a warning. */
#pragma GCC system_header
#include_next <malloc.h>

#include "cairn_crt_heap.h"

CAIRN_BEGIN_DECLS

/* Memory that lasts until the calling function returns, aligned for anything. Without room for it on the stack its use
 * is a fault, EXCEPTION_STACK_OVERFLOW; for large sizes only if the compiler looks (-fstack-clash-protection). */
#define _alloca(size) __builtin_alloca(size)

/* The most that _malloca takes from the stack, and what lies in front of its memory to say where it is from. */
#define _ALLOCA_S_THRESHOLD 1024
#define _ALLOCA_S_STACK_MARKER 0xCCCC
#define _ALLOCA_S_HEAP_MARKER 0xDDDD
#define _ALLOCA_S_MARKER_SIZE 16

static inline void *cairn_malloca_mark(void *memory, unsigned int marker)
{
    if (memory == NULL)
        return NULL;
    *(unsigned int *)memory = marker;
    return (char *)memory + _ALLOCA_S_MARKER_SIZE;
}

static inline void *cairn_malloca_on_heap(size_t size)
{
    size_t bytes;
    if (__builtin_add_overflow(size, (size_t)_ALLOCA_S_MARKER_SIZE, &bytes))
        bytes = (size_t)-1; /* which malloc refuses */
    return cairn_malloca_mark(malloc(bytes), _ALLOCA_S_HEAP_MARKER);
}

/*
 * As _alloca, but what is larger than _ALLOCA_S_THRESHOLD comes from malloc, and so does all with _DEBUG. NULL if
 * malloc has none: ENOMEM. For _freea, before the function returns.
 */
#ifdef _DEBUG
#define _malloca(size) cairn_malloca_on_heap(size)
#else
#define _malloca(size)                                                                                                 \
    __extension__({                                                                                                    \
        size_t cairn_malloca_size = (size);                                                                            \
        cairn_malloca_size <= _ALLOCA_S_THRESHOLD                                                                      \
            ? cairn_malloca_mark(__builtin_alloca(cairn_malloca_size + _ALLOCA_S_MARKER_SIZE), _ALLOCA_S_STACK_MARKER) \
            : cairn_malloca_on_heap(cairn_malloca_size);                                                               \
    })
#endif

/* Frees what _malloca took from the heap; what it took from the stack goes by itself, and NULL is nothing. */
static inline void _freea(void *memory)
{
    if (memory == NULL)
        return;
    char *start = (char *)memory - _ALLOCA_S_MARKER_SIZE;
    if (*(unsigned int *)(void *)start == _ALLOCA_S_HEAP_MARKER)
        free(start);
}

/*
 * After a stack overflow: whether the thread's stack has room again, so that the next overflow is an exception, too.
 * Nonzero: it has. 0: it has not yet, as in a filter, which runs before the stack is unwound. On Windows the guard page
 * must be put back; on Linux it never goes, and nothing is changed.
 */
CAIRN_API int _resetstkoflw(void);

CAIRN_END_DECLS

#endif
