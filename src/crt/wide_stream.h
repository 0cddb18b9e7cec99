/*
 * UTF-16 units to and from a byte stream that carries UTF-8. The caller holds the stream's lock (flockfile).
 *
 * A code point beyond U+FFFF is two units but one UTF-8 sequence, and callers may pass its halves one by one. The half
 * that waits for its partner is remembered per thread, one for output and one for input.
 */
#ifndef CAIRN_CRT_WIDE_STREAM_H
#define CAIRN_CRT_WIDE_STREAM_H

#include <cairn_wchar.h>

#include <stdbool.h>
#include <stdio.h>

/* Writes units; a high surrogate at the end is held back for the next call. False if the stream failed. */
bool wide_stream_put(FILE *stream, const WCHAR *units, size_t count);

/* Ends a run of units: a high surrogate still held back stays alone, so it becomes U+FFFD. */
bool wide_stream_finish(FILE *stream);

/* The next unit, or -1 at the end of the input. */
int wide_stream_get(FILE *stream);

/* Takes back the unit that wide_stream_get gave last. */
void wide_stream_unget(FILE *stream, WCHAR unit);

/* Whether the next unit is the second half of a pair whose first half was given. */
bool wide_stream_is_inside_pair(FILE *stream);

/* To be called before a stream is closed, so that a later one at its address starts clean. */
void wide_stream_forget(FILE *stream);

#endif
