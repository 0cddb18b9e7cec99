/* Faults become exceptions, with the right records, on any thread; and go to whoever had the signal before when nobody
 * wants them. */
#include <windows.h>

#include "check.h"
#include "child.h"
#include "thread.h"

#include <sys/mman.h>
#include <sys/resource.h>

/* Their run-time libraries have stacks of their own for signals, or none to spare. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZED_STACK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZED_STACK 1
#endif
#endif
/* The thread sanitizer wraps signal handlers and loses count of one that is left for good, as a nested fault leaves it.
 */
#if defined(__SANITIZE_THREAD__)
#define HAS_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_THREAD_SANITIZER 1
#endif
#endif
#ifndef HAS_THREAD_SANITIZER
#define HAS_THREAD_SANITIZER 0
#endif
#ifndef HAS_SANITIZED_STACK
#define HAS_SANITIZED_STACK 0
#endif

static volatile int sink;
static volatile int zero;

static LONG keep(const EXCEPTION_POINTERS *pointers, EXCEPTION_RECORD *copy)
{
    *copy = *pointers->ExceptionRecord;
    CHECK(pointers->ContextRecord->Rip == (DWORD64)copy->ExceptionAddress);
    CHECK(pointers->ContextRecord->Rsp != 0);
    return EXCEPTION_EXECUTE_HANDLER;
}

typedef void act_fn(void *arg);

/* The record of the exception that act(arg) causes. */
static EXCEPTION_RECORD record_of(act_fn *act, void *arg)
{
    EXCEPTION_RECORD record = {0};
    __try {
        act(arg);
        CHECK(false && "no exception");
    } __except (keep(GetExceptionInformation(), &record)) {
        CHECK_EQ_UINT(GetExceptionCode(), record.ExceptionCode);
    }
    return record;
}

static __attribute__((noinline)) void read_at(void *address)
{
    char value;
    __asm__ volatile("movb (%1), %0" : "=q"(value) : "r"(address) : "memory");
    sink = value;
}

static __attribute__((noinline)) void write_at(void *address)
{
    __asm__ volatile("movb $1, (%0)" : : "r"(address) : "memory");
}

static void jump_to(void *address)
{
    void (*function)(void);
    memcpy(&function, &address, sizeof function);
    function();
}

static void *page_of(int protection)
{
    void *page = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    return page;
}

static void check_access(act_fn *act, void *address, ULONG_PTR how)
{
    EXCEPTION_RECORD record = record_of(act, address);
    CHECK_EQ_UINT(record.ExceptionCode, EXCEPTION_ACCESS_VIOLATION);
    CHECK_EQ_UINT(record.ExceptionFlags, 0);
    CHECK_EQ_UINT(record.NumberParameters, 2);
    CHECK_EQ_UINT(record.ExceptionInformation[0], how);
    CHECK_EQ_UINT(record.ExceptionInformation[1], (ULONG_PTR)address);
}

static void access_violations(void)
{
    SPEC("G9.5.1 G9.5.4 N4.14");
    CHECK(EXCEPTION_READ_FAULT == 0 && EXCEPTION_WRITE_FAULT == 1 && EXCEPTION_EXECUTE_FAULT == 8);
    char *none = page_of(PROT_NONE);
    char *readable = page_of(PROT_READ);
    check_access(read_at, none + 123, EXCEPTION_READ_FAULT);
    check_access(write_at, readable + 45, EXCEPTION_WRITE_FAULT);
    check_access(jump_to, readable, EXCEPTION_EXECUTE_FAULT);
    munmap(none, 4096);
    check_access(write_at, none, EXCEPTION_WRITE_FAULT);
    munmap(readable, 4096);

    /* an address that is none: the processor does not say which */
    EXCEPTION_RECORD record = record_of(read_at, (void *)0x8000000000000000u);
    CHECK_EQ_UINT(record.ExceptionCode, EXCEPTION_ACCESS_VIOLATION);
    CHECK_EQ_UINT(record.NumberParameters, 2);
    CHECK_EQ_UINT(record.ExceptionInformation[1], UINTPTR_MAX);
}

