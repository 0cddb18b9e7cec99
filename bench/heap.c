/*
 * The benchmark program. One source for every contestant: see contestant.h.
 *
 *     heap [ROW...]              measures the rows named, all timed ones if none is; prints `ROW VALUE` lines
 *     heap --count N ROW...      runs each row once with that count, for tools that count instructions; prints
 *                                `ROW OPERATIONS`, how many operations one iteration is
 *     heap --list                prints the names of the rows
 *
 * A value is nanoseconds per operation, or bytes for the rows whose name starts with `resident`. A row is first called
 * with growing counts until a sample takes about a millisecond, which also warms it up; then it is sampled for 50 ms,
 * and the median is its value. Samples are short so that one in which another process had the CPU is an outlier.
 */
#include "contestant.h"
#include "platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_NS 1000000u
#define BUDGET_NS 50000000u
#define SAMPLES_MIN 5
#define SAMPLES_MAX 101

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void fail(const char *what)
{
    fprintf(stderr, "heap benchmark: %s failed\n", what);
    exit(1);
}

/* Makes the compiler believe that a pointer is used, and what it points to. */
static inline void use(void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

/* A small generator, so that all contestants see the same sizes in the same order. */
static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)random_state * limit >> 32);
}

static void *block_new_checked(test_heap heap, size_t size)
{
    void *block = block_new(heap, size);
    if (!block)
        fail("allocation");
    use(block);
    return block;
}

static test_heap heap_new_checked(unsigned flags)
{
    test_heap heap = heap_new(flags);
    if (!heap)
        fail("creation of a heap");
    return heap;
}

/* What the row being measured works on. */
static struct {
    test_heap heap;
    void **blocks;
    size_t block_count;
    size_t units; /* operations in one iteration: a value is divided by it */
} state;

struct row {
    const char *name;
    void (*prepare)(const struct row *row);
    uint64_t (*run)(const struct row *row, size_t iterations); /* nanoseconds of what the row is about */
    void (*finish)(const struct row *row);
    size_t blocks;
    size_t size; /* of a block; 0: sizes of all kinds */
};

/*
 * Heaps as a whole
 */

static const size_t ten_sizes[10] = {16, 24, 32, 48, 64, 80, 100, 128, 200, 256};

static void prepare_nothing(const struct row *row)
{
    (void)row;
    state.units = 1;
}

static void finish_nothing(const struct row *row)
{
    (void)row;
}

static void allocate_ten(test_heap heap, void *blocks[10])
{
    for (size_t i = 0; i < 10; i++) {
        blocks[i] = block_new_checked(heap, ten_sizes[i]);
        *(char *)blocks[i] = 1;
    }
}

/* Without heaps a program has to free each block. */
static void end_with_blocks(test_heap heap, void **blocks, size_t count)
{
#ifdef BENCH_LIBC
    for (size_t i = 0; i < count; i++)
        block_end(heap, blocks[i]);
#else
    (void)blocks;
    (void)count;
#endif
    if (!heap_end(heap))
        fail("destruction of a heap");
}

static uint64_t run_create_ten_destroy(const struct row *row, size_t iterations)
{
    void *blocks[10];
    uint64_t start = now_ns();
    for (size_t i = 0; i < iterations; i++) {
        test_heap heap = heap_new_checked(0);
        if (row->blocks)
            allocate_ten(heap, blocks);
        end_with_blocks(heap, blocks, row->blocks);
    }
    return now_ns() - start;
}

static void fill(test_heap heap, const struct row *row)
{
    random_state = 1;
    for (size_t i = 0; i < row->blocks; i++) {
        state.blocks[i] = block_new_checked(heap, row->size ? row->size : 16 + random_below(241));
        *(char *)state.blocks[i] = 1;
    }
}

static void prepare_block_table(const struct row *row)
{
    state.units = 1;
    state.block_count = row->blocks;
    state.blocks = malloc(row->blocks * sizeof(void *));
    if (!state.blocks)
        fail("malloc");
}

