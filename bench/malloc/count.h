#ifndef BENCH_MALLOC_COUNT_H
#define BENCH_MALLOC_COUNT_H

#include <stddef.h>

/* Does so many pairs of malloc and free (`malloc`), of HeapAlloc and HeapFree (`default_heap`, `private_heap`), or of
 * nothing (`loop`), of 64 bytes each. False: nothing is called so. Ends the process when the functions are not loaded.
 */
int count_pairs(const char *what, size_t pairs);

#endif
