/*
 * Guarded blocks: __try, __except, __finally, __leave, and what may be asked inside them. Source:
 * global-local-toolhelp-seh.md 9; Microsoft pages "try-except statement" and "try-finally statement".
 *
 * What a program must know, and why it is built so, is in docs/seh.md. In short: a local variable that a guarded body
 * changes and that a filter, handler or __finally block reads is to be volatile; in C++ these words work in source
 * files, in headers their older spellings _try, _except, _finally and _leave do. C++ needs C++17.
 */
#ifndef _EXCPT_H_
#define _EXCPT_H_

#include "winnt.h"

CAIRN_BEGIN_DECLS

/* What a frame is for, and where it has got to. */
enum cairn_seh_kind {
    CAIRN_SEH_OPENED,
    CAIRN_SEH_EXCEPT,
    CAIRN_SEH_FINALLY,
    CAIRN_SEH_SEARCHED
};
enum cairn_seh_state {
    CAIRN_SEH_IN_BODY,
    CAIRN_SEH_IN_FILTER,
    CAIRN_SEH_IN_HANDLER,
    CAIRN_SEH_ENDED,   /* the body reached its end, or __leave */
    CAIRN_SEH_LEFT,    /* by return, break, continue, goto, or a C++ exception */
    CAIRN_SEH_UNWOUND, /* by an exception that an outer frame handles */
};

/* One __try statement being executed, on its function's stack; the thread has them in a chain. Not for programs. */
struct cairn_seh_frame {
    __attribute__((aligned(16))) void *registers[8]; /* rbp, rip, rsp, rbx, r12, r13, r14, r15 where the body begins */
    void *left_from[8];                              /* the same where it was left, or where its filter ended */
    void *activation;                                /* its function's frame address, */
    ULONG_PTR level;                                 /* and how deep in that function it stands: together its name */
    ULONG_PTR nothing;                               /* 0, which the compiler is not to know */
    ULONG_PTR check;
    struct cairn_seh_frame *outer;
    struct cairn_seh_frame *target; /* of an unwinding; of a search: where it has got to */
    EXCEPTION_POINTERS *pointers;   /* for the filter */
    void *search; /* for the filter: where its value is waited for; of a search: the frame whose filter runs */
    DWORD code;
    int kind;
    int state;
    int destination;     /* of the jump that left the body, */
    int *destination_at; /* and where Clang keeps it, if it does */
    ULONG_PTR turn;      /* of the thread's filters and handlers; of two for one place the later one runs */
};

/* Puts a frame on the thread's chain, without effect until it is armed; nonzero. */
CAIRN_API int cairn_seh_open(struct cairn_seh_frame *frame, void *activation, ULONG_PTR level);

/* The frame opened last. */
CAIRN_API struct cairn_seh_frame *cairn_seh_top(void);

/* From here on, exceptions find that frame. */
CAIRN_API void cairn_seh_arm(int kind);

/* Stores the registers of its caller, and returns 0; returns once more, with 1, whenever the frame is entered. */
CAIRN_API int cairn_seh_save(struct cairn_seh_frame *frame) __attribute__((returns_twice));

/* The frame, when it was entered. */
CAIRN_API struct cairn_seh_frame *cairn_seh_entered(void);

/* Takes the value of a frame's filter to where it is waited for; returns when the handler is to run. */
CAIRN_API void cairn_seh_filtered(struct cairn_seh_frame *frame, LONG value);

/* The body is left: runs the __finally block, if it is one of those, and takes the frame off the chain. */
CAIRN_API void cairn_seh_leave(struct cairn_seh_frame *frame);

/* Begin and end a __finally block. The end goes on with an unwinding or with leaving the body, or returns NULL. */
CAIRN_API struct cairn_seh_frame *cairn_seh_begin_finally(void);
CAIRN_API struct cairn_seh_frame *cairn_seh_end_finally(struct cairn_seh_frame *frame);

/* The code of the exception for which the filter or handler at this place runs. */
CAIRN_API DWORD cairn_seh_code(void *activation, ULONG_PTR level);

/* Run by the compiler wherever the scope of a body is left, however it is. */
static inline __attribute__((always_inline, unused)) void cairn_seh_close(struct cairn_seh_frame **frame)
{
    if ((*frame)->state == CAIRN_SEH_IN_BODY)
        cairn_seh_leave(*frame);
}

/*
 * The same for Clang without optimisation. That keeps where a jump out of scopes goes in one variable per function,
 * which jumps in a __finally block overwrite; the instruction behind this call reads it, and so tells where it is.
 */
CAIRN_API void cairn_seh_close_unoptimised(void *nothing) __attribute__((nothrow));

