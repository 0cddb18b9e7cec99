/*
 * Reporting mistakes and damage: once a program has asked for it (HeapEnableTerminationOnCorruption), each ends the
 * process after one line on standard error. Until then a failure is only returned; but where any global flag is set
 * (heap/gflags.h), the line is written, and with the flag soe it ends the process.
 */
#ifndef CAIRN_NT_REPORT_H
#define CAIRN_NT_REPORT_H

#include "heap/outcome.h"

/* From now on, for the life of the process. */
void report_enable_termination(void);

/*
 * Tells of a failed call. What is a mistake or damage, and not just a lack of memory, ends the process if that was
 * asked for. `function`: its NT and Win32 names; `block` may be NULL.
 */
void report_failure(enum outcome outcome, const char *function, const void *heap, const void *block);

/* Tells what a validation found, which is an answer and no failed call: it ends the process with the flag soe only. */
void report_answer(enum outcome outcome, const char *function, const void *heap, const void *block);

#endif
