/*
 * The NT side for Win32 programs: the Rtl heap routines, critical sections and raising exceptions. The status codes are
 * in ntstatus.h.
 */
#ifndef _WINTERNL_
#define _WINTERNL_

#include "cairn_rtl_exception.h"
#include "cairn_rtl_heap.h"
#include "cairn_rtl_lock.h"

#endif
