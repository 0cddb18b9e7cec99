/* __try and __finally: run however the body is left, and what AbnormalTermination says. */
#include <windows.h>

#include "check.h"
#include "child.h"
#include "trace.h"

#include <setjmp.h>

/* 'n' after a normal termination, 'a' after an abnormal one */
static void note_termination(int abnormal)
{
    note(abnormal ? 'a' : 'n');
}

static void normal_termination(void)
{
    SPEC("G9.3.1 G9.3.2");
    trace[0] = '\0';
    __try {
        note('1');
    } __finally {
        note_termination(AbnormalTermination());
    }
    __try {
        for (;;) {
            note('2');
            __leave;
        }
    } __finally {
        note_termination(AbnormalTermination());
    }
    note('3');
    CHECK_EQ_STR(trace, "1n2n3");
}

/* return: nonzero, and the value returned is the one computed before */
static int identity(int value)
{
    note('i');
    return value;
}

static int return_from_body(int value)
{
    __try {
        if (value > 10) {
            return identity(value) * 2 + identity(value);
        }
        note('b');
    } __finally {
        note_termination(AbnormalTermination());
        value = 1000;
    }
    return -value;
}

static void termination_by_return(void)
{
    SPEC("G9.3.3");
    trace[0] = '\0';
    CHECK_EQ_INT(return_from_body(11), 33);
    CHECK_EQ_INT(return_from_body(1), -1000);
    CHECK_EQ_STR(trace, "iiabn");
}

/* return as the last statement of the body: nonzero too */
static long long return_last(long long value)
{
    __try {
        return value;
    } __finally {
        note_termination(AbnormalTermination());
    }
    return 0;
}

static void termination_by_jumps(void)
{
    SPEC("G9.3.3");
    trace[0] = '\0';
    volatile int rounds = 0;
    for (;;) {
        __try {
            rounds += 1;
            if (rounds == 1) {
                continue;
            }
            if (rounds == 2) {
                break;
            }
        } __finally {
            note_termination(AbnormalTermination());
        }
        note('x');
    }
    __try {
        goto out;
    } __finally {
        note_termination(AbnormalTermination());
    }
    note('x');
out:
    CHECK_EQ_STR(trace, "aaa");
    trace[0] = '\0';
    CHECK_EQ_INT(return_last(0x123456789ALL), 0x123456789ALL);
    CHECK_EQ_STR(trace, "a");
}

/* filter, finally, handler */
static void documented_order(void)
{
    SPEC("G9.2.1 G9.3.5 G9.3.9");
    trace[0] = '\0';
    __try {
        __try {
            RaiseException(1, 0, 0, NULL);
        } __finally {
            note('2');
            note_termination(AbnormalTermination());
        }
    } __except (noted('1', EXCEPTION_EXECUTE_HANDLER)) {
        note('3');
    }
    CHECK_EQ_STR(trace, "12a3");
}

/* across functions: all filters first, then the blocks from the inside out */
static void nest(int depth)
{
    __try {
        if (depth == 0) {
            raise_code(1);
        }
        nest(depth - 1);
    } __finally {
        note((char)('0' + depth));
    }
}

static void inner_to_outer(void)
{
    SPEC("G9.2.1 G9.3.5");
    trace[0] = '\0';
    __try {
        __try {
            nest(4);
        } __except (noted('f', EXCEPTION_CONTINUE_SEARCH)) {
            note('x');
        }
    } __except (noted('g', EXCEPTION_EXECUTE_HANDLER)) {
        note('h');
    }
    CHECK_EQ_STR(trace, "fg01234h");
}

/* an exception in a __finally block: the new one is looked for outside, and the old unwinding is abandoned */
static void collided_unwind(void)
{
    SPEC("G9.3.8");
    trace[0] = '\0';
    volatile DWORD code = 0;
    __try {
        __try {
            __try {
                __try {
                    raise_code(0xE0000001);
                } __finally {
                    note('i');
                    raise_code(0xE0000002);
                }
            } __finally {
                note('m');
            }
        } __except (GetExceptionCode() == 0xE0000002) {
            code = GetExceptionCode();
            note('h');
        }
        note('c');
    } __except (GetExceptionCode() == 0xE0000001) {
        note('x');
    }
    CHECK_EQ_STR(trace, "imhc");
    CHECK_EQ_UINT(code, 0xE0000002);
}

