/* Arenas: runs are taken first fit from the lowest address, pages are committed, decommitted, kept warm and taken
 * away, and the tables say so; absurd sizes are refused quickly and leave nothing behind. */
#include "heap/arena.h"

#include "base/align.h"
#include "base/assert.h"

#include "arena_state.h"
#include "child.h"
#include "seed.h"

#include <time.h>

#define PAGE_SIZE os_page_size()
#define SECONDS 60

static struct arena_state before;

static void begin(void)
{
    arena_purge();
    CHECK(arena_state_take(&before));
}

static void end(void)
{
    CHECK(arena_state_is(&before));
}

static size_t warm_pages(void)
{
    struct arena_state state;
    CHECK(arena_state_take(&state));
    return state.warm_pages;
}

static bool commit(void *run, size_t offset, size_t size, bool zeroed)
{
    return arena_commit(run, (char *)run + offset, size, OS_READ_WRITE, zeroed);
}

static void first_fit(void)
{
    char *runs[8];
    begin();
    for (size_t i = 0; i < 8; i++) {
        runs[i] = arena_take((i + 1) * UNIT_SIZE - 1, NULL, RUN_SEGMENT);
        CHECK(runs[i] != NULL && is_aligned((uintptr_t)runs[i], UNIT_SIZE));
        CHECK(i == 0 || runs[i] == runs[i - 1] + i * UNIT_SIZE);
        const struct arena *arena = arena_of(runs[i]);
        CHECK(arena != NULL && arena == arena_of(runs[i] + UNIT_SIZE - 1));
        CHECK_EQ_UINT(unit_owner(&arena->units[arena_unit_index(arena, runs[i])]), owner_word(runs[i], RUN_SEGMENT));
        CHECK_EQ_PTR(arena_unit_address(arena, arena_unit_index(arena, runs[i])), runs[i]);
    }
    arena_give_back(runs[2], true); /* 3 units */
    arena_give_back(runs[5], true); /* 6 units */
    CHECK_EQ_PTR(arena_take(4 * UNIT_SIZE, NULL, RUN_SEGMENT), runs[5]);
    CHECK_EQ_PTR(arena_take(UNIT_SIZE, NULL, RUN_SEGMENT), runs[2]);
    CHECK_EQ_PTR(arena_take(2 * UNIT_SIZE, NULL, RUN_SEGMENT), runs[2] + UNIT_SIZE);
    CHECK_EQ_PTR(arena_take(2 * UNIT_SIZE, NULL, RUN_SEGMENT), runs[5] + 4 * UNIT_SIZE);
    CHECK_EQ_PTR(arena_take(1, NULL, RUN_SEGMENT), runs[7] + 8 * UNIT_SIZE);
    arena_give_back(runs[7] + 8 * UNIT_SIZE, true);
    arena_give_back(runs[2] + UNIT_SIZE, true);
    arena_give_back(runs[5] + 4 * UNIT_SIZE, true);
    for (size_t i = 0; i < 8; i++) {
        arena_give_back(runs[i], true);
    }
    end();
}

static void bad_sizes(void)
{
    begin();
    unsigned arenas_before = atomic_load(&arena_count);
    CHECK(arena_take(0, NULL, RUN_SEGMENT) == NULL);
    CHECK(arena_take(SIZE_MAX, NULL, RUN_SEGMENT) == NULL);
    CHECK(arena_take(SIZE_MAX - UNIT_SIZE, NULL, RUN_SEGMENT) == NULL);
    CHECK(arena_take(SIZE_MAX / 2 + 1, NULL, RUN_SEGMENT) == NULL);
    CHECK(arena_take((size_t)1 << 48, NULL, RUN_SEGMENT) == NULL);
    CHECK_EQ_UINT(atomic_load(&arena_count), arenas_before);
    CHECK(arena_of(NULL) == NULL);
    CHECK(arena_of((void *)~(uintptr_t)0) == NULL);
    CHECK(arena_of(&arenas_before) == NULL);
    CHECK(arena_of((char *)arenas[0].base - 1) == NULL || arena_of((char *)arenas[0].base - 1) != &arenas[0]);
    end();
}

