#include "nt/report.h"

#include "heap/mistake.h"
#include "os/os.h"

static atomic_bool termination_enabled;

void report_enable_termination(void)
{
    atomic_store_explicit(&termination_enabled, true, memory_order_relaxed);
}

void report_failure(enum outcome outcome, const char *function, const void *heap, const void *block)
{
    if (!outcome_is_mistake(outcome) || !atomic_load_explicit(&termination_enabled, memory_order_relaxed))
        return;
    mistake_write_line(function, outcome, block, heap);
    os_abort();
}
