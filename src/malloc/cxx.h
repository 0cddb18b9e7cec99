/*
 * The C++ operators by their linker names, which no C header declares, and the way to a C++ run-time that was loaded
 * after us.
 */
#ifndef CAIRN_MALLOC_CXX_H
#define CAIRN_MALLOC_CXX_H

#include <stddef.h>

void *_Znwm(size_t size);
void *_ZnwmSt11align_val_t(size_t size, size_t alignment);
void _ZdlPv(void *block);
void _ZdlPvSt11align_val_t(void *block, size_t alignment);

/* A function of a C++ run-time that is loaded; NULL: there is none. */
void *cxx_find_late(const char *name);

#endif
