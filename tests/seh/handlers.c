/* Vectored handlers and guarded blocks together; continuing after faults; what cannot be continued; exceptions that
 * nobody wants; many raises. global-local-toolhelp-seh.md 9.1, 9.2, 9.4 and 10 */
#include <windows.h>
#include <ntifs.h>

#include "check.h"
#include "child.h"
#include "trace.h"

#include <malloc.h>
#include <sys/mman.h>

static LONG NTAPI vectored_search(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    return noted('v', EXCEPTION_CONTINUE_SEARCH);
}

static LONG WINAPI top_search(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    return noted('t', EXCEPTION_CONTINUE_SEARCH);
}

static LONG WINAPI top_continue(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    return noted('T', EXCEPTION_CONTINUE_EXECUTION);
}

/* vectored handlers, then frames from the inside out, then the top-level filter */
static void dispatch_order(void)
{
    SPEC("G9.1.2 G9.1.3 G9.1.4 G10.3");
    PVOID handle = AddVectoredExceptionHandler(0, vectored_search);
    LPTOP_LEVEL_EXCEPTION_FILTER before = SetUnhandledExceptionFilter(top_continue);
    trace[0] = '\0';
    __try {
        __try {
            RaiseException(1, 0, 0, NULL);
            note('c');
        } __except (noted('i', EXCEPTION_CONTINUE_SEARCH)) {
            note('x');
        }
    } __except (noted('o', EXCEPTION_CONTINUE_SEARCH)) {
        note('x');
    }
    CHECK_EQ_STR(trace, "vioTc");

    /* handlers are not removed by unwinding, and the filter is not asked for what is handled */
    trace[0] = '\0';
    __try {
        RaiseException(1, 0, 0, NULL);
    } __except (noted('f', EXCEPTION_EXECUTE_HANDLER)) {
        note('h');
    }
    CHECK_EQ_STR(trace, "vfh");
    CHECK(SetUnhandledExceptionFilter(before) == top_continue);
    CHECK(RemoveVectoredExceptionHandler(handle) != 0);
}

/* A continued exception does not leave the body: no __finally block is run for it. */
static LONG NTAPI vectored_continue(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    return noted('C', EXCEPTION_CONTINUE_EXECUTION);
}

static void continued_exception_runs_no_finally(void)
{
    SPEC("G9.3.7");
    PVOID handle = AddVectoredExceptionHandler(0, vectored_continue);
    trace[0] = '\0';
    __try {
        RaiseException(1, 0, 0, NULL);
        note('b');
    } __finally {
        note(AbnormalTermination() ? 'a' : 'n');
    }
    CHECK_EQ_STR(trace, "Cbn");
    CHECK(RemoveVectoredExceptionHandler(handle) != 0);
}

/* 10: a vectored handler repairs the cause, and the instruction that faulted is done again */
static char *guarded_page;

static LONG NTAPI commit_page(PEXCEPTION_POINTERS pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION ||
        record->ExceptionInformation[1] != (ULONG_PTR)guarded_page) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    note('m');
    mprotect(guarded_page, 4096, PROT_READ | PROT_WRITE);
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* ... or goes past it, with another result: xmm and general registers are as the handler left them */
static LONG NTAPI skip_illegal(PEXCEPTION_POINTERS pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_ILLEGAL_INSTRUCTION) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    CONTEXT *context = pointers->ContextRecord;
    CHECK_EQ_UINT(context->ContextFlags & CONTEXT_FULL, CONTEXT_FULL);
    CHECK_EQ_UINT(context->Rax, 7);
    CHECK_EQ_UINT(context->FltSave.XmmRegisters[3].Low, 11);
    context->Rax = 70;
    context->FltSave.XmmRegisters[3].Low = 110;
    context->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void continuing_after_faults(void)
{
    SPEC("T14.7.11 G10.5");
    guarded_page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(guarded_page != MAP_FAILED);
    PVOID handle = AddVectoredExceptionHandler(1, commit_page);
    trace[0] = '\0';
    *(volatile char *)guarded_page = 5;
    CHECK_EQ_STR(trace, "m");
    CHECK_EQ_INT(*guarded_page, 5);
    CHECK(RemoveVectoredExceptionHandler(handle) != 0);
    munmap(guarded_page, 4096);

    handle = AddVectoredExceptionHandler(1, skip_illegal);
    uint64_t number = 7;
    uint64_t other = 11;
    __asm__ volatile("movq %1, %%xmm3\n ud2\n movq %%xmm3, %1" : "+a"(number), "+r"(other) : : "xmm3");
    CHECK_EQ_UINT(number, 70);
    CHECK_EQ_UINT(other, 110);
    CHECK(RemoveVectoredExceptionHandler(handle) != 0);
}

/* 9.2: continuing what is noncontinuable is an exception of its own */
static LONG keep_chain(const EXCEPTION_POINTERS *pointers, volatile DWORD *inner)
{
    *inner = pointers->ExceptionRecord->ExceptionRecord != NULL
                 ? pointers->ExceptionRecord->ExceptionRecord->ExceptionCode
                 : 0;
    return pointers->ExceptionRecord->ExceptionCode == EXCEPTION_NONCONTINUABLE_EXCEPTION ? EXCEPTION_EXECUTE_HANDLER
                                                                                          : EXCEPTION_CONTINUE_SEARCH;
}

static LONG NTAPI continue_ours(PEXCEPTION_POINTERS pointers)
{
    return pointers->ExceptionRecord->ExceptionCode == 0xE0000001 ? EXCEPTION_CONTINUE_EXECUTION
                                                                  : EXCEPTION_CONTINUE_SEARCH;
}

