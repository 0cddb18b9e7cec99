/*
 * What C cannot say: storing and loading registers. x86-64, System V calling convention.
 *
 * This file is compiled by itself, without link-time optimisation, which does not see what assembler text refers to.
 */
#include "seh/seh.h"

#include <debugapi.h>
#include <cairn_rtl_exception.h>
#include <stddef.h>
#include <string.h>

#if !defined(__x86_64__)
#error "exceptions: this processor is not known"
#endif

/* The numbers in the text below. */
_Static_assert(offsetof(struct cairn_seh_frame, registers) == 0, "registers");
_Static_assert(offsetof(struct cairn_seh_frame, left_from) == 64, "left_from");
_Static_assert(offsetof(struct cairn_seh_frame, search) == 184, "search");
_Static_assert(offsetof(CONTEXT, EFlags) == 0x44 && offsetof(CONTEXT, MxCsr) == 0x34, "context");

#if defined(__clang__)
#define BARE __attribute__((naked, noinline, disable_sanitizer_instrumentation))
#else
#define BARE __attribute__((naked, noinline, no_sanitize("address", "thread", "undefined"), no_instrument_function))
#endif
#define UNUSED __attribute__((unused))

/* Registers that a called function leaves alone, the stack pointer and the place to which the call returns. */
#define STORE_REGISTERS(at)                                                                                            \
    "movq (%rsp), %rax\n"                                                                                              \
    "leaq 8(%rsp), %rcx\n"                                                                                             \
    "movq %rbp, " #at "(%rdi)\n"                                                                                       \
    "movq %rax, " #at "+8(%rdi)\n"                                                                                     \
    "movq %rcx, " #at "+16(%rdi)\n"                                                                                    \
    "movq %rbx, " #at "+24(%rdi)\n"                                                                                    \
    "movq %r12, " #at "+32(%rdi)\n"                                                                                    \
    "movq %r13, " #at "+40(%rdi)\n"                                                                                    \
    "movq %r14, " #at "+48(%rdi)\n"                                                                                    \
    "movq %r15, " #at "+56(%rdi)\n"

/* All but the stack pointer; then goes there, with 1 as the result. */
#define LOAD_REGISTERS_AND_GO(at)                                                                                      \
    "movq " #at "(%rdi), %rbp\n"                                                                                       \
    "movq " #at "+24(%rdi), %rbx\n"                                                                                    \
    "movq " #at "+32(%rdi), %r12\n"                                                                                    \
    "movq " #at "+40(%rdi), %r13\n"                                                                                    \
    "movq " #at "+48(%rdi), %r14\n"                                                                                    \
    "movq " #at "+56(%rdi), %r15\n"                                                                                    \
    "movl $1, %eax\n"                                                                                                  \
    "jmp *" #at "+8(%rdi)\n"

BARE int cairn_seh_save(struct cairn_seh_frame *frame UNUSED)
{
    __asm__(STORE_REGISTERS(0) "xorl %eax, %eax\n"
                               "ret\n");
}

BARE void cairn_seh_leave(struct cairn_seh_frame *frame UNUSED)
{
    __asm__(STORE_REGISTERS(64) "jmp seh_leave\n");
}

/* Not in C, which would put a call of its own between the body's function and what looks at the place it came from. */
BARE void cairn_seh_close_unoptimised(void *nothing UNUSED)
{
    __asm__("subq $8, %rsp\n"
            "movq %rbp, %rdi\n"
            "call seh_get_frame_of\n"
            "movq %rax, %rdi\n"
            "addq $8, %rsp\n" STORE_REGISTERS(64) "jmp seh_leave_unoptimised\n");
}

/* What `movl displacement(%rbp or %rbx), register` reads, which is how Clang reads its variables. */
static int *address_read_by(const uint8_t *code, void *const registers[8])
{
    enum {
        MOVL = 0x8B,
        BX = 3,
        BP = 5
    };
    unsigned mode = code[1] >> 6;
    unsigned base = code[1] & 7;
    if (code[0] != MOVL || (base != BX && base != BP))
        return NULL;
    char *address = base == BX ? registers[3] : registers[0];
    int32_t displacement = 0;
    if (mode == 1)
        displacement = (int32_t)(code[2] ^ 0x80u) - 0x80; /* a signed byte */
    else if (mode == 2)
        memcpy(&displacement, &code[2], sizeof displacement);
    else if (mode != 0 || base != BX)
        return NULL;
    return (int *)(address + displacement);
}

