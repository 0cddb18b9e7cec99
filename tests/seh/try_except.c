/* __try and __except: what runs, in which order, with which values. */
#include <windows.h>

#include "check.h"
#include "trace.h"

/* the handler, then what follows it */
static void execute_handler(void)
{
    SPEC("G9.2.1");
    trace[0] = '\0';
    __try {
        note('b');
        raise_code(1);
        note('x');
    } __except (noted('f', EXCEPTION_EXECUTE_HANDLER)) {
        note('h');
    }
    note('a');
    CHECK_EQ_STR(trace, "bfha");
}

/* nothing raised: neither filter nor handler */
static void nothing_raised(void)
{
    trace[0] = '\0';
    __try {
        note('b');
    } __except (noted('f', EXCEPTION_EXECUTE_HANDLER)) {
        note('h');
    }
    CHECK_EQ_STR(trace, "b");
}

static void continue_search(void)
{
    SPEC("G9.2.2");
    trace[0] = '\0';
    __try {
        __try {
            raise_code(1);
        } __except (noted('i', EXCEPTION_CONTINUE_SEARCH)) {
            note('x');
        }
        note('y');
    } __except (noted('o', EXCEPTION_EXECUTE_HANDLER)) {
        note('h');
    }
    CHECK_EQ_STR(trace, "ioh");
}

