/*
 * os.h on Linux: the one place with mmap, mprotect, madvise, futex and getrandom.
 *
 * Reserved memory is a PROT_NONE mapping (not counted against any commit limit), committed memory the same mapping made
 * writable (counted: without MAP_NORESERVE), so a commit can fail and be answered. ENOMEM and EAGAIN are answers; any
 * other error is a bug and fatal.
 */
#include "os/os.h"

#include "base/align.h"
#include "base/assert.h"
#include "base/message.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define POPULATE_WRITE 23 /* MADV_POPULATE_WRITE, which older headers lack */

THREAD_LOCAL unsigned os_thread_number_cached;

static NOINLINE _Noreturn void fatal(const char *call, int error)
{
    struct message message;
    message_start(&message);
    message_add(&message, "cairn: ");
    message_add(&message, call);
    message_add(&message, " failed with error ");
    message_add_decimal(&message, (uint64_t)error);
    message_end(&message);
    os_write_error(message.text, message.length);
    os_abort();
}

_Noreturn void assert_failed(const char *condition, const char *file, int line)
{
    struct message message;
    message_start(&message);
    message_add(&message, "cairn: internal error: ");
    message_add(&message, condition);
    message_add(&message, " does not hold at ");
    message_add(&message, file);
    message_add(&message, ":");
    message_add_decimal(&message, (uint64_t)line);
    message_end(&message);
    os_write_error(message.text, message.length);
    os_abort();
}

static bool is_out_of_memory(int error)
{
    return error == ENOMEM || error == EAGAIN;
}

atomic_uint os_page_shift_cached;

unsigned os_find_page_shift(void)
{
    unsigned shift = (unsigned)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
    atomic_store_explicit(&os_page_shift_cached, shift, memory_order_relaxed);
    return shift;
}

size_t os_address_space_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return (size_t)limit.rlim_cur;
}

static void *map(size_t size, int protection)
{
    void *address = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address != MAP_FAILED)
        return address;
    /* EINVAL and EOVERFLOW here only mean a size that no address space holds. */
    if (!is_out_of_memory(errno) && errno != EINVAL && errno != EOVERFLOW)
        fatal("mmap", errno);
    return NULL;
}

void *os_reserve(size_t size, size_t alignment)
{
    size_t padded;
    if (__builtin_add_overflow(size, alignment, &padded))
        return NULL;

    char *mapping = map(padded, PROT_NONE);
    if (mapping == NULL)
        return NULL;

    char *aligned = (char *)align_up((uintptr_t)mapping, alignment);
    size_t before = (size_t)(aligned - mapping);
    size_t after = padded - before - size;
    if (before != 0)
        os_release(mapping, before);
    if (after != 0)
        os_release(aligned + size, after);
    return aligned;
}

void *os_reserve_zeros(size_t size)
{
    return map(size, PROT_READ);
}

bool os_commit(void *address, size_t size, enum os_access access)
{
    int protection = PROT_READ | PROT_WRITE | (access == OS_READ_WRITE_EXECUTE ? PROT_EXEC : 0);
    if (mprotect(address, size, protection) == 0)
        return true;
    /* EACCES: a security policy that forbids writable code; to the caller it is memory that cannot be had. */
    if (!is_out_of_memory(errno) && errno != EACCES)
        fatal("mprotect", errno);
    return false;
}

bool os_decommit(void *address, size_t size)
{
    void *mapped = mmap(address, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (mapped != MAP_FAILED)
        return true;
    if (!is_out_of_memory(errno))
        fatal("mmap", errno);
    return madvise(address, size, MADV_DONTNEED) == 0;
}

void os_discard(void *address, size_t size)
{
    /* Locked pages (mlockall) cannot be discarded; the promise that they read as zero is kept by hand. */
    if (madvise(address, size, MADV_DONTNEED) != 0)
        memset(address, 0, size);
}

void os_populate(void *address, size_t size)
{
    /* An older kernel refuses; then they become resident when they are touched. */
    madvise(address, size, POPULATE_WRITE);
}

void os_release(void *address, size_t size)
{
    if (munmap(address, size) == 0)
        return;
    /* Splitting a mapping can exceed the number of mappings; it then stays reserved, which harms nobody. */
    if (!is_out_of_memory(errno))
        fatal("munmap", errno);
}

bool os_is_readable(const void *address)
{
    char byte;
    struct iovec here = {&byte, 1};
    struct iovec there = {(void *)(uintptr_t)address, 1};
    if (process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1)
        return true;
    if (errno == EFAULT)
        return false;

    /* A sandbox may forbid that call; whether the page is mapped at all is the next best answer. */
    unsigned char resident;
    void *page = (void *)align_down((uintptr_t)address, os_page_size());
    return mincore(page, 1, &resident) == 0;
}

void os_wait(atomic_uint *word, unsigned expected)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void os_wait_for(atomic_uint *word, unsigned expected, unsigned milliseconds)
{
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, &time, NULL, 0);
}

