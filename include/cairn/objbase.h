/*
 * Where programs look for combaseapi.h.
 */
#ifndef _OBJBASE_H_
#define _OBJBASE_H_

#include "combaseapi.h"

#endif
