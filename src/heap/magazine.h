/*
 * Filling and emptying magazines: what happens when the fast paths find one empty or full.
 */
#ifndef CAIRN_HEAP_MAGAZINE_H
#define CAIRN_HEAP_MAGAZINE_H

#include "heap/thread.h"

/* Where top points in a magazine that holds nothing and can hold nothing. */
extern void *magazine_none[1];

/* Makes the magazine of a bucket hold at least one block. False: no memory. */
bool magazine_fill(struct front *front, unsigned bucket);

/* Makes room in the magazine of a bucket for at least one block. False: no memory for any magazine. */
bool magazine_make_room(struct front *front, unsigned bucket);

/* Gives all blocks of all magazines back. */
void magazine_empty_all(struct front *front);

/* Frees the memory of the magazines, whatever they hold. */
void magazine_release_all(struct front *front);

#endif