/* the same, handled within the block: the old unwinding goes on */
static void handled_in_finally(void)
{
    trace[0] = '\0';
    __try {
        __try {
            raise_code(0xE0000001);
        } __finally {
            __try {
                raise_code(0xE0000002);
            } __except (EXCEPTION_EXECUTE_HANDLER) {
                CHECK_EQ_UINT(GetExceptionCode(), 0xE0000002);
                note('i');
            }
            note('f');
        }
        note('x');
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        CHECK_EQ_UINT(GetExceptionCode(), 0xE0000001);
        note('h');
    }
    CHECK_EQ_STR(trace, "ifh");
}

/* an exception in a filter, handled outside: the blocks between the first raise and the filter are run */
static LONG raising_filter(void)
{
    note('r');
    raise_code(0xE0000002);
    return EXCEPTION_EXECUTE_HANDLER;
}

static void nested_exception_unwinds_all(void)
{
    trace[0] = '\0';
    __try {
        __try {
            __try {
                raise_code(0xE0000001);
            } __finally {
                note('i');
            }
        } __except (raising_filter()) {
            note('x');
        }
    } __except (GetExceptionCode() == 0xE0000002) {
        note('h');
    }
    CHECK_EQ_STR(trace, "rih");
}

/* return and goto from a __finally block abandon what was pending, exception or return */
static int abandon_by_return(int how)
{
    __try {
        if (how == 1) {
            return 1;
        }
        if (how == 2) {
            raise_code(1);
        }
    } __finally {
        if (how != 0) {
            return 20 + how; // NOLINT
        }
    }
    return 0;
}

static void abandoning(void)
{
    SPEC("G9.3.8");
    trace[0] = '\0';
    __try {
        CHECK_EQ_INT(abandon_by_return(0), 0);
        CHECK_EQ_INT(abandon_by_return(1), 21);
        CHECK_EQ_INT(abandon_by_return(2), 22);
        __try {
            raise_code(1);
        } __finally {
            goto out;
        }
        note('x');
    out:
        note('g');
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        note('y');
    }
    CHECK_EQ_STR(trace, "g");
}

/* break and continue that are directly in a __finally block are not the loop's around it, for the block is a loop to
 * the compiler: both end the block, and break abandons what was pending. */
static void end_block(bool by_break, bool raise)
{
    for (int round = 0; round < 2; round++) {
        __try {
            if (raise) {
                raise_code(1);
            }
        } __finally {
            note('f');
            if (by_break) {
                break;
            }
            continue;
        }
        note('b');
    }
}

static void ending_by_break(void)
{
    SPEC("G9.3.8");
    trace[0] = '\0';
    end_block(true, false);
    end_block(false, false);
    CHECK_EQ_STR(trace, "fbfbfbfb");
    trace[0] = '\0';
    __try {
        end_block(true, true);
        note('-');
        end_block(false, true);
        note('x');
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        note('h');
    }
    CHECK_EQ_STR(trace, "fbfb-fh");
}

/* longjmp out of a body is not seen: the block is not run, and the process ends when the body around is left */
static int told[2];
static jmp_buf target;

static void jump_out(void)
{
    __try {
        longjmp(target, 1);
    } __finally {
        _exit(8);
    }
}