static void finish_block_table(const struct row *row)
{
    (void)row;
    free(state.blocks);
}

static uint64_t run_destroy(const struct row *row, size_t iterations)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < iterations; i++) {
        test_heap heap = heap_new_checked(0);
        fill(heap, row);
        uint64_t start = now_ns();
        end_with_blocks(heap, state.blocks, row->blocks);
        sum += now_ns() - start;
    }
    return sum;
}

/*
 * One heap with many blocks
 */

#ifndef BENCH_LIBC

static void prepare_filled_heap(const struct row *row)
{
    prepare_block_table(row);
    state.heap = heap_new_checked(0);
    fill(state.heap, row);
}

static void finish_heap(const struct row *row)
{
    if (!heap_end(state.heap))
        fail("destruction of a heap");
    finish_block_table(row);
}

static size_t walk_once(void)
{
    PROCESS_HEAP_ENTRY entry;
    size_t entries = 0;

    entry.lpData = NULL;
    while (HeapWalk(state.heap, &entry))
        entries++;
    if (GetLastError() != ERROR_NO_MORE_ITEMS)
        fail("HeapWalk");
    return entries;
}

/* Every eighth block is free, so that both kinds are met. */
static void prepare_blocks_and_holes(const struct row *row)
{
    prepare_filled_heap(row);
    for (size_t i = 0; i < row->blocks; i += 8) {
        if (!block_end(state.heap, state.blocks[i]))
            fail("free");
    }
    state.units = row->blocks;
}

static void prepare_walk(const struct row *row)
{
    prepare_blocks_and_holes(row);
    state.units = walk_once();
    if (state.units < row->blocks - row->blocks / 8)
        fail("finding every block in a walk");
}

static uint64_t run_walk(const struct row *row, size_t iterations)
{
    (void)row;
    uint64_t start = now_ns();
    for (size_t i = 0; i < iterations; i++)
        walk_once();
    return now_ns() - start;
}

static uint64_t run_walk_locked(const struct row *row, size_t iterations)
{
    (void)row;
    uint64_t start = now_ns();
    for (size_t i = 0; i < iterations; i++) {
        if (!HeapLock(state.heap))
            fail("HeapLock");
        walk_once();
        if (!HeapUnlock(state.heap))
            fail("HeapUnlock");
    }
    return now_ns() - start;
}

static uint64_t run_validate(const struct row *row, size_t iterations)
{
    (void)row;
    uint64_t start = now_ns();
    for (size_t i = 0; i < iterations; i++) {
        if (!HeapValidate(state.heap, 0, NULL))
            fail("HeapValidate");
    }
    return now_ns() - start;
}

#endif

/*
 * Single blocks
 */

/* Pairs leave nothing behind, so the heap they run in holds some other blocks, as a program's does. */
static void prepare_pairs(const struct row *row)
{
    (void)row;
    static const struct row others = {.blocks = 1000};
    prepare_block_table(&others);
    state.heap = heap_new_checked(0);
    fill(state.heap, &others);
}

static void finish_pairs(const struct row *row)
{
    end_with_blocks(state.heap, state.blocks, state.block_count);
    finish_block_table(row);
}

static uint64_t run_pairs(const struct row *row, size_t iterations)
{
    uint64_t start = now_ns();
    for (size_t i = 0; i < iterations; i++) {
        if (!block_end(state.heap, block_new_checked(state.heap, row->size)))
            fail("free");
    }
    return now_ns() - start;
}

static uint64_t run_touched_pairs(const struct row *row, size_t iterations)
{
    uint64_t start = now_ns();
    for (size_t i = 0; i < iterations; i++) {
        char *block = block_new_checked(state.heap, row->size);
        for (size_t offset = 0; offset < row->size; offset += 4096)
            block[offset] = 1;
        if (!block_end(state.heap, block))
            fail("free");
    }
    return now_ns() - start;
}

