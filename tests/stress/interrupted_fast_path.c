/* A signal handler that allocates or frees, at every instruction of a call that finds a block at hand. It never makes
 * two blocks of one: either all that the program holds is apart, or the process ends with SIGABRT and a line. */
#include "child.h"
#include "steps.h"

#include <windows.h>

#if defined(__x86_64__) && !defined(CAIRN_TEST_DEBUG) && !defined(__SANITIZE_THREAD__)

#define SIZE 64u
#define WARM_UP 64u
#define HELD 32u
#define MOST_STEPS 500u
#define CHILD_SECONDS 5

static HANDLE heap;
static void *held[HELD]; /* all that the program has; NULL: nothing */
static unsigned steps, interrupted_at;
static bool frees; /* the calls */

static bool is_apart(void)
{
    bool apart = true;
    for (unsigned i = 0; i < HELD; i++) {
        for (unsigned j = 0; j < i; j++) {
            apart = apart && (held[i] == NULL || held[i] != held[j]);
        }
    }
    return apart;
}

/* One call, on one of the blocks that the program holds. */
static void call(unsigned place)
{
    if (frees) {
        void *block = held[place];
        held[place] = NULL;
        HeapFree(heap, 0, block);
    } else {
        held[place] = HeapAlloc(heap, 0, SIZE);
    }
}

static void on_step(int signal)
{
    (void)signal;
    if (++steps == interrupted_at) {
        call(1);
    }
}

static void interrupt_one_call(void *arg)
{
    struct sigaction action = {.sa_handler = on_step};
    (void)arg;
    CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
    steps = 0;
    steps_begin();
    call(0);
    steps_end();
    if (steps < interrupted_at) {
        _exit(2); /* the call has not as many instructions */
    }
    for (unsigned i = 0; i < HELD; i++) {
        if (held[i] == NULL) {
            held[i] = HeapAlloc(heap, 0, SIZE);
        }
    }
    CHECK(is_apart());
}

/* Interrupts a call before each of its instructions in turn; counts how often the process ended with a line. */
static unsigned interrupt_everywhere(const char *name)
{
    unsigned diagnosed = 0;
    int end = 0;
    for (interrupted_at = 1; end != 2 && interrupted_at < MOST_STEPS; interrupted_at++) {
        char text[200];
        end = child_capture(interrupt_one_call, NULL, CHILD_SECONDS, text, sizeof(text));
        bool is_line = end == 256 + SIGABRT && strncmp(text, "cairn: a free block is in use", 29) == 0;
        diagnosed += is_line;
        if (!CHECK(end == 0 || end == 2 || is_line)) {
            printf("    %s, instruction %u: ended with %d %s\n", name, interrupted_at, end, text);
        }
    }
    CHECK_EQ_INT(end, 2);
    printf("%s: %u instructions, %u times a line\n", name, interrupted_at - 2, diagnosed);
    return diagnosed;
}

/* Blocks at hand, and half of the places taken where calls are to free them. */
static void prepare(void)
{
    static void *blocks[WARM_UP];
    heap = HeapCreate(0, 0, 0);
    for (unsigned round = 0; round < 8; round++) {
        for (unsigned i = 0; i < WARM_UP; i++) {
            blocks[i] = HeapAlloc(heap, 0, SIZE);
        }
        for (unsigned i = 0; i < WARM_UP; i++) {
            CHECK(HeapFree(heap, 0, blocks[i]));
        }
    }
    for (unsigned i = 0; frees && i < HELD / 2; i++) {
        held[i] = HeapAlloc(heap, 0, SIZE);
    }
}

int main(void)
{
    prepare();
    CHECK(interrupt_everywhere("HeapAlloc") > 0);
    CHECK(HeapDestroy(heap));
    frees = true;
    prepare();
    interrupt_everywhere("HeapFree");
    CHECK(HeapDestroy(heap));
    return check_report();
}

#else

int main(void)
{
    CHECK(GetProcessHeap() != NULL); /* a build whose instructions say nothing */
    return check_report();
}

#endif
