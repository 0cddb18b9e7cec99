#include "heap/tag.h"

#include "heap/meta.h"

#include <string.h>

static struct tag_table *_Atomic global_tags;

static struct tag_table *table_of(const struct heap *heap)
{
    return atomic_load_explicit(heap != NULL ? &heap->tags : &global_tags, memory_order_acquire);
}

unsigned tag_count(const struct heap *heap)
{
    struct tag_table *table = table_of(heap);
    return table != NULL ? atomic_load_explicit(&table->count, memory_order_acquire) : 0;
}

struct tag *tag_find(const struct heap *heap, unsigned index)
{
    if (index & TAG_PSEUDO)
        return heap != NULL && heap->pseudo_tags != NULL && (index ^ TAG_PSEUDO) < TAG_PSEUDO_COUNT
                   ? &heap->pseudo_tags[index ^ TAG_PSEUDO]
                   : NULL;
    const struct heap *owner = index & TAG_GLOBAL ? NULL : heap;
    unsigned place = index & (TAG_LIMIT - 1);
    if (place == 0 || index >= 2 * TAG_LIMIT || (owner == NULL && !(index & TAG_GLOBAL)) || place >= tag_count(owner))
        return NULL;
    return table_of(owner)->tags[place];
}

static struct tag_table *make_table(struct heap *heap)
{
    struct tag_table *table = table_of(heap);
    if (table != NULL)
        return table;
    table = meta_allocate(sizeof *table);
    if (table == NULL)
        return NULL;
    atomic_init(&table->count, 1);
    atomic_store_explicit(heap != NULL ? &heap->tags : &global_tags, table, memory_order_release);
    return table;
}

unsigned tag_add(struct heap *heap, const uint16_t name[TAG_NAME_SIZE])
{
    struct tag_table *table = make_table(heap);
    unsigned index = table != NULL ? atomic_load_explicit(&table->count, memory_order_relaxed) : TAG_LIMIT;
    struct tag *tag = index < TAG_LIMIT ? meta_allocate(sizeof *tag) : NULL;
    if (tag == NULL)
        return 0;
    memcpy(tag->name, name, sizeof tag->name);
    table->tags[index] = tag;
    atomic_store_explicit(&table->count, index + 1, memory_order_release);
    return heap != NULL ? index : index | TAG_GLOBAL;
}

void tag_forget_all(struct heap *heap)
{
    struct tag_table *table = table_of(heap);
    unsigned count = tag_count(heap);
    for (unsigned i = 1; i < count; i++)
        meta_free(table->tags[i]);
    meta_free(table);
}