#ifndef BENCH_LIBC

static void prepare_unserialized_pairs(const struct row *row)
{
    (void)row;
    static const struct row others = {.blocks = 1000};
    prepare_block_table(&others);
    state.heap = heap_new_checked(HEAP_NO_SERIALIZE);
    fill(state.heap, &others);
}

#endif

/* A batch is allocated, then freed in another order; sizes and order are drawn before the clock runs. */
#define BATCH 1000
static uint16_t batch_sizes[BATCH];
static uint16_t batch_order[BATCH];

static void prepare_batch(const struct row *row)
{
    prepare_pairs(row);
    random_state = 2;
    for (uint16_t i = 0; i < BATCH; i++) {
        batch_sizes[i] = (uint16_t)(row->size ? row->size : 16 + random_below(1009));
        batch_order[i] = i;
    }
    for (uint16_t i = BATCH - 1; i > 0; i--) {
        uint32_t other = random_below(i + 1u);
        uint16_t swapped = batch_order[i];
        batch_order[i] = batch_order[other];
        batch_order[other] = swapped;
    }
    state.units = BATCH;
}

static uint64_t run_batch(const struct row *row, size_t iterations)
{
    (void)row;
    void *blocks[BATCH];
    uint64_t start = now_ns();
    for (size_t i = 0; i < iterations; i++) {
        for (size_t k = 0; k < BATCH; k++)
            blocks[k] = block_new_checked(state.heap, batch_sizes[k]);
        for (size_t k = 0; k < BATCH; k++) {
            if (!block_end(state.heap, blocks[batch_order[k]]))
                fail("free");
        }
    }
    return now_ns() - start;
}

/* Grows a block from 16 bytes to 1 MiB, doubling; a write to each new page is not part of it. */
static uint64_t run_growth(const struct row *row, size_t iterations)
{
    uint64_t start = now_ns();
    for (size_t i = 0; i < iterations; i++) {
        void *block = block_new_checked(state.heap, 16);
        for (size_t size = 32; size <= row->size; size *= 2) {
            block = block_resize(state.heap, block, size);
            if (!block)
                fail("reallocation");
            use(block);
        }
        if (!block_end(state.heap, block))
            fail("free");
    }
    return now_ns() - start;
}

static uint64_t run_size(const struct row *row, size_t iterations)
{
    (void)row;
    uint64_t start = now_ns();
    for (size_t i = 0; i < iterations; i++) {
        if (block_size(state.heap, state.blocks[i % state.block_count]) < 16)
            fail("size");
    }
    return now_ns() - start;
}

/*
 * Two threads. These rows come last: once a second thread has been there, the C library says that there may be others,
 * and locks cost more from then on.
 */

static void do_nothing(void *context)
{
    (void)context;
}

static void prepare_pairs_after_thread(const struct row *row)
{
    if (!run_in_two_threads(do_nothing, NULL, NULL))
        fail("creation of a thread");
    prepare_pairs(row);
}

/* Each thread keeps a window of blocks and replaces the oldest. */
struct contender {
    size_t iterations;
    size_t size;
};

#define WINDOW 64

static void contend(void *context)
{
    const struct contender *contender = context;
    void *window[WINDOW] = {NULL};

    for (size_t i = 0; i < contender->iterations; i++) {
        void **slot = &window[i % WINDOW];
        if (*slot && !block_end(state.heap, *slot))
            fail("free");
        *slot = block_new_checked(state.heap, contender->size);
    }
    for (size_t i = 0; i < WINDOW; i++) {
        if (window[i] && !block_end(state.heap, window[i]))
            fail("free");
    }
}

/* A single iteration is many pairs, or the threads would have ended before they met. */
#define CONTENTION_PAIRS 20000

static void prepare_contention(const struct row *row)
{
    prepare_pairs(row);
    state.units = CONTENTION_PAIRS;
}

