/* In a process with several threads, the call that finds a block at hand executes no locked instruction, no fence and
 * no system call. The processor itself says so: with its trap flag set, it tells a signal handler of every instruction
 * before it is executed. */
#include "traffic.h"

#include "steps.h"
#include "thread.h"

#include <ntifs.h>

#if defined(__x86_64__) && !defined(CAIRN_TEST_DEBUG)

#include <signal.h>
#include <ucontext.h>

#define WARM_UP 8000u
#define PAIRS 40u

/* What was seen of one run. */
static struct {
    unsigned instructions;
    unsigned locked;
    unsigned syscalls;
    const unsigned char *first; /* locked instruction or system call */
} seen;

static bool is_prefix(unsigned char byte)
{
    static const unsigned char prefixes[] = {0x66, 0x67, 0xF2, 0xF3, 0x2E, 0x36, 0x3E, 0x26, 0x64, 0x65};
    return memchr(prefixes, byte, sizeof(prefixes)) != NULL;
}

/* The lock prefix, and xchg with memory, which needs none; mfence. */
static bool is_locked(const unsigned char *code)
{
    while (is_prefix(*code)) {
        code++;
    }
    if (*code == 0xF0) {
        return true;
    }
    if ((*code & 0xF0) == 0x40) {
        code++;
    }
    bool is_xchg = (code[0] & 0xFE) == 0x86 && (code[1] & 0xC0) != 0xC0;
    return is_xchg || (code[0] == 0x0F && code[1] == 0xAE && code[2] == 0xF0);
}

static void on_step(int signal, siginfo_t *info, void *context)
{
    const ucontext_t *at = context;
    const unsigned char *code = (const unsigned char *)at->uc_mcontext.gregs[REG_RIP]; /* NOLINT: a register */
    bool locked = is_locked(code), syscall = code[0] == 0x0F && code[1] == 0x05;
    (void)signal;
    (void)info;
    seen.instructions++;
    seen.locked += locked;
    seen.syscalls += syscall;
    if ((locked || syscall) && seen.first == NULL) {
        seen.first = code;
    }
}

static void watch(HANDLE heap, SIZE_T size, const char *name)
{
    void *blocks[8];
    for (unsigned i = 0; i < WARM_UP; i++) { /* several at once, so that as many are at hand afterwards */
        blocks[i % 8] = i % 16 < 8 ? HeapAlloc(heap, 0, size) : RtlAllocateHeap(heap, 0, size);
        for (unsigned b = 0; i % 8 == 7 && b < 8; b++) {
            CHECK(i % 16 < 8 ? HeapFree(heap, 0, blocks[b]) != FALSE : RtlFreeHeap(heap, 0, blocks[b]) != FALSE);
        }
    }
    memset(&seen, 0, sizeof(seen));
    steps_begin();
    for (unsigned i = 0; i < PAIRS; i++) {
        HeapFree(heap, 0, HeapAlloc(heap, 0, size));
    }
    for (unsigned i = 0; i < 4; i++) {
        blocks[i] = RtlAllocateHeap(heap, 0, size);
    }
    for (unsigned i = 0; i < 4; i++) {
        RtlFreeHeap(heap, 0, blocks[i]);
    }
    steps_end();
    bool ok = CHECK(seen.instructions > PAIRS * 10);
    ok = CHECK_EQ_UINT(seen.locked, 0) && ok;
    ok = CHECK_EQ_UINT(seen.syscalls, 0) && ok;
    printf("%s, %zu bytes: %u instructions for an allocation and a free%s\n", name, (size_t)size,
           seen.instructions / (PAIRS + 4), ok ? "" : ", FAILED");
    if (seen.first != NULL) {
        printf("    at %p: %02x %02x %02x %02x %02x %02x\n", (const void *)seen.first, seen.first[0], seen.first[1],
               seen.first[2], seen.first[3], seen.first[4], seen.first[5]);
    }
}

static atomic_bool stop;

static void sleep_until_stopped(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        thread_sleep(1);
    }
}

int main(void)
{
    static const SIZE_T sizes[] = {0, 24, 64, 500, 4000};
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    struct thread thread;
    CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
    HANDLE heap = HeapCreate(0, 0, 0);
    thread_start(&thread, sleep_until_stopped, NULL);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        watch(heap, sizes[i], "private heap");
        watch(GetProcessHeap(), sizes[i], "default heap");
    }
    atomic_store(&stop, true);
    thread_join(&thread);
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
