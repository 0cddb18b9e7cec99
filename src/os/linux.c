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
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/random.h>
#include <sys/stat.h>
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

ALWAYS_USED atomic_uint os_page_shift_cached;
SHARE(os_page_shift_cached);

unsigned os_find_page_shift(void)
{
    /* Not sysconf, whose code and table of names lie on pages of the C library that nothing else at start touches. */
    unsigned shift = (unsigned)__builtin_ctz((unsigned)getpagesize());
    atomic_store_explicit(&os_page_shift_cached, shift, memory_order_relaxed);
    return shift;
}
SHARE(os_find_page_shift);

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

bool os_reserve_at(void *address, size_t size)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    void *mapping = mmap(address, size, PROT_NONE, flags, -1, 0);
    if (mapping == MAP_FAILED)
        return false;
    if (mapping == address)
        return true;
    os_release(mapping, size); /* Linux before 4.17 takes the address for a hint */
    return false;
}

void *os_reserve_zeros(size_t size)
{
    return map(size, PROT_READ);
}

static bool protect(void *address, size_t size, int protection, enum os_access access)
{
    if (mprotect(address, size, protection | (access == OS_READ_WRITE_EXECUTE ? PROT_EXEC : 0)) == 0)
        return true;
    /* EACCES: a security policy that forbids writable code; to the caller it is memory that cannot be had. */
    if (!is_out_of_memory(errno) && errno != EACCES)
        fatal("mprotect", errno);
    return false;
}

static unsigned count_mappings(unsigned limit);

/*
 * A process has so many mappings that it had better have no more for our sake: by default 65530 are all that it can
 * have, for threads and libraries too. Every so many calls that may have made one they are counted, which takes some
 * milliseconds where there are many.
 */
#define MANY_MAPPINGS 16384u
#define MAPPINGS_COUNTED_AFTER 16384u

static atomic_uint maybe_mapped; /* calls since they were counted */
static atomic_bool has_many_mappings;

static void note_mapping(void)
{
    if (atomic_fetch_add_explicit(&maybe_mapped, 1, memory_order_relaxed) % MAPPINGS_COUNTED_AFTER ==
        MAPPINGS_COUNTED_AFTER - 1)
        atomic_store_explicit(&has_many_mappings, count_mappings(MANY_MAPPINGS) == MANY_MAPPINGS, memory_order_relaxed);
}

bool os_has_many_mappings(void)
{
    return atomic_load_explicit(&has_many_mappings, memory_order_relaxed);
}

bool os_commit(void *address, size_t size, enum os_access access)
{
    note_mapping();
    return protect(address, size, PROT_READ | PROT_WRITE, access);
}

bool os_make_read_only(void *address, size_t size, enum os_access access)
{
    return protect(address, size, PROT_READ, access);
}