static uint64_t run_contention(const struct row *row, size_t iterations)
{
    struct contender contenders[2] = {{iterations * CONTENTION_PAIRS, row->size},
                                      {iterations * CONTENTION_PAIRS, row->size}};
    uint64_t start = now_ns();
    if (!run_in_two_threads(contend, &contenders[0], &contenders[1]))
        fail("creation of a thread");
    return now_ns() - start;
}

/*
 * Memory. Each wants a fresh process, so they are measured only when named.
 */

#define RESIDENT_HEAPS 1000

static double measure_resident_heap(const struct row *row)
{
    static test_heap heaps[RESIDENT_HEAPS];
    void *blocks[10];
    (void)row;

    test_heap warm_up = heap_new_checked(0);
    allocate_ten(warm_up, blocks);
    size_t before = resident_bytes();
    for (size_t i = 0; i < RESIDENT_HEAPS; i++) {
        heaps[i] = heap_new_checked(0);
        allocate_ten(heaps[i], blocks);
        for (size_t k = 0; k < 10; k++)
            memset(blocks[k], 1, ten_sizes[k]);
    }
    size_t after = resident_bytes();
    for (size_t i = 0; i < RESIDENT_HEAPS; i++)
        heap_end(heaps[i]);
    heap_end(warm_up);
    return (double)(after - before) / RESIDENT_HEAPS;
}

static double measure_resident_block(const struct row *row)
{
    prepare_block_table(row);
    memset(state.blocks, 1, row->blocks * sizeof(void *));
    test_heap heap = heap_new_checked(0);
    size_t before = resident_bytes();
    fill(heap, row);
    size_t after = resident_bytes();
    end_with_blocks(heap, state.blocks, row->blocks);
    finish_block_table(row);
    return (double)(after - before) / (double)row->blocks;
}

/*
 * The table of rows
 */

static const struct row rows[] = {
    {"create_destroy", prepare_nothing, run_create_ten_destroy, finish_nothing, 10, 0},
#ifndef BENCH_LIBC
    {"create_destroy_empty", prepare_nothing, run_create_ten_destroy, finish_nothing, 0, 0},
#endif
    {"destroy_10k", prepare_block_table, run_destroy, finish_block_table, 10000, 64},
    {"destroy_100k", prepare_block_table, run_destroy, finish_block_table, 100000, 64},
    {"destroy_1m", prepare_block_table, run_destroy, finish_block_table, 1000000, 64},
    /* 1,000,000 blocks of 64 bytes and 65,789 of 1208 fill the same number of bytes: 80 and 1216 each. */
    {"destroy_66k_same_bytes", prepare_block_table, run_destroy, finish_block_table, 65789, 1208},
#ifndef BENCH_LIBC
    {"walk_10k", prepare_walk, run_walk, finish_heap, 10000, 0},
    {"walk_100k", prepare_walk, run_walk, finish_heap, 100000, 0},
    {"walk_1m", prepare_walk, run_walk, finish_heap, 1000000, 0},
    {"walk_100k_locked", prepare_walk, run_walk_locked, finish_heap, 100000, 0},
    {"validate_10k", prepare_blocks_and_holes, run_validate, finish_heap, 10000, 0},
    {"validate_100k", prepare_blocks_and_holes, run_validate, finish_heap, 100000, 0},
    {"validate_1m", prepare_blocks_and_holes, run_validate, finish_heap, 1000000, 0},
#endif
    {"pair_64", prepare_pairs, run_pairs, finish_pairs, 0, 64},
    {"batch_64", prepare_batch, run_batch, finish_pairs, 0, 64},
    {"batch_16_1024", prepare_batch, run_batch, finish_pairs, 0, 0},
    {"pair_32k", prepare_pairs, run_pairs, finish_pairs, 0, 32768},
    {"pair_512k", prepare_pairs, run_pairs, finish_pairs, 0, 524288},
    {"pair_2m_touched", prepare_pairs, run_touched_pairs, finish_pairs, 0, 2097152},
    {"realloc_16_to_1m", prepare_pairs, run_growth, finish_pairs, 0, 1048576},
    {"size", prepare_pairs, run_size, finish_pairs, 0, 0},
#ifndef BENCH_LIBC
    {"pair_64_no_serialize", prepare_unserialized_pairs, run_pairs, finish_pairs, 0, 64},
#endif
    {"pair_64_after_thread", prepare_pairs_after_thread, run_pairs, finish_pairs, 0, 64},
    {"two_threads_64", prepare_contention, run_contention, finish_pairs, 0, 64},
};

