/* Vectored handlers and guarded blocks together; continuing after faults; what cannot be continued; exceptions that
 * nobody wants; many raises. */
#include <windows.h>
#include <ntifs.h>

#include "check.h"
#include "child.h"
#include "thread.h"
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

static void dispatch_order(void)
{
    SPEC("G9.1.2 G9.1.3 G9.1.4");
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

    /* the filter is not asked for what is handled */
    for (int i = 0; i < 2; i++) {
        SPEC("G10.3");
        trace[0] = '\0';
        __try {
            RaiseException(1, 0, 0, NULL);
        } __except (noted('f', EXCEPTION_EXECUTE_HANDLER)) {
            note('h');
        }
        CHECK_EQ_STR(trace, "vfh");
    }
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

/* a vectored handler repairs the cause, and the instruction that faulted is done again */
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
    SPEC("G9.4.6 G10.5 T14.7.11");
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

/* continuing what is noncontinuable is an exception of its own */
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
    SPEC("G9.2.3 G9.5.5");
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

/* as a filter: the top-level filter is asked first, whose word counts */
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
    LPTOP_LEVEL_EXCEPTION_FILTER before = SetUnhandledExceptionFilter(top_search);
    trace[0] = '\0';
    __try {
        RaiseException(1, 0, 0, NULL);
    } __except (UnhandledExceptionFilter(GetExceptionInformation())) {
        note('h');
    }
    CHECK_EQ_STR(trace, "th");
    CHECK(SetUnhandledExceptionFilter(before) == top_search);
}

/* ExceptionAddress: where the raiser goes on */
static LONG keep_address(const EXCEPTION_POINTERS *pointers, volatile uintptr_t *address)
{
    *address = (uintptr_t)pointers->ExceptionRecord->ExceptionAddress;
    return EXCEPTION_EXECUTE_HANDLER;
}

static __attribute__((noinline)) void raise_from_here(void)
{
    RaiseException(0xE0000001, 0, 0, NULL);
    __asm__ volatile("" : : : "memory"); /* no tail call */
}

static void address_of_exception(void)
{
    SPEC("G9.4.5");
    volatile uintptr_t address = 0;
    __try {
        raise_from_here();
    } __except (keep_address(GetExceptionInformation(), &address)) {
        CHECK(address - (uintptr_t)raise_from_here < 1024);
    }
    CHECK(address != 0);
}

/* A thread's frames are its own: one thread waits in a guarded body, the other one raises. */
struct two_threads {
    pthread_barrier_t barrier;
    volatile int waiting;
    volatile int raising;
};

static void wait_in_body(void *arg)
{
    struct two_threads *both = arg;
    __try {
        pthread_barrier_wait(&both->barrier);
        pthread_barrier_wait(&both->barrier);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        both->waiting += 1;
    }
}

static void raise_beside(void *arg)
{
    struct two_threads *both = arg;
    __try {
        pthread_barrier_wait(&both->barrier);
        RaiseException(0xE0000003, 0, 0, NULL);
    } __except (GetExceptionCode() == 0xE0000003) {
        both->raising += 1;
    }
    pthread_barrier_wait(&both->barrier);
}

static void raise_beside_without_handler(void *arg)
{
    struct two_threads both = {.waiting = 0};
    struct thread waiting;
    (void)arg;
    CHECK(freopen("/dev/null", "w", stderr) != NULL);
    CHECK_EQ_INT(pthread_barrier_init(&both.barrier, NULL, 2), 0);
    thread_start(&waiting, wait_in_body, &both);
    pthread_barrier_wait(&both.barrier);
    RaiseException(0xE0000003, 0, 0, NULL);
    _exit(both.waiting != 0 ? 1 : 2);
}

static void own_thread(void)
{
    SPEC("G9.1.3 G9.2.7");
    struct two_threads both = {.waiting = 0};
    struct thread threads[2];
    CHECK_EQ_INT(pthread_barrier_init(&both.barrier, NULL, 2), 0);
    thread_start(&threads[0], wait_in_body, &both);
    thread_start(&threads[1], raise_beside, &both);
    thread_join(&threads[0]);
    thread_join(&threads[1]);
    pthread_barrier_destroy(&both.barrier);
    CHECK_EQ_INT(both.waiting, 0);
    CHECK_EQ_INT(both.raising, 1);
}

/* Vectored handlers are the process's: what one thread adds, exceptions of another go to. */
static void raise_and_go_on(void *arg)
{
    RaiseException(0xE0000001, 0, 0, NULL);
    *(volatile int *)arg = 1;
}

static void any_thread(void)
{
    SPEC("G10.2");
    struct thread thread;
    volatile int went_on = 0;
    PVOID handle = AddVectoredExceptionHandler(1, continue_ours);
    thread_start(&thread, raise_and_go_on, (void *)(uintptr_t)&went_on);
    thread_join(&thread);
    CHECK_EQ_INT(went_on, 1);
    CHECK(RemoveVectoredExceptionHandler(handle) != 0);
}

/* No function, and more than the 64 that there is room for: NULL. */
static void no_more_handlers(void)
{
    SPEC("G10.1");
    PVOID handles[64];
    unsigned count = 0;
    CHECK_EQ_PTR(AddVectoredExceptionHandler(1, NULL), NULL);
    CHECK_EQ_PTR(AddVectoredContinueHandler(1, NULL), NULL);
    while (count < 64 && (handles[count] = AddVectoredExceptionHandler(count % 2, vectored_search)) != NULL) {
        count++;
    }
    CHECK_EQ_UINT(count, 64);
    CHECK_EQ_PTR(AddVectoredExceptionHandler(1, vectored_search), NULL);
    while (count > 0) {
        CHECK(RemoveVectoredExceptionHandler(handles[--count]) != 0);
    }
    CHECK_EQ_UINT(RemoveVectoredExceptionHandler(NULL), 0);
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

/* the default again: the filter is not asked any more */
static void top_level_is_taken_back(void *arg)
{
    (void)arg;
    quiet();
    SetUnhandledExceptionFilter(top_continue);
    CHECK(SetUnhandledExceptionFilter(NULL) == top_continue);
    RaiseException(0xE0000001, 0, 0, NULL);
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
    SPEC("G9.1.6");
    signal(SIGSEGV, SIG_DFL); /* a sanitizer may have it */
    CHECK_EQ_INT(child_wait(child_start(nobody, NULL, 10)), 256 + SIGABRT);
    CHECK_EQ_INT(child_wait(child_start(raise_beside_without_handler, NULL, 10)), 256 + SIGABRT);
    CHECK_EQ_INT(child_wait(child_start(top_level_searches, NULL, 10)), 256 + SIGSEGV);
    SPEC("G9.1.4 G10.8");
    CHECK_EQ_INT(child_wait(child_start(top_level_executes, NULL, 10)), 256 + SIGABRT);
    CHECK_EQ_INT(child_wait(child_start(top_level_is_taken_back, NULL, 10)), 256 + SIGABRT);
}

static void frame_filter_cannot_continue(void)
{
    SPEC("G9.2.3");
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
    frame_filter_cannot_continue();
    dispatch_order();
    continued_exception_runs_no_finally();
    continuing_after_faults();
    noncontinuable();
    raising_a_status();
    unhandled_exception_filter();
    address_of_exception();
    own_thread();
    any_thread();
    no_more_handlers();
    many_raises();
    return check_report();
}
