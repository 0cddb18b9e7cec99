/* _resetstkoflw: its page in Microsoft's C runtime library reference. */
#include "blocks.h"
#include "thread.h"

#include <malloc.h>

#ifndef SANITIZED /* whose stacks end otherwise */

static volatile int sink;
static volatile int has_room; /* what was answered last on the way down */

static int recurse(const volatile char *up, bool asks)
{
    volatile char here[512];
    here[0] = up[0];
    if (asks) {
        has_room = _resetstkoflw();
    }
    return asks && has_room == 0 ? 0 : recurse(here, asks) + here[0];
}

static volatile int answer_of_filter;

static int filter(DWORD code)
{
    answer_of_filter = _resetstkoflw();
    return code == EXCEPTION_STACK_OVERFLOW ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

/* "allowing a program to continue"; each overflow after it is an exception, too */
static void recovers(void *unused)
{
    (void)unused;
    for (int i = 0; i < 3; i++) {
        volatile int answer = -1;
        answer_of_filter = -1;
        __try {
            sink = recurse("x", false);
        } __except (filter(GetExceptionCode())) {
            answer = _resetstkoflw();
        }
        CHECK(answer != -1 && answer != 0);
        CHECK(_resetstkoflw() != 0);
        /* not "from a filter expression": the stack has not been unwound */
        CHECK_EQ_INT(answer_of_filter, 0);
    }
}

/* 0 if "there's still not enough stack space left" */
static void no_room(void *unused)
{
    (void)unused;
    sink = recurse("x", true);
    CHECK_EQ_INT(has_room, 0);
    CHECK(_resetstkoflw() != 0);
}

int main(void)
{
    struct thread thread;
    CHECK(_resetstkoflw() != 0);
    recovers(NULL);
    thread_start(&thread, recovers, NULL);
    thread_join(&thread);
    thread_start(&thread, no_room, NULL);
    thread_join(&thread);
    return check_report();
}

#else

int main(void)
{
    CHECK(_resetstkoflw() != 0);
    return check_report();
}

#endif
