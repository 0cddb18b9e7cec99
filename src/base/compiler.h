/*
 * What the library asks of the compiler: branch hints, inlining, thread-local storage.
 */
#ifndef CAIRN_BASE_COMPILER_H
#define CAIRN_BASE_COMPILER_H

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define NOINLINE __attribute__((noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* The library is never loaded late enough to miss the static TLS block: one load, no call. */
#define THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))

#endif