/* a page of a file that ends before it */
static void in_page_error(void)
{
    SPEC("G9.5.2");
    FILE *file = tmpfile();
    CHECK(file != NULL && ftruncate(fileno(file), 8192) == 0);
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    CHECK(pages != MAP_FAILED && ftruncate(fileno(file), 4096) == 0);
    EXCEPTION_RECORD record = record_of(read_at, pages + 5000);
    CHECK_EQ_UINT(record.ExceptionCode, EXCEPTION_IN_PAGE_ERROR);
    CHECK_EQ_UINT(record.NumberParameters, 3);
    CHECK_EQ_UINT(record.ExceptionInformation[0], EXCEPTION_READ_FAULT);
    CHECK_EQ_UINT(record.ExceptionInformation[1], (ULONG_PTR)pages + 5000);
    CHECK((LONG)record.ExceptionInformation[2] < 0);
    munmap(pages, 8192);
    fclose(file);
}

static void divide(void *arg)
{
    (void)arg;
    __asm__ volatile("xorl %%edx, %%edx\n movl $1, %%eax\n divl %0" : : "r"(zero) : "eax", "edx", "cc");
}

static void illegal(void *arg)
{
    (void)arg;
    __asm__ volatile("ud2");
}

static void privileged(void *arg)
{
    (void)arg;
    __asm__ volatile("hlt");
}

static void break_here(void *arg)
{
    (void)arg;
    DebugBreak();
}

static void divide_floats(void *arg)
{
    (void)arg;
    unsigned unmasked = 0x1F80 & ~0x200u; /* division by zero is told */
    __asm__ volatile("ldmxcsr %0" : : "m"(unmasked));
    volatile double one = 1.0;
    volatile double none = 0.0;
    one = one / none;
}

static void other_faults(void)
{
    SPEC("G9.5.3");
    static const struct {
        act_fn *act;
        DWORD code;
    } table[] = {
        {divide, EXCEPTION_INT_DIVIDE_BY_ZERO},        {illegal, EXCEPTION_ILLEGAL_INSTRUCTION},
        {privileged, EXCEPTION_PRIV_INSTRUCTION},      {break_here, EXCEPTION_BREAKPOINT},
        {divide_floats, EXCEPTION_FLT_DIVIDE_BY_ZERO},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        EXCEPTION_RECORD record = record_of(table[i].act, NULL);
        CHECK_EQ_UINT(record.ExceptionCode, table[i].code);
        CHECK_EQ_UINT(record.NumberParameters, 0);
        unsigned masked = 0x1F80;
        __asm__ volatile("ldmxcsr %0" : : "m"(masked));
    }
}

/* __finally blocks run for faults too; values survive */
static void fault_through_finally(void)
{
    volatile int steps = 0;
    __try {
        __try {
            steps = 1;
            write_at(NULL);
            steps = 100;
        } __finally {
            steps += AbnormalTermination() ? 10 : 1000;
        }
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION) {
        steps += 100;
    }
    CHECK_EQ_INT(steps, 111);
}

/* a fault in a filter is a nested exception for the outer frame */
static LONG faulting_filter(void)
{
    read_at((void *)64);
    return EXCEPTION_EXECUTE_HANDLER;
}

static void fault_in_filter(void)
{
    volatile DWORD code = 0;
    __try {
        __try {
            illegal(NULL);
        } __except (faulting_filter()) {
            code = 1;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
    }
    CHECK_EQ_UINT(code, EXCEPTION_ACCESS_VIOLATION);
}

static void many_on_a_thread(void *arg)
{
    volatile int *handled = arg;
    for (int i = 0; i < 500; i++) {
        __try {
            write_at((void *)(uintptr_t)(16 * i));
        } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION) {
            *handled += 1;
        }
    }
}

