/* HeapSetInformation(HeapEnableTerminationOnCorruption): win32-heap.md 3.14. After it a mistake ends the process with
 * one line on standard error,
 *
 *     cairn: <function>: <what>: block <address>, heap <handle>
 *
 * without it the call fails and the process lives. Each mistake is made in a child of its own. */
#ifndef _WIN32
#define _DEFAULT_SOURCE 1
#endif
#include "blocks.h"

/* The setting cannot be undone, so on Windows it is all that is tested. */
static void setting_is_accepted(void)
{
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
}

#ifdef _WIN32

int main(void)
{
    setting_is_accepted();
    return check_report();
}

#else

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* One call that is a mistake: what is passed, and what the report has to say. */
struct mistake {
    const char *name;
    const char *function; /* in the line; the rest of the name may differ: RtlFreeHeap or HeapFree */
    const char *what;     /* words of the line; NULL: any */
    HANDLE heap;
    void *block;
    bool (*make)(const struct mistake *m); /* whether the call failed as documented */
};

/* How a child ended. */
struct ending {
    int status;
    char line[1024]; /* all it wrote to standard error */
};

static bool free_fails(const struct mistake *m)
{
    POISON_LAST_ERROR();
    bool failed = !HeapFree(m->heap, 0, m->block);
    DWORD error = GetLastError();
    return failed && (error == ERROR_INVALID_PARAMETER || error == ERROR_INVALID_HANDLE || error == ERROR_NOACCESS);
}

static bool realloc_fails(const struct mistake *m)
{
    return HeapReAlloc(m->heap, 0, m->block, 500) == NULL;
}

/* The heap that the setting is made with; it is the process's whichever that is. */
static HANDLE setter;

/* In the child: makes the mistake with standard error going to `fd`. Ends with 0 if the call failed as documented and
 * the heap can still be used. */
static void child(const struct mistake *m, bool terminate, int fd)
{
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(fd, STDERR_FILENO);
    if (terminate && !HeapSetInformation(setter, HeapEnableTerminationOnCorruption, NULL, 0)) {
        _exit(2);
    }
    if (!m->make(m)) {
        _exit(3);
    }
    void *block = HeapAlloc(GetProcessHeap(), 0, 64);
    _exit(block != NULL && HeapFree(GetProcessHeap(), 0, block) ? 0 : 4);
}

static bool run(const struct mistake *m, bool terminate, struct ending *ending)
{
    int fds[2];
    size_t length = 0;
    ssize_t n;
    memset(ending, 0, sizeof(*ending));
    fflush(stdout);
    if (!CHECK(pipe(fds) == 0)) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        child(m, terminate, fds[1]);
    }
    close(fds[1]);
    while (length < sizeof(ending->line) - 1 &&
           (n = read(fds[0], ending->line + length, sizeof(ending->line) - 1 - length)) > 0) {
        length += (size_t)n;
    }
    close(fds[0]);
    return CHECK(pid > 0 && waitpid(pid, &ending->status, 0) == pid);
}

static bool is_one_line(const char *text)
{
    const char *newline = strchr(text, '\n');
    return newline != NULL && newline[1] == '\0';
}

static bool names_pointer(const char *line, const char *label, const void *pointer)
{
    char expected[64];
    snprintf(expected, sizeof(expected), "%s %p", label, pointer);
    const char *found = strstr(line, expected);
    return found != NULL && strchr(",\n", found[strlen(expected)]) != NULL;
}

/* with the setting: SIGABRT, and one line that says function, what, block and heap */
static bool terminates(const struct mistake *m)
{
    SPEC("W3.14.11 N15.6.1 G9.6.5");
    struct ending e;
    if (!run(m, true, &e)) {
        return false;
    }
    bool ok = CHECK(WIFSIGNALED(e.status) && WTERMSIG(e.status) == SIGABRT);
    ok = CHECK(is_one_line(e.line)) && ok;
    ok = CHECK(strncmp(e.line, "cairn: ", 7) == 0) && ok;
    ok = CHECK(strstr(e.line, m->function) != NULL) && ok;
    ok = CHECK(m->what == NULL || strstr(e.line, m->what) != NULL) && ok;
    ok = CHECK(names_pointer(e.line, "block", m->block)) && ok;
    ok = CHECK(names_pointer(e.line, "heap", m->heap)) && ok;
    if (!ok) {
        printf("    it wrote: %s\n", e.line);
    }
    return ok;
}