int *seh_find_destination(const struct cairn_seh_frame *frame)
{
    return address_read_by(frame->left_from[1], frame->left_from);
}

BARE void seh_enter_at(struct cairn_seh_frame *frame, void *sp);
BARE void seh_enter_at(struct cairn_seh_frame *frame UNUSED, void *sp UNUSED)
{
    __asm__("movq %rsi, %rsp\n" LOAD_REGISTERS_AND_GO(0));
}

BARE void seh_resume_at(struct cairn_seh_frame *frame, void *sp);
BARE void seh_resume_at(struct cairn_seh_frame *frame UNUSED, void *sp UNUSED)
{
    __asm__("movq %rsi, %rsp\n" LOAD_REGISTERS_AND_GO(64));
}

/* Sanitizers are told, as they are before a longjmp, that the stack's inner end is left for good. */
__attribute__((weak)) void __asan_handle_no_return(void);

static void tell_sanitizer(void)
{
    if (__asan_handle_no_return != NULL)
        __asan_handle_no_return();
}

void seh_enter_frame(struct cairn_seh_frame *frame, void *sp)
{
    tell_sanitizer();
    seh_enter_at(frame, sp);
    __builtin_unreachable();
}

void seh_resume(struct cairn_seh_frame *frame, void *sp)
{
    tell_sanitizer();
    seh_resume_at(frame, sp);
    __builtin_unreachable();
}

/*
 * The filter's function gets its own registers, but the stack pointer: below it lies all that the raiser still needs.
 * 520 bytes are left to it for arguments, and keep the stack aligned.
 */
BARE LONG seh_run_filter(struct cairn_seh_frame *frame UNUSED)
{
    __asm__("pushq %rbp\n"
            "pushq %rbx\n"
            "pushq %r12\n"
            "pushq %r13\n"
            "pushq %r14\n"
            "pushq %r15\n"
            "subq $520, %rsp\n"
            "movq %rsp, 184(%rdi)\n" LOAD_REGISTERS_AND_GO(0));
}

BARE void cairn_seh_filtered(struct cairn_seh_frame *frame UNUSED, LONG value UNUSED)
{
    __asm__(STORE_REGISTERS(64) "movq 184(%rdi), %rsp\n"
                                "movl %esi, %eax\n"
                                "addq $520, %rsp\n"
                                "popq %r15\n"
                                "popq %r14\n"
                                "popq %r13\n"
                                "popq %r12\n"
                                "popq %rbx\n"
                                "popq %rbp\n"
                                "ret\n");
}

/*
 * Raising: a CONTEXT of the caller is made on the stack, and what the C function called leaves in it is loaded again.
 * The return address is put back below the stack pointer that the caller is to have, where it was.
 */
#define CONTEXT_FRAME "1256" /* a CONTEXT, aligned, below the return address */

