#include "debug/freed.h"

#include "heap/meta.h"

void freed_note(struct freed_list *list, const struct freed *freed)
{
    if (list->last == NULL)
        list->last = meta_allocate(FREED_COUNT * sizeof list->last[0]);
    if (list->last != NULL)
        list->last[list->next++ % FREED_COUNT] = *freed;
}

const struct freed *freed_find(const struct freed_list *list, uintptr_t address)
{
    for (unsigned back = 1; list->last != NULL && back <= FREED_COUNT; back++) {
        const struct freed *freed = &list->last[(list->next - back) % FREED_COUNT];
        if (address - freed->data < freed->end - freed->data)
            return freed;
    }
    return NULL;
}

void freed_forget(struct freed_list *list)
{
    meta_free(list->last);
    list->last = NULL;
}