static void any_thread(void)
{
    struct thread threads[4];
    volatile int handled[4] = {0};
    for (int i = 0; i < 4; i++) {
        thread_start(&threads[i], many_on_a_thread, (void *)(uintptr_t)&handled[i]);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
        CHECK_EQ_INT(handled[i], 500);
    }
}

static volatile int recursions_left;

static int recurse(const volatile char *up)
{
    volatile char here[512];
    here[0] = up[0];
    return --recursions_left == 0 ? 0 : recurse(here) + here[0];
}

static void overflow(void *arg)
{
    volatile DWORD *code = arg;
    for (int i = 0; i < 3; i++) {
        __try {
            recursions_left = -1;
            sink = recurse("x");
        } __except (GetExceptionCode() == EXCEPTION_STACK_OVERFLOW ? EXCEPTION_EXECUTE_HANDLER
                                                                   : EXCEPTION_CONTINUE_SEARCH) {
            *code = GetExceptionCode();
        }
    }
}

static void stack_overflow(void)
{
    volatile DWORD code = 0;
    struct thread thread;
    thread_start(&thread, overflow, (void *)(uintptr_t)&code);
    thread_join(&thread);
    CHECK_EQ_UINT(code, EXCEPTION_STACK_OVERFLOW);
}

/*
 * Passing on
 */

static void no_core(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

static void default_actions(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        signal(faults[i], SIG_DFL);
    }
}

static LONG not_mine(void)
{
    return EXCEPTION_CONTINUE_SEARCH;
}

/* nobody wants it: the process ends as without us */
static void unwanted(void *arg)
{
    no_core();
    default_actions();
    __try {
        ((act_fn *)arg)(NULL);
    } __except (not_mine()) {
        _exit(3);
    }
    _exit(4);
}

static act_fn *const unwanted_acts[] = {write_at, divide, illegal, break_here};
static const int unwanted_ends[] = {256 + SIGSEGV, 256 + SIGFPE, 256 + SIGILL, 256 + SIGTRAP};

static void unwanted_nth(void *arg)
{
    size_t index = (size_t)(uintptr_t)arg;
    unwanted((void *)(uintptr_t)unwanted_acts[index]);
}

static volatile sig_atomic_t former_calls;
static volatile uintptr_t former_address;

static void former(int number, siginfo_t *info, void *context)
{
    (void)context;
    former_calls += number == SIGSEGV;
    former_address = (uintptr_t)info->si_addr;
    _exit(former_calls == 1 && former_address == 0x1238 ? 42 : 43);
}

static void former_handler_is_called(void *arg)
{
    (void)arg;
    struct sigaction action = {.sa_sigaction = former, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    __try {
        write_at((void *)0x1238);
    } __except (not_mine()) {
        _exit(5);
    }
    _exit(6);
}

/* a signal that was sent is no exception; ignored, it stays ignored */
static void sent_signals(void *arg)
{
    (void)arg;
    signal(SIGSEGV, SIG_IGN);
    signal(SIGFPE, SIG_DFL);
    volatile int handled = 0;
    __try {
        raise(SIGSEGV);
        handled = 1;
        raise(SIGFPE);
        handled = 2;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        handled = 3;
    }
    _exit(10 + handled);
}

/* an ignored signal, when a fault causes it, ends the process all the same */
static void ignored_fault(void *arg)
{
    (void)arg;
    no_core();
    signal(SIGSEGV, SIG_IGN);
    __try {
        write_at((void *)8);
    } __except (not_mine()) {
    }
    _exit(7);
}

static int end_of(child_fn *fn, void *arg)
{
    return child_wait(child_start(fn, arg, 10));
}

/* stack overflows of threads without guarded bodies: what sets a handler sees to that of its own thread */
static LONG NTAPI end_at_overflow(PEXCEPTION_POINTERS pointers)
{
    _exit(pointers->ExceptionRecord->ExceptionCode == EXCEPTION_STACK_OVERFLOW ? 42 : 43);
}

static void overflow_with_filter(void *arg)
{
    (void)arg;
    no_core();
    SetUnhandledExceptionFilter(end_at_overflow);
    recursions_left = -1;
    sink = recurse("x");
    _exit(8);
}

static void overflow_with_handler(void *arg)
{
    (void)arg;
    no_core();
    AddVectoredExceptionHandler(0, end_at_overflow);
    recursions_left = -1;
    sink = recurse("x");
    _exit(9);
}

static void overflow_on_thread(void *arg)
{
    struct thread thread;
    thread_start(&thread, overflow_with_handler, arg);
    thread_join(&thread);
}

/* a thread that sets no handler, but uses a heap */
static void *volatile sink_block;

static void overflow_beside_handler(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        sink_block = HeapAlloc(GetProcessHeap(), 0, 100);
        CHECK(sink_block != NULL && HeapFree(GetProcessHeap(), 0, sink_block));
    }
    recursions_left = -1;
    sink = recurse("x");
    (void)arg;
    _exit(9);
}

