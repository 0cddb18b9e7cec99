/*
 * The C library's malloc.h, and what Microsoft's has beyond it.
 */
#ifndef CAIRN_MALLOC_H
#define CAIRN_MALLOC_H

/* Only so can a header lead on to the next of its name without a warning. */
#pragma GCC system_header
#include_next <malloc.h>

#include "cairn_crt_heap.h"

#endif