static const struct row memory_rows[] = {
#ifndef BENCH_LIBC
    {"resident_heap", NULL, NULL, NULL, 10, 0},
#endif
    {"resident_block_64", NULL, NULL, NULL, 1000000, 64},
};

/*
 * Measuring
 */

/* The count of iterations whose sample takes about a millisecond, or one if a single one takes longer. */
static size_t calibrate(const struct row *row)
{
    size_t count = 1;
    for (;;) {
        uint64_t start = now_ns();
        row->run(row, count);
        uint64_t elapsed = now_ns() - start;
        if (elapsed >= SAMPLE_NS / 2)
            return elapsed > SAMPLE_NS * 2 && count > 1 ? count / 2 : count;
        count *= 2;
    }
}

static int compare_doubles(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static double measure(const struct row *row)
{
    double samples[SAMPLES_MAX];
    size_t taken = 0;
    size_t count = calibrate(row);
    uint64_t start = now_ns();

    while (taken < SAMPLES_MIN || (taken < SAMPLES_MAX && now_ns() - start < BUDGET_NS))
        samples[taken++] = (double)row->run(row, count) / ((double)count * (double)state.units);
    qsort(samples, taken, sizeof(samples[0]), compare_doubles);
    return samples[taken / 2];
}

static void measure_timed(const struct row *row)
{
    row->prepare(row);
    printf("%s %.2f\n", row->name, measure(row));
    row->finish(row);
    fflush(stdout);
}

/* Runs a row and measures nothing; prints how many operations an iteration has. */
static void run_once(const struct row *row, size_t count)
{
    row->prepare(row);
    row->run(row, count);
    printf("%s %lu\n", row->name, (unsigned long)state.units);
    row->finish(row);
}

static void measure_memory(const struct row *row)
{
    double bytes = row->size ? measure_resident_block(row) : measure_resident_heap(row);
    printf("%s %.2f\n", row->name, bytes);
}

static const struct row *find_row(const struct row *table, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

static int measure_by_name(const char *name, size_t count)
{
    const struct row *timed = find_row(rows, COUNT_OF(rows), name);
    const struct row *memory = find_row(memory_rows, COUNT_OF(memory_rows), name);

    if (timed && count)
        run_once(timed, count);
    else if (timed)
        measure_timed(timed);
    else if (memory)
        measure_memory(memory);
    return timed || memory;
}

static void list_rows(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        puts(rows[i].name);
    for (size_t i = 0; i < COUNT_OF(memory_rows); i++)
        puts(memory_rows[i].name);
}

static void measure_all_timed(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        measure_timed(&rows[i]);
}

int main(int argc, char **argv)
{
    size_t count = 0;
    int next = 1;

    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        list_rows();
        return 0;
    }
    if (argc > 3 && strcmp(argv[1], "--count") == 0) {
        count = (size_t)strtoul(argv[2], NULL, 10);
        next = 3;
    }
    if (next == argc)
        measure_all_timed();
    for (; next < argc; next++) {
        if (!measure_by_name(argv[next], count)) {
            fprintf(stderr, "heap benchmark: no row is called %s here\n", argv[next]);
            return 2;
        }
    }
    return 0;
}