static void jump_in_body(void *arg)
{
    (void)arg;
    dup2(told[1], STDERR_FILENO);
    __try {
        if (setjmp(target) == 0) {
            jump_out();
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        _exit(9);
    }
    _exit(10);
}

static void jumping_out(void)
{
    SPEC("G9.3.4");
    char text[400] = "";
    CHECK_EQ_INT(pipe(told), 0);
    CHECK_EQ_INT(child_wait(child_start(jump_in_body, NULL, 10)), 256 + SIGABRT);
    close(told[1]);
    CHECK(read(told[0], text, sizeof(text) - 1) > 0);
    CHECK(strstr(text, "longjmp") != NULL);
}

/* nested bodies left by one return: each block once, from the inside out; what one writes the next one reads */
static int nested_return(int value)
{
    volatile int passed = 0;
    __try {
        __try {
            __try {
                return value + identity(1);
            } __finally {
                passed = passed * 10 + 1;
                note('1');
            }
        } __finally {
            passed = passed * 10 + 2;
            note('2');
        }
    } __finally {
        CHECK_EQ_INT(passed, 12);
        note('3');
    }
    return -1;
}

static void one_return_through_many(void)
{
    trace[0] = '\0';
    CHECK_EQ_INT(nested_return(41), 42);
    CHECK_EQ_STR(trace, "i123");
}

/* the jump that left the body goes on to where it was going, whatever jumps there are in the block */
static void jump_around(volatile int *done, int left_at)
{
    for (int i = 0; i < 3; i++) {
        int step = i + 1;
        __try {
            if (i == left_at) {
                continue;
            }
            *done += step;
        } __finally {
            *done += 10;
        }
    }
}

static int leave_for(char where, volatile int *done)
{
    for (int round = 0; round < 2; round++) {
        __try {
            if (where == 'r') {
                return 7;
            }
            if (where == 'b') {
                break;
            }
            if (where == 'c') {
                continue;
            }
            if (where == 'g') {
                goto out;
            }
        } __finally {
            for (int i = 0; i < 3; i++) {
                int step = i;
                if (step == 2) {
                    break;
                }
                *done += 100;
            }
            jump_around(done, 1);
            for (int i = 0; i < 2; i++) {
                __try {
                    if (i == 0) {
                        continue;
                    }
                    raise_code(1);
                } __except (EXCEPTION_EXECUTE_HANDLER) {
                    *done += 1000;
                    break;
                }
            }
        }
        *done += 10000;
    }
    return *done;
out:
    return -1;
}

static void where_jumps_go(void)
{
    SPEC("G9.3.3");
    static const struct {
        char where;
        int result;
        int done;
    } table[] = {
        {'e', 22468, 22468}, {'r', 7, 1234}, {'b', 1234, 1234}, {'c', 2468, 2468}, {'g', -1, 1234},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        volatile int done = 0;
        CHECK_EQ_INT(leave_for(table[i].where, &done), table[i].result);
        CHECK_EQ_INT(done, table[i].done);
    }
}

/* much is alive when the body is left, and the block uses as much */
static double busy(double a, double b, long c, long d, long e, long f)
{
    volatile double seen = 0;
    for (long i = 0; i < 4; i++) {
        long p = c * d + i, q = d * e + i, r = e * f + i, s = f * c + i, t = c * e + i;
        __try {
            if (identity((int)i) == 3) {
                return a * (double)p + b * (double)q + (double)(r + s + t) + seen;
            }
            if (i == 1) {
                continue;
            }
        } __finally {
            long u = c * c + i, v = d * d + i, w = e * e + i, x = f * f + i, y = d * f + i;
            note('.');
            seen += (double)(u + identity((int)v) + w + x + y);
            note('.');
            seen += (double)(u * v + w + identity((int)x) + y) + a - b;
        }
        seen += (double)(p + q + r + s + t);
    }
    return 0;
}

static double busy_by_hand(double a, double b, long c, long d, long e, long f)
{
    double seen = 0;
    for (long i = 0; i < 4; i++) {
        long p = c * d + i, q = d * e + i, r = e * f + i, s = f * c + i, t = c * e + i;
        if (i == 3) {
            return a * (double)p + b * (double)q + (double)(r + s + t) + seen;
        }
        long u = c * c + i, v = d * d + i, w = e * e + i, x = f * f + i, y = d * f + i;
        seen += (double)(u + v + w + x + y);
        seen += (double)(u * v + w + x + y) + a - b;
        if (i != 1) {
            seen += (double)(p + q + r + s + t);
        }
    }
    return 0;
}

/* what Windows' programs know as ExitProcess, and abort */
static void end_in_body(void *arg)
{
    __try {
        if (arg == NULL) {
            _exit(7);
        }
        abort();
    } __finally {
        _exit(8);
    }
}

static void ending_the_process(void)
{
    SPEC("G9.3.6");
    CHECK_EQ_INT(child_wait(child_start(end_in_body, NULL, 10)), 7);
    CHECK_EQ_INT(child_wait(child_start(end_in_body, told, 10)), 256 + SIGABRT);
}

int main(void)
{
    normal_termination();
    termination_by_return();
    termination_by_jumps();
    documented_order();
    inner_to_outer();
    collided_unwind();
    handled_in_finally();
    nested_exception_unwinds_all();
    abandoning();
    one_return_through_many();
    where_jumps_go();
    CHECK(busy(1.5, 2.5, 3, 4, 5, 6) == busy_by_hand(1.5, 2.5, 3, 4, 5, 6));
    ending_by_break();
    ending_the_process();
    jumping_out();
    return check_report();
}
