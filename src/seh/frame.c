/*
 * The chain of frames: guarded bodies that a thread is in, innermost first; searched for a handler, and unwound to it.
 *
 * While a search runs a filter, a frame of its own stands on the chain, of the kind SEARCHED. A nested exception's
 * search steps over what that one has looked at; an unwinding does not, so the __finally blocks are run all the same.
 */
#include "seh/seh.h"

#include "base/assert.h"
#include "base/message.h"
#include "os/fault.h"
#include "os/os.h"

#include <cairn_rtl_exception.h>

/* Handlers of one thread of which GetExceptionCode knows without looking for their frames. */
enum {
    CODE_COUNT = 16
};

/* For looking at all of a stack, the gaps that sanitizers leave in it included. */
#define READS_ANYTHING __attribute__((no_sanitize("address"), noinline))

struct code {
    void *activation;
    ULONG_PTR level;
    DWORD code;
};

static THREAD_LOCAL struct {
    struct cairn_seh_frame *top;
    bool is_prepared;
    ULONG_PTR turns;
    unsigned next_code;
    struct code codes[CODE_COUNT];
} thread;

static _Noreturn void fail(const char *text)
{
    struct message message;
    message_start(&message);
    message_add(&message, "cairn: ");
    message_add(&message, text);
    message_end(&message);
    os_write_error(message.text, message.length);
    os_abort();
}

static ULONG_PTR check_of(const struct cairn_seh_frame *frame)
{
    return (ULONG_PTR)frame ^ 0x5EEDF00Du;
}

/* A frame that was left without anybody noticing is overwritten sooner or later. */
static void frame_check(const struct cairn_seh_frame *frame)
{
    if (UNLIKELY(frame->check != check_of(frame)))
        fail("the chain of guarded blocks is broken: was a __try left by longjmp?");
}

static void push(struct cairn_seh_frame *frame, int kind)
{
    frame->kind = kind;
    frame->state = CAIRN_SEH_IN_BODY;
    frame->outer = thread.top;
    frame->check = check_of(frame);
    thread.top = frame;
}

static _Noreturn void fail_by_order(void)
{
    fail("guarded blocks do not end in the order in which they began: was a __try left by longjmp?");
}

static void frame_is_top(const struct cairn_seh_frame *frame)
{
    if (UNLIKELY(thread.top != frame))
        fail_by_order();
}

static void pop(const struct cairn_seh_frame *frame)
{
    frame_is_top(frame);
    frame_check(frame);
    thread.top = frame->outer;
}

NOINLINE void seh_prepare_thread(void)
{
    if (thread.is_prepared)
        return;
    thread.is_prepared = true;
    seh_watch_faults();
    os_prepare_for_stack_overflow();
}

/* Not on the chain's search path yet: the kind OPENED has no filter. */
int cairn_seh_open(struct cairn_seh_frame *frame, void *activation, ULONG_PTR level)
{
    if (UNLIKELY(!thread.is_prepared))
        seh_prepare_thread();
    frame->activation = activation;
    frame->level = level;
    frame->nothing = 0;
    frame->destination_at = NULL;
    push(frame, CAIRN_SEH_OPENED);
    return 1;
}

struct cairn_seh_frame *cairn_seh_top(void)
{
    return thread.top;
}

void cairn_seh_arm(int kind)
{
    thread.top->kind = kind;
}

/* While a filter runs, the search is inside its frame. */
struct cairn_seh_frame *cairn_seh_entered(void)
{
    return thread.top->kind == CAIRN_SEH_SEARCHED ? thread.top->search : thread.top;
}

bool seh_has_frames(void)
{
    return thread.top != NULL;
}

bool seh_is_searching(void)
{
    const struct cairn_seh_frame *frame = thread.top;
    while (frame != NULL && frame->kind != CAIRN_SEH_SEARCHED)
        frame = frame->outer;
    return frame != NULL;
}

/*
 * GetExceptionCode in C, which has no name for the frame that keeps it: found by its place, which is the function's
 * frame address and the depth in there. The last ones are noted; an entry is replaced by the next for the same place,
 * or when CODE_COUNT newer ones are there. Then the frame itself is looked for, which lives as long as the handler
 * runs.
 */

static struct code *find_code(const void *activation, ULONG_PTR level)
{
    for (size_t i = 0; i < CODE_COUNT; i++) {
        struct code *code = &thread.codes[i];
        if (code->activation == activation && code->level == level)
            return code;
    }
    return NULL;
}

static void remember_code(struct cairn_seh_frame *frame, DWORD code)
{
    struct code *entry = find_code(frame->activation, frame->level);
    if (entry == NULL)
        entry = &thread.codes[thread.next_code++ % CODE_COUNT];
    *entry = (struct code){frame->activation, frame->level, code};
    frame->code = code;
    frame->turn = ++thread.turns;
}

static ALWAYS_INLINE bool is_at(const struct cairn_seh_frame *frame, const void *activation, ULONG_PTR level)
{
    return frame->activation == activation && frame->level == level;
}

/* A filter runs far from its function's locals, on top of the raiser's stack; but its search is on the chain. */
static const struct cairn_seh_frame *find_filtering(const void *activation, ULONG_PTR level)
{
    for (const struct cairn_seh_frame *frame = thread.top; frame != NULL; frame = frame->outer) {
        if (frame->kind == CAIRN_SEH_SEARCHED && is_at(frame->search, activation, level))
            return frame->search;
    }
    return NULL;
}

/*
 * The frame among the locals of a function that called from `sp`. Others for the same place may still lie there, of
 * statements that have ended and of functions called before: the handler that runs began later.
 */