bool os_decommit(void *address, size_t size)
{
    note_mapping();
    if (os_has_many_mappings())
        return madvise(address, size, MADV_DONTNEED) == 0;
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

uint64_t os_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
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

/* --- what /proc tells -----------------------------------------------------------------------------------------------
 */

/* A file of /proc, read through a small buffer; nothing is allocated. By plain system calls: the C library's look for
 * the calling thread's record, which a thread of os_run_beside lacks. */
struct proc_file {
    int descriptor;
    size_t next; /* index of the next character in the buffer */
    size_t end;
    char buffer[1024];
};

static bool proc_open(struct proc_file *file, const char *path)
{
    file->next = 0;
    file->end = 0;
    file->descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    return file->descriptor >= 0;
}

static void proc_close(const struct proc_file *file)
{
    syscall(SYS_close, file->descriptor);
}

/* The next character; -1 at the end. */
static int proc_next(struct proc_file *file)
{
    if (file->next == file->end) {
        long count = syscall(SYS_read, file->descriptor, file->buffer, sizeof file->buffer);
        if (count <= 0)
            return -1;
        file->next = 0;
        file->end = (size_t)count;
    }
    return (unsigned char)file->buffer[file->next++];
}

/* Passes over the rest of a line, whose last character read is `c`; false at the end of the file. */
static bool proc_skip_line(struct proc_file *file, int c)
{
    while (c != '\n' && c != -1)
        c = proc_next(file);
    return c != -1;
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A hexadecimal number; *behind is the character behind it. */
static uintptr_t proc_read_hex(struct proc_file *file, int *behind)
{
    uintptr_t value = 0;
    int c;

    while (hex_digit(c = proc_next(file)) >= 0)
        value = value << 4 | (uintptr_t)hex_digit(c);
    *behind = c;
    return value;
}

/* A line of the file: "start-end rwxp offset device inode name". */
bool os_find_mapping(const void *address, uintptr_t *start, uintptr_t *end)
{
    struct proc_file file;
    bool found = false;
    int c;

    if (!proc_open(&file, "/proc/self/maps"))
        return false;
    do {
        *start = proc_read_hex(&file, &c);
        *end = proc_read_hex(&file, &c);
        c = proc_next(&file);
        found = c == 'r' && (uintptr_t)address - *start < *end - *start;
    } while (!found && proc_skip_line(&file, c));
    proc_close(&file);
    return found;
}
SHARE(os_find_mapping);

/* How many mappings the process has, or the limit where they are more; 0: it cannot be told. */
static unsigned count_mappings(unsigned limit)
{
    struct proc_file file;
    unsigned count = 0;

    if (!proc_open(&file, "/proc/self/maps"))
        return 0;
    while (count < limit && proc_skip_line(&file, 0))
        count++;
    proc_close(&file);
    return count;
}

/* The word before a colon, cut to fit; *behind is the character behind what was read. */
static void proc_read_label(struct proc_file *file, char label[16], int *behind)
{
    size_t length = 0;
    int c;

    while ((c = proc_next(file)) != ':' && c != '\n' && c != -1) {
        if (length < 15)
            label[length++] = (char)c;
    }
    label[length] = '\0';
    *behind = c;
}

/* Kibibytes, as bytes; *behind is the character behind the digits. */
static size_t proc_read_kib(struct proc_file *file, int *behind)
{
    size_t value = 0;
    int c;

    do
        c = proc_next(file);
    while (c == ' ' || c == '\t');
    for (; c >= '0' && c <= '9'; c = proc_next(file))
        value = value * 10 + (size_t)(c - '0');
    *behind = c;
    return value << 10;
}

/* A line of the file: "VmRSS:      1234 kB". */
struct os_resident os_measure_resident(void)
{
    struct os_resident resident = {0, 0};
    struct proc_file file;
    char label[16];
    int c;

    if (!proc_open(&file, "/proc/self/status")) {
        struct rusage usage;
        if (getrusage(RUSAGE_SELF, &usage) == 0)
            resident.peak = (size_t)usage.ru_maxrss << 10;
        return resident;
    }
    do {
        proc_read_label(&file, label, &c);
        if (strcmp(label, "VmRSS") == 0)
            resident.now = proc_read_kib(&file, &c);
        else if (strcmp(label, "VmHWM") == 0)
            resident.peak = proc_read_kib(&file, &c);
    } while (proc_skip_line(&file, c));
    proc_close(&file);
    return resident;
}

/* Whether a line of the file tells what a thread may do, which is its own: user, groups, capabilities, sandbox. */
static bool tells_credentials(const char *label)
{
    static const char *const labels[] = {"Uid",    "Gid",    "Groups",     "CapInh",  "CapPrm",         "CapEff",
                                         "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters"};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (strcmp(label, labels[i]) == 0)
            return true;
    }
    return false;
}

/* A sum of such lines of a thread's status, which differs where they do; 0: they cannot be read. */
static uint64_t proc_sum_credentials(const char *path)
{
    struct proc_file file;
    char label[16];
    uint64_t sum = 0;
    int c;

    if (!proc_open(&file, path))
        return 0;
    do {
        proc_read_label(&file, label, &c);
        if (!tells_credentials(label))
            continue;
        while (c != '\n' && c != -1) {
            sum = (sum ^ (uint64_t)c) * 0x100000001B3u + 1;
            c = proc_next(&file);
        }
    } while (proc_skip_line(&file, c));
    proc_close(&file);
    return sum;
}

/* By default a look takes some 30 us each eighth of a second, while there is such a thread at all. */
#define LOOKS_AT_LEAST 8u
#define LOOK_AFTER_AT_MOST 1000u

bool os_sleep_beside(unsigned milliseconds)
{
    static atomic_uint never;
    uint64_t own = proc_sum_credentials("/proc/thread-self/status");
    unsigned step = milliseconds / LOOKS_AT_LEAST + 1;
    if (step > LOOK_AFTER_AT_MOST)
        step = LOOK_AFTER_AT_MOST;

    while (own != 0 && own == proc_sum_credentials("/proc/self/status")) {
        if (milliseconds == 0)
            return true;
        unsigned part = milliseconds < step ? milliseconds : step;
        os_wait_for(&never, 0, part);
        milliseconds -= part;
    }
    return false;
}

unsigned os_process_number(void)
{
    return (unsigned)getpid();
}

/* --- standard error -------------------------------------------------------------------------------------------------
 */

static void write_all(int descriptor, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

void os_write_error(const char *text, size_t length)
{
    write_all(STDERR_FILENO, text, length);
}
SHARE(os_write_error);

/* A second descriptor of standard error, far from those that programs count on, and what it leads to: a program may
 * close it and open something else under its number. */
static struct {
    int descriptor; /* 0: none, and standard error itself is written to */
    dev_t device;
    ino_t node;
} kept_error;

void os_keep_error(void)
{
    struct stat status;
    int descriptor = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 200);
    if (descriptor < 0 || fstat(descriptor, &status) != 0)
        return;
    kept_error.descriptor = descriptor;
    kept_error.device = status.st_dev;
    kept_error.node = status.st_ino;
}

static bool error_is_kept(void)
{
    struct stat status;
    return fstat(kept_error.descriptor, &status) == 0 && status.st_dev == kept_error.device &&
           status.st_ino == kept_error.node;
}

void os_write_last(const char *text, size_t length)
{
    if (kept_error.descriptor == 0)
        os_write_error(text, length);
    else if (error_is_kept())
        write_all(kept_error.descriptor, text, length);
}

_Noreturn void os_abort(void)
{
    abort();
}
SHARE(os_abort);

bool os_without_signals(bool (*call)(void))
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    bool result = call();
    sigprocmask(SIG_SETMASK, &before, NULL);
    return result;
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)

