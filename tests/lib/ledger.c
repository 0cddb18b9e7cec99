/* A row per reservation, with a byte per page of it that says whether the page is committed. The linker's --wrap leads
 * every call of the library here; __real_ is src/os/linux.c. */
#include "ledger.h"

#include "os/os.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES ((size_t)1 << CAIRN_TEST_PAGE_SHIFT)
#define RESERVATIONS 4096

struct reservation {
    uintptr_t start;
    size_t size;
    unsigned char *committed; /* a byte per page */
};

/*
 * Guards all of the following. No mutex of the C library: the thread that cleans is none of its threads, so it may take
 * the process for one with a single thread, in which a mutex need not be atomic.
 */
static atomic_flag busy = ATOMIC_FLAG_INIT;

static void books_open(void)
{
    while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
        sched_yield();
}

static void books_close(void)
{
    atomic_flag_clear_explicit(&busy, memory_order_release);
}

static struct reservation reservations[RESERVATIONS];
static size_t reservation_count;
static size_t committed_bytes;
static size_t limit = SIZE_MAX;
static unsigned refused;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
unsigned __wrap_os_find_page_shift(void);
void *__real_os_reserve(size_t size, size_t alignment);
void *__wrap_os_reserve(size_t size, size_t alignment);
void *__real_os_reserve_zeros(size_t size);
void *__wrap_os_reserve_zeros(size_t size);
bool __real_os_commit(void *address, size_t size, enum os_access access);
bool __wrap_os_commit(void *address, size_t size, enum os_access access);
bool __real_os_decommit(void *address, size_t size);
bool __wrap_os_decommit(void *address, size_t size);
void __real_os_discard(void *address, size_t size);
void __wrap_os_discard(void *address, size_t size);
void __real_os_release(void *address, size_t size);
void __wrap_os_release(void *address, size_t size);
/* NOLINTEND(bugprone-reserved-identifier) */

static _Noreturn void object(const char *call, const void *address, size_t size, const char *why)
{
    printf("%s(%p, 0x%zx): %s\n", call, address, size, why);
    fflush(stdout);
    abort();
}

static void expect_pages(const char *call, const void *address, size_t size)
{
    if ((uintptr_t)address % PAGE_BYTES != 0 || size % PAGE_BYTES != 0 || size == 0) {
        object(call, address, size, "not whole pages");
    }
}

/* --- the books, which are open -----------------------------------------------------------------------------------  */

static void add_reservation(void *address, size_t size)
{
    if (reservation_count == RESERVATIONS) {
        object("os_reserve", address, size, "more reservations than this test can count");
    }
    void *bytes = mmap(NULL, size / PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                       0);
    if (bytes == MAP_FAILED) {
        object("os_reserve", address, size, "the test itself is out of memory");
    }
    reservations[reservation_count++] = (struct reservation){(uintptr_t)address, size, bytes};
}

/* NULL: memory of the program's own, in which it has put a heap. */
static struct reservation *find_reservation(const char *call, const void *address, size_t size)
{
    uintptr_t start = (uintptr_t)address;
    for (size_t i = 0; i < reservation_count; i++) {
        struct reservation *row = &reservations[i];
        if (start < row->start + row->size && row->start < start + size) {
            if (start < row->start || start + size > row->start + row->size) {
                object(call, address, size, "not in one reservation");
            }
            return row;
        }
    }
    return NULL;
}

static unsigned char *bytes_of(const struct reservation *row, const void *address)
{
    return row->committed + ((uintptr_t)address - row->start) / PAGE_BYTES;
}

static size_t count_committed(const struct reservation *row, const void *address, size_t size)
{
    const unsigned char *bytes = bytes_of(row, address);
    size_t count = 0;
    for (size_t i = 0; i < size / PAGE_BYTES; i++) {
        count += bytes[i];
    }
    return count * PAGE_BYTES;
}

static void mark(const struct reservation *row, const void *address, size_t size, bool committed)
{
    committed_bytes -= count_committed(row, address, size);
    memset(bytes_of(row, address), committed, size / PAGE_BYTES);
    committed_bytes += committed ? size : 0;
}

/* --- os.h --------------------------------------------------------------------------------------------------------- */

/* NOLINTBEGIN(bugprone-reserved-identifier) */

unsigned __wrap_os_find_page_shift(void)
{
    atomic_store_explicit(&os_page_shift_cached, CAIRN_TEST_PAGE_SHIFT, memory_order_relaxed);
    return CAIRN_TEST_PAGE_SHIFT;
}

void *__wrap_os_reserve(size_t size, size_t alignment)
{
    expect_pages("os_reserve", NULL, size);
    if (alignment % PAGE_BYTES != 0) {
        object("os_reserve", (void *)alignment, size, "aligned to less than a page");
    }
    void *address = __real_os_reserve(size, alignment);
    if (address != NULL) {
        books_open();
        add_reservation(address, size);
        books_close();
    }
    return address;
}

/* What the system has before and behind it stays reserved, unused. */
void *__wrap_os_reserve_zeros(size_t size)
{
    expect_pages("os_reserve_zeros", NULL, size);
    char *address = __real_os_reserve_zeros(size + PAGE_BYTES);
    if (address != NULL) {
        address = (char *)(((uintptr_t)address + PAGE_BYTES - 1) & ~(uintptr_t)(PAGE_BYTES - 1));
        books_open();
        add_reservation(address, size);
        books_close();
    }
    return address;
}

bool __wrap_os_commit(void *address, size_t size, enum os_access access)
{
    expect_pages("os_commit", address, size);
    books_open();
    struct reservation *row = find_reservation("os_commit", address, size);
    size_t more = row != NULL ? size - count_committed(row, address, size) : 0;
    bool done = more <= limit && committed_bytes <= limit - more;
    if (!done) {
        refused++;
    } else {
        done = __real_os_commit(address, size, access);
    }
    if (done && row != NULL) {
        mark(row, address, size, true);
    }
    books_close();
    return done;
}

bool __wrap_os_decommit(void *address, size_t size)
{
    expect_pages("os_decommit", address, size);
    books_open();
    struct reservation *row = find_reservation("os_decommit", address, size);
    bool done = __real_os_decommit(address, size);
    if (done && row != NULL) {
        mark(row, address, size, false);
    }
    books_close();
    return done;
}

void __wrap_os_discard(void *address, size_t size)
{
    expect_pages("os_discard", address, size);
    books_open();
    struct reservation *row = find_reservation("os_discard", address, size);
    if (row != NULL && count_committed(row, address, size) != size) {
        object("os_discard", address, size, "not all committed");
    }
    __real_os_discard(address, size);
    books_close();
}

void __wrap_os_release(void *address, size_t size)
{
    expect_pages("os_release", address, size);
    books_open();
    struct reservation *row = find_reservation("os_release", address, size);
    if (row == NULL || row->start != (uintptr_t)address || row->size != size) {
        object("os_release", address, size, "not a whole reservation");
    }
    mark(row, address, size, false);
    munmap(row->committed, size / PAGE_BYTES);
    *row = reservations[--reservation_count];
    __real_os_release(address, size);
    books_close();
}

/* NOLINTEND(bugprone-reserved-identifier) */

/* --- for tests ---------------------------------------------------------------------------------------------------- */

size_t ledger_committed(void)
{
    books_open();
    size_t bytes = committed_bytes;
    books_close();
    return bytes;
}

void ledger_set_limit(size_t bytes)
{
    books_open();
    limit = bytes;
    books_close();
}

unsigned ledger_refused(void)
{
    books_open();
    unsigned count = refused;
    books_close();
    return count;
}
