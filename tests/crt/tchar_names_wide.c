/* The names of tchar.h with _UNICODE. */
#define UNICODE
#define _UNICODE
#include "tchar_names.h"