static void overflow_on_other_thread(void *arg)
{
    struct thread thread;
    no_core();
    AddVectoredExceptionHandler(0, end_at_overflow);
    for (int i = 0; i < 40; i++) {
        CHECK(HeapAlloc(GetProcessHeap(), 0, 100) != NULL);
    }
    thread_start(&thread, overflow_beside_handler, arg);
    thread_join(&thread);
}

static char own_stack[64 * 1024];

/* a stack that the program gave a thread for signals stays */
static void keep_own_stack(void *arg)
{
    (void)arg;
    stack_t own = {.ss_sp = own_stack, .ss_size = sizeof own_stack};
    stack_t now;
    CHECK(sigaltstack(&own, NULL) == 0);
    CHECK(AddVectoredContinueHandler(0, end_at_overflow) != NULL);
    SetUnhandledExceptionFilter(NULL);
    CHECK(sigaltstack(NULL, &now) == 0 && now.ss_sp == own_stack);
}

/* in children that have not caught anything yet: what was there before is what they set up */
static void passing_on(void)
{
    for (size_t i = 0; i < sizeof unwanted_acts / sizeof unwanted_acts[0]; i++) {
        CHECK_EQ_INT(end_of(unwanted_nth, (void *)(uintptr_t)i), unwanted_ends[i]);
    }
    CHECK_EQ_INT(end_of(former_handler_is_called, NULL), 42);
    CHECK_EQ_INT(end_of(sent_signals, NULL), 256 + SIGFPE);
    CHECK_EQ_INT(end_of(ignored_fault, NULL), 256 + SIGSEGV);
    CHECK_EQ_INT(end_of(keep_own_stack, NULL), 0);
    if (!HAS_SANITIZED_STACK) {
        CHECK_EQ_INT(end_of(overflow_with_filter, NULL), 42);
        CHECK_EQ_INT(end_of(overflow_on_thread, NULL), 42);
        CHECK_EQ_INT(end_of(overflow_on_other_thread, NULL), 42);
    }
}

/* a program that uses none of this keeps its signals */
static void lazily_installed(void)
{
    struct sigaction action;
    void *block = HeapAlloc(GetProcessHeap(), 0, 100);
    CHECK(block != NULL && HeapFree(GetProcessHeap(), 0, block));
    CHECK(sigaction(SIGILL, NULL, &action) == 0);
    CHECK(action.sa_handler == SIG_DFL);
}

int main(void)
{
    lazily_installed();
    passing_on();
    access_violations();
    in_page_error();
    other_faults();
    fault_through_finally();
    if (!HAS_THREAD_SANITIZER) {
        fault_in_filter();
    }
    any_thread();
    if (!HAS_SANITIZED_STACK) {
        stack_overflow();
    }
    return check_report();
}
