#include "malloc/complain.h"

#include "heap/mistake.h"
#include "heap/registry.h"
#include "os/os.h"

#include <errno.h>

static atomic_int override = -1; /* an enum on_error; -1: what the option says */

void complain_then(enum on_error answer)
{
    atomic_store_explicit(&override, (int)answer, memory_order_relaxed);
}

static enum on_error answer(void)
{
    int overridden = atomic_load_explicit(&override, memory_order_relaxed);
    return overridden >= 0 ? (enum on_error)overridden : (enum on_error)option_value(OPTION_ON_ERROR);
}

void complain(const char *function, enum outcome outcome, const void *block)
{
    int error = errno;

    mistake_write_line(function, outcome, block, registry_default_heap());
    if (answer() == ON_ERROR_ABORT)
        os_abort();
    errno = error;
}
