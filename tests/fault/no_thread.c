/* A system that starts no more threads: unused memory stays warm all the same, and a later call gives it back, after it
 * has asked once more. So it is with cleaner=off, where none is asked for. */
#include "check.h"

#include "child.h"
#include "heap/options.h"
#include "seed.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include <windows.h>

static atomic_uint clones;

/* In the place of the C library's, for the library too. */
int clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
int clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    (void)function, (void)stack, (void)flags, (void)argument;
    atomic_fetch_add(&clones, 1);
    errno = EAGAIN;
    return -1;
}

#define BLOCK ((SIZE_T)4 << 20)
#define DECAY "300"
#define LONGER_THAN_DECAY 500000 /* microseconds */

static bool is_resident(const void *address)
{
    unsigned char resident = 0;
    void *page = (void *)((uintptr_t)address & ~(uintptr_t)4095);
    return mincore(page, 1, &resident) == 0 && (resident & 1) != 0;
}

static void use_memory(const char *options, unsigned expected_clones)
{
    options_parse(options);
    HANDLE heap = HeapCreate(0, 0, 0);
    char *block = HeapAlloc(heap, 0, BLOCK);
    CHECK(block != NULL);
    memset(block, 1, BLOCK);
    char *inside = block + BLOCK / 2;
    CHECK(HeapFree(heap, 0, block));
    CHECK(is_resident(inside)); /* warm */
    void *other = HeapAlloc(heap, 0, 0x9000);
    CHECK(is_resident(inside));
    usleep(LONGER_THAN_DECAY);
    CHECK(is_resident(inside)); /* nobody is there to take it */
    CHECK(HeapFree(heap, 0, other));
    CHECK(!is_resident(inside));
    CHECK_EQ_UINT(clones, expected_clones);
    CHECK(HeapDestroy(heap));
}

static void refused(void *arg)
{
    (void)arg;
    use_memory("decay=" DECAY, 2);
}

static void forbidden(void *arg)
{
    (void)arg;
    use_memory("cleaner=off,decay=" DECAY, 0);
}

int main(void)
{
    /* sanitizers have threads of the C library instead */
    if (SLOWNESS != SLOWNESS_PLAIN) {
        return CHECK(true) ? 0 : 1;
    }
    CHECK_EQ_INT(child_wait(child_start(refused, NULL, 30)), 0);
    CHECK_EQ_INT(child_wait(child_start(forbidden, NULL, 30)), 0);
    return check_report();
}
