/* The C runtime's heap functions for tests that also build with MinGW. On Linux <malloc.h>, where the blocks of the
 * functions under test are those of _malloc_base; on Windows all of them are taken from ucrtbase.dll at run time, for
 * MinGW's own runtime is an older one that lacks some.
 *
 * Call crt_load() first. crt_malloc and crt_free are the runtime's, crt_errno its errno. */
#ifndef CAIRN_TESTS_CRT_HEAP_H
#define CAIRN_TESTS_CRT_HEAP_H

#include "blocks.h"

#include <errno.h>
#include <malloc.h>

#ifndef _WIN32

#define crt_malloc _malloc_base
#define crt_free _free_base
#define crt_errno errno
#define crt_has(name) true

static inline void crt_load(void)
{
}

#else

/* return type, name, parameters */
#define CRT_FUNCTIONS(X)                                                                                               \
    X(void *, malloc, (size_t))                                                                                        \
    X(void, free, (void *))                                                                                            \
    X(int *, _errno, (void))                                                                                           \
    X(void *, _calloc_base, (size_t, size_t))                                                                          \
    X(void *, _realloc_base, (void *, size_t))                                                                         \
    X(size_t, _msize, (void *))                                                                                        \
    X(void *, _expand, (void *, size_t))                                                                               \
    X(void *, _recalloc, (void *, size_t, size_t))                                                                     \
    X(intptr_t, _get_heap_handle, (void))                                                                              \
    X(int, _heapchk, (void))                                                                                           \
    X(int, _heapwalk, (_HEAPINFO *))                                                                                   \
    X(int, _heapmin, (void))                                                                                           \
    X(void *, _aligned_malloc, (size_t, size_t))                                                                       \
    X(void *, _aligned_offset_malloc, (size_t, size_t, size_t))                                                        \
    X(void *, _aligned_realloc, (void *, size_t, size_t))                                                              \
    X(void *, _aligned_recalloc, (void *, size_t, size_t, size_t))                                                     \
    X(void *, _aligned_offset_realloc, (void *, size_t, size_t, size_t))                                               \
    X(void *, _aligned_offset_recalloc, (void *, size_t, size_t, size_t, size_t))                                      \
    X(size_t, _aligned_msize, (void *, size_t, size_t))                                                                \
    X(void, _aligned_free, (void *))                                                                                   \
    X(void *, _set_invalid_parameter_handler, (void *))

#define CRT_DECLARE(type, name, parameters) static type(__cdecl *crt_##name) parameters;
CRT_FUNCTIONS(CRT_DECLARE)
#undef CRT_DECLARE

/* Lets the function go on to what it returns. */
static inline void __cdecl crt_ignore(const wchar_t *what, const wchar_t *function, const wchar_t *file, unsigned line,
                                      uintptr_t reserved)
{
    (void)what, (void)function, (void)file, (void)line, (void)reserved;
}

static inline void crt_load(void)
{
    HMODULE runtime = LoadLibraryA("ucrtbase.dll");
    FARPROC address;
#define CRT_FIND(type, name, parameters)                                                                               \
    address = GetProcAddress(runtime, #name);                                                                          \
    memcpy(&crt_##name, &address, sizeof(address));
    CRT_FUNCTIONS(CRT_FIND)
#undef CRT_FIND
    crt__set_invalid_parameter_handler((void *)(uintptr_t)crt_ignore);
}

/* Wine has the name of a function that it lacks, and ends the process when that is called. */
#define crt_has(name) (crt_##name != NULL && !on_wine())

#define crt_errno (*crt__errno())
#define _calloc_base crt__calloc_base
#define _realloc_base crt__realloc_base
#define _msize crt__msize
#define _expand crt__expand
#define _recalloc crt__recalloc
#define _get_heap_handle crt__get_heap_handle
#define _heapchk crt__heapchk
#define _heapwalk crt__heapwalk
#define _heapmin crt__heapmin
#define _aligned_malloc crt__aligned_malloc
#define _aligned_offset_malloc crt__aligned_offset_malloc
#define _aligned_realloc crt__aligned_realloc
#define _aligned_recalloc crt__aligned_recalloc
#define _aligned_offset_realloc crt__aligned_offset_realloc
#define _aligned_offset_recalloc crt__aligned_offset_recalloc
#define _aligned_msize crt__aligned_msize
#define _aligned_free crt__aligned_free
#endif

/* A value that no function sets errno to. */
#define POISON_ERRNO 9999

/* A success: errno is as it was. */
#define CHECK_ERRNO_KEPT(condition)                                                                                    \
    do {                                                                                                               \
        crt_errno = POISON_ERRNO;                                                                                      \
        CHECK(condition);                                                                                              \
        CHECK_EQ_INT(crt_errno, POISON_ERRNO);                                                                         \
    } while (0)

/* A failure, with this errno. */
#define CHECK_ERRNO(condition, error)                                                                                  \
    do {                                                                                                               \
        crt_errno = POISON_ERRNO;                                                                                      \
        CHECK(condition);                                                                                              \
        CHECK_EQ_INT(crt_errno, error);                                                                                \
    } while (0)

#endif
