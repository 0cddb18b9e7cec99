/*
 * Dispatching: who is asked, in which order (global-local-toolhelp-seh.md 9.1), for raised exceptions and for faults.
 */
#include "seh/seh.h"

#include "base/message.h"
#include "os/fault.h"
#include "os/os.h"

#include <cairn_rtl_exception.h>
#include <ntifs.h>
#include <stdatomic.h>
#include <string.h>

static _Atomic(LPTOP_LEVEL_EXCEPTION_FILTER) top_level_filter;

/* Whether an exception that may not be continued was to be: then that is an exception of its own. */
static bool is_refused(const EXCEPTION_RECORD *record)
{
    return (record->ExceptionFlags & EXCEPTION_NONCONTINUABLE) != 0;
}

static enum seh_verdict refuse_to_continue(EXCEPTION_POINTERS *pointers, struct cairn_seh_frame **target)
{
    if (pointers->ExceptionRecord->ExceptionCode == EXCEPTION_NONCONTINUABLE_EXCEPTION)
        return SEH_UNHANDLED; /* for the second time: there would be no end to it */
    EXCEPTION_RECORD record = {
        .ExceptionCode = EXCEPTION_NONCONTINUABLE_EXCEPTION,
        .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
        .ExceptionRecord = pointers->ExceptionRecord,
        .ExceptionAddress = pointers->ExceptionRecord->ExceptionAddress,
    };
    EXCEPTION_POINTERS nested = {&record, pointers->ContextRecord};
    return seh_dispatch(&nested, target);
}

static enum seh_verdict ask(EXCEPTION_POINTERS *pointers, struct cairn_seh_frame **target)
{
    if (seh_call_vectored_handlers(pointers) == EXCEPTION_CONTINUE_EXECUTION)
        return SEH_CONTINUE;
    *target = seh_search(pointers);
    if (*target != NULL)
        return SEH_HANDLE;
    LPTOP_LEVEL_EXCEPTION_FILTER filter = atomic_load(&top_level_filter);
    LONG answer = filter != NULL ? filter(pointers) : EXCEPTION_CONTINUE_SEARCH;
    if (answer == EXCEPTION_CONTINUE_EXECUTION)
        return SEH_CONTINUE;
    return answer == EXCEPTION_CONTINUE_SEARCH ? SEH_UNHANDLED : SEH_END;
}

enum seh_verdict seh_dispatch(EXCEPTION_POINTERS *pointers, struct cairn_seh_frame **target)
{
    if (seh_is_searching())
        pointers->ExceptionRecord->ExceptionFlags |= EXCEPTION_NESTED_CALL;
    enum seh_verdict verdict = ask(pointers, target);
    if (verdict != SEH_CONTINUE)
        return verdict;
    if (is_refused(pointers->ExceptionRecord))
        return refuse_to_continue(pointers, target);
    seh_call_continue_handlers(pointers);
    return SEH_CONTINUE;
}

bool seh_is_anybody_there(void)
{
    return seh_has_frames() || seh_has_vectored_handlers() || atomic_load(&top_level_filter) != NULL;
}

/*
 * Raising
 */

static _Noreturn void end_process(const EXCEPTION_RECORD *record, enum seh_verdict verdict)
{
    if (verdict == SEH_UNHANDLED) {
        struct message message;
        message_start(&message);
        message_add(&message, "cairn: unhandled exception ");
        message_add_pointer(&message, (const void *)(uintptr_t)record->ExceptionCode);
        message_add(&message, " raised at ");
        message_add_pointer(&message, record->ExceptionAddress);
        message_end(&message);
        os_write_error(message.text, message.length);
    }
    os_abort();
}

/* Returns to have the raiser go on. */
static void raise_record(EXCEPTION_RECORD *record, CONTEXT *context)
{
    EXCEPTION_POINTERS pointers = {record, context};
    struct cairn_seh_frame *target = NULL;
    enum seh_verdict verdict = seh_dispatch(&pointers, &target);
    if (verdict == SEH_HANDLE)
        seh_unwind(target);
    if (verdict != SEH_CONTINUE)
        end_process(record, verdict);
}

