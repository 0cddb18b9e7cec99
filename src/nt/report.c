#include "nt/report.h"

#include "heap/gflags.h"
#include "heap/mistake.h"
#include "os/os.h"

#include <cairn_rtl_heap.h>

static atomic_bool termination_enabled;

void report_enable_termination(void)
{
    atomic_store_explicit(&termination_enabled, true, memory_order_relaxed);
}

void report_failure(enum outcome outcome, const char *function, const void *heap, const void *block)
{
    bool terminates = atomic_load_explicit(&termination_enabled, memory_order_relaxed);
    if (!outcome_is_mistake(outcome) || (!terminates && gflags() == 0))
        return;
    mistake_write_line(function, outcome, block, heap);
    if (terminates || (gflags() & FLG_STOP_ON_EXCEPTION))
        os_abort();
}

void report_answer(enum outcome outcome, const char *function, const void *heap, const void *block)
{
    if (outcome == OUTCOME_OK || gflags() == 0)
        return;
    mistake_write_line(function, outcome, block, heap);
    if (gflags() & FLG_STOP_ON_EXCEPTION)
        os_abort();
}
