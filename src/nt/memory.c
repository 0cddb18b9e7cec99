#include "nt/memory.h"

#include "base/align.h"
#include "heap/arena.h"

bool memory_is_committed(const void *address, size_t size)
{
    const struct arena *arena = arena_of(address);
    uintptr_t last = (uintptr_t)address + size - 1;
    if (arena == NULL || arena_of((const void *)last) != arena)
        return false;
    uintptr_t page = align_down((uintptr_t)address, os_page_size());
    uintptr_t end = align_up(last + 1, os_page_size());
    return arena_find_page(arena, page, end, /* committed */ false) == end;
}

/* Another thread may be writing to the byte. */
static void touch(volatile unsigned char *byte)
{
    __atomic_fetch_or(byte, 0, __ATOMIC_RELAXED);
}

void memory_probe_for_write(void *address, size_t size)
{
    unsigned char *bytes = address;
    if (size == 0)
        return;
    for (size_t at = 0; at < size; at += os_page_size())
        touch(&bytes[at]);
    touch(&bytes[size - 1]);
}