void seh_raise_exception(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *arguments, CONTEXT *context)
{
    enum {
        RESERVED_BIT = 1 << 28
    };
    EXCEPTION_RECORD record = {
        .ExceptionCode = code & ~(DWORD)RESERVED_BIT,
        .ExceptionFlags = flags & EXCEPTION_NONCONTINUABLE,
        .ExceptionAddress = (PVOID)context->Rip,
    };
    if (arguments != NULL) {
        record.NumberParameters = count < EXCEPTION_MAXIMUM_PARAMETERS ? count : EXCEPTION_MAXIMUM_PARAMETERS;
        memcpy(record.ExceptionInformation, arguments, record.NumberParameters * sizeof *arguments);
    }
    raise_record(&record, context);
}

void seh_raise_record(EXCEPTION_RECORD *record, CONTEXT *context)
{
    record->ExceptionAddress = (PVOID)context->Rip;
    raise_record(record, context);
}

void seh_raise_status(NTSTATUS status, CONTEXT *context)
{
    EXCEPTION_RECORD record = {
        .ExceptionCode = (DWORD)status,
        .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
        .ExceptionAddress = (PVOID)context->Rip,
    };
    raise_record(&record, context);
}

void ExRaiseStatus(NTSTATUS Status)
{
    RtlRaiseStatus(Status);
}

/*
 * Faults
 */

static const DWORD fault_codes[] = {
    [OS_FAULT_ACCESS] = EXCEPTION_ACCESS_VIOLATION,
    [OS_FAULT_IN_PAGE] = EXCEPTION_IN_PAGE_ERROR,
    [OS_FAULT_STACK_OVERFLOW] = EXCEPTION_STACK_OVERFLOW,
    [OS_FAULT_MISALIGNED] = EXCEPTION_DATATYPE_MISALIGNMENT,
    [OS_FAULT_ILLEGAL] = EXCEPTION_ILLEGAL_INSTRUCTION,
    [OS_FAULT_PRIVILEGED] = EXCEPTION_PRIV_INSTRUCTION,
    [OS_FAULT_BREAKPOINT] = EXCEPTION_BREAKPOINT,
    [OS_FAULT_SINGLE_STEP] = EXCEPTION_SINGLE_STEP,
    [OS_FAULT_INTEGER_DIVIDE] = EXCEPTION_INT_DIVIDE_BY_ZERO,
    [OS_FAULT_INTEGER_OVERFLOW] = EXCEPTION_INT_OVERFLOW,
    [OS_FAULT_FLOAT_DIVIDE] = EXCEPTION_FLT_DIVIDE_BY_ZERO,
    [OS_FAULT_FLOAT_OVERFLOW] = EXCEPTION_FLT_OVERFLOW,
    [OS_FAULT_FLOAT_UNDERFLOW] = EXCEPTION_FLT_UNDERFLOW,
    [OS_FAULT_FLOAT_INEXACT] = EXCEPTION_FLT_INEXACT_RESULT,
    [OS_FAULT_FLOAT_INVALID] = EXCEPTION_FLT_INVALID_OPERATION,
    [OS_FAULT_BOUNDS] = EXCEPTION_ARRAY_BOUNDS_EXCEEDED,
};

static const ULONG_PTR access_codes[] = {
    [OS_FAULT_READ] = EXCEPTION_READ_FAULT,
    [OS_FAULT_WRITE] = EXCEPTION_WRITE_FAULT,
    [OS_FAULT_EXECUTE] = EXCEPTION_EXECUTE_FAULT,
};

