/*
 * Faults: what the processor refuses to do. The system tells of them by signals; here they are told by kind, with the
 * registers, to one catcher for the whole process.
 */
#ifndef CAIRN_OS_FAULT_H
#define CAIRN_OS_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum os_fault_kind {
    OS_FAULT_ACCESS,         /* nothing there that may be used so: `access`, `address` */
    OS_FAULT_IN_PAGE,        /* something there that cannot be read in: `access`, `address` */
    OS_FAULT_STACK_OVERFLOW, /* the thread's stack has no room left */
    OS_FAULT_MISALIGNED,
    OS_FAULT_ILLEGAL,
    OS_FAULT_PRIVILEGED,
    OS_FAULT_BREAKPOINT,
    OS_FAULT_SINGLE_STEP,
    OS_FAULT_INTEGER_DIVIDE,
    OS_FAULT_INTEGER_OVERFLOW,
    OS_FAULT_FLOAT_DIVIDE,
    OS_FAULT_FLOAT_OVERFLOW,
    OS_FAULT_FLOAT_UNDERFLOW,
    OS_FAULT_FLOAT_INEXACT,
    OS_FAULT_FLOAT_INVALID,
    OS_FAULT_BOUNDS,
};

enum os_fault_access {
    OS_FAULT_READ,
    OS_FAULT_WRITE,
    OS_FAULT_EXECUTE,
};

/* The x86-64 registers: the general ones in the order of their encoding (rax rcx rdx rbx rsp rbp rsi rdi r8...). */
enum {
    OS_REGISTER_BX = 3,
    OS_REGISTER_SP = 4,
    OS_REGISTER_BP = 5,
    OS_REGISTER_DI = 7,
    OS_REGISTER_COUNT = 16
};

struct os_registers {
    uint64_t general[OS_REGISTER_COUNT];
    uint64_t ip;
    uint64_t flags;
    uint16_t segments[4]; /* cs, gs, fs, ss */
    void *floating;       /* 512 bytes in the layout of FXSAVE; NULL: not known */
};

struct os_fault {
    enum os_fault_kind kind;
    enum os_fault_access access;
    uintptr_t address;
    struct os_registers registers;
};

/*
 * Is called on the faulting thread, on its alternate stack if it has one, for every fault of any thread; not for
 * signals that somebody sent. True: the thread goes on with the registers as they stand in *fault. False: whoever had
 * the signal before gets it, as if nobody had looked.
 */
typedef bool os_fault_catcher(struct os_fault *fault);

/* From now on, for the life of the process. Later calls do nothing. */
void os_catch_faults(os_fault_catcher *catcher);
bool os_catches_faults(void);

/* Gives the calling thread an alternate stack, unless it has one, so that it can be told of a stack overflow. It is
 * taken away when the thread ends. Does nothing where there is no memory. */
void os_prepare_for_stack_overflow(void);

#endif
