#include "heap/default_heap.h"

#include "heap/enter.h"
#include "heap/front.h"
#include "heap/registry.h"

void default_heap_sum(struct heap_totals *totals)
{
    struct heap *heap = registry_default_heap();

    *totals = (struct heap_totals){0, 0, 0};
    if (heap == NULL)
        return;
    bool locked = heap_enter(heap, 0);
    heap_sum(heap, totals);
    heap_leave(heap, locked);
}
SHARE(default_heap_sum);

bool default_heap_trim(void)
{
    struct heap *heap = registry_default_heap();
    size_t before = os_measure_resident().now;

    if (heap == NULL)
        return false;
    bool locked = heap_enter(heap, 0);
    front_trim(heap);
    heap_leave(heap, locked);
    arena_purge();
    return os_measure_resident().now < before;
}
SHARE(default_heap_trim);
