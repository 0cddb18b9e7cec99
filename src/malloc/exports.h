/*
 * How libcairn_malloc.so exports functions, and those that the C library's headers do not declare.
 */
#ifndef CAIRN_MALLOC_EXPORTS_H
#define CAIRN_MALLOC_EXPORTS_H

#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

/* C23 7.24.3.4, 7.24.3.5 */
void free_sized(void *block, size_t size);
void free_aligned_sized(void *block, size_t alignment, size_t size);

#define EXPORT __attribute__((visibility("default")))

/* One more name for a function. */
#if __has_attribute(copy)
#define EXPORT_ALIAS(function, name)                                                                                   \
    extern __typeof__(function) name __attribute__((alias(#function), copy(function))) EXPORT
#else
#define EXPORT_ALIAS(function, name) extern __typeof__(function) name __attribute__((alias(#function))) EXPORT
#endif

#endif
