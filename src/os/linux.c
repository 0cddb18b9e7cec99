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
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

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

bool os_on_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    return pthread_atfork(before, in_parent, in_child) == 0;
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
