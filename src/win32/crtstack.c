/*
 * The C runtime after a stack overflow.
 */
#include "os/os.h"

#include <malloc.h>

int _resetstkoflw(void)
{
    return os_stack_room() >= 2 * os_page_size();
}