static DWORD filter_code(DWORD code, DWORD wanted)
{
    return code == wanted ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

/* each of its own exception, after others were handled meanwhile */
static void codes(void)
{
    SPEC("G9.2.8");
    __try {
        raise_code(0xE0000001);
    } __except ((LONG)filter_code(GetExceptionCode(), 0xE0000001)) {
        CHECK_EQ_UINT(GetExceptionCode(), 0xE0000001);
        __try {
            raise_code(0xE0000002);
        } __except (GetExceptionCode() == 0xE0000002) {
            CHECK_EQ_UINT(GetExceptionCode(), 0xE0000002);
        }
        CHECK_EQ_UINT(GetExceptionCode(), 0xE0000001);
        continue_search();
        CHECK_EQ_UINT(GetExceptionCode(), 0xE0000001);
        __try {
            raise_code(0xE0000003);
        } __except (GetExceptionCode() == 0xE0000003) {
            CHECK_EQ_UINT(_exception_code(), 0xE0000003);
        }
        CHECK_EQ_UINT(GetExceptionCode(), 0xE0000001);
    }
}

/* in the bodies and blocks of statements within a handler or filter: the handler's */
static LONG code_in_filter(DWORD code, volatile DWORD *seen)
{
    *seen = code;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void codes_within_handlers(void)
{
    SPEC("G9.2.8");
    volatile DWORD code = 0;
    for (int round = 0; round < 2; round++) {
        __try {
            raise_code(0xE0000001);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            __try {
                CHECK_EQ_UINT(GetExceptionCode(), 0xE0000001);
                __try {
                    CHECK_EQ_UINT(GetExceptionCode(), 0xE0000001);
                    raise_code(0xE0000002);
                } __finally {
                    CHECK_EQ_UINT(GetExceptionCode(), 0xE0000001);
                }
            } __except (code_in_filter(GetExceptionCode(), &code)) {
                CHECK_EQ_UINT(GetExceptionCode(), 0xE0000002);
            }
            CHECK_EQ_UINT(code, 0xE0000002);
            CHECK_EQ_UINT(GetExceptionCode(), 0xE0000001);
        }
    }
}

/* after any number of other handlers, at once or one after the other, and of other places in the same function */
static void handle_many(int depth)
{
    __try {
        raise_code(0xE0000100 + (DWORD)depth);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        if (depth > 0) {
            handle_many(depth - 1);
        }
        CHECK_EQ_UINT(GetExceptionCode(), 0xE0000100 + (DWORD)depth);
    }
}

static LONG handle_many_for(LONG answer)
{
    handle_many(40);
    return answer;
}

/* GCC's address sanitizer may keep locals elsewhere, so that it can tell of uses after return; then 16 are the limit.
 */
static bool has_locals_on_stack(void)
{
    volatile char here = 0;
    return (uintptr_t)__builtin_frame_address(0) - (uintptr_t)&here < 65536 && here == 0;
}

static void many_codes(void)
{
    if (!has_locals_on_stack()) {
        return;
    }
    SPEC("G9.2.8");
    for (int round = 0; round < 2; round++) {
        __try {
            raise_code(0xE0000001);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            CHECK_EQ_UINT(GetExceptionCode(), 0xE0000001);
        }
        __try {
            raise_code(0xE0000002);
        } __except (handle_many_for(0) + (GetExceptionCode() == 0xE0000002)) {
            handle_many(40);
            CHECK_EQ_UINT(GetExceptionCode(), 0xE0000002);
            __try {
                raise_code(0xE0000003);
            } __except (EXCEPTION_EXECUTE_HANDLER) {
                handle_many(40);
                CHECK_EQ_UINT(GetExceptionCode(), 0xE0000003);
            }
            CHECK_EQ_UINT(GetExceptionCode(), 0xE0000002);
        }
    }
}

static LONG keep(const EXCEPTION_POINTERS *pointers, EXCEPTION_RECORD *copy)
{
    *copy = *pointers->ExceptionRecord;
    return pointers->ContextRecord != NULL ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

/* what it points at is the exception; the handler has a copy */
static void information(void)
{
    SPEC("G9.2.9 G9.4.3 G9.5.4");
    static const ULONG_PTR arguments[] = {7, 8, 9};
    EXCEPTION_RECORD record = {0};
    __try {
        RaiseException(0xE0000004, EXCEPTION_NONCONTINUABLE, 3, arguments);
    } __except (keep(GetExceptionInformation(), &record)) {
        CHECK_EQ_UINT(record.ExceptionCode, 0xE0000004);
        CHECK_EQ_UINT(record.ExceptionFlags, EXCEPTION_NONCONTINUABLE);
        CHECK_EQ_UINT(EXCEPTION_NONCONTINUABLE, 1);
        CHECK_EQ_UINT(record.NumberParameters, 3);
        CHECK_EQ_UINT(record.ExceptionInformation[2], 9);
        CHECK(record.ExceptionAddress != NULL);
        CHECK(record.ExceptionRecord == NULL);
    }
}

/* The filter runs while the raiser's stack is whole, and reads and writes the locals of the function it is in. */
static int *raiser_local;

static void raise_with_local(void)
{
    volatile int here = 41;
    int *volatile address = (int *)(uintptr_t)&here;
    raiser_local = address;
    raise_code(2);
    CHECK(false);
}

static LONG look_at_local(volatile int *seen)
{
    char deep[20000]; /* what a filter uses of the stack must not be the raiser's */
    memset(deep, 0x55, sizeof deep);
    __asm__ volatile("" : : "r"(deep) : "memory");
    *seen = *raiser_local;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void filter_and_locals(void)
{
    SPEC("G9.2.4 G9.2.5");
    volatile int local = 1;
    volatile int seen = 0;
    __try {
        local = 2;
        raise_with_local();
    } __except (local += 10, look_at_local(&seen)) {
        local += 100;
    }
    CHECK_EQ_INT(local, 112);
    CHECK_EQ_INT(seen, 41);
}

static int depth_of_handler(int depth, int handler_at)
{
    volatile int result = -1;
    __try {
        if (depth == 0) {
            raise_code(0xE0000005);
        }
        result = depth_of_handler(depth - 1, handler_at);
    } __except (depth == handler_at) {
        result = depth * 1000 + (int)(GetExceptionCode() & 0xFF);
    }
    return result;
}

static void across_functions(void)
{
    SPEC("G9.2.6");
    CHECK_EQ_INT(depth_of_handler(30, 30), 30005);
    CHECK_EQ_INT(depth_of_handler(30, 17), 17005);
    CHECK_EQ_INT(depth_of_handler(30, 0), 5);
}

/* left by return, break, continue, goto: the frame is gone, and exceptions find the outer one */
static int leave_by_return(int value)
{
    __try {
        return value * 3;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return -1;
    }
    return -2;
}

static void leaving(void)
{
    volatile int handled = 0;
    __try {
        CHECK_EQ_INT(leave_by_return(14), 42);
        int rounds = 0;
        for (;;) {
            __try {
                if (++rounds < 3) {
                    continue;
                }
                break;
            } __except (noted('x', EXCEPTION_EXECUTE_HANDLER)) {
                handled = -1;
            }
        }
        CHECK_EQ_INT(rounds, 3);
        __try {
            goto out;
        } __except (noted('x', EXCEPTION_EXECUTE_HANDLER)) {
            handled = -2;
        }
    out:
        raise_code(3);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        handled += 1;
    }
    CHECK_EQ_INT(handled, 1);
}

/* break and continue in a handler are those of the loop around */
static void leaving_a_handler(void)
{
    volatile int rounds = 0;
    for (;;) {
        __try {
            rounds += 1;
            raise_code(4);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            if (rounds < 5) {
                continue;
            }
            break;
        }
        CHECK(false);
    }
    CHECK_EQ_INT(rounds, 5);
}

/* __leave ends the body; inside a loop too, and the inner one only */
static void leave_keyword(void)
{
    trace[0] = '\0';
    __try {
        __try {
            for (;;) {
                note('1');
                __leave;
            }
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            note('x');
        }
        note('2');
        __leave;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        note('x');
    }
    note('3');
    CHECK_EQ_STR(trace, "123");
}

/* an exception in a handler goes to the outer frame, one in a filter too */
static LONG raising_filter(DWORD code)
{
    raise_code(code + 1);
    return EXCEPTION_EXECUTE_HANDLER;
}

static LONG is_nested(const EXCEPTION_POINTERS *pointers, volatile DWORD *code)
{
    *code = pointers->ExceptionRecord->ExceptionCode;
    return pointers->ExceptionRecord->ExceptionFlags & EXCEPTION_NESTED_CALL ? EXCEPTION_EXECUTE_HANDLER
                                                                             : EXCEPTION_CONTINUE_SEARCH;
}

static void exceptions_in_handlers_and_filters(void)
{
    SPEC("G9.2.10");
    volatile DWORD code = 0;
    __try {
        __try {
            raise_code(0xE0000010);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            raise_code(0xE0000020);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
    }
    CHECK_EQ_UINT(code, 0xE0000020);

    code = 0;
    __try {
        __try {
            raise_code(0xE0000030);
        } __except (raising_filter(GetExceptionCode())) {
            CHECK(false);
        }
    } __except (is_nested(GetExceptionInformation(), &code)) {
        CHECK_EQ_UINT(GetExceptionCode(), 0xE0000031);
    }
    CHECK_EQ_UINT(code, 0xE0000031);
}

/* a filter may use guarded blocks of its own */
static LONG guarded_filter(void)
{
    volatile LONG answer = EXCEPTION_CONTINUE_SEARCH;
    __try {
        raise_code(0xE0000041);
    } __except (GetExceptionCode() == 0xE0000041) {
        answer = EXCEPTION_EXECUTE_HANDLER;
    }
    return answer;
}

static void guarded_blocks_in_filters(void)
{
    volatile DWORD code = 0;
    __try {
        raise_code(0xE0000040);
    } __except (guarded_filter()) {
        code = GetExceptionCode();
    }
    CHECK_EQ_UINT(code, 0xE0000040);
}

static volatile int sink;

/* division by zero; a breakpoint without a debugger */
__attribute__((no_sanitize("undefined"))) static void documented_samples(void)
{
    SPEC("G9.3.9");
    volatile int zero = 0;
    volatile int handled = 0;
    __try {
        sink = 10 / zero;
    } __except (GetExceptionCode() == EXCEPTION_INT_DIVIDE_BY_ZERO ? EXCEPTION_EXECUTE_HANDLER
                                                                   : EXCEPTION_CONTINUE_SEARCH) {
        handled += 1;
    }
    __try {
        DebugBreak();
    } __except (GetExceptionCode() == EXCEPTION_BREAKPOINT ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        handled += 10;
    }
    CHECK_EQ_INT(handled, 11);
}

/* one statement, where one statement is wanted */
static int as_statement(int choice)
{
    volatile int result = 0;
    if (choice == 0)
        result = 1;
    else
        __try {
            raise_code(5);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            result = 2;
        }
    return result;
}

/* any number in a function; the braces may be left out, which Windows' compilers refuse */
static int several(void)
{
    volatile int handled = 0;
    __try
        raise_code(7);
    __except (EXCEPTION_EXECUTE_HANDLER) handled += 1;
    __try {
        raise_code(8);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        handled += 10;
        __try {
            raise_code(9);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            handled += 100;
        }
    }
    return handled;
}

/* many values in registers at once survive */
static long many_values(long a, long b, long c, long d, long e, long f)
{
    volatile long sum = 0;
    for (long i = 0; i < 3; i++) {
        __try {
            sum += a * b + c * d + e * f + i;
            raise_code(6);
        } __except (a + b + c + d + e + f == 21) {
            sum += a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + i;
        }
    }
    return sum;
}

int main(void)
{
    execute_handler();
    nothing_raised();
    continue_search();
    codes();
    codes_within_handlers();
    many_codes();
    information();
    filter_and_locals();
    across_functions();
    leaving();
    leaving_a_handler();
    leave_keyword();
    exceptions_in_handlers_and_filters();
    guarded_blocks_in_filters();
    documented_samples();
    {
        SPEC("G9.2.6");
        CHECK_EQ_INT(several(), 111);
    }
    CHECK_EQ_INT(as_statement(0), 1);
    CHECK_EQ_INT(as_statement(1), 2);
    CHECK_EQ_INT(many_values(1, 2, 3, 4, 5, 6), 3 * (2 + 12 + 30) + 3 + 3 * (1 + 4 + 9 + 16 + 25 + 36) + 3);
    return check_report();
}
