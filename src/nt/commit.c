#include "nt/commit.h"

#include "base/compiler.h"

#include <excpt.h>
#include <string.h>

static THREAD_LOCAL struct {
    bool is_there;
    EXCEPTION_RECORD record;
} kept;

static LONG keep(const EXCEPTION_RECORD *record)
{
    kept.record = *record;
    kept.is_there = true;
    return EXCEPTION_EXECUTE_HANDLER;
}

void *commit_context(PRTL_HEAP_COMMIT_ROUTINE routine)
{
    void *context;
    _Static_assert(sizeof routine == sizeof context, "a function pointer fits a data pointer");
    memcpy(&context, &routine, sizeof context);
    return context;
}

bool commit_call(void *context, void *base, void **address, size_t *size)
{
    PRTL_HEAP_COMMIT_ROUTINE routine;
    NTSTATUS status;
    memcpy(&routine, &context, sizeof routine);
    __try {
        status = routine(base, address, size);
    } __except (keep(GetExceptionInformation()->ExceptionRecord)) {
        status = STATUS_UNSUCCESSFUL;
    }
    /* The core asks for less where more was refused: then the memory is there, and nothing has happened. */
    if (NT_SUCCESS(status))
        kept.is_there = false;
    return NT_SUCCESS(status);
}

void commit_raise_kept(void)
{
    if (!kept.is_there)
        return;
    EXCEPTION_RECORD record = kept.record;
    kept.is_there = false;
    RtlRaiseException(&record);
}