static READS_ANYTHING const struct cairn_seh_frame *find_handling(const void *activation, ULONG_PTR level, uintptr_t sp)
{
    enum {
        ALIGNMENT = _Alignof(struct cairn_seh_frame)
    };
    const struct cairn_seh_frame *found = NULL;
    uintptr_t at = (sp + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
    for (; at + sizeof *found <= (uintptr_t)activation; at += ALIGNMENT) {
        const struct cairn_seh_frame *frame = (const struct cairn_seh_frame *)at;
        if (frame->check == check_of(frame) && is_at(frame, activation, level) &&
            (found == NULL || frame->turn > found->turn))
            found = frame;
    }
    return found;
}

NOINLINE DWORD cairn_seh_code(void *activation, ULONG_PTR level)
{
    const struct code *code = find_code(activation, level);
    if (LIKELY(code != NULL))
        return code->code;
    const struct cairn_seh_frame *frame = find_filtering(activation, level);
    if (frame == NULL)
        frame = find_handling(activation, level, (uintptr_t)__builtin_frame_address(0));
    if (UNLIKELY(frame == NULL))
        fail("GetExceptionCode: too many exceptions were handled since this handler began; call it at the beginning");
    return frame->code;
}

/*
 * Searching
 */

static bool filter_wants(struct cairn_seh_frame *frame, EXCEPTION_POINTERS *pointers)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    remember_code(frame, record->ExceptionCode);
    frame->pointers = pointers;
    frame->state = CAIRN_SEH_IN_FILTER;
    LONG value = seh_run_filter(frame);
    frame->state = CAIRN_SEH_IN_BODY;
    if (UNLIKELY(value < 0)) {
        if (record->ExceptionFlags & EXCEPTION_NONCONTINUABLE)
            RtlRaiseStatus((NTSTATUS)EXCEPTION_NONCONTINUABLE_EXCEPTION);
        fail("a filter of __except cannot continue execution (EXCEPTION_CONTINUE_EXECUTION): "
             "use AddVectoredExceptionHandler");
    }
    return value > 0;
}

struct cairn_seh_frame *seh_search(EXCEPTION_POINTERS *pointers)
{
    struct cairn_seh_frame searched;
    push(&searched, CAIRN_SEH_SEARCHED);

    struct cairn_seh_frame *frame = searched.outer;
    while (frame != NULL) {
        frame_check(frame);
        searched.target = frame->outer;
        searched.search = frame;
        if (frame->kind == CAIRN_SEH_SEARCHED) {
            frame = frame->target;
            continue;
        }
        if (frame->kind == CAIRN_SEH_EXCEPT && frame->state == CAIRN_SEH_IN_BODY && filter_wants(frame, pointers))
            break;
        frame = frame->outer;
    }
    pop(&searched);
    return frame;
}

/*
 * Unwinding
 */

/* Behind the filter, which ran on another stack. */
static _Noreturn void begin_handler(struct cairn_seh_frame *frame)
{
    frame->state = CAIRN_SEH_IN_HANDLER;
    remember_code(frame, frame->code); /* other handlers may have run since the filter */
    thread.top = frame->outer;
    seh_resume(frame, frame->registers[2]);
}

void seh_unwind(struct cairn_seh_frame *target)
{
    for (;;) {
        struct cairn_seh_frame *frame = thread.top;
        ASSERT(frame != NULL);
        frame_check(frame);
        if (frame == target)
            begin_handler(frame);
        if (frame->kind == CAIRN_SEH_FINALLY) {
            frame->state = CAIRN_SEH_UNWOUND;
            frame->target = target;
            seh_enter_frame(frame, frame->registers[2]);
        }
        thread.top = frame->outer;
    }
}

uintptr_t seh_stack_for_unwinding(void)
{
    enum {
        RED_ZONE = 128,
        SEARCH_FRAME = 512
    };
    const struct cairn_seh_frame *frame = thread.top;
    uintptr_t sp = frame->kind == CAIRN_SEH_SEARCHED ? (uintptr_t)frame - SEARCH_FRAME : (uintptr_t)frame->registers[2];
    return (sp - RED_ZONE) & ~(uintptr_t)15;
}

struct cairn_seh_frame *seh_get_frame_of(const void *activation)
{
    if (UNLIKELY(thread.top == NULL || thread.top->activation != activation))
        fail_by_order();
    return thread.top;
}

void seh_leave(struct cairn_seh_frame *frame)
{
    if (frame->kind != CAIRN_SEH_FINALLY) {
        pop(frame);
        return;
    }
    frame_is_top(frame);
    frame->state = CAIRN_SEH_LEFT;
    seh_enter_frame(frame, frame->registers[2]);
}

void seh_leave_unoptimised(struct cairn_seh_frame *frame)
{
    if (frame->state != CAIRN_SEH_IN_BODY)
        return;
    frame->destination_at = seh_find_destination(frame);
    if (frame->destination_at != NULL)
        frame->destination = *frame->destination_at;
    seh_leave(frame);
}

struct cairn_seh_frame *cairn_seh_begin_finally(void)
{
    struct cairn_seh_frame *frame = thread.top;
    pop(frame);
    return frame;
}

struct cairn_seh_frame *cairn_seh_end_finally(struct cairn_seh_frame *frame)
{
    if (frame->state == CAIRN_SEH_UNWOUND)
        seh_unwind(frame->target);
    if (frame->state == CAIRN_SEH_LEFT) {
        if (frame->destination_at != NULL)
            *frame->destination_at = frame->destination; /* jumps in the block were kept there, too */
        seh_resume(frame, frame->left_from[2]);
    }
    return NULL;
}
