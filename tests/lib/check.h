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
 * calls wine_skip("<name>") instead of the checks.
 *
 * A test says which lines of the specification (tests/spec/) its checks are about:
 *
 *     SPEC("W3.6.3 W1.3.4");
 *     CHECK_EQ_PTR(HeapReAlloc(heap, 0, NULL, 1), NULL);
 *
 * The checks from there to the end of the block belong to these lines; lines without a single check fail the test. With
 * CAIRN_SPEC_LOG=FILE in the environment how each came out is appended to that file, from which
 * tests/spec/compatibility.py makes docs/compatibility.md. */
#ifndef CAIRN_TESTS_CHECK_H
#define CAIRN_TESTS_CHECK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#endif

static atomic_int check_count;
static atomic_int check_failures;
static atomic_int check_excuses;  /* failures that a Wine deviation excuses */
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
        atomic_fetch_add(&check_excuses, 1);
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

/* Lines of the specification whose checks run until the block ends, and the counters when they began. */
struct spec_lines {
    const char *ids;
    int count;
    int failures;
    int excuses;
};

static inline struct spec_lines spec_begin(const char *ids)
{
    return (struct spec_lines){ids, atomic_load(&check_count), atomic_load(&check_failures),
                               atomic_load(&check_excuses)};
}

/* Appends one record, as a single write; false if it cannot. */
#ifdef _WIN32
/* Opened before main and written without stdio, which would allocate from the very heap that is tested. */
static HANDLE spec_file = INVALID_HANDLE_VALUE;

__attribute__((constructor)) static inline void spec_open(void)
{
    const char *path = getenv("CAIRN_SPEC_LOG");
    if (path != NULL) {
        spec_file = CreateFileA(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS,
                                FILE_ATTRIBUTE_NORMAL, NULL);
    }
}

static inline bool spec_append(const char *path, const char *ids, const char *outcome)
{
    char record[512];
    int length = snprintf(record, sizeof(record), "%s: %s\n", outcome, ids);
    DWORD written;
    (void)path;
    return length > 0 && length < (int)sizeof(record) && WriteFile(spec_file, record, (DWORD)length, &written, NULL) &&
           written == (DWORD)length;
}
#else
static inline bool spec_append(const char *path, const char *ids, const char *outcome)
{
    FILE *file = fopen(path, "a");
    if (file == NULL) {
        return false;
    }
    fprintf(file, "%s: %s\n", outcome, ids);
    return fclose(file) == 0;
}
#endif

/* A block that a loop enters often is logged once for each way in which it came out. */
static inline void spec_log(const char *ids, const char *outcome)
{
    static _Thread_local struct {
        const char *ids;
        const char *outcome;
    } logged[512];
    static _Thread_local int logged_count;
    const char *path = getenv("CAIRN_SPEC_LOG");
    if (path == NULL) {
        return;
    }
    for (int i = 0; i < logged_count; i++) {
        if (logged[i].ids == ids && logged[i].outcome == outcome) {
            return;
        }
    }
    if (logged_count < 512) {
        logged[logged_count].ids = ids;
        logged[logged_count].outcome = outcome;
        logged_count++;
    }
    check_true(spec_append(path, ids, outcome), "CAIRN_SPEC_LOG can be written", __FILE__, __LINE__);
}

/* The end of a SPEC block. Under Wine a block may be left out (wine_skip), elsewhere never. */
static inline void spec_end(struct spec_lines *lines)
{
    static const char failed[] = "fails";
    static const char differs[] = "differs";
    static const char left_out[] = "left out";
    static const char holds[] = "holds";
    const char *outcome = holds;
    if (atomic_load(&check_failures) != lines->failures) {
        outcome = failed;
    } else if (atomic_load(&check_excuses) != lines->excuses) {
        outcome = differs;
    } else if (atomic_load(&check_count) == lines->count) {
        outcome = on_wine() ? left_out : failed;
        if (!on_wine()) {
            check_true(false, lines->ids, "no check was made for", 0);
        }
    }
    spec_log(lines->ids, outcome);
}

#define SPEC_NAME_AT(line) spec_lines_##line
#define SPEC_NAME(line) SPEC_NAME_AT(line)
#define SPEC(ids) struct spec_lines SPEC_NAME(__LINE__) __attribute__((cleanup(spec_end), unused)) = spec_begin(ids)

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
