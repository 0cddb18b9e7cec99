/*
 * What the library needs of the operating system, and the whole of it: no other folder makes a system call.
 *
 * Sizes and addresses are multiples of the page size unless said otherwise. A call that acquires something answers
 * false or NULL when the system has no more to give; any other failure is a bug of ours and ends the process with a
 * message. Every call may be made from any thread, before constructors have run, and none but os_stack_room allocates
 * from a heap.
 */
#ifndef CAIRN_OS_OS_H
#define CAIRN_OS_OS_H

#include "base/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define OS_KNOWS_SINGLE_THREADED 1
#else
#define OS_KNOWS_SINGLE_THREADED 0
#endif

/* What committed pages may be used for. */
enum os_access {
    OS_READ_WRITE,
    OS_READ_WRITE_EXECUTE,
};

/* Bytes in a page: a power of two, the same for the life of the process. */
extern atomic_uint os_page_shift_cached SHARED_AS("os_page_shift_cached"); /* 0: not asked for yet */
unsigned os_find_page_shift(void) SHARED_AS("os_find_page_shift");

static inline unsigned os_page_shift(void)
{
    unsigned shift = atomic_load_explicit(&os_page_shift_cached, memory_order_relaxed);
    return LIKELY(shift != 0) ? shift : os_find_page_shift();
}

static inline size_t os_page_size(void)
{
    return (size_t)1 << os_page_shift();
}

/* Bytes of address space that the process may map in all; SIZE_MAX when it has no limit (RLIMIT_AS). */
size_t os_address_space_limit(void);

/* Reserves address space that faults when touched. `alignment` is a power of two. NULL: none left. */
void *os_reserve(size_t size, size_t alignment);

/* Reserves address space at a certain place; false: some of it is in use, or none is left. */
bool os_reserve_at(void *address, size_t size);

/* Reserves address space that reads as zero and faults when written; costs no memory until committed. NULL: none left.
 */
void *os_reserve_zeros(size_t size);

/* Makes reserved pages usable. Pages that were not before read as zero. False: no memory, and nothing is promised about
 * which of the pages became usable. */
bool os_commit(void *address, size_t size, enum os_access access);

/* Has committed pages fault when written, until they are committed again. False: no memory, and nothing is promised
 * about which of the pages do. */
bool os_make_read_only(void *address, size_t size, enum os_access access);

/* Takes the memory of committed pages away; they are reserved again and fault when touched, if the system can note
 * that: when it has little room for another mapping they may stay usable, and read as zero. False: they are as they
 * were. */
bool os_decommit(void *address, size_t size);

/* Whether the system has little room for more mappings: then each that can be joined with another should be. */
bool os_has_many_mappings(void);

/* Takes the memory of committed pages away; they stay committed and read as zero. */
void os_discard(void *address, size_t size);

/* Gives a whole reservation back. */
void os_release(void *address, size_t size);

/* Zeroed memory that can be used at once; os_release gives it back. NULL: none left. */
static inline void *os_map_zeros(size_t size)
{
    void *memory = os_reserve_zeros(size);
    if (memory == NULL || os_commit(memory, size, OS_READ_WRITE))
        return memory;
    os_release(memory, size);
    return NULL;
}

/* Whether the byte at any address, mapped or not, can be read. Costs a system call. */
bool os_is_readable(const void *address);

/* Waits while *word is `expected`; may return early. Wakes one waiter. */
void os_wait(atomic_uint *word, unsigned expected);
void os_wake_one(atomic_uint *word);

/* Lets other threads run; with the number of vain tries so far, sleeps longer, up to a millisecond. */
void os_yield(unsigned tries);

/* 64 bits that an attacker cannot guess; less good ones where the system has no source of them. */
uint64_t os_random(void);

/* Bounds of the mapping that holds the address, if it can be read. False: it cannot, or the system does not tell. */
bool os_find_mapping(const void *address, uintptr_t *start, uintptr_t *end) SHARED_AS("os_find_mapping");

/* The value of an environment variable; NULL: there is none, there is no environment yet, or the process is privileged:
 * it has rights that who started it lacks (set-uid and the like). */
const char *os_environment(const char *name);
bool os_has_environment(void);
bool os_is_privileged(void);

/* The name of the program's file, without folders. False: it cannot be told, or is too long. */
bool os_program_name(char *name, size_t size);

/* Reads the start of a file; no zero is added. False: it cannot be opened. */
bool os_read_file(const char *path, char *text, size_t size, size_t *length);

/* Bytes of the process's memory that are in RAM, now and at most so far; 0: the system does not tell (without
 * /proc, what it has now). */
struct os_resident {
    size_t now;
    size_t peak;
};
struct os_resident os_measure_resident(void);

/* The number of the process. */
unsigned os_process_number(void);

/* Writes all of `text` to standard error; failures are ignored, there is nobody left to tell. */
void os_write_error(const char *text, size_t length) SHARED_AS("os_write_error");

/* Has os_write_last reach what standard error is now, although the program may close it before it ends. A program that
 * closes every descriptor gets nothing written where it does not expect it. */
void os_keep_error(void);
void os_write_last(const char *text, size_t length);

/* Ends the process with SIGABRT. */
_Noreturn void os_abort(void) SHARED_AS("os_abort");

/* Has the three called around every fork of this process: before it, and after it in the parent and in the child.
 * False: no memory. */
bool os_on_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));

/* Calls a function with all signals blocked; returns what it does. */
bool os_without_signals(bool (*call)(void));

/*
 * Runs `work` on a thread of its own, which the C library knows nothing of: the process stays one that counts as having
 * one thread. `work` may use the functions of this header, and nothing else of the C library. One at a time. The caller
 * has signals blocked, and so has the thread: no handler of the program runs there. False: the system has no more
 * threads.
 */
bool os_run_beside(void (*work)(void));

/*
 * Sleeps, on the thread of os_run_beside. False: at the start, or meanwhile, the program had other credentials than
 * that thread, which keeps those that it was started with; or it cannot be told. It is looked at eight times, and each
 * second. The caller is to end: a program that gave up its privileges must not have a thread that did not.
 */
bool os_sleep_beside(unsigned milliseconds);

/* Sleeps; returns early when *word is not `expected`, or is woken. */
void os_wait_for(atomic_uint *word, unsigned expected, unsigned milliseconds);

/* Milliseconds since some time before the process began; exact to a few. */
uint64_t os_milliseconds(void);

/* Makes committed pages resident, where the system can: touching them one by one costs several times as much. */
void os_populate(void *address, size_t size);

/* Has `ended` called in every thread that called os_arm_thread_exit, when it ends; once in a process. False: no memory.
 */
bool os_on_thread_exit(void (*ended)(void));
bool os_arm_thread_exit(void);

/* A number of the calling thread: never 0, never used again for another thread. */
extern THREAD_LOCAL unsigned os_thread_number_cached;
unsigned os_assign_thread_number(void);

static inline unsigned os_thread_number(void)
{
    return LIKELY(os_thread_number_cached != 0) ? os_thread_number_cached : os_assign_thread_number();
}

/* Bytes between the caller's frame and the end of its thread's stack; 0 where it is on none, such as an alternate stack
 * of signals. The C library asks malloc for what it needs to tell. */
size_t os_stack_room(void);

/* Whether no other thread can be running: then a lock may do without locked instructions. */
static inline bool os_is_single_threaded(void)
{
#if OS_KNOWS_SINGLE_THREADED
    return __libc_single_threaded != 0;
#else
    return false;
#endif
}

#endif
