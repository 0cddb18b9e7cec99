/*
 * fault.h on Linux: SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGTRAP.
 *
 * The handlers run with the signal unblocked and no other blocked (SA_NODEFER, empty mask), so a catcher that faults
 * itself is told of that, and a thread that never returns from a handler has lost nothing.
 */
#include "os/fault.h"

#include "base/compiler.h"
#include "os/os.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#if !defined(__x86_64__)
#error "faults: this processor is not known"
#endif

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
enum {
    SIGNAL_COUNT = sizeof signals / sizeof signals[0]
};

static LITTLE_USED struct sigaction former[SIGNAL_COUNT]; /* whoever had the signal before */
static _Atomic(os_fault_catcher *) catcher_called;

/* Trap numbers of the processor, and bits of its page-fault code. */
enum {
    TRAP_DEBUG = 1,
    TRAP_BREAKPOINT = 3,
    TRAP_PROTECTION = 13,
    TRAP_PAGE = 14
};
enum {
    PAGE_FAULT_WRITE = 2,
    PAGE_FAULT_FETCH = 16
};

static const int general_order[OS_REGISTER_COUNT] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                                     REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                                     REG_R12, REG_R13, REG_R14, REG_R15};

static void registers_load(struct os_registers *registers, const ucontext_t *context)
{
    const greg_t *from = context->uc_mcontext.gregs;
    for (int i = 0; i < OS_REGISTER_COUNT; i++)
        registers->general[i] = (uint64_t)from[general_order[i]];
    registers->ip = (uint64_t)from[REG_RIP];
    registers->flags = (uint64_t)from[REG_EFL];
    memcpy(registers->segments, &from[REG_CSGSFS], sizeof registers->segments);
    registers->floating = context->uc_mcontext.fpregs;
}

/* The segments stay: a program that changed them would not come back. */
static void registers_store(const struct os_registers *registers, ucontext_t *context)
{
    greg_t *to = context->uc_mcontext.gregs;
    for (int i = 0; i < OS_REGISTER_COUNT; i++)
        to[general_order[i]] = (greg_t)registers->general[i];
    to[REG_RIP] = (greg_t)registers->ip;
    to[REG_EFL] = (greg_t)registers->flags;
}

/* Instructions that only the system may execute fault like wild addresses do; their first byte tells. */
static bool is_privileged(uint64_t ip)
{
    if (!os_is_readable((const void *)(uintptr_t)ip))
        return false;
    switch (*(const uint8_t *)(uintptr_t)ip) {
    case 0x6C:
    case 0x6D:
    case 0x6E:
    case 0x6F: /* ins, outs */
    case 0xE4:
    case 0xE5:
    case 0xE6:
    case 0xE7: /* in, out */
    case 0xEC:
    case 0xED:
    case 0xEE:
    case 0xEF:
    case 0xF4: /* hlt */
    case 0xFA:
    case 0xFB: /* cli, sti */
        return true;
    default:
        return false;
    }
}

/* Where a function that finds no room on the stack looks for it: a little below the stack pointer, never far above. */
static bool is_stack_overflow(const struct os_fault *fault)
{
    enum {
        BELOW = 64 * 1024,
        ABOVE = 4096
    };
    uint64_t sp = fault->registers.general[OS_REGISTER_SP];
    return fault->address + BELOW >= sp && fault->address < sp + ABOVE && !os_is_readable((const void *)fault->address);
}

static void describe_segment_fault(struct os_fault *fault, const siginfo_t *info, const ucontext_t *context)
{
    const greg_t *registers = context->uc_mcontext.gregs;
    fault->kind = OS_FAULT_ACCESS;
    fault->access = OS_FAULT_READ;
    fault->address = UINTPTR_MAX; /* the processor does not say which address was no address at all */
    if (registers[REG_TRAPNO] == TRAP_PAGE) {
        fault->address = (uintptr_t)info->si_addr;
        if (registers[REG_ERR] & PAGE_FAULT_FETCH)
            fault->access = OS_FAULT_EXECUTE;
        else if (registers[REG_ERR] & PAGE_FAULT_WRITE)
            fault->access = OS_FAULT_WRITE;
        if (is_stack_overflow(fault))
            fault->kind = OS_FAULT_STACK_OVERFLOW;
    } else if (is_privileged(fault->registers.ip)) {
        fault->kind = OS_FAULT_PRIVILEGED;
    }
}

static void describe_bus_fault(struct os_fault *fault, const siginfo_t *info, const ucontext_t *context)
{
    fault->kind = info->si_code == BUS_ADRALN ? OS_FAULT_MISALIGNED : OS_FAULT_IN_PAGE;
    fault->address = (uintptr_t)info->si_addr;
    fault->access = context->uc_mcontext.gregs[REG_ERR] & PAGE_FAULT_WRITE ? OS_FAULT_WRITE : OS_FAULT_READ;
}

