/*
 * Exceptions: from a raise or a fault to a handler.
 *
 * A raise is dispatched on the raiser's stack: vectored handlers, then the filters of the thread's frames, innermost
 * first, then the filter for what nobody handles. Only when somebody wants the exception is anything unwound.
 */
#ifndef CAIRN_SEH_SEH_H
#define CAIRN_SEH_SEH_H

#include "base/compiler.h"

#include <errhandlingapi.h>
#include <excpt.h>
#include <stdbool.h>

/* Has faults of this process become exceptions. */
void seh_watch_faults(void);

/* The same, stack overflows of the calling thread included; its first frame or handler does that. Cheap once done. */
void seh_prepare_thread(void);

/* What is to become of an exception. */
enum seh_verdict {
    SEH_CONTINUE,  /* go on, with the context as it stands now */
    SEH_HANDLE,    /* unwind to *target */
    SEH_UNHANDLED, /* nobody wants it */
    SEH_END,       /* the filter for what nobody handles has seen to it: end without a word */
};
enum seh_verdict seh_dispatch(EXCEPTION_POINTERS *pointers, struct cairn_seh_frame **target);

/* Whether anybody could want an exception of this thread. */
bool seh_is_anybody_there(void);

/*
 * The thread's frames (frame.c)
 */

bool seh_has_frames(void);

/* Whether a filter of this thread is running, so that another exception is a nested one. */
bool seh_is_searching(void);

/* The innermost frame whose filter wants the exception; NULL if none does. */
struct cairn_seh_frame *seh_search(EXCEPTION_POINTERS *pointers);

/* Leaves all frames within the target, running their __finally blocks, and goes on in its handler. */
_Noreturn void seh_unwind(struct cairn_seh_frame *target);

/* Where an unwinding may put its stack when the raiser's has no room: nothing below is needed by then. */
uintptr_t seh_stack_for_unwinding(void);

/*
 * Handlers of the process (vectored.c)
 */

bool seh_has_vectored_handlers(void);
LONG seh_call_vectored_handlers(EXCEPTION_POINTERS *pointers);
void seh_call_continue_handlers(EXCEPTION_POINTERS *pointers);

/*
 * What C cannot say (jump.c)
 */

/* Enters a frame's function where its body began, with this stack pointer. */
_Noreturn void seh_enter_frame(struct cairn_seh_frame *frame, void *sp);

/* Goes on where the body was left or the filter ended. */
_Noreturn void seh_resume(struct cairn_seh_frame *frame, void *sp);

/* Runs a frame's filter on top of the caller's stack; its value. */
LONG seh_run_filter(struct cairn_seh_frame *frame);

/* The variable with the destination of the jump that left the body, if the place where it was left reads one; NULL. */
int *seh_find_destination(const struct cairn_seh_frame *frame);

/* Called by jump.c: the innermost frame, which must be this function's. */
struct cairn_seh_frame *seh_get_frame_of(const void *activation);

/* Called by jump.c with the caller's registers; what they return to the caller goes through the context. */
void seh_leave(struct cairn_seh_frame *frame);
void seh_leave_unoptimised(struct cairn_seh_frame *frame);
void seh_raise_exception(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *arguments, CONTEXT *context);
void seh_raise_record(EXCEPTION_RECORD *record, CONTEXT *context);
void seh_raise_status(NTSTATUS status, CONTEXT *context);

#endif
