#include "debug/pseudo.h"

#include "heap/meta.h"
#include "heap/tag.h"

static size_t append(uint16_t name[TAG_NAME_SIZE], const char *text)
{
    size_t length = 0;
    for (; text[length] != '\0'; length++)
        name[length] = (unsigned char)text[length];
    return length;
}

/* Right-aligned, in four places at least, as in the lists of Windows' tools. */
static void append_number(uint16_t *name, unsigned number)
{
    unsigned places = number >= 10000 ? 5 : 4;
    for (unsigned i = places; i-- > 0; number /= 10)
        name[i] = number != 0 ? (uint16_t)('0' + number % 10) : ' ';
}

static void name_tag(uint16_t name[TAG_NAME_SIZE], unsigned index)
{
    unsigned last = TAG_PSEUDO_COUNT - 1;
    if (index == 0)
        append(name, "VirtualAlloc");
    else if (index == last)
        append_number(name + append(name, "Objects>"), (last - 1) << GRANULE_SHIFT);
    else
        append_number(name + append(name, "Objects="), index << GRANULE_SHIFT);
}

bool pseudo_make(struct heap *heap)
{
    heap->pseudo_tags = meta_allocate(TAG_PSEUDO_COUNT * sizeof heap->pseudo_tags[0]);
    for (unsigned i = 0; heap->pseudo_tags != NULL && i < TAG_PSEUDO_COUNT; i++)
        name_tag(heap->pseudo_tags[i].name, i);
    return heap->pseudo_tags != NULL;
}

static struct tag *tag_of(struct heap *heap, size_t granules)
{
    return &heap->pseudo_tags[size_min(granules, TAG_PSEUDO_COUNT - 1)];
}

void pseudo_count_allocation(struct heap *heap, size_t granules, size_t size)
{
    if (heap->pseudo_tags != NULL)
        tag_count_allocation(tag_of(heap, granules), size);
}

void pseudo_count_free(struct heap *heap, size_t granules, size_t size)
{
    if (heap->pseudo_tags != NULL)
        tag_count_free(tag_of(heap, granules), size);
}

void pseudo_forget(struct heap *heap)
{
    meta_free(heap->pseudo_tags);
    heap->pseudo_tags = NULL;
}