/* without it: the documented failure, nothing written, and the process lives */
static bool lives(const struct mistake *m)
{
    struct ending e;
    if (!run(m, false, &e)) {
        return false;
    }
    bool ok = CHECK(WIFEXITED(e.status));
    ok = CHECK_EQ_INT(WIFEXITED(e.status) ? WEXITSTATUS(e.status) : -1, 0) && ok;
    return CHECK_EQ_STR(e.line, "") && ok;
}

static void check_mistake(struct mistake m)
{
    tell_case(lives(&m), m.name);
    tell_case(terminates(&m), m.name);
}

static void frees(HANDLE heap, void *block, const char *what, const char *name)
{
    check_mistake((struct mistake){name, "FreeHeap", what, heap, block, free_fails});
}

static void double_free(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    void *block = HeapAlloc(heap, 0, 100), *next = HeapAlloc(heap, 0, 100), *large = HeapAlloc(heap, 0, LARGE_MIN);
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapFree(heap, 0, large));
    frees(heap, block, "already free", "double free");
    frees(heap, large, NULL, "double free of a large block");
    CHECK(HeapFree(heap, 0, next));
    CHECK(HeapDestroy(heap));

    void *own = HeapAlloc(GetProcessHeap(), 0, 100), *behind = HeapAlloc(GetProcessHeap(), 0, 100);
    CHECK(HeapFree(GetProcessHeap(), 0, own));
    frees(GetProcessHeap(), own, "already free", "double free in the default heap");
    CHECK(HeapFree(GetProcessHeap(), 0, behind));
}

static void wild_free(void)
{
    struct witness w;
    int on_stack = 0;
    witness_make(&w);
    frees(w.heap, plain_memory() + 64, "outside", "free of static memory");
    frees(w.heap, &on_stack, "outside", "free of the stack");
    frees(w.heap, pages_unmapped(), "outside", "free of unmapped memory");
    frees(w.heap, (void *)(uintptr_t)16, "outside", "free of a small number");
    witness_end(&w);
}

static void interior_free(void)
{
    struct witness w;
    witness_make(&w);
    frees(w.heap, w.small[1] + GRANULARITY, "no block starts", "free inside a block");
    frees(w.heap, w.small[1] + 1, "no block starts", "free of a misaligned pointer");
    frees(w.heap, w.large + LARGE_ALIGNMENT, "no block starts", "free inside a large block");
    witness_end(&w);
}

static void foreign_free(void)
{
    struct witness w, other;
    witness_make(&w);
    witness_make(&other);
    frees(w.heap, other.small[1], "another heap", "free of another heap's block");
    frees(w.heap, other.large, "another heap", "free of another heap's large block");
    frees(GetProcessHeap(), w.small[0], "another heap", "free of a private heap's block with the default heap");
    witness_end(&w);
    witness_end(&other);
}

static void overwritten_header(void)
{
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    unsigned char *block[3], saved[8];
    for (unsigned i = 0; i < 3; i++) {
        block[i] = HeapAlloc(heap, 0, 64);
    }
    memcpy(saved, block[1] - 8, sizeof(saved)); /* the 8 bytes before a block's data are its header */
    memset(block[1] - 8, 'A', sizeof(saved));
    frees(heap, block[1], "overwritten", "free of a block whose header was overwritten");
    check_mistake((struct mistake){"realloc of a block whose header was overwritten", "ReAllocateHeap", "overwritten",
                                   heap, block[1], realloc_fails});
    memcpy(block[1] - 8, saved, sizeof(saved));
    CHECK(HeapFree(heap, 0, block[1]));
    CHECK(HeapDestroy(heap));
}

