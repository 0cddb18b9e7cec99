#include "debug/stack.h"

#include "base/compiler.h"
#include "base/message.h"
#include "heap/gflags.h"
#include "heap/meta.h"
#include "os/os.h"

#include <cairn_rtl_heap.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <string.h>

#define OWN_DEPTH 12 /* functions of the library on the way here, at most */
#define TRACE_LIMIT 0x10000u
#define HEADS 4096u

struct trace {
    struct trace *next; /* with the same hash */
    unsigned index;
    unsigned depth;
    void *frames[STACK_DEPTH];
};

/* Only ever added to, without a lock: so a fork in the middle leaves nothing held. Two threads that add the same stack
 * at once give it two numbers, which does no harm. */
static LITTLE_USED struct trace *_Atomic heads[HEADS];
static LITTLE_USED struct trace *_Atomic by_index[TRACE_LIMIT];
static atomic_uint count = 1;

static atomic_bool is_ready;
static char program[256];              /* the name of the program's file; empty: unknown */
static THREAD_LOCAL bool is_capturing; /* the unwinder may allocate */

/* The first use of the unwinder loads it, which allocates. */
__attribute__((constructor(103))) static void start(void)
{
    void *frame;
    if ((gflags() & (FLG_USER_STACK_TRACE_DB | FLG_HEAP_ENABLE_TAG_BY_DLL)) == 0)
        return;
    if (!os_program_name(program, sizeof program))
        program[0] = '\0';
    is_capturing = true;
    is_ready = backtrace(&frame, 1) >= 0;
    is_capturing = false;
}

/* --- whose a function is --------------------------------------------------------------------------------------------
 */

/* The loader knows libraries by their path, and the program by what its starter called it. */
static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (program[0] != '\0' && strcmp(path, program_invocation_name) == 0)
        return program;
    return slash != NULL ? slash + 1 : path;
}

static bool is_own_library(const char *name)
{
    return strncmp(name, "libcairn.so", 11) == 0 || strncmp(name, "libcairn_malloc.so", 18) == 0;
}

/* In a program that has the library inside, nothing tells its functions from the program's. */
static bool is_own(const void *frame)
{
    Dl_info info;
    return dladdr(frame, &info) != 0 && info.dli_fname != NULL && is_own_library(file_name(info.dli_fname));
}

/* The stack, its first frames the library's own if it is a library of its own; how many frames there are. */
static unsigned capture(void *frames[OWN_DEPTH + STACK_DEPTH], unsigned *own)
{
    *own = 0;
    if (!atomic_load_explicit(&is_ready, memory_order_relaxed) || is_capturing)
        return 0;
    is_capturing = true;
    int depth = backtrace(frames, OWN_DEPTH + STACK_DEPTH);
    /* What stands in for the C library's backtrace, as a sanitizer does, has a frame too. */
    if (depth > 1 && !is_own(frames[0]) && is_own(frames[1]))
        *own = 1;
    while ((int)*own < depth && *own < OWN_DEPTH && is_own(frames[*own]))
        ++*own;
    is_capturing = false;
    return depth > 0 ? (unsigned)depth : 0;
}

/* --- the database ---------------------------------------------------------------------------------------------------
 */

static unsigned hash_of(void *const *frames, unsigned depth)
{
    uint64_t hash = depth;
    for (unsigned i = 0; i < depth; i++)
        hash = (hash ^ (uintptr_t)frames[i]) * 0x9E3779B97F4A7C15u;
    return (unsigned)(hash >> 40) % HEADS;
}

static unsigned add(struct trace *_Atomic *head, void *const *frames, unsigned depth)
{
    if (atomic_load_explicit(&count, memory_order_relaxed) >= TRACE_LIMIT)
        return 0;
    struct trace *trace = meta_allocate(sizeof *trace);
    if (trace == NULL)
        return 0;
    trace->index = atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
    if (trace->index >= TRACE_LIMIT) {
        meta_free(trace);
        return 0;
    }
    trace->depth = depth;
    memcpy(trace->frames, frames, depth * sizeof frames[0]);
    atomic_store_explicit(&by_index[trace->index], trace, memory_order_release);
    trace->next = atomic_load_explicit(head, memory_order_acquire);
    while (!atomic_compare_exchange_weak(head, &trace->next, trace)) {
    }
    return trace->index;
}

static unsigned intern(void *const *frames, unsigned depth)
{
    struct trace *_Atomic *head = &heads[hash_of(frames, depth)];
    for (struct trace *trace = atomic_load_explicit(head, memory_order_acquire); trace != NULL; trace = trace->next) {
        if (trace->depth == depth && memcmp(trace->frames, frames, depth * sizeof frames[0]) == 0)
            return trace->index;
    }
    return add(head, frames, depth);
}

unsigned stack_note(void)
{
    void *frames[OWN_DEPTH + STACK_DEPTH];
    unsigned own;
    unsigned depth = capture(frames, &own);
    if (depth <= own)
        return 0;
    depth -= own;
    return intern(frames + own, depth < STACK_DEPTH ? depth : STACK_DEPTH);
}

const char *stack_calling_module(void)
{
    void *frames[OWN_DEPTH + STACK_DEPTH];
    unsigned own;
    Dl_info info;
    unsigned depth = capture(frames, &own);
    if (depth <= own || dladdr(frames[own], &info) == 0 || info.dli_fname == NULL)
        return NULL;
    return file_name(info.dli_fname);
}

/* --- telling --------------------------------------------------------------------------------------------------------
 */

static void add_offset(struct message *message, const char *name, const void *from, const void *to)
{
    message_add(message, name);
    message_add(message, "+");
    message_add_pointer(message, (const void *)((uintptr_t)to - (uintptr_t)from));
}

/* "cairn:     program+0x1234 function+0x12", for addr2line and for the eye. */
static void tell_frame(const void *frame)
{
    Dl_info info;
    struct message message;
    message_start(&message);
    message_add(&message, "cairn:     ");
    if (dladdr(frame, &info) != 0 && info.dli_fname != NULL) {
        add_offset(&message, file_name(info.dli_fname), info.dli_fbase, frame);
        if (info.dli_sname != NULL)
            message_add(&message, " ");
        if (info.dli_sname != NULL)
            add_offset(&message, info.dli_sname, info.dli_saddr, frame);
    } else {
        message_add_pointer(&message, frame);
    }
    message_end(&message);
    os_write_error(message.text, message.length);
}

void stack_tell(const char *what, unsigned trace_index)
{
    const struct trace *trace = trace_index < TRACE_LIMIT ? by_index[trace_index] : NULL;
    struct message message;
    if (trace == NULL)
        return;
    message_start(&message);
    message_add(&message, "cairn:   ");
    message_add(&message, what);
    message_add(&message, ":");
    message_end(&message);
    os_write_error(message.text, message.length);
    for (unsigned i = 0; i < trace->depth; i++)
        tell_frame(trace->frames[i]);
}