#define RAISE_THROUGH(function, context_argument)                                                                      \
    ".cfi_def_cfa_offset 8\n"                                                                                          \
    "subq $" CONTEXT_FRAME ", %rsp\n"                                                                                  \
    ".cfi_adjust_cfa_offset " CONTEXT_FRAME "\n"                                                                       \
    "movq %rax, 0x78(%rsp)\n"                                                                                          \
    "movq %rcx, 0x80(%rsp)\n"                                                                                          \
    "movq %rdx, 0x88(%rsp)\n"                                                                                          \
    "movq %rbx, 0x90(%rsp)\n"                                                                                          \
    "leaq 8+" CONTEXT_FRAME "(%rsp), %rax\n"                                                                           \
    "movq %rax, 0x98(%rsp)\n"                                                                                          \
    "movq %rbp, 0xA0(%rsp)\n"                                                                                          \
    "movq %rsi, 0xA8(%rsp)\n"                                                                                          \
    "movq %rdi, 0xB0(%rsp)\n"                                                                                          \
    "movq %r8, 0xB8(%rsp)\n"                                                                                           \
    "movq %r9, 0xC0(%rsp)\n"                                                                                           \
    "movq %r10, 0xC8(%rsp)\n"                                                                                          \
    "movq %r11, 0xD0(%rsp)\n"                                                                                          \
    "movq %r12, 0xD8(%rsp)\n"                                                                                          \
    "movq %r13, 0xE0(%rsp)\n"                                                                                          \
    "movq %r14, 0xE8(%rsp)\n"                                                                                          \
    "movq %r15, 0xF0(%rsp)\n"                                                                                          \
    "movq " CONTEXT_FRAME "(%rsp), %rax\n"                                                                             \
    "movq %rax, 0xF8(%rsp)\n"                                                                                          \
    "pushfq\n"                                                                                                         \
    "popq %rax\n"                                                                                                      \
    "movl %eax, 0x44(%rsp)\n"                                                                                          \
    "movl $0x10000B, 0x30(%rsp)\n" /* CONTEXT_FULL */                                                                  \
    "fxsave 0x100(%rsp)\n"                                                                                             \
    "movl 0x118(%rsp), %eax\n"                                                                                         \
    "movl %eax, 0x34(%rsp)\n"                                                                                          \
    "movq %rsp, %" context_argument "\n"                                                                               \
    "call " function "\n"                                                                                              \
    "movq 0x98(%rsp), %rax\n"                                                                                          \
    "movq 0xF8(%rsp), %rcx\n"                                                                                          \
    "subq $8, %rax\n"                                                                                                  \
    "movq %rcx, (%rax)\n"                                                                                              \
    "movq %rax, 0x98(%rsp)\n"                                                                                          \
    "fxrstor 0x100(%rsp)\n"                                                                                            \
    "movl 0x44(%rsp), %eax\n"                                                                                          \
    "pushq %rax\n"                                                                                                     \
    "popfq\n"                                                                                                          \
    "movq 0x78(%rsp), %rax\n"                                                                                          \
    "movq 0x80(%rsp), %rcx\n"                                                                                          \
    "movq 0x88(%rsp), %rdx\n"                                                                                          \
    "movq 0x90(%rsp), %rbx\n"                                                                                          \
    "movq 0xA0(%rsp), %rbp\n"                                                                                          \
    "movq 0xA8(%rsp), %rsi\n"                                                                                          \
    "movq 0xB0(%rsp), %rdi\n"                                                                                          \
    "movq 0xB8(%rsp), %r8\n"                                                                                           \
    "movq 0xC0(%rsp), %r9\n"                                                                                           \
    "movq 0xC8(%rsp), %r10\n"                                                                                          \
    "movq 0xD0(%rsp), %r11\n"                                                                                          \
    "movq 0xD8(%rsp), %r12\n"                                                                                          \
    "movq 0xE0(%rsp), %r13\n"                                                                                          \
    "movq 0xE8(%rsp), %r14\n"                                                                                          \
    "movq 0xF0(%rsp), %r15\n"                                                                                          \
    "movq 0x98(%rsp), %rsp\n"                                                                                          \
    "ret\n"

BARE VOID RaiseException(DWORD dwExceptionCode UNUSED, DWORD dwExceptionFlags UNUSED, DWORD nNumberOfArguments UNUSED,
                         const ULONG_PTR *lpArguments UNUSED)
{
    __asm__(RAISE_THROUGH("seh_raise_exception", "r8"));
}

BARE VOID RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord UNUSED)
{
    __asm__(RAISE_THROUGH("seh_raise_record", "rsi"));
}

BARE VOID RtlRaiseStatus(NTSTATUS Status UNUSED)
{
    __asm__(RAISE_THROUGH("seh_raise_status", "rsi"));
}

/* The function's own return is what follows the breakpoint. */
BARE VOID DebugBreak(void)
{
    __asm__("int3\n"
            "ret\n");
}
