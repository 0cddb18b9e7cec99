/* Tens of thousands of large blocks, or of heaps: a process may have some 65,000 mappings, for threads and libraries
 * too, and the heaps leave a good part of them to others. */
#include "check.h"

#include "child.h"
#include "seed.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>

#include <windows.h>

#define CHILD_SECONDS 100
#define COUNT (40000u / SLOWNESS / (SLOWNESS == SLOWNESS_PLAIN ? 1 : 4))
#define MAPPINGS_AT_MOST 40000u
#define BLOCK (((SIZE_T)1 << 20) + 1000)

static HANDLE handles[COUNT];
static void *blocks[COUNT];

static unsigned count_mappings(void)
{
    static char text[0x10000];
    unsigned lines = 0;
    ssize_t length;
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    while ((length = read(file, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < length; i++) {
            lines += text[i] == '\n';
        }
    }
    close(file);
    CHECK(lines > 0);
    return lines;
}

static void *do_nothing(void *arg)
{
    return arg;
}

/* A thread needs a mapping for its stack, and another for the guard below it. */
static void check_what_is_left(const char *when)
{
    pthread_t thread;
    unsigned mappings = count_mappings();
    /* a sanitizer has mappings of its own */
    if (!CHECK(mappings < MAPPINGS_AT_MOST || SLOWNESS != SLOWNESS_PLAIN)) {
        printf("    %u mappings %s\n", mappings, when);
    }
    if (CHECK_EQ_INT(pthread_create(&thread, NULL, do_nothing, NULL), 0)) {
        pthread_join(thread, NULL);
    }
}

static bool allocate_all(HANDLE heap)
{
    unsigned had = 0;
    while (had < COUNT && (blocks[had] = HeapAlloc(heap, 0, BLOCK)) != NULL) {
        had++;
    }
    return CHECK_EQ_UINT(had, COUNT);
}

static void give_memory_back(void)
{
    HEAP_OPTIMIZE_RESOURCES_INFORMATION information = {HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
    CHECK(HeapSetInformation(NULL, HeapOptimizeResources, &information, sizeof(information)));
}

/* Every other one first: what is given back lies between others. */
static void free_all(HANDLE heap)
{
    for (unsigned first = 0; first < 2; first++) {
        for (unsigned i = first; i < COUNT; i += 2) {
            CHECK(blocks[i] == NULL || HeapFree(heap, 0, blocks[i]));
        }
        give_memory_back();
        check_what_is_left("when blocks were freed");
    }
}

static void many_blocks(void *arg)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    (void)arg;
    bool all = allocate_all(heap);
    check_what_is_left("with large blocks");
    free_all(heap);
    /* Where it had room for all, it has it again. */
    if (all) {
        CHECK((blocks[0] = HeapAlloc(heap, HEAP_ZERO_MEMORY, BLOCK)) != NULL);
        CHECK(((char *)blocks[0])[BLOCK / 2] == 0 && ((char *)blocks[0])[BLOCK - 1] == 0);
    }
    CHECK(HeapDestroy(heap));
}

static void many_heaps(void *arg)
{
    unsigned had = 0;
    (void)arg;
    while (had < COUNT && (handles[had] = HeapCreate(0, 0, 0)) != NULL) {
        had++;
    }
    CHECK_EQ_UINT(had, COUNT);
    check_what_is_left("with many heaps");
    while (had > 0) {
        CHECK(HeapDestroy(handles[--had]));
    }
    give_memory_back();
    check_what_is_left("when heaps were destroyed");
}

/* Whether a process may have that much address space, and be promised that much memory that it does not touch. */
static bool may_have_all(void)
{
    struct rlimit address_space;
    char policy = '2';
    int file = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);
    bool known = file >= 0 && read(file, &policy, 1) == 1;
    close(file);
    return known && policy != '2' && getrlimit(RLIMIT_AS, &address_space) == 0 &&
           address_space.rlim_cur == RLIM_INFINITY;
}

int main(void)
{
    CHECK(HeapLock(GetProcessHeap()) && HeapUnlock(GetProcessHeap()));
    if (may_have_all()) {
        child_run(many_blocks, NULL, CHILD_SECONDS, "many blocks");
        child_run(many_heaps, NULL, CHILD_SECONDS, "many heaps");
    } else {
        printf("the system gives no process that much: left out\n");
    }
    return check_report();
}
