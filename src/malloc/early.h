/*
 * Blocks from before us. The dynamic loader has an allocator of its own until it can call malloc, and what that gave
 * out may later come to free or realloc. Where we are loaded late, the same holds for what the C library's malloc gave
 * to the loader.
 *
 * The rule: the loader keeps a record of every loaded object (struct link_map) in such memory. So a block that no arena
 * holds is early if it lies in the same mapping of /proc/self/maps as one of those records that no arena holds either,
 * the loader's own among them, which lies in front of where its allocator begins. All other addresses outside the
 * arenas are wild.
 */
#ifndef CAIRN_MALLOC_EARLY_H
#define CAIRN_MALLOC_EARLY_H

#include <stddef.h>

/* For an address outside all arenas: bytes from there to the end of its mapping, which can be read, if it may be that
 * of an early block, whose own end nobody knows; else 0. Costs a read of /proc/self/maps; keeps errno. */
size_t early_readable_bytes(const void *block);

#endif
