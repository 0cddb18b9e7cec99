/* The check macros that every test uses: they count, print both operands, carry on after a failure and do not care
 * about NDEBUG. A test's main ends in `return check_report();`. No dependency but C11, and <windows.h> on Windows.
 *
 * Conformance tests also build with MinGW and run under Wine. Where Wine is known to answer otherwise than Windows,
 * the checks concerned stand in a block that says so by name:
 *
 *     WINE_DIFFERS("HeapReAlloc(NULL) sets the last error to 0") {
 *         CHECK_LAST_ERROR(NO_ERROR);
 *     }
 *
 * The checks inside run everywhere; under Wine, and only there, a failure of theirs is reported as
 * "wine differs: <name>" and not counted. Where Wine would crash or lacks a function, the test asks on_wine() and
 * calls wine_skip("<name>") instead of the checks. */
#ifndef CAIRN_TESTS_CHECK_H
#define CAIRN_TESTS_CHECK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#endif

static atomic_int check_count;
static atomic_int check_failures;
static const char *check_excuse;  /* name of the Wine deviation whose block is running; NULL outside and off Wine */
static const char *check_excused; /* the one reported last, so that a loop reports it once */

/* True when the program runs under Wine; never on Linux. */
static inline bool on_wine(void)
{
#ifdef _WIN32
    return GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != NULL;
#else
    return false;
#endif
}

/* Says by name that checks which Wine cannot survive are left out. */
static inline void wine_skip(const char *name)
{
    printf("wine differs: %s (left out)\n", name);
}

/* Opens a block of excused checks; the value only drives the loop in WINE_DIFFERS. */
static inline bool check_excuse_begin(const char *name)
{
    check_excuse = on_wine() ? name : NULL;
    return true;
}

static inline bool check_excuse_end(void)
{
    check_excuse = NULL;
    return false;
}

#define WINE_DIFFERS(name)                                                                                             \
    for (bool check_in_block = check_excuse_begin(name); check_in_block; check_in_block = check_excuse_end())

/* Counts one check. Returns true if the caller should print the details of a failure. */
static inline bool check_failed(bool ok, const char *file, int line)
{
    atomic_fetch_add(&check_count, 1);
    if (ok) {
        return false;
    }
    if (check_excuse != NULL) {
        if (check_excused != check_excuse) {
            printf("wine differs: %s (%s:%d)\n", check_excuse, file, line);
            check_excused = check_excuse;
        }
        return false;
    }
    atomic_fetch_add(&check_failures, 1);
    printf("%s:%d: check failed: ", file, line);
    return true;
}

static inline bool check_true(bool ok, const char *text, const char *file, int line)
{
    if (check_failed(ok, file, line)) {
        printf("%s\n", text);
    }
    return ok;
}

static inline bool check_int(long long a, long long b, const char *text, const char *file, int line)
{
    if (check_failed(a == b, file, line)) {
        printf("%s: %lld (0x%llx) != %lld (0x%llx)\n", text, a, (unsigned long long)a, b, (unsigned long long)b);
    }
    return a == b;
}

static inline bool check_uint(unsigned long long a, unsigned long long b, const char *text, const char *file, int line)
{
    if (check_failed(a == b, file, line)) {
        printf("%s: %llu (0x%llx) != %llu (0x%llx)\n", text, a, a, b, b);
    }
    return a == b;
}

static inline bool check_ptr(const void *a, const void *b, const char *text, const char *file, int line)
{
    if (check_failed(a == b, file, line)) {
        printf("%s: %p != %p\n", text, a, b);
    }
    return a == b;
}

static inline bool check_str(const char *a, const char *b, const char *text, const char *file, int line)
{
    bool ok = (a != NULL && b != NULL) ? strcmp(a, b) == 0 : a == b;
    if (check_failed(ok, file, line)) {
        printf("%s: \"%s\" != \"%s\"\n", text, a != NULL ? a : "(null)", b != NULL ? b : "(null)");
    }
    return ok;
}

/* Each yields whether it held, so that a test can stop where going on would make no sense. */
#define CHECK(cond) check_true((cond) ? true : false, #cond, __FILE__, __LINE__)
#define CHECK_EQ_INT(a, b) check_int((long long)(a), (long long)(b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_EQ_UINT(a, b)                                                                                            \
    check_uint((unsigned long long)(a), (unsigned long long)(b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_EQ_PTR(a, b) check_ptr((const void *)(a), (const void *)(b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_EQ_STR(a, b) check_str((a), (b), #a " == " #b, __FILE__, __LINE__)

/* The thread's last error is set to a value that no function sets, then looked at after the call under test. */
#define POISON 0xDEADBEEFu
#define POISON_LAST_ERROR() SetLastError(POISON)
#define CHECK_LAST_ERROR(code) CHECK_EQ_UINT(GetLastError(), (code))
#define CHECK_LAST_ERROR_UNTOUCHED() CHECK_LAST_ERROR(POISON)

/* Prints the totals; returns the exit status: 0 if there were checks and all held, else 1. */
static inline int check_report(void)
{
    int count = atomic_load(&check_count);
    int failures = atomic_load(&check_failures);
    printf("%d checks, %d failed\n", count, failures);
    return (count > 0 && failures == 0) ? 0 : 1;
}

#endif