CAIRN_END_DECLS

/* A function that may move its stack pointer finds its locals without it, so a filter can run below the raiser. */
#define CAIRN_SEH_KEEP_FRAME_POINTER                                                                                   \
    do {                                                                                                               \
        if (cairn_seh_entered()->nothing)                                                                              \
            __asm__ volatile("" : : "r"(__builtin_alloca(cairn_seh_entered()->nothing)) : "memory");                   \
    } while (0)

#define CAIRN_SEH_QUIET                                                                                                \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wshadow\"")                                      \
        _Pragma("GCC diagnostic ignored \"-Wpedantic\"")
#define CAIRN_SEH_LOUD _Pragma("GCC diagnostic pop")

/*
 * Opens the statement: `cairn_seh_here` in C++, the frame, lives until its end. C cannot name anything there but tags,
 * so the frame has no name, and the depth in the function is the size of a structure. `cairn_seh_handled` stands for
 * the frame, or has that size, in the filter and, by the `if` in front of that, in the handler.
 */
#if defined(__cplusplus)
#define CAIRN_SEH_OPEN                                                                                                 \
    if (struct cairn_seh_frame cairn_seh_here; cairn_seh_open(&cairn_seh_here, __builtin_frame_address(0), 0))
#define CAIRN_SEH_HANDLED struct cairn_seh_frame &cairn_seh_handled __attribute__((unused)) = cairn_seh_here
#define CAIRN_SEH_IF_HANDLED if (CAIRN_SEH_HANDLED; false)
#define GetExceptionCode() (cairn_seh_handled.code)
#else
struct cairn_seh_handled {
    char size[1];
};
struct cairn_seh_level {
    char size[1];
};
#define CAIRN_SEH_OPEN                                                                                                 \
    if (cairn_seh_open(&(struct cairn_seh_frame){.kind = CAIRN_SEH_OPENED}, __builtin_frame_address(0),                \
                       0 * sizeof(struct cairn_seh_deeper { char size[sizeof(struct cairn_seh_level) + 1]; }) +        \
                           sizeof(struct cairn_seh_level { char size[sizeof(struct cairn_seh_deeper)]; })))
#define CAIRN_SEH_HANDLED                                                                                              \
    struct cairn_seh_handled {                                                                                         \
        char size[sizeof(struct cairn_seh_level)];                                                                     \
    }
#define CAIRN_SEH_IF_HANDLED if (0 * sizeof(CAIRN_SEH_HANDLED))
#define GetExceptionCode()                                                                                             \
    cairn_seh_code(__builtin_frame_address(0),                                                                         \
                   sizeof(struct cairn_seh_handled) + 0 * sizeof(struct {                                              \
                                                          CAIRN_STATIC_ASSERT(sizeof(struct cairn_seh_handled) > 1,    \
                                                                              "outside a filter or a handler");        \
                                                          char size;                                                   \
                                                      }))
#endif

/* The variable whose scope is the body. Without size: else Clang's sanitizers do something for it behind the call. */
#if defined(__clang__) && !defined(__OPTIMIZE__)
#define CAIRN_SEH_SCOPE char cairn_seh_scope[0] __attribute__((cleanup(cairn_seh_close_unoptimised), unused))
#else
#define CAIRN_SEH_SCOPE                                                                                                \
    struct cairn_seh_frame *cairn_seh_scope __attribute__((cleanup(cairn_seh_close), unused)) = cairn_seh_top()
#endif

/*
 * The body is skipped at first; what follows it knows what to do with exceptions, then goes to it. That is entered
 * again for the filter, which the handler follows, or for the __finally block. The scope that tells how the body is
 * left ends with it: the way to a handler or __finally block must not lead through there.
 */