static void noncontinuable(void)
{
    SPEC("G9.2.3 G9.5.4 G9.5.5");
    volatile DWORD inner = 0;
    volatile int handled = 0;
    __try {
        __try {
            RtlRaiseStatus((NTSTATUS)0xE0000001);
        } __except (EXCEPTION_CONTINUE_EXECUTION) {
            handled = -100;
        }
    } __except (GetExceptionCode() == EXCEPTION_NONCONTINUABLE_EXCEPTION) {
        handled += 1;
    }
    PVOID handle = AddVectoredExceptionHandler(1, continue_ours);
    __try {
        ExRaiseStatus((NTSTATUS)0xE0000001);
    } __except (keep_chain(GetExceptionInformation(), &inner)) {
        handled += 10;
    }
    CHECK(RemoveVectoredExceptionHandler(handle) != 0);
    CHECK_EQ_INT(handled, 11);
    CHECK_EQ_UINT(inner, 0xE0000001);
}

/* RtlRaiseStatus: noncontinuable, no parameters */
static LONG keep(const EXCEPTION_POINTERS *pointers, EXCEPTION_RECORD *copy)
{
    *copy = *pointers->ExceptionRecord;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void raising_a_status(void)
{
    SPEC("G9.4.7");
    EXCEPTION_RECORD record = {0};
    __try {
        RtlRaiseStatus((NTSTATUS)STATUS_NO_MEMORY);
    } __except (keep(GetExceptionInformation(), &record)) {
        CHECK_EQ_UINT(GetExceptionCode(), (DWORD)STATUS_NO_MEMORY);
    }
    CHECK_EQ_UINT(record.ExceptionFlags, EXCEPTION_NONCONTINUABLE);
    CHECK_EQ_UINT(record.NumberParameters, 0);
}

/* UnhandledExceptionFilter can be used as a filter */
static void unhandled_exception_filter(void)
{
    SPEC("G10.9");
    volatile int handled = 0;
    __try {
        RaiseException(1, 0, 0, NULL);
    } __except (UnhandledExceptionFilter(GetExceptionInformation())) {
        handled += 1;
    }
    CHECK_EQ_INT(handled, 1);
}

/*
 * Ends of the process, each in a child
 */

static void quiet(void)
{
    CHECK(freopen("/dev/null", "w", stderr) != NULL);
}

static void nobody(void *arg)
{
    (void)arg;
    quiet();
    __try {
        RaiseException(0xE0000001, 0, 0, NULL);
    } __except (EXCEPTION_CONTINUE_SEARCH) {
        _exit(1);
    }
    _exit(2);
}

static LONG WINAPI top_execute(PEXCEPTION_POINTERS pointers)
{
    (void)pointers;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void top_level_executes(void *arg)
{
    (void)arg;
    quiet();
    SetUnhandledExceptionFilter(top_execute);
    RaiseException(0xE0000001, 0, 0, NULL);
    _exit(2);
}

static void top_level_searches(void *arg)
{
    (void)arg;
    quiet();
    SetUnhandledExceptionFilter(top_search);
    __asm__ volatile("movb $1, (%0)" : : "r"(arg) : "memory");
    _exit(2);
}

/* a filter of a frame cannot continue: refused, and said so */
static void frame_filter_continues(void *arg)
{
    int *fds = arg;
    dup2(fds[1], 2);
    __try {
        RaiseException(0xE0000001, 0, 0, NULL);
    } __except (EXCEPTION_CONTINUE_EXECUTION) {
        _exit(1);
    }
    _exit(2);
}

static void ends(void)
{
    SPEC("G9.1.6 G9.2.3 G10.8");
    CHECK_EQ_INT(child_wait(child_start(nobody, NULL, 10)), 256 + SIGABRT);
    CHECK_EQ_INT(child_wait(child_start(top_level_executes, NULL, 10)), 256 + SIGABRT);
    signal(SIGSEGV, SIG_DFL);

    int fds[2];
    char text[400] = "";
    CHECK(pipe(fds) == 0);
    CHECK_EQ_INT(child_wait(child_start(frame_filter_continues, fds, 10)), 256 + SIGABRT);
    CHECK(read(fds[0], text, sizeof text - 1) > 0);
    CHECK(strstr(text, "EXCEPTION_CONTINUE_EXECUTION") != NULL);
    CHECK(strstr(text, "AddVectoredExceptionHandler") != NULL);
}

/* 10,000 raises: nothing grows, neither heap nor stack */
static void many_raises(void)
{
    volatile int handled = 0;
    volatile uintptr_t lowest = UINTPTR_MAX;
    volatile uintptr_t highest = 0;
#if defined(__SANITIZE_THREAD__)
    const int count = 1000; /* its record of calls does not know that they end early */
#else
    const int count = 10000;
#endif
    for (int i = 0; i < count; i++) {
        __try {
            __try {
                RaiseException(0xE0000001, 0, 0, NULL);
            } __finally {
                handled += 1;
            }
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            volatile char here = 0;
            void *sp = (void *)(uintptr_t)&here;
            __asm__ volatile("movq %%rsp, %0" : "=r"(sp));
            lowest = (uintptr_t)sp < lowest ? (uintptr_t)sp : lowest;
            highest = (uintptr_t)sp > highest ? (uintptr_t)sp : highest;
            handled += 1;
        }
    }
    CHECK_EQ_INT(handled, 2 * count);
    CHECK_EQ_UINT(lowest, highest);
}

int main(void)
{
    ends();
    CHECK_EQ_INT(child_wait(child_start(top_level_searches, NULL, 10)), 256 + SIGSEGV);
    dispatch_order();
    continued_exception_runs_no_finally();
    continuing_after_faults();
    noncontinuable();
    raising_a_status();
    unhandled_exception_filter();
    many_raises();
    return check_report();
}
