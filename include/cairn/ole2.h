/*
 * What windows.h takes of COM and Automation.
 */
#ifndef _OLE2_H_
#define _OLE2_H_

#include "objbase.h"
#include "oleauto.h"

#endif
