/* The library on an operating system that keeps books: tests/lib/ledger.c stands between the library's objects and
 * src/os/linux.c. Its pages have the size that CAIRN_TEST_PAGE_SHIFT says, every argument must be a multiple of it and
 * lie in one reservation, and what is committed is counted, as a system without overcommit does. cmake/tests.cmake says
 * which tests are linked so. */
#ifndef CAIRN_TESTS_LEDGER_H
#define CAIRN_TESTS_LEDGER_H

#include <stddef.h>

/* Bytes in reserved pages that are committed now. */
size_t ledger_committed(void);

/* From now on a commit fails that would make it more. */
void ledger_set_limit(size_t bytes);

/* Commits that failed for the limit so far. */
unsigned ledger_refused(void);

#endif
