#include "malloc/early.h"

#include "heap/front.h"
#include "heap/registry.h"

#include <errno.h>
#include <link.h>

/* A program that is linked statically has no loader. */
#pragma weak _r_debug

struct mapping {
    uintptr_t start;
    uintptr_t end;
    bool has_record;
};

static bool is_outside_arenas(const void *address)
{
    struct heap *heap = registry_default_heap();
    size_t size;
    return heap == NULL || front_size(heap, 0, address, &size) == OUTCOME_OUTSIDE;
}

/* Called with the loader's list of objects locked, and for that alone. */
static int look_for_record(struct dl_phdr_info *info, size_t info_size, void *argument)
{
    struct mapping *mapping = argument;
    (void)info;
    (void)info_size;

    for (const struct link_map *record = _r_debug.r_map; record != NULL; record = record->l_next) {
        if ((uintptr_t)record - mapping->start < mapping->end - mapping->start && is_outside_arenas(record))
            mapping->has_record = true;
    }
    return 1;
}

size_t early_readable_bytes(const void *block)
{
    struct mapping mapping = {0, 0, false};
    int error = errno;

    if (&_r_debug != NULL && os_find_mapping(block, &mapping.start, &mapping.end))
        dl_iterate_phdr(look_for_record, &mapping);
    errno = error;
    return mapping.has_record ? mapping.end - (uintptr_t)block : 0;
}