static void every_table_is_readable(void)
{
    struct random random = {test_seed()};
    const struct arena *arena = &arenas[0];
    size_t sum = 0;
    for (unsigned i = 0; i < 1000; i++) {
        char *address = (char *)arena->base + random_below(&random, arena->size);
        sum += *arena_granule(arena, address) + unit_owner(&arena->units[arena_unit_index(arena, address)]);
    }
    char *last = (char *)arena->base + arena->size - 1;
    sum += *arena_granule(arena, last) + unit_owner(&arena->units[arena_unit_index(arena, last)]);
    CHECK(sum != 1);
}

/* Any page of a run on its own, over the borders of units. */
static void pages(void)
{
    begin();
    char *run = arena_take(4 * UNIT_SIZE, NULL, RUN_SEGMENT);
    const struct arena *arena = arena_of(run);
    uintptr_t base = (uintptr_t)run, stop = base + 4 * UNIT_SIZE;

    CHECK_EQ_UINT(arena_find_page(arena, base, stop, true), stop);
    CHECK_EQ_UINT(arena_find_page(arena, base, stop, false), base);
    CHECK(commit(run, UNIT_SIZE - PAGE_SIZE, 3 * PAGE_SIZE, false));
    memset(run + UNIT_SIZE - PAGE_SIZE, 0x77, 3 * PAGE_SIZE);
    CHECK_EQ_UINT(arena_find_page(arena, base, stop, true), base + UNIT_SIZE - PAGE_SIZE);
    CHECK_EQ_UINT(arena_find_page(arena, base + UNIT_SIZE, stop, true), base + UNIT_SIZE);
    CHECK_EQ_UINT(arena_find_page(arena, base + UNIT_SIZE - PAGE_SIZE, stop, false), base + UNIT_SIZE + 2 * PAGE_SIZE);
    CHECK_EQ_UINT(arena_find_page(arena, base, base + PAGE_SIZE, true), base + PAGE_SIZE);
    CHECK_EQ_UINT(arena_find_page(arena, base, base, true), base);

    /* Only units with committed pages are the heap's, and the first. */
    CHECK_EQ_UINT(unit_owner(&arena->units[arena_unit_index(arena, run + UNIT_SIZE)]), base | RUN_SEGMENT);
    CHECK_EQ_UINT(unit_owner(&arena->units[arena_unit_index(arena, run + 2 * UNIT_SIZE)]), 0);
    arena_decommit(run, run + UNIT_SIZE, PAGE_SIZE, false);
    CHECK_EQ_UINT(arena_find_page(arena, base + UNIT_SIZE, stop, true), base + UNIT_SIZE + PAGE_SIZE);
    CHECK(!os_is_readable(run + UNIT_SIZE));
    CHECK(os_is_readable(run + UNIT_SIZE + PAGE_SIZE));
    arena_decommit(run, run + UNIT_SIZE + PAGE_SIZE, PAGE_SIZE, false);
    CHECK_EQ_UINT(unit_owner(&arena->units[arena_unit_index(arena, run + UNIT_SIZE)]), 0);
    CHECK_EQ_UINT(unit_owner(&arena->units[arena_unit_index(arena, run)]), base | RUN_SEGMENT);
    arena_give_back(run, false);
    CHECK(!os_is_readable(run + UNIT_SIZE - PAGE_SIZE));
    end();
}

static bool is_filled(const char *bytes, size_t size, char value)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

/* Warm memory comes back as it was, or as zeros when these were asked for; cooled memory faults until it is
 * committed. */
