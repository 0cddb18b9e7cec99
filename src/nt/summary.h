/*
 * The service behind HeapSummary, which has no public NT name.
 */
#ifndef CAIRN_NT_SUMMARY_H
#define CAIRN_NT_SUMMARY_H

#include <heapapi.h>

/* Fills all but `cb` in. A growable heap has no maximum: it is told as MAXSIZE_T. */
NTSTATUS summary_of_heap(PVOID handle, HEAP_SUMMARY *summary);

#endif