/* The sanitizers must know of every thread, and bear none in the child of a process that had several. */
static bool is_forked;

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
    if (is_forked || pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    bool started = pthread_create(&thread, &attributes, run_work, argument) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

static void forget_beside(void)
{
    is_forked = true;
}

#else

#define BESIDE_STACK ((size_t)64 << 10)
#define BESIDE_GUARD ((size_t)64 << 10)

/*
 * What the thread finds around its thread pointer: zeros, which is what our own thread-local variables and errno need.
 * The C library's tables of threads are not there, so nothing that looks into them may be called.
 */
#define BESIDE_LOCAL ((size_t)8 << 10)

static uintptr_t thread_pointer(void)
{
    uintptr_t pointer;
#if defined(__x86_64__)
    __asm__("mov %%fs:0, %0" : "=r"(pointer));
#elif defined(__aarch64__)
    __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
#else
#error "where is the thread pointer?"
#endif
    return pointer;
}

/* How far from the thread pointer, on either side, the variables lie: below the program's own, which may be large. */
static size_t local_reach(void)
{
    const void *variables[] = {&errno, &os_thread_number_cached};
    size_t reach = 0;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        uintptr_t address = (uintptr_t)variables[i];
        uintptr_t pointer = thread_pointer();
        reach = size_max(reach, address < pointer ? pointer - address : address - pointer);
    }
    return align_up(reach + BESIDE_LOCAL, os_page_size());
}

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

/* Stack, guard, thread-local memory; the last is made anew each time. */
static bool make_beside_memory(void)
{
    size_t size = BESIDE_STACK + BESIDE_GUARD + 2 * local_reach();
    if (beside.memory == NULL) {
        beside.memory = map(size, PROT_READ | PROT_WRITE);
        if (beside.memory != NULL)
            mprotect(beside.memory + BESIDE_STACK, BESIDE_GUARD, PROT_NONE);
    }
    return beside.memory != NULL;
}

bool os_run_beside(void (*work)(void))
{
    unsigned idle = 0;
    /* One that has done its work may still be ending. */
    for (unsigned tries = 0; !atomic_compare_exchange_strong(&beside.is_running, &idle, 1); tries++) {
        if (tries == 64)
            return false;
        idle = 0;
        os_yield(tries);
    }
    if (!make_beside_memory()) {
        atomic_store(&beside.is_running, 0);
        return false;
    }
    char *stack_end = beside.memory + BESIDE_STACK;
    char *local = stack_end + BESIDE_GUARD;
    char *pointer = local + local_reach();
    memset(local, 0, 2 * local_reach());
#if defined(__x86_64__)
    *(void **)(void *)pointer = pointer; /* the first word there is its own address */
#endif
    beside.work = work;

    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
                CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    pid_t id;
    int result = clone(run_beside, stack_end, flags, NULL, &id, pointer, &beside.is_running);
    if (result < 0)
        atomic_store(&beside.is_running, 0);
    return result >= 0;
}

static void forget_beside(void)
{
    atomic_store(&beside.is_running, 0);
}

#endif

/* What pthread_atfork calls, which itself would be linked in at the far end of our code, a page that is touched for
 * this alone. The last argument tells a library that may be unloaded; we are not. */
int __register_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void), void *library);

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
    return __register_atfork(before, in_parent, fork_in_child, NULL) == 0;
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

bool os_arm_thread_exit(void)
{
    /* Any value but NULL has the destructor called. Before there is a key there is the first thread. */
    return !atomic_load_explicit(&has_exit_key, memory_order_acquire) || pthread_setspecific(exit_key, &exit_key) == 0;
}

unsigned os_assign_thread_number(void)
{
    static atomic_uint last;
    os_thread_number_cached = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
    return os_thread_number_cached;
}

size_t os_stack_room(void)
{
    pthread_attr_t attributes;
    void *end = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return 0;
    pthread_attr_getstack(&attributes, &end, &size);
    pthread_attr_destroy(&attributes);
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return here - (uintptr_t)end < size ? here - (uintptr_t)end : 0;
}
