/*
 * The line that the option `stats` prints when the process ends.
 */
#include "base/message.h"
#include "heap/options.h"
#include "heap/registry.h"

static void add_kib(struct message *message, size_t bytes, const char *what)
{
    message_add_decimal(message, bytes >> 10);
    message_add(message, " KiB ");
    message_add(message, what);
}

/* Sums over all heaps that no other thread is using just now: whoever holds the registry must not wait for a heap. */
static struct heap_totals sum_heaps(void)
{
    struct heap_totals sum = {0, 0, 0};
    struct heap_totals totals;

    for (struct heap *heap = registry_next(NULL); heap != NULL; heap = registry_next(heap)) {
        if (!lock_try(heap->lock))
            continue;
        heap_sum(heap, &totals);
        lock_release(heap->lock);
        sum.requested += totals.requested;
        sum.committed += totals.committed;
        sum.reserved += totals.reserved;
    }
    return sum;
}

static void print_stats(void)
{
    registry_lock();
    struct heap_totals sum = sum_heaps();
    unsigned count = registry_count();
    registry_unlock();

    struct os_resident resident = os_measure_resident();
    struct message message;
    message_start(&message);
    message_add(&message, "cairn: process ");
    message_add_decimal(&message, os_process_number());
    message_add(&message, ": resident ");
    add_kib(&message, resident.peak, resident.now != 0 ? "at most, " : "at most; ");
    if (resident.now != 0)
        add_kib(&message, resident.now, "now; ");
    message_add_decimal(&message, count);
    message_add(&message, count == 1 ? " heap: " : " heaps: ");
    add_kib(&message, sum.requested, "in blocks, ");
    add_kib(&message, sum.committed, "committed, ");
    add_kib(&message, sum.reserved, "reserved");
    message_end(&message);
    os_write_last(message.text, message.length);
}

__attribute__((constructor(102))) static void start(void)
{
    if (option_value(OPTION_STATS))
        os_keep_error();
}

/* The last destructor of the library; those of its users have run. */
__attribute__((destructor(101))) static void end(void)
{
    if (option_value(OPTION_STATS))
        print_stats();
}