static void realloc_of_bad_pointers(void)
{
    struct witness w, other;
    witness_make(&w);
    witness_make(&other);
    void *freed = HeapAlloc(w.heap, 0, 40), *stop = HeapAlloc(w.heap, 0, 40);
    CHECK(HeapFree(w.heap, 0, freed));
    const struct mistake mistakes[] = {
        {"realloc of a freed block", "ReAllocateHeap", "already free", w.heap, freed, realloc_fails},
        {"realloc inside a block", "ReAllocateHeap", "no block starts", w.heap, w.small[0] + GRANULARITY,
         realloc_fails},
        {"realloc of another heap's block", "ReAllocateHeap", "another heap", w.heap, other.small[0], realloc_fails},
        {"realloc of static memory", "ReAllocateHeap", "outside", w.heap, plain_memory() + 64, realloc_fails},
    };
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        check_mistake(mistakes[i]);
    }
    CHECK(HeapFree(w.heap, 0, stop));
    witness_end(&w);
    witness_end(&other);
}

/* a handle that no longer is one */
static void destroyed_heap(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    void *block = HeapAlloc(heap, 0, 100);
    CHECK(HeapDestroy(heap));
    frees(heap, block, NULL, "free in a destroyed heap");
}

/* What can happen to a program without a mistake, and questions, which are none. */
static bool no_mistakes(const struct mistake *m)
{
    void *freed = HeapAlloc(m->heap, 0, 100), *stop = HeapAlloc(m->heap, 0, 100);
    bool ok = freed != NULL && stop != NULL && HeapFree(m->heap, 0, freed);
    ok = ok && HeapFree(m->heap, 0, NULL);
    ok = ok && HeapAlloc(m->heap, 0, (SIZE_T)-1) == NULL;
    ok = ok && HeapReAlloc(m->heap, 0, NULL, 100) == NULL;
    ok = ok && HeapReAlloc(m->heap, 0, m->block, (SIZE_T)-1) == NULL;
    ok = ok && HeapReAlloc(m->heap, HEAP_REALLOC_IN_PLACE_ONLY, m->block, 0x100000) == NULL;
    ok = ok && HeapValidate(m->heap, 0, NULL);
    ok = ok && !HeapUnlock(m->heap);
    PROCESS_HEAP_ENTRY entry;
    ok = ok && find_record(m->heap, m->block, &entry);
    return ok && HeapSize(m->heap, 0, m->block) == 100 && HeapFree(m->heap, 0, m->block);
}

/* the setting ends no process that makes no mistake */
static void without_mistakes(void)
{
    struct ending e;
    HANDLE heap = HeapCreate(0, 0, 0);
    struct mistake m = {"no mistake", "", NULL, heap, HeapAlloc(heap, 0, 100), no_mistakes};
    CHECK(run(&m, true, &e));
    CHECK(WIFEXITED(e.status) && WEXITSTATUS(e.status) == 0);
    CHECK_EQ_STR(e.line, "");
    CHECK(HeapDestroy(heap));
}

/* made with one heap, it is all heaps' */
static void set_with_a_heap(void)
{
    SPEC("W3.14.12");
    struct witness w;
    witness_make(&w);
    setter = HeapCreate(0, 0, 0);
    frees(w.heap, w.small[1] + 1, "no block starts", "set with a heap, free in another");
    frees(setter, w.small[1], "another heap", "set with a heap, free in that heap");
    CHECK(HeapDestroy(setter));
    setter = NULL;
    witness_end(&w);
}

int main(void)
{
    double_free();
    set_with_a_heap();
    wild_free();
    interior_free();
    foreign_free();
    overwritten_header();
    realloc_of_bad_pointers();
    destroyed_heap();
    without_mistakes();
    setting_is_accepted();
    return check_report();
}

#endif
