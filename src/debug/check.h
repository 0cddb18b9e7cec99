/*
 * What a debug heap looks at, and how it tells of what it finds. The caller has the heap to itself.
 */
#ifndef CAIRN_DEBUG_CHECK_H
#define CAIRN_DEBUG_CHECK_H

#include "debug/place.h"
#include "heap/validate.h"

/* OUTCOME_END_OVERWRITTEN: a byte of the tail changed. */
enum outcome check_tail(struct heap *heap, const struct place *place);

/* A mistake that every heap finds; this one knows more of the block, if that was freed not long ago. */
enum outcome check_bad_block(struct heap *heap, enum outcome outcome, const void *block);

/* Begins an operation that is about a block, or none; with full validation, it looks at the whole heap first. */
enum outcome check_begin(struct heap *heap, const void *block);
void check_finish(struct heap *heap);

/* Of the hooks (heap/hooks.h). */
enum outcome check_enter(struct heap *heap, const void *block);
enum outcome check_take(struct heap *heap, uintptr_t from, uintptr_t end, size_t around);
bool check_validate(struct heap *heap, struct damage *damage);
enum outcome check_block(struct heap *heap, const void *block, enum outcome outcome);

#endif
