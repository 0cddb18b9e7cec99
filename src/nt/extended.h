/*
 * HeapExtendedInformation, a class of RtlQueryHeapInformation.
 */
#ifndef CAIRN_NT_EXTENDED_H
#define CAIRN_NT_EXTENDED_H

#include <ntifs.h>

NTSTATUS extended_query(HEAP_EXTENDED_INFORMATION *information, SIZE_T length, PSIZE_T return_length);

#endif
