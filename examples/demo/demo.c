/*
 * The demo: heaps are made, filled, listed, walked and destroyed, and each step says what it cost.
 *
 * A cost is measured as the clock tells it. What can be repeated is repeated and the median given; a first time, which
 * includes everything that is set up once, is called so.
 */
#include <windows.h>

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define REPEATS 501
#define CACHE_BLOCKS 1000000
#define CACHE_BLOCK_SIZE 64

static void fail(const char *what)
{
    fprintf(stderr, "demo: %s failed, error %u\n", what, (unsigned)GetLastError());
    exit(1);
}

/*
 * Measuring and telling
 */

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* KiB of RAM that the process has. */
static long resident_kib(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm) {
        if (fscanf(statm, "%*d %ld", &pages) != 1)
            pages = 0;
        fclose(statm);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static const char *duration_text(double ns)
{
    static char text[32];
    if (ns < 1e3)
        snprintf(text, sizeof(text), "%.0f ns", ns);
    else if (ns < 1e6)
        snprintf(text, sizeof(text), "%.1f us", ns / 1e3);
    else
        snprintf(text, sizeof(text), "%.1f ms", ns / 1e6);
    return text;
}

static void tell_cost(const char *what, double ns, const char *remark)
{
    printf("   %-52s%10s%s%s\n", what, duration_text(ns), *remark ? "  " : "", remark);
}

static void tell_memory(const char *what, long before, long after)
{
    printf("   %-52s%6ld KiB  %+ld KiB\n", what, after, after - before);
}

static int compare_doubles(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

/* The median duration of an action done again and again. */
static double median_cost(void (*action)(void))
{
    static double costs[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
        double start = now_ns();
        action();
        costs[i] = now_ns() - start;
    }
    qsort(costs, REPEATS, sizeof(costs[0]), compare_doubles);
    return costs[REPEATS / 2];
}

/*
 * The heaps
 */

static HANDLE cache;  /* grows as needed */
static HANDLE buffer; /* of a fixed size */
static HANDLE others; /* the library's */
static void *library;

static const char *describe_heap(HANDLE heap)
{
    if (heap == GetProcessHeap())
        return "the default heap";
    if (heap == cache)
        return "cache: grows";
    if (heap == buffer)
        return "buffer: at most 256 KiB";
    return "made by demo_plugin.so";
}

static DWORD get_heaps(HANDLE *heaps, DWORD room)
{
    DWORD count = GetProcessHeaps(room, heaps);
    if (count == 0 || count > room)
        fail("GetProcessHeaps");
    return count;
}

static HANDLE create(DWORD flags, SIZE_T maximum)
{
    HANDLE heap = HeapCreate(flags, 0, maximum);
    if (!heap)
        fail("HeapCreate");
    return heap;
}

static void destroy(HANDLE heap)
{
    if (!HeapDestroy(heap))
        fail("HeapDestroy");
}

static void create_use_destroy(void)
{
    HANDLE heap = create(0, 0);
    for (SIZE_T size = 16; size <= 160; size += 16) {
        if (!HeapAlloc(heap, 0, size))
            fail("HeapAlloc");
    }
    destroy(heap);
}

static void list_heaps(void)
{
    HANDLE heaps[16];
    DWORD count = get_heaps(heaps, COUNT_OF(heaps));

    printf("   %-16s  %-26s%13s%13s%13s\n", "handle", "", "allocated", "committed", "reserved");
    for (DWORD i = 0; i < count; i++) {
        HEAP_SUMMARY summary = {.cb = sizeof(summary)};
        if (!HeapSummary(heaps[i], 0, &summary))
            fail("HeapSummary");
        printf("   %-16p  %-26s%13zu%13zu%13zu\n", heaps[i], describe_heap(heaps[i]), (size_t)summary.cbAllocated,
               (size_t)summary.cbCommitted, (size_t)summary.cbReserved);
    }
}

static void count_heaps(void)
{
    HANDLE heaps[16];
    get_heaps(heaps, COUNT_OF(heaps));
}

/*
 * Walking
 */

static const char *describe_entry(const PROCESS_HEAP_ENTRY *entry)
{
    if (entry->wFlags & PROCESS_HEAP_REGION)
        return "region";
    if (entry->wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE)
        return "not committed";
    return entry->wFlags & PROCESS_HEAP_ENTRY_BUSY ? "busy block" : "free block";
}

static void print_entry(const PROCESS_HEAP_ENTRY *entry)
{
    printf("   %-16p  %-16s%10u%10u", entry->lpData, describe_entry(entry), (unsigned)entry->cbData, entry->cbOverhead);
    if (entry->wFlags & PROCESS_HEAP_ENTRY_BUSY)
        printf("   \"%s\"", (const char *)entry->lpData);
    printf("\n");
}

/* Walks a heap under its lock; returns the number of records. */
static size_t walk(HANDLE heap, BOOL print)
{
    PROCESS_HEAP_ENTRY entry;
    size_t entries = 0;

    if (!HeapLock(heap))
        fail("HeapLock");
    entry.lpData = NULL;
    while (HeapWalk(heap, &entry)) {
        entries++;
        if (print)
            print_entry(&entry);
    }
    if (GetLastError() != ERROR_NO_MORE_ITEMS)
        fail("HeapWalk");
    if (!HeapUnlock(heap))
        fail("HeapUnlock");
    return entries;
}

/*
 * The steps
 */

static void make_heaps(void)
{
    HANDLE before[1], heaps[16];
    double start;

    printf("1. Make heaps. The default heap was there before main.\n");
    get_heaps(before, COUNT_OF(before));

    start = now_ns();
    cache = create(0, 0);
    tell_cost("HeapCreate(0, 0, 0)", now_ns() - start, "the first time");
    start = now_ns();
    buffer = create(0, 256 * 1024);
    tell_cost("HeapCreate(0, 0, 256 KiB)", now_ns() - start, "");

    start = now_ns();
    library = dlopen("demo_plugin.so", RTLD_NOW);
    if (!library) {
        fprintf(stderr, "demo: %s\n", dlerror());
        exit(1);
    }
    tell_cost("dlopen(\"demo_plugin.so\"), which makes a heap", now_ns() - start, "");
    others = heaps[get_heaps(heaps, COUNT_OF(heaps)) - 1];
    tell_cost("HeapCreate, ten blocks, HeapDestroy", median_cost(create_use_destroy), "median of 501");
}

static void fill_heaps(void)
{
    long before = resident_kib();
    double start = now_ns();

    printf("\n2. Fill the cache with %d blocks of %d bytes.\n", CACHE_BLOCKS, CACHE_BLOCK_SIZE);
    for (int i = 0; i < CACHE_BLOCKS; i++) {
        if (!HeapAlloc(cache, 0, CACHE_BLOCK_SIZE))
            fail("HeapAlloc");
    }
    tell_cost("HeapAlloc", (now_ns() - start) / CACHE_BLOCKS, "per block, first use included");
    tell_memory("resident", before, resident_kib());
    if (!HeapAlloc(buffer, 0, 100000) || !HeapAlloc(GetProcessHeap(), 0, 1000))
        fail("HeapAlloc");
    if (HeapAlloc(buffer, 0, 200000))
        fail("keeping the buffer within its limit");
    printf("   The buffer refused a block beyond its limit: error %u, ERROR_NOT_ENOUGH_MEMORY.\n",
           (unsigned)GetLastError());
}

static void show_heaps(void)
{
    printf("\n3. List all heaps of the process, whoever made them.\n");
    list_heaps();
    tell_cost("GetProcessHeaps", median_cost(count_heaps), "median of 501");
}

static void walk_heaps(void)
{
    double start;
    size_t entries;

    printf("\n4. Walk a heap that we did not make: the library's.\n");
    printf("   %-16s  %-16s%10s%10s   %s\n", "address", "record", "bytes", "overhead", "contents");
    walk(others, TRUE);
    start = now_ns();
    entries = walk(cache, FALSE);
    printf("   The cache has %zu records.\n", entries);
    tell_cost("HeapWalk", (now_ns() - start) / (double)entries, "per record");
    start = now_ns();
    if (!HeapValidate(cache, 0, NULL))
        fail("HeapValidate");
    tell_cost("HeapValidate of the cache", (now_ns() - start) / CACHE_BLOCKS, "per block");
}

static void destroy_heaps(void)
{
    long before = resident_kib();
    double start = now_ns();

    printf("\n5. Destroy.\n");
    destroy(cache);
    tell_cost("HeapDestroy of the cache", now_ns() - start, "for all 1000000 blocks");
    tell_memory("resident", before, resident_kib());
    start = now_ns();
    destroy(buffer);
    tell_cost("HeapDestroy of the buffer", now_ns() - start, "");
    start = now_ns();
    dlclose(library);
    tell_cost("dlclose, which destroys the library's heap", now_ns() - start, "");
    if (HeapDestroy(GetProcessHeap()))
        fail("keeping the default heap");
    printf("   The default heap refused: error %u, ERROR_INVALID_HANDLE. What is left:\n", (unsigned)GetLastError());
    list_heaps();
}

int main(void)
{
    printf("Cairn: the Windows heap on Linux.\n\n");
    make_heaps();
    fill_heaps();
    show_heaps();
    walk_heaps();
    destroy_heaps();
    return 0;
}
