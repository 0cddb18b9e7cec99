/* The names of tchar.h without _UNICODE. */
#include "tchar_names.h"
