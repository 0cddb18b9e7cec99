/*
 * The heap functions of Microsoft's C runtime, for malloc.h. They act on the default heap of the process, as
 * Microsoft's do since 2012.
 *
 * What malloc gives out lies in that heap only where malloc is Cairn's own. Everywhere else a block of malloc is, for
 * _msize, _expand and _recalloc, no block: EINVAL. Blocks of the _base functions always lie in the default heap; so do
 * those of the _aligned ones, and of HeapAlloc(GetProcessHeap(), ...).
 *
 * There is no invalid-parameter handler: where Microsoft would call one, the function goes on to what is documented for
 * one that returns, errno and the returned value. What is no block is answered in the same way: EINVAL, and nothing is
 * changed. Any thread may call any function; sizes are in bytes, and none above _HEAP_MAXREQ can be had: ENOMEM.
 * Source: each function's page in Microsoft's C runtime library reference.
 */
#ifndef CAIRN_CRT_HEAP_H
#define CAIRN_CRT_HEAP_H

#include "cairn_compiler.h"

CAIRN_BEGIN_DECLS

#define _HEAP_MAXREQ ((size_t)-1 - 31)

/* --- blocks of the default heap --- */

/* As malloc, calloc, realloc and free. realloc to size 0 frees, and returns NULL. NULL on failure: ENOMEM, EINVAL. */
CAIRN_API void *_malloc_base(size_t size);
CAIRN_API void *_calloc_base(size_t count, size_t size);
CAIRN_API void *_realloc_base(void *memblock, size_t size);
CAIRN_API void _free_base(void *memblock);

/* The size that was asked for; (size_t)-1 with EINVAL for NULL and what is no block. */
CAIRN_API size_t _msize(void *memblock);
CAIRN_API size_t _msize_base(void *memblock);

/* Resizes a block where it is: memblock, or NULL with EINVAL (NULL, no block) or ENOMEM (no room). */
CAIRN_API void *_expand(void *memblock, size_t size);
CAIRN_API void *_expand_base(void *memblock, size_t size);

/*
 * Resizes a block to num elements of size bytes, and clears what is added. Nothing asked for: frees, and returns NULL.
 * NULL on failure: ENOMEM, EINVAL. A NULL memblock allocates: _recalloc through calloc, so that free fits what it
 * returns; _recalloc_base from the default heap.
 */
CAIRN_API void *_recalloc(void *memblock, size_t num, size_t size);
CAIRN_API void *_recalloc_base(void *memblock, size_t num, size_t size);

/* --- the default heap as a whole --- */

#define _HEAPEMPTY (-1)
#define _HEAPOK (-2)
#define _HEAPBADBEGIN (-3)
#define _HEAPBADNODE (-4)
#define _HEAPEND (-5)
#define _HEAPBADPTR (-6)

#define _FREEENTRY 0
#define _USEDENTRY 1

/* One block of the heap: where its data lies, how many bytes, and whether it is in use. */
typedef struct _heapinfo {
    int *_pentry;
    size_t _size;
    int _useflag;
} _HEAPINFO;

CAIRN_LAYOUT(_HEAPINFO, 24, 8, 12, 4);

/* The heap's handle. */
CAIRN_API intptr_t _get_heap_handle(void);

/* _HEAPOK if the heap is sound, else _HEAPBADNODE with ENOSYS. */
CAIRN_API int _heapchk(void);

/*
 * Steps to the heap's next block; _pentry NULL starts. _HEAPOK, or _HEAPEND behind the last. _HEAPBADPTR if entryinfo
 * is NULL (EINVAL) or holds no block of the heap, _HEAPBADNODE if the heap is damaged, _HEAPBADBEGIN if there is none
 * (each ENOSYS). Hold the heap, by HeapLock, if other threads use it.
 */
CAIRN_API int _heapwalk(_HEAPINFO *entryinfo);

/* Gives unused memory of the heap back to the system: 0, or -1 with ENOSYS. */
CAIRN_API int _heapmin(void);

/* --- aligned blocks: only for _aligned_free --- */

/*
 * A block of `size` bytes such that the address `offset` bytes into it is a multiple of `alignment`, a power of two.
 * NULL: ENOMEM; EINVAL if the alignment is no power of two, size is 0 (_aligned_malloc), or offset is neither 0 nor
 * below size.
 */
CAIRN_API void *_aligned_malloc(size_t size, size_t alignment);
CAIRN_API void *_aligned_offset_malloc(size_t size, size_t alignment, size_t offset);

/*
 * Resizes such a block, which may move; the recalloc forms clear what is added. A NULL memblock allocates; else nothing
 * asked for frees, and returns NULL. NULL on failure, the block as it was: as for allocation, and EINVAL for what is no
 * such block.
 */
CAIRN_API void *_aligned_realloc(void *memblock, size_t size, size_t alignment);
CAIRN_API void *_aligned_recalloc(void *memblock, size_t num, size_t size, size_t alignment);
CAIRN_API void *_aligned_offset_realloc(void *memblock, size_t size, size_t alignment, size_t offset);
CAIRN_API void *_aligned_offset_recalloc(void *memblock, size_t num, size_t size, size_t alignment, size_t offset);

/* The size that was asked for; (size_t)-1 with EINVAL for NULL, for no such block, and for a wrong alignment. */
CAIRN_API size_t _aligned_msize(void *memblock, size_t alignment, size_t offset);

/* Frees such a block; NULL is nothing. What is no such block is refused: EINVAL. */
CAIRN_API void _aligned_free(void *memblock);

CAIRN_END_DECLS

#endif
