/* Whole pages from the system for tests that also build with MinGW. Include before any other header. */
#ifndef CAIRN_TESTS_PAGES_H
#define CAIRN_TESTS_PAGES_H

#ifdef _WIN32
#include <windows.h>
#else
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif
#include <sys/mman.h>
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* A test may run on simulated pages of another size: tests/lib/ledger.h. */
#ifdef CAIRN_TEST_PAGE_SHIFT
#define PAGE (1u << CAIRN_TEST_PAGE_SHIFT)
#else
#define PAGE 0x1000u
#endif

#ifdef _WIN32

/* Address space only, page aligned; no access. */
static inline void *pages_reserve(size_t size)
{
    void *p = VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_NOACCESS);
    if (p == NULL) {
        printf("cannot reserve %zu bytes\n", size);
        exit(2);
    }
    return p;
}

/* Makes reserved pages readable and writable. */
static inline bool pages_commit(void *p, size_t size)
{
    return VirtualAlloc(p, size, MEM_COMMIT, PAGE_READWRITE) != NULL;
}

static inline void pages_release(void *p, size_t size)
{
    (void)size;
    VirtualFree(p, 0, MEM_RELEASE);
}

#else

/* Address space only, page aligned; no access. */
static inline void *pages_reserve(size_t size)
{
    char *p = mmap(NULL, size + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        printf("cannot reserve %zu bytes\n", size);
        exit(2);
    }
    size_t before = (PAGE - (uintptr_t)p % PAGE) % PAGE;
    if (before != 0) {
        munmap(p, before);
    }
    munmap(p + before + size, PAGE - before);
    return p + before;
}

/* Makes reserved pages readable and writable. */
static inline bool pages_commit(void *p, size_t size)
{
    return mprotect(p, size, PROT_READ | PROT_WRITE) == 0;
}

static inline void pages_release(void *p, size_t size)
{
    munmap(p, size);
}

#endif

/* The address of a page that is not mapped. On Linux one below all that is ever mapped unasked, because a page just
 * released would be the first to be mapped again, by the very function under test. */
static inline void *pages_unmapped(void)
{
#ifdef _WIN32
    void *p = pages_reserve(PAGE);
    pages_release(p, PAGE);
    return p;
#else
    return (void *)(uintptr_t)0x20000;
#endif
}

#endif