static void record_fill(EXCEPTION_RECORD *record, const struct os_fault *fault)
{
    memset(record, 0, sizeof *record);
    record->ExceptionCode = fault_codes[fault->kind];
    record->ExceptionAddress = (PVOID)fault->registers.ip;
    if (fault->kind != OS_FAULT_ACCESS && fault->kind != OS_FAULT_IN_PAGE)
        return;
    record->NumberParameters = 2;
    record->ExceptionInformation[0] = access_codes[fault->access];
    record->ExceptionInformation[1] = fault->address;
    if (fault->kind == OS_FAULT_IN_PAGE) {
        record->NumberParameters = 3;
        record->ExceptionInformation[2] = (ULONG)STATUS_UNSUCCESSFUL; /* the system does not say why */
    }
}

/* Rax to R15 lie in the order of os_registers. */
static void context_fill(CONTEXT *context, const struct os_registers *registers)
{
    memset(context, 0, sizeof *context);
    context->ContextFlags = CONTEXT_SEGMENTS;
    context->ContextFlags |= CONTEXT_CONTROL;
    context->ContextFlags |= CONTEXT_INTEGER;
    memcpy(&context->Rax, registers->general, sizeof registers->general);
    context->Rip = registers->ip;
    context->EFlags = (DWORD)registers->flags;
    context->SegCs = registers->segments[0];
    context->SegGs = registers->segments[1];
    context->SegFs = registers->segments[2];
    context->SegSs = registers->segments[3];
    if (registers->floating != NULL) {
        context->ContextFlags |= CONTEXT_FLOATING_POINT;
        memcpy(&context->FltSave, registers->floating, offsetof(XMM_SAVE_AREA32, Reserved4));
        context->MxCsr = context->FltSave.MxCsr;
    }
}

static void context_apply(const CONTEXT *context, struct os_registers *registers)
{
    memcpy(registers->general, &context->Rax, sizeof registers->general);
    registers->ip = context->Rip;
    registers->flags = context->EFlags;
    if (registers->floating != NULL)
        memcpy(registers->floating, &context->FltSave, offsetof(XMM_SAVE_AREA32, Reserved4));
}

static void unwind_here(struct cairn_seh_frame *target)
{
    seh_unwind(target);
}

/* Has the thread unwind once it is out of the signal handler. */
static void go_and_unwind(struct os_registers *registers, struct cairn_seh_frame *target)
{
    enum {
        DIRECTION_FLAG = 1 << 10,
        TRAP_FLAG = 1 << 8
    };
    registers->ip = (uintptr_t)unwind_here;
    registers->general[OS_REGISTER_DI] = (uintptr_t)target;
    registers->general[OS_REGISTER_SP] = seh_stack_for_unwinding() - sizeof(void *); /* as after a call */
    registers->flags &= ~(uint64_t)(DIRECTION_FLAG | TRAP_FLAG);
}

static bool catch_fault(struct os_fault *fault)
{
    if (!seh_is_anybody_there())
        return false;

    EXCEPTION_RECORD record;
    CONTEXT context;
    record_fill(&record, fault);
    context_fill(&context, &fault->registers);

    EXCEPTION_POINTERS pointers = {&record, &context};
    struct cairn_seh_frame *target = NULL;
    switch (seh_dispatch(&pointers, &target)) {
    case SEH_CONTINUE:
        context_apply(&context, &fault->registers);
        return true;
    case SEH_HANDLE:
        go_and_unwind(&fault->registers, target);
        return true;
    default:
        return false;
    }
}

void seh_watch_faults(void)
{
    os_catch_faults(catch_fault);
}

/*
 * The filter for what nobody handles
 */

LPTOP_LEVEL_EXCEPTION_FILTER SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER lpTopLevelExceptionFilter)
{
    seh_prepare_thread();
    return atomic_exchange(&top_level_filter, lpTopLevelExceptionFilter);
}

LONG UnhandledExceptionFilter(PEXCEPTION_POINTERS ExceptionInfo)
{
    LPTOP_LEVEL_EXCEPTION_FILTER filter = atomic_load(&top_level_filter);
    LONG answer = filter != NULL ? filter(ExceptionInfo) : EXCEPTION_CONTINUE_SEARCH;
    return answer != EXCEPTION_CONTINUE_SEARCH ? answer : EXCEPTION_EXECUTE_HANDLER;
}
