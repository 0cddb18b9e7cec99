/*
 * What the library asks of the compiler: branch hints, inlining, thread-local storage.
 */
#ifndef CAIRN_BASE_COMPILER_H
#define CAIRN_BASE_COMPILER_H

#include <stdint.h>

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define NOINLINE __attribute__((noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* An address in the stack frame of the caller, for which no frame pointer is needed. */
static ALWAYS_INLINE uintptr_t stack_address(void)
{
#if defined(__x86_64__)
    uintptr_t address;
    __asm__("movq %%rsp, %0" : "=r"(address));
    return address;
#else
    return (uintptr_t)__builtin_frame_address(0);
#endif
}

/* The compiler is to read a variable again, although it knows the value: to change it takes one instruction then, which
 * a signal handler comes before or after. */
#define READ_AGAIN(variable) __asm__("" : "+m"(variable))

/* The compiler is to have the value in a register of its own from here on. */
#define SET_APART(value) __asm__("" : "+r"(value))

/* A function of which callers know nothing: that one never returns would cost the fast paths an instruction. */
#if __has_attribute(noipa)
#define OPAQUE __attribute__((noipa))
#else
#define OPAQUE NOINLINE
#endif

/*
 * What libcairn_malloc.so uses too is exported, but not for programs, under a second name that none of theirs can be.
 * SHARED_AS at the declaration makes that the name outside of this library; SHARE behind the definition gives it.
 */
#ifdef CAIRN_OUTSIDE
#define SHARED_AS(name) __asm__("cairn_private_" name) __attribute__((visibility("default")))
#else
#define SHARED_AS(name)
#endif
#define SHARE(name) extern __typeof__(name) cairn_private_##name __attribute__((alias(#name), visibility("default")))
#define SHARE_THREAD_LOCAL(name)                                                                                       \
    extern THREAD_LOCAL __typeof__(name) cairn_private_##name __attribute__((alias(#name), visibility("default")))

/*
 * Each page of variables that a process writes to is memory of its own. So those that every process uses share one:
 * what is large and little used lies behind all others; and what would come behind the arenas, in front of them.
 */
#define LITTLE_USED __attribute__((section(".bss.sparse"))) /* zero at first */
#define ALWAYS_USED __attribute__((section(".data.used")))

/* The library is never loaded late enough to miss the static TLS block: one load, no call. */
#define THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))

#endif