void os_wake_one(atomic_uint *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void os_yield(unsigned tries)
{
    if (tries < 16)
        sched_yield();
    else
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

uint64_t os_random(void)
{
    uint64_t value;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) == (ssize_t)sizeof value)
        return value;

    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((uint64_t)now.tv_nsec << 32) ^ (uint64_t)now.tv_sec ^ (uintptr_t)&now;
}

void os_write_error(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

_Noreturn void os_abort(void)
{
    abort();
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)

/* The sanitizers must know of every thread. */
static void *run_work(void *work)
{
    void (*function)(void);
    memcpy(&function, &work, sizeof function);
    function();
    return NULL;
}

bool os_run_beside(void (*work)(void))
{
    pthread_attr_t attributes;
    pthread_t thread;
    void *argument;
    memcpy(&argument, &work, sizeof argument);
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    bool started = pthread_create(&thread, &attributes, run_work, argument) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

static void forget_beside(void)
{
}

#else

#define BESIDE_STACK ((size_t)64 << 10)

/*
 * What the thread finds at its thread pointer: zeros, which is what our own thread-local variables and errno need. The
 * C library's tables of threads are not there, so nothing that looks into them may be called.
 */
#define BESIDE_LOCAL ((size_t)32 << 10)

static struct {
    atomic_uint is_running; /* the system clears it when the thread has ended */
    char *memory;           /* stack, then thread-local memory with the thread pointer in its middle */
    void (*work)(void);
} beside;

static int run_beside(void *argument)
{
    (void)argument;
    beside.work();
    return 0;
}

static bool make_beside_memory(void)
{
    if (beside.memory == NULL)
        beside.memory = map(BESIDE_STACK + 2 * BESIDE_LOCAL, PROT_READ | PROT_WRITE);
    return beside.memory != NULL;
}

bool os_run_beside(void (*work)(void))
{
    unsigned idle = 0;
    if (!atomic_compare_exchange_strong(&beside.is_running, &idle, 1))
        return false;
    if (!make_beside_memory()) {
        atomic_store(&beside.is_running, 0);
        return false;
    }
    char *stack_end = beside.memory + BESIDE_STACK;
    char *thread_pointer = stack_end + BESIDE_LOCAL;
    memset(stack_end, 0, 2 * BESIDE_LOCAL);
#if defined(__x86_64__)
    memcpy(thread_pointer, &thread_pointer, sizeof thread_pointer); /* the first word there is its own address */
#endif
    beside.work = work;

    /* No signal handler of the program may run on that thread. */
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
                CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    pid_t id;
    int result = clone(run_beside, stack_end, flags, NULL, &id, thread_pointer, &beside.is_running);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (result < 0)
        atomic_store(&beside.is_running, 0);
    return result >= 0;
}

static void forget_beside(void)
{
    atomic_store(&beside.is_running, 0);
}

#endif

static void (*on_fork_in_child)(void);

/* The thread of os_run_beside is not in the child. */
static void fork_in_child(void)
{
    forget_beside();
    on_fork_in_child();
}

bool os_on_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    on_fork_in_child = in_child;
    return pthread_atfork(before, in_parent, fork_in_child) == 0;
}

static pthread_key_t exit_key;
static atomic_bool has_exit_key;
static void (*on_thread_exit)(void);

static void thread_exits(void *value)
{
    (void)value;
    on_thread_exit();
}

bool os_on_thread_exit(void (*ended)(void))
{
    on_thread_exit = ended;
    if (pthread_key_create(&exit_key, thread_exits) != 0)
        return false;
    atomic_store_explicit(&has_exit_key, true, memory_order_release);
    return true;
}

void os_arm_thread_exit(void)
{
    /* Any value but NULL has the destructor called. */
    if (atomic_load_explicit(&has_exit_key, memory_order_acquire))
        pthread_setspecific(exit_key, &exit_key);
}

unsigned os_assign_thread_number(void)
{
    static atomic_uint last;
    os_thread_number_cached = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
    return os_thread_number_cached;
}
