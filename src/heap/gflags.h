/*
 * Global flags: which checks the heaps of the process have, in the words and bits of Windows' gflags (nt-heap.md 15).
 *
 * They come from the option gflags, or else from a file that keeps them per program, as gflags keeps them per image:
 *
 *     # $XDG_CONFIG_HOME/cairn/gflags, or else ~/.config/cairn/gflags; then /etc/cairn/gflags
 *     myserver = +htc +hfc
 *     importer = 0x30
 *
 * The first file that has a line for the program's executable decides.
 */
#ifndef CAIRN_HEAP_GFLAGS_H
#define CAIRN_HEAP_GFLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads "+htc+hfc-hfc", with spaces or without, or a number, 0x30. False: there is something else in it, or a flag that
 * would have no effect here.
 */
bool gflags_read(const char *text, size_t length, uint32_t *flags);

/* What a file says of this program; 0: nothing. Lines for it that make no sense are named on standard error. */
uint32_t gflags_of_program(void);

/* The flags of the process. */
uint32_t gflags(void);

/* The bits that they set in the flags of every heap: those that show in the force flags too, and the one that does not
 * (nt-heap.md 14). */
uint32_t gflags_heap_bits(void);
uint32_t gflags_tagging_bit(void);

#endif