static enum os_fault_kind arithmetic_kind(int code)
{
    switch (code) {
    case FPE_INTDIV:
        return OS_FAULT_INTEGER_DIVIDE;
    case FPE_INTOVF:
        return OS_FAULT_INTEGER_OVERFLOW;
    case FPE_FLTDIV:
        return OS_FAULT_FLOAT_DIVIDE;
    case FPE_FLTOVF:
        return OS_FAULT_FLOAT_OVERFLOW;
    case FPE_FLTUND:
        return OS_FAULT_FLOAT_UNDERFLOW;
    case FPE_FLTRES:
        return OS_FAULT_FLOAT_INEXACT;
    case FPE_FLTSUB:
        return OS_FAULT_BOUNDS;
    default:
        return OS_FAULT_FLOAT_INVALID;
    }
}

/* The processor stands behind a breakpoint's one byte; Windows tells of the byte itself. */
static void describe_trap(struct os_fault *fault, const ucontext_t *context)
{
    fault->kind = context->uc_mcontext.gregs[REG_TRAPNO] == TRAP_DEBUG ? OS_FAULT_SINGLE_STEP : OS_FAULT_BREAKPOINT;
    if (context->uc_mcontext.gregs[REG_TRAPNO] == TRAP_BREAKPOINT)
        fault->registers.ip--;
}

static void describe(struct os_fault *fault, int signal, const siginfo_t *info, const ucontext_t *context)
{
    registers_load(&fault->registers, context);
    fault->access = OS_FAULT_READ;
    fault->address = 0;
    switch (signal) {
    case SIGSEGV:
        describe_segment_fault(fault, info, context);
        break;
    case SIGBUS:
        describe_bus_fault(fault, info, context);
        break;
    case SIGFPE:
        fault->kind = arithmetic_kind(info->si_code);
        break;
    case SIGTRAP:
        describe_trap(fault, context);
        break;
    default:
        fault->kind = info->si_code == ILL_PRVOPC || info->si_code == ILL_PRVREG ? OS_FAULT_PRIVILEGED
                                                                                 : OS_FAULT_ILLEGAL;
    }
}

/* Codes up to 0 are of signals that a program sent. */
static bool is_fault(const siginfo_t *info)
{
    return info->si_code > 0;
}

/* The system's default: a fault happens again at once, and ends the process with its registers as they were. A signal
 * that was sent is sent again, and so is that of a breakpoint, which is behind the thread already. */
static void take_default(int signal, const siginfo_t *info)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(signal, &action, NULL);
    if (!is_fault(info) || signal == SIGTRAP)
        syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
}

static void pass_on(const struct sigaction *to, int signal, siginfo_t *info, void *context)
{
    if (to->sa_handler == SIG_DFL || (to->sa_handler == SIG_IGN && is_fault(info))) {
        take_default(signal, info); /* a fault cannot be ignored */
        return;
    }
    if (to->sa_handler == SIG_IGN)
        return;

    sigset_t mask = to->sa_mask;
    if (!(to->sa_flags & SA_NODEFER))
        sigaddset(&mask, signal);
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &mask, &before);
    if (to->sa_flags & SA_SIGINFO)
        to->sa_sigaction(signal, info, context);
    else
        to->sa_handler(signal);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    if (is_fault(info)) {
        struct os_fault fault;
        describe(&fault, signal, info, context);
        os_fault_catcher *catcher = atomic_load_explicit(&catcher_called, memory_order_relaxed);
        if (catcher(&fault)) {
            registers_store(&fault.registers, context);
            return;
        }
    }
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        if (signals[i] == signal)
            pass_on(&former[i], signal, info, context);
    }
}

static pthread_once_t caught_once = PTHREAD_ONCE_INIT;

static void install(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        sigaction(signals[i], NULL, &former[i]); /* known before the first signal can be ours */
        sigaction(signals[i], &action, NULL);
    }
}

void os_catch_faults(os_fault_catcher *catcher)
{
    atomic_store_explicit(&catcher_called, catcher, memory_order_relaxed);
    pthread_once(&caught_once, install);
}

bool os_catches_faults(void)
{
    return atomic_load_explicit(&catcher_called, memory_order_relaxed) != NULL;
}

/*
 * Alternate stacks, of which only what is used takes memory
 */

enum {
    ALTERNATE_STACK_SIZE = 256 * 1024
};

static pthread_once_t stack_once = PTHREAD_ONCE_INIT;
static pthread_key_t stack_key;
static bool has_stack_key;

static void give_stack_back(void *stack)
{
    stack_t none = {.ss_flags = SS_DISABLE};
    stack_t current;
    if (sigaltstack(NULL, &current) == 0 && current.ss_sp == stack)
        sigaltstack(&none, NULL);
    munmap(stack, ALTERNATE_STACK_SIZE);
}

static void make_stack_key(void)
{
    has_stack_key = pthread_key_create(&stack_key, give_stack_back) == 0;
}

void os_prepare_for_stack_overflow(void)
{
    stack_t current;
    if (sigaltstack(NULL, &current) != 0 || !(current.ss_flags & SS_DISABLE))
        return;
    pthread_once(&stack_once, make_stack_key);
    if (!has_stack_key)
        return;
    void *stack = mmap(NULL, ALTERNATE_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        return;
    stack_t alternate = {.ss_sp = stack, .ss_size = ALTERNATE_STACK_SIZE};
    if (pthread_setspecific(stack_key, stack) != 0) {
        munmap(stack, ALTERNATE_STACK_SIZE);
        return;
    }
    sigaltstack(&alternate, NULL); /* should it fail, the stack is given back at the thread's end all the same */
}
