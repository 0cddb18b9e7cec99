/* A hard limit on the default heap (HeapMemoryLimit) is one on malloc's family, which then says ENOMEM. */
#include "on_cairn.h"
#include "thread.h"

#include <errno.h>

#include <windows.h>

#include <cairn_rtl_heap.h>

#define MORE ((size_t)8 << 20) /* than what the process has already */

static size_t committed(void)
{
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    CHECK(HeapSummary(GetProcessHeap(), 0, &summary));
    return summary.cbCommitted;
}

static void set(size_t commit, size_t size)
{
    RTL_HEAP_MEMORY_LIMIT_INFO info = {.Version = RTL_HEAP_MEMORY_LIMIT_CURRENT_VERSION};
    info.Data.CommitLimitBytes = commit;
    info.Data.MaxAllocationSizeBytes = size;
    CHECK(HeapSetInformation(GetProcessHeap(), HeapMemoryLimit, &info, sizeof(info)));
}

static void failed(const void *block)
{
    CHECK_EQ_PTR(block, NULL);
    CHECK_EQ_INT(errno, ENOMEM);
    errno = 0;
}

static void fill_and_free(void *size)
{
    void **last = NULL, **block;
    unsigned count = 0;
    while (count <= MORE / *(size_t *)size && (block = malloc(*(size_t *)size)) != NULL) {
        *block = last;
        last = block;
        count++;
    }
    CHECK(count <= MORE / *(size_t *)size);
    CHECK_EQ_INT(errno, ENOMEM);
    while (last != NULL) {
        block = *last;
        free(last);
        last = block;
    }
}

/* The heap gives back what is free for what would fail else: some blocks of 100000 bytes stay at hand. */
static void check_free_memory_counts(bool aligned)
{
    static void *blocks[MORE / 4 * 3 / 102400];
    const unsigned count = sizeof(blocks) / sizeof(blocks[0]);
    for (unsigned i = 0; i < count; i++) {
        blocks[i] = malloc(100000);
        CHECK(blocks[i] != NULL);
    }
    for (unsigned i = 0; i < count; i++) {
        free(blocks[i]);
    }
    void *block = aligned ? aligned_alloc(4096, opaque_size(MORE / 8 * 7)) : malloc(opaque_size(MORE / 8 * 7));
    CHECK(block != NULL);
    free(block);
}

/* One size after the other, by this thread and by threads that come and go. */
static void commit_limit(void)
{
    static size_t sizes[] = {40, 700, 3000, 100000, 2000000};
    size_t limit = committed() + MORE;
    set(limit, 0);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct thread thread;
        thread_start(&thread, fill_and_free, &sizes[i]);
        thread_join(&thread);
        fill_and_free(&sizes[i]);
        CHECK(committed() <= limit);
    }
    check_free_memory_counts(false);
    check_free_memory_counts(true);
    failed(malloc(opaque_size(MORE + 1)));
    failed(calloc(opaque_size(2 * MORE), 1));
    failed(aligned_alloc(4096, opaque_size(2 * MORE)));
    void *block = malloc(opaque_size(100));
    failed(realloc(block, opaque_size(2 * MORE)));
    free(block);
    block = malloc(opaque_size(MORE / 2));
    CHECK(block != NULL);
    free(block);
    set(0, 0);
    block = malloc(opaque_size(2 * MORE));
    CHECK(block != NULL);
    free(block);
}

static void size_limit(void)
{
    const size_t limit = 1 << 20;
    set(0, limit);
    failed(malloc(opaque_size(limit + 1)));
    failed(calloc(1, opaque_size(limit + 1)));
    failed(aligned_alloc(64, opaque_size(limit + 64)));
    void *block = malloc(opaque_size(limit));
    CHECK(block != NULL);
    failed(realloc(block, opaque_size(limit + 1)));
    free(block);
    set(0, 0);
    block = malloc(opaque_size(limit + 1));
    CHECK(block != NULL);
    free(block);
}

int main(void)
{
    commit_limit();
    size_limit();
    return check_report();
}
