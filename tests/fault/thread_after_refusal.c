/* A system that refuses a thread once, as when a limit is reached for a moment: the next call does not ask again at
 * once, but one after `decay` does, and from then on memory goes back without any call. */
#include "check.h"

#include "child.h"
#include "heap/options.h"
#include "seed.h"
#include "thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include <windows.h>

typedef int clone_fn(int (*function)(void *), void *stack, int flags, void *argument, ...);

static clone_fn *next_clone; /* the C library's */
static atomic_uint clones;

/* In the place of the C library's, for the library too: refuses the first. */
int clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
int clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
    va_list list;
    if (atomic_fetch_add(&clones, 1) == 0) {
        errno = EAGAIN;
        return -1;
    }
    va_start(list, argument);
    void *parent_id = va_arg(list, void *);
    void *local = va_arg(list, void *);
    void *child_id = va_arg(list, void *);
    va_end(list);
    return next_clone(function, stack, flags, argument, parent_id, local, child_id);
}

#define BLOCK ((SIZE_T)4 << 20)
#define DECAY 600u             /* milliseconds */
#define LONGER_THAN_DECAY 800u /* the clock that is looked at is a coarse one */
#define SECONDS_AT_MOST 20u

static bool is_resident(const void *address)
{
    unsigned char resident = 0;
    void *page = (void *)((uintptr_t)address & ~(uintptr_t)4095);
    return mincore(page, 1, &resident) == 0 && (resident & 1) != 0;
}

/* An address inside of what was in use. */
static const char *use_memory(HANDLE heap)
{
    char *block = HeapAlloc(heap, 0, BLOCK);
    CHECK(block != NULL);
    memset(block, 1, BLOCK);
    CHECK(HeapFree(heap, 0, block));
    return block + BLOCK / 2;
}

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void refused_once(void *arg)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    char options[32];
    (void)arg;
    snprintf(options, sizeof(options), "decay=%u", DECAY);
    options_parse(options);
    uint64_t start = milliseconds();
    use_memory(heap);
    CHECK_EQ_UINT(clones, 1);
    use_memory(heap);
    unsigned asked = clones;
    CHECK(asked == 1 || milliseconds() > start + DECAY / 2); /* a busy system may have let us wait */
    thread_sleep(LONGER_THAN_DECAY);
    const char *inside = use_memory(heap);
    CHECK(clones > 1);
    for (unsigned i = 0; i < SECONDS_AT_MOST * 50 && is_resident(inside); i++) {
        thread_sleep(20);
    }
    CHECK(!is_resident(inside));
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    /* sanitizers have threads of the C library instead */
    if (SLOWNESS != SLOWNESS_PLAIN) {
        return CHECK(true) ? 0 : 1;
    }
    void *found = dlsym(RTLD_NEXT, "clone");
    CHECK(found != NULL);
    memcpy(&next_clone, &found, sizeof(next_clone));
    child_run(refused_once, NULL, 60, "a thread that is refused once");
    return check_report();
}