static void warm_memory(void)
{
    begin();
    CHECK_EQ_UINT(warm_pages(), 0);
    char *run = arena_take(2 * UNIT_SIZE, NULL, RUN_SEGMENT);
    CHECK(commit(run, 0, 8 * PAGE_SIZE, false));
    memset(run, 0x55, 8 * PAGE_SIZE);
    arena_decommit(run, run, 4 * PAGE_SIZE, true);
    CHECK_EQ_UINT(warm_pages(), 4);
    CHECK(commit(run, 0, 2 * PAGE_SIZE, false));
    CHECK(is_filled(run, 2 * PAGE_SIZE, 0x55));
    CHECK(commit(run, 2 * PAGE_SIZE, PAGE_SIZE, true));
    CHECK(is_filled(run + 2 * PAGE_SIZE, PAGE_SIZE, 0));
    CHECK_EQ_UINT(warm_pages(), 1);
    arena_cool(run, run, 2 * UNIT_SIZE);
    CHECK_EQ_UINT(warm_pages(), 0);
    CHECK(!os_is_readable(run + 3 * PAGE_SIZE) && os_is_readable(run + 4 * PAGE_SIZE) && os_is_readable(run));

    arena_give_back(run, true);
    CHECK_EQ_UINT(warm_pages(), 7);
    CHECK_EQ_PTR(arena_take(UNIT_SIZE, NULL, RUN_SEGMENT), run);
    /* Partly warm, partly not: zero throughout. */
    CHECK(commit(run, 0, UNIT_SIZE, true));
    CHECK(is_filled(run, UNIT_SIZE, 0));
    memset(run, 1, UNIT_SIZE);
    CHECK_EQ_UINT(warm_pages(), 0);
    arena_give_back(run, true);
    CHECK_EQ_UINT(warm_pages(), UNIT_SIZE / PAGE_SIZE);
    arena_purge();
    CHECK_EQ_UINT(warm_pages(), 0);
    CHECK(!os_is_readable(run));
    end();
}

/* What is kept warm is bounded, however much is given back and in whatever pieces. */
static void warm_memory_is_bounded(void)
{
    char *runs[64];
    begin();
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < 64; i++) {
            size_t size = (size_t)1 << (12 + i % 10);
            runs[i] = arena_take(size, NULL, RUN_SEGMENT);
            CHECK(runs[i] != NULL && commit(runs[i], 0, size, false));
        }
        for (size_t i = 0; i < 64; i++) {
            arena_give_back(runs[i], true);
            CHECK(warm_pages() <= WARM_PAGES_AT_MOST);
        }
    }
    CHECK(warm_pages() > 0);
    arena_purge();
    CHECK_EQ_UINT(warm_pages(), 0);
    end();
}

static void trim(void)
{
    begin();
    char *run = arena_take(8 * UNIT_SIZE, NULL, RUN_SEGMENT);
    CHECK(commit(run, 0, 8 * UNIT_SIZE, true));
    arena_decommit(run, run + UNIT_SIZE + PAGE_SIZE, 7 * UNIT_SIZE - PAGE_SIZE, true);
    arena_trim(run, UNIT_SIZE + PAGE_SIZE);
    CHECK_EQ_PTR(arena_take(6 * UNIT_SIZE, NULL, RUN_SEGMENT), run + 2 * UNIT_SIZE);
    arena_trim(run, 2 * UNIT_SIZE); /* as long as it is */
    arena_give_back(run + 2 * UNIT_SIZE, false);
    arena_give_back(run, false);
    end();
}

/* Executable memory is never left warm for others by its owner, and warm memory becomes executable. */
static void executable(void)
{
    static const unsigned char code[] = {0xB8, 0x2A, 0, 0, 0, 0xC3}; /* mov eax, 42; ret */
    begin();
    char *run = arena_take(UNIT_SIZE, NULL, RUN_SEGMENT);
    CHECK(commit(run, 0, UNIT_SIZE, false));
    arena_give_back(run, true);
    CHECK_EQ_PTR(arena_take(UNIT_SIZE, NULL, RUN_SEGMENT), run);
    if (CHECK(arena_commit(run, run, PAGE_SIZE, OS_READ_WRITE_EXECUTE, false))) {
#if defined(__x86_64__)
        int (*function)(void);
        memcpy(run, code, sizeof(code));
        memcpy(&function, &run, sizeof(function));
        CHECK_EQ_INT(function(), 42);
#endif
    }
    arena_give_back(run, false);
    end();
}

/* --- in processes of their own, because arenas stay --------------------------------------------------------------- */

