/* The two families of movable memory, Global and Local, as one table each, so that a test says once what holds of both.
 * Also what can be seen of a handle through its memory, and the wrong handles of global-local-toolhelp-seh.md 4. */
#ifndef CAIRN_TESTS_FAMILIES_H
#define CAIRN_TESTS_FAMILIES_H

#include "blocks.h"

struct family {
    const char *name;
    bool global;
    UINT discardable; /* as a flag of an allocation, and as GlobalFlags or LocalFlags tells it */
    HGLOBAL(WINAPI *alloc)(UINT, SIZE_T);
    HGLOBAL(WINAPI *resize)(HGLOBAL, SIZE_T, UINT);
    HGLOBAL(WINAPI *release)(HGLOBAL);
    SIZE_T(WINAPI *size)(HGLOBAL);
    UINT(WINAPI *flags)(HGLOBAL);
    HGLOBAL(WINAPI *handle)(LPCVOID);
    LPVOID(WINAPI *lock)(HGLOBAL);
    BOOL(WINAPI *unlock)(HGLOBAL);
};

static inline struct family family_global(void)
{
    return (struct family){"Global",   true,        GMEM_DISCARDABLE, GlobalAlloc, GlobalReAlloc, GlobalFree,
                           GlobalSize, GlobalFlags, GlobalHandle,     GlobalLock,  GlobalUnlock};
}

static inline struct family family_local(void)
{
    return (struct family){"Local",   false,      LMEM_DISCARDABLE, LocalAlloc, LocalReAlloc, LocalFree,
                           LocalSize, LocalFlags, LocalHandle,      LocalLock,  LocalUnlock};
}

/* Runs a test for both. */
static inline void for_both(void (*test)(const struct family *))
{
    const struct family families[] = {family_global(), family_local()};
    for (unsigned i = 0; i < 2; i++) {
        int before = atomic_load(&check_failures);
        test(&families[i]);
        if (atomic_load(&check_failures) != before) {
            printf("    of family: %s\n", families[i].name);
        }
    }
}

/* 1: what a handle leads to; the handle is the address of the second word. */
struct entry {
    UINT_PTR flags;
    void *data;
};

#define ENTRY_DISCARDED 0x8u

static inline struct entry *entry_of(HGLOBAL handle)
{
    return (struct entry *)((char *)handle - sizeof(UINT_PTR));
}

static inline bool is_moveable(HGLOBAL handle)
{
    return (UINT_PTR)handle % GRANULARITY == sizeof(void *);
}

/* 4: sign-extended, so that nothing can be mapped there. */
#define INVALID_MOVEABLE ((HGLOBAL)(LONG_PTR)(LONG)(0xDEADBEE0 + sizeof(void *)))
#define INVALID_FIXED ((HGLOBAL)(LONG_PTR)(LONG)0xDEADBEE0)

/* The handle of a moveable object that was just freed. */
static inline HGLOBAL freed_moveable(const struct family *f)
{
    HGLOBAL handle = f->alloc(GMEM_MOVEABLE, 256);
    CHECK(is_moveable(handle));
    CHECK_EQ_PTR(f->release(handle), NULL);
    return handle;
}

/* A success: the last error is as it was. */
#define CHECK_QUIETLY(condition)                                                                                       \
    do {                                                                                                               \
        POISON_LAST_ERROR();                                                                                           \
        CHECK(condition);                                                                                              \
        CHECK_LAST_ERROR_UNTOUCHED();                                                                                  \
    } while (0)

/* A failure, with this last error. */
#define CHECK_FAILS(condition, error)                                                                                  \
    do {                                                                                                               \
        POISON_LAST_ERROR();                                                                                           \
        CHECK(condition);                                                                                              \
        CHECK_LAST_ERROR(error);                                                                                       \
    } while (0)

#endif
