/*
 * The heap part of the driver kit's ntifs.h: the Rtl heap routines and the NTSTATUS codes.
 */
#ifndef _NTIFS_
#define _NTIFS_

#include "cairn_rtl_heap.h"
#include "ntstatus.h"

#endif
