/*
 * Task memory: what COM has the callee allocate and the caller free. Blocks of the default heap. Any thread may call
 * the functions; sizes are in bytes. Each function's Microsoft page is called "<function> function (combaseapi.h)".
 */
#ifndef _COMBASEAPI_H_
#define _COMBASEAPI_H_

#include "minwindef.h"

CAIRN_BEGIN_DECLS

/* A block, of no byte if cb is 0; NULL: no memory, ERROR_NOT_ENOUGH_MEMORY. */
CAIRN_API LPVOID CoTaskMemAlloc(SIZE_T cb);

/* Resizes a block, which may move; pv NULL allocates, else cb 0 frees and returns NULL. NULL on failure: the block is
 * as it was, and the last error that of HeapReAlloc. */
CAIRN_API LPVOID CoTaskMemRealloc(LPVOID pv, SIZE_T cb);

/* Frees a block; NULL is nothing. What is no block is refused: the last error is that of HeapFree. */
CAIRN_API void CoTaskMemFree(LPVOID pv);

CAIRN_END_DECLS

#endif
