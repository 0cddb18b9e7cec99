/*
 * Marks: which granules of a heap's free memory were filled with the pattern, and have not been touched by the library
 * since. What is marked and does not hold the pattern was written to by the program. Out of band, a bit a granule.
 */
#ifndef CAIRN_DEBUG_MARKS_H
#define CAIRN_DEBUG_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct marked_unit;

#define MARKS_HEADS 1024

struct marks {
    struct marked_unit *heads[MARKS_HEADS]; /* by address */
};

/* Addresses are multiples of a granule. Fills [from, end) and marks it; without memory for marks it goes unmarked. */
void marks_fill(struct marks *marks, uintptr_t from, uintptr_t end);

/* Takes the marks of [from, end) away. */
void marks_clear(struct marks *marks, uintptr_t from, uintptr_t end);

/* The first byte of marked granules in [from, end), or in all, that is not the pattern's; 0: none. */
uintptr_t marks_find_damage(const struct marks *marks, uintptr_t from, uintptr_t end);
uintptr_t marks_find_any_damage(const struct marks *marks);

/* Takes all marks away, and what they need. */
void marks_forget(struct marks *marks);

#endif