#define CAIRN_SEH_TRY                                                                                                  \
    CAIRN_SEH_QUIET CAIRN_SEH_OPEN                                                                                     \
    {                                                                                                                  \
        __label__ cairn_seh_guard, cairn_seh_body;                                                                     \
        goto cairn_seh_guard;                                                                                          \
        {                                                                                                              \
            __label__ cairn_seh_end;                                                                                   \
        cairn_seh_body:;                                                                                               \
            CAIRN_SEH_SCOPE;                                                                                           \
            CAIRN_SEH_LOUD

#define CAIRN_SEH_GUARD_BODY(kind)                                                                                     \
    cairn_seh_guard:                                                                                                   \
    if (cairn_seh_save(cairn_seh_top()) == 0) {                                                                        \
        cairn_seh_arm(kind);                                                                                           \
        goto cairn_seh_body;                                                                                           \
    }                                                                                                                  \
    CAIRN_SEH_KEEP_FRAME_POINTER

#define CAIRN_SEH_HANDLER(number, ...)                                                                                 \
    cairn_seh_end:                                                                                                     \
    __attribute__((unused));                                                                                           \
    }                                                                                                                  \
    if (0) {                                                                                                           \
        CAIRN_SEH_GUARD_BODY(CAIRN_SEH_EXCEPT);                                                                        \
        CAIRN_SEH_QUIET                                                                                                \
        CAIRN_SEH_HANDLED;                                                                                             \
        EXCEPTION_POINTERS *const cairn_seh_pointers __attribute__((unused)) = cairn_seh_entered()->pointers;          \
        CAIRN_SEH_LOUD                                                                                                 \
        cairn_seh_filtered(cairn_seh_entered(), (__VA_ARGS__));                                                        \
        goto cairn_seh_handler_##number;                                                                               \
    }                                                                                                                  \
    CAIRN_SEH_QUIET                                                                                                    \
    }                                                                                                                  \
    else cairn_seh_handler_##number : CAIRN_SEH_IF_HANDLED                                                             \
    {                                                                                                                  \
        CAIRN_SEH_LOUD                                                                                                 \
    }                                                                                                                  \
    else

#define CAIRN_SEH_TERMINATION(number)                                                                                  \
    cairn_seh_end:                                                                                                     \
    __attribute__((unused));                                                                                           \
    cairn_seh_top()->state = CAIRN_SEH_ENDED;                                                                          \
    }                                                                                                                  \
    if (0) {                                                                                                           \
        CAIRN_SEH_GUARD_BODY(CAIRN_SEH_FINALLY);                                                                       \
    }                                                                                                                  \
    goto cairn_seh_finally_##number;                                                                                   \
    }                                                                                                                  \
    else cairn_seh_finally_##number                                                                                    \
        : for (struct cairn_seh_frame *cairn_seh_finally = cairn_seh_begin_finally(); cairn_seh_finally;               \
               cairn_seh_finally = cairn_seh_end_finally(cairn_seh_finally))

/* Each handler's label has a number of its own. A filter may have commas. */
#define CAIRN_SEH_NUMBERED_HANDLER(number, ...) CAIRN_SEH_HANDLER(number, __VA_ARGS__)
#define CAIRN_SEH_NUMBERED_TERMINATION(number) CAIRN_SEH_TERMINATION(number)

/*
 * In a filter only: the exception. Whoever wants to keep it copies it.
 * Source: Microsoft page "GetExceptionInformation macro".
 */
#define GetExceptionInformation() (cairn_seh_pointers)

/* In a __finally block only: 0 if the guarded body was left at its end or by __leave. */
#define AbnormalTermination() (cairn_seh_finally->state != CAIRN_SEH_ENDED)

#define _exception_code GetExceptionCode
#define _exception_info GetExceptionInformation
#define _abnormal_termination AbnormalTermination

#define _try CAIRN_SEH_TRY
#define _except(...) CAIRN_SEH_NUMBERED_HANDLER(__COUNTER__, __VA_ARGS__)
#define _finally CAIRN_SEH_NUMBERED_TERMINATION(__COUNTER__)
#define _leave goto cairn_seh_end

#define __except _except
#define __finally _finally
#define __leave _leave

/*
 * The GNU C++ library writes its own try as __try, in headers that may come before this one or after it. So the word
 * has two meanings: the library's in headers, Windows' in the source file itself.
 */
#if defined(__cplusplus)
#if __has_include(<bits/exception_defines.h>)
#include <bits/exception_defines.h>
#endif
#undef __try
#define CAIRN_SEH_TRY_IN_SOURCE() CAIRN_SEH_TRY
#define CAIRN_SEH_TRY_IN_HEADER() try
#define CAIRN_SEH_TRY_AT_0 ~, CAIRN_SEH_TRY_IN_SOURCE
#define CAIRN_SEH_SECOND(first, second, ...) second
#define CAIRN_SEH_CHOOSE(...) CAIRN_SEH_SECOND(__VA_ARGS__)
#define CAIRN_SEH_JOIN(left, right) left##right
#define CAIRN_SEH_TRY_AT(include_level)                                                                                \
    CAIRN_SEH_CHOOSE(CAIRN_SEH_JOIN(CAIRN_SEH_TRY_AT_, include_level), CAIRN_SEH_TRY_IN_HEADER, ~)
#define __try CAIRN_SEH_TRY_AT(__INCLUDE_LEVEL__)()
#else
#define __try CAIRN_SEH_TRY
#endif

#endif