static void further_arenas(void *arg)
{
    unsigned count;
    (void)arg;
    CHECK_EQ_UINT(atomic_load(&arena_count), 1);
    char *whole = arena_take(arenas[0].size, NULL, RUN_SEGMENT); /* one unit of it is the default heap's */
    CHECK(whole != NULL);
    CHECK_EQ_UINT(atomic_load(&arena_count), 2);
    CHECK(arena_of(whole) == &arenas[1]);
    CHECK_EQ_PTR(arena_take(UNIT_SIZE, NULL, RUN_SEGMENT), (char *)arenas[0].base + UNIT_SIZE);

    /* As many arenas as there may be, then a clean failure. */
    while (arena_take(arenas[0].size, NULL, RUN_SEGMENT) != NULL) {
    }
    count = atomic_load(&arena_count);
    CHECK(count <= ARENA_LIMIT);
    CHECK(arena_take(arenas[0].size, NULL, RUN_SEGMENT) == NULL);
    CHECK_EQ_UINT(atomic_load(&arena_count), count);
    CHECK(arena_take(UNIT_SIZE, NULL, RUN_SEGMENT) != NULL);
    for (unsigned i = 0; i < count; i++) {
        CHECK(arena_of((void *)arenas[i].base) == &arenas[i]);
        CHECK(arena_of((void *)(arenas[i].base + arenas[i].size - 1)) == &arenas[i]);
    }
    arena_give_back(whole, false);
    CHECK_EQ_PTR(arena_take(arenas[0].size, NULL, RUN_SEGMENT), whole);
}

/* What a large block leaves is for the next one, not for a segment; where there is no other arena to be had, the first
 * will do. */
static void arenas_of_large_blocks(void *arg)
{
    (void)arg;
    char *large = arena_take(4 * UNIT_SIZE, NULL, RUN_LARGE);
    CHECK(arena_of(large) == &arenas[1]);
    CHECK_EQ_UINT(atomic_load(&arena_count), 2);
    arena_give_back(large, true);
    char *segment = arena_take(UNIT_SIZE, NULL, RUN_SEGMENT);
    CHECK(arena_of(segment) == &arenas[0]);
    CHECK_EQ_PTR(arena_take(3 * UNIT_SIZE, NULL, RUN_LARGE), large);

    size_t whole = arenas[1].size;
    while (arena_take(arenas[0].size, NULL, RUN_SEGMENT) != NULL) {
    }
    CHECK(arena_take(whole - 3 * UNIT_SIZE, NULL, RUN_LARGE) != NULL);
    bool fell_back = false;
    while ((large = arena_take(arenas[0].size / 2, NULL, RUN_LARGE)) != NULL) {
        fell_back |= arena_of(large) == &arenas[0];
    }
    CHECK(fell_back);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Pages of memory that the process has. */
static long resident_pages(void)
{
    long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%ld %ld", &size, &resident) == 2);
    if (file != NULL) {
        fclose(file);
    }
    return resident;
}

/* A run that can be reserved and never be committed: the attempt costs little time and leaves little memory behind. */
static void absurd_commits(void *arg)
{
    (void)arg;
    long resident = resident_pages();
    double start = seconds_now();
    for (unsigned log = 40; log < 47; log++) {
        char *run = arena_take((size_t)1 << log, NULL, RUN_LARGE);
        if (run != NULL) {
            CHECK(!arena_commit(run, run, (size_t)1 << log, OS_READ_WRITE, true) || log < 44);
            arena_give_back(run, false);
        }
    }
    arena_purge();
    double took = seconds_now() - start;
    long more = resident_pages() - resident;
    if (!CHECK(took < 0.25) || !CHECK(more < 2048)) {
        printf("    absurd sizes took %.2f seconds and left %ld pages\n", took, more);
    }
}

int main(void)
{
    /* The library's start has made the default heap in the first arena. */
    CHECK_EQ_UINT(atomic_load(&arena_count), 1);
    first_fit();
    bad_sizes();
    every_table_is_readable();
    pages();
    warm_memory();
    warm_memory_is_bounded();
    trim();
    executable();
    child_run(further_arenas, NULL, SECONDS, "further arenas");
    child_run(arenas_of_large_blocks, NULL, SECONDS, "arenas of large blocks");
    if (SLOWNESS == SLOWNESS_PLAIN) { /* a sanitizer takes time and memory of its own */
        child_run(absurd_commits, NULL, SECONDS, "absurd commits");
    }
    return check_report();
}
