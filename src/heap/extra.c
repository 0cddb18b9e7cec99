#include "heap/extra.h"

#include "heap/meta.h"
#include "heap/padded.h"
#include "heap/tag.h"

#include <string.h>

#define ROOM EXTRA_ROOM
#define VALUE_OFFSET sizeof(uintptr_t)

struct extra {
    struct extra *next; /* with the same hash */
    uintptr_t address;
    uintptr_t value; /* unless it is in memory */
    uint16_t user_flags;
    uint16_t tag;
    uint16_t trace;
    bool in_memory; /* the value lies behind the data */
};

#define FIRST_TABLE_SIZE ((size_t)16)
#define LARGEST_TABLE_SIZE ((size_t)1 << 16) /* beyond, its chains grow */

struct extra_table {
    size_t count;
    size_t size; /* of the array, a power of two */
    struct extra **heads;
};

/* --- the table ------------------------------------------------------------------------------------------------------
 */

static struct extra_table *table_of(const struct heap *heap)
{
    return atomic_load_explicit(&heap->extras, memory_order_acquire);
}

static struct extra **head_of(struct extra **heads, size_t size, uintptr_t address)
{
    uint64_t hash = (address >> GRANULE_SHIFT) * 0x9E3779B97F4A7C15u;
    return &heads[(hash >> 32) & (size - 1)];
}

/* The link to the block's extra, or the one that ends its chain. */
static struct extra **find(struct extra_table *table, uintptr_t address)
{
    struct extra **link = head_of(table->heads, table->size, address);
    while (*link != NULL && (*link)->address != address)
        link = &(*link)->next;
    return link;
}

static struct extra *extra_of(const struct heap *heap, const void *block)
{
    struct extra_table *table = table_of(heap);
    return table != NULL ? *find(table, (uintptr_t)block) : NULL;
}

static void insert(struct extra_table *table, struct extra *extra)
{
    struct extra **head = head_of(table->heads, table->size, extra->address);
    extra->next = *head;
    *head = extra;
    table->count++;
}

static void take_out(struct extra_table *table, struct extra *extra)
{
    struct extra **link = find(table, extra->address);
    *link = extra->next;
    table->count--;
}

/* Moves all into an array of another size. False: no memory, and nothing was changed. */
static bool rehash(struct extra_table *table, size_t size)
{
    struct extra **heads = meta_allocate(size * sizeof(struct extra *));
    if (heads == NULL)
        return false;
    for (size_t i = 0; i < table->size; i++) {
        for (struct extra *extra = table->heads[i], *next; extra != NULL; extra = next) {
            struct extra **head = head_of(heads, size, extra->address);
            next = extra->next;
            extra->next = *head;
            *head = extra;
        }
    }
    meta_free(table->heads);
    table->heads = heads;
    table->size = size;
    return true;
}

static struct extra_table *make_table(struct heap *heap)
{
    struct extra_table *table = table_of(heap);
    if (table != NULL)
        return table;
    table = meta_allocate(sizeof *table);
    if (table == NULL || !rehash(table, FIRST_TABLE_SIZE)) {
        meta_free(table);
        return NULL;
    }
    atomic_store_explicit(&heap->extras, table, memory_order_release);
    return table;
}

/* An extra that is in the table of no heap yet, which has room for it. NULL: no memory. */
static struct extra *new_extra(struct heap *heap)
{
    struct extra_table *table = make_table(heap);
    if (table == NULL)
        return NULL;
    /* A table that cannot grow does as it is. */
    if (table->count >= table->size && table->size < LARGEST_TABLE_SIZE)
        rehash(table, 2 * table->size);
    return meta_allocate(sizeof(struct extra));
}

void extra_forget_all(struct heap *heap)
{
    struct extra_table *table = table_of(heap);
    for (size_t i = 0; table != NULL && i < table->size; i++) {
        for (struct extra *extra = table->heads[i], *next; extra != NULL; extra = next) {
            next = extra->next;
            if (extra->tag & TAG_GLOBAL) {
                struct tag *tag = tag_find(heap, extra->tag);
                size_t size = 0;
                heap_size(heap, (void *)extra->address, &size);
                tag_count_free(tag, size);
            }
            meta_free(extra);
        }
    }
    if (table != NULL)
        meta_free(table->heads);
    meta_free(table);
}

/* --- values and tags ------------------------------------------------------------------------------------------------
 */

static uintptr_t read_value(const struct heap *heap, const struct extra *extra, size_t size)
{
    uintptr_t value = extra->value;
    if (extra->in_memory)
        memcpy(&value, (const char *)extra->address + size + heap->tail + VALUE_OFFSET, sizeof value);
    return value;
}

static void write_value(const struct heap *heap, struct extra *extra, size_t size, uintptr_t value)
{
    uintptr_t words[2] = {0, value};
    extra->value = value;
    if (extra->in_memory)
        memcpy((char *)extra->address + size + heap->tail, words, sizeof words);
}

static void count_allocation(const struct heap *heap, unsigned index, size_t size)
{
    struct tag *tag = tag_find(heap, index);
    if (tag != NULL)
        tag_count_allocation(tag, size);
}

static void count_free(const struct heap *heap, unsigned index, size_t size)
{
    struct tag *tag = tag_find(heap, index);
    if (tag != NULL)
        tag_count_free(tag, size);
}

static void count_resize(const struct heap *heap, unsigned index, size_t old_size, size_t size)
{
    struct tag *tag = tag_find(heap, index);
    if (tag != NULL)
        atomic_fetch_add_explicit(&tag->bytes, size - old_size, memory_order_relaxed);
}

bool extra_is_wanted(const struct heap *heap, uint32_t flags)
{
    return (flags & EXTRA_USER_FLAGS) || tag_find(heap, extra_tag(flags)) != NULL;
}

/* --- blocks ---------------------------------------------------------------------------------------------------------
 */

/* Whether a block of that size has room for a value behind it. */
static bool has_room(const struct heap *heap, uint32_t user_flags, size_t size)
{
    return (user_flags & HEAP_SETTABLE_USER_VALUE) && padded_fits(heap, size, heap->padding + ROOM);
}

static size_t padding_of(const struct heap *heap, const struct extra *extra)
{
    return heap->padding + (extra->in_memory ? ROOM : 0);
}

/* A block for an extra that is not in the table: its place in memory is set, its value 0. */
static enum outcome allocate_for(struct heap *heap, struct extra *extra, size_t size, size_t alignment, bool zero)
{
    void *block;
    extra->in_memory = has_room(heap, extra->user_flags, size);
    enum outcome outcome = padded_allocate(heap, size, padding_of(heap, extra), alignment, zero, &block);
    if (outcome != OUTCOME_OK)
        return outcome;
    extra->address = (uintptr_t)block;
    write_value(heap, extra, size, 0);
    return OUTCOME_OK;
}

enum outcome extra_allocate(struct heap *heap, uint32_t flags, size_t size, size_t alignment, bool zero, void **block)
{
    struct extra *extra = new_extra(heap);
    if (extra == NULL)
        return OUTCOME_NO_MEMORY;
    unsigned tag = extra_tag(flags);
    extra->user_flags = (uint16_t)(flags & EXTRA_USER_FLAGS);
    extra->tag = (uint16_t)(tag_find(heap, tag) != NULL ? tag : 0);
    enum outcome outcome = allocate_for(heap, extra, size, alignment, zero);
    if (outcome != OUTCOME_OK) {
        meta_free(extra);
        return outcome;
    }
    insert(table_of(heap), extra);
    count_allocation(heap, extra->tag, size);
    *block = (void *)extra->address;
    return OUTCOME_OK;
}

enum outcome extra_free(struct heap *heap, void *block)
{
    struct extra *extra = extra_of(heap, block);
    size_t size = 0;
    if (extra != NULL)
        heap_size(heap, block, &size);
    enum outcome outcome = heap_free(heap, block);
    if (outcome != OUTCOME_OK || extra == NULL)
        return outcome;
    take_out(table_of(heap), extra);
    count_free(heap, extra->tag, size);
    meta_free(extra);
    return OUTCOME_OK;
}

/* Resizes the block where it is; `value` is what its value was. */
static enum outcome resize(struct heap *heap, struct extra *extra, size_t size, bool zero, bool insists,
                           uintptr_t value)
{
    enum outcome outcome = padded_resize(heap, (void *)extra->address, size, padding_of(heap, extra), zero, insists);
    if (outcome == OUTCOME_OK)
        write_value(heap, extra, size, value);
    return outcome;
}

/* Allocates anew, copies, frees, and has the extra follow. */
static enum outcome move(struct heap *heap, struct extra *extra, size_t size, size_t old_size, bool zero,
                         uintptr_t value)
{
    struct extra moved = *extra;
    enum outcome outcome = allocate_for(heap, &moved, size, 1, zero);
    if (outcome != OUTCOME_OK)
        return outcome;
    memcpy((void *)moved.address, (void *)extra->address, size_min(size, old_size));
    outcome = heap_free(heap, (void *)extra->address);
    if (UNLIKELY(outcome != OUTCOME_OK)) {
        heap_free(heap, (void *)moved.address);
        return outcome;
    }
    take_out(table_of(heap), extra);
    *extra = moved;
    insert(table_of(heap), extra);
    write_value(heap, extra, size, value);
    return OUTCOME_OK;
}

bool extra_reallocate(struct heap *heap, uint32_t flags, void *block, size_t size, bool zero, void **resized,
                      enum outcome *outcome)
{
    struct extra *extra = extra_of(heap, block);
    bool insists = (flags & HEAP_REALLOC_IN_PLACE_ONLY) != 0;
    size_t old_size;
    if (extra == NULL)
        return false;
    *outcome = heap_size(heap, block, &old_size);
    if (*outcome != OUTCOME_OK)
        return true;

    uintptr_t value = read_value(heap, extra, old_size);
    *outcome = resize(heap, extra, size, zero, insists, value);
    bool may_move = *outcome == OUTCOME_CANNOT_RESIZE || *outcome == OUTCOME_NO_MEMORY;
    if (may_move && !insists && heap_may_have(heap, size))
        *outcome = move(heap, extra, size, old_size, zero, value);
    if (*outcome != OUTCOME_OK)
        return true;
    uint32_t bits = flags & HEAP_SETTABLE_USER_FLAGS;
    if (size > old_size && bits != 0)
        extra->user_flags = (uint16_t)((extra->user_flags & HEAP_SETTABLE_USER_VALUE) | bits);
    count_resize(heap, extra->tag, old_size, size);
    *resized = (void *)extra->address;
    return true;
}

/* --- claimed blocks -------------------------------------------------------------------------------------------------
 */

static uintptr_t read_behind(const void *block, size_t size, size_t offset)
{
    uintptr_t word;
    memcpy(&word, (const char *)block + size + offset, sizeof word);
    return word;
}

static void write_behind(void *block, size_t size, uintptr_t claim, uintptr_t value)
{
    uintptr_t words[2] = {claim, value};
    memcpy((char *)block + size, words, sizeof words);
}

enum outcome extra_claim(struct heap *heap, void *block, size_t size, uintptr_t claim)
{
    enum outcome outcome = heap_set_requested(heap, block, size, ROOM);
    if (outcome == OUTCOME_OK)
        write_behind(block, size, claim, claim);
    return outcome;
}

/* Whether a block of that size and capacity is claimed. */
static bool is_claimed(const struct heap *heap, const void *block, size_t size, size_t capacity)
{
    extra_claimer *claimer = atomic_load_explicit(&heap->claimer, memory_order_relaxed);
    return claimer != NULL && capacity - size >= ROOM && claimer(read_behind(block, size, 0), block);
}

/* --- what programs ask ----------------------------------------------------------------------------------------------
 */

enum outcome extra_get(struct heap *heap, const void *block, struct extra_info *info)
{
    size_t size, capacity;
    const struct extra *extra = extra_of(heap, block);
    enum outcome outcome = heap_measure(heap, block, &size, &capacity);
    *info = (struct extra_info){0, 0, 0, 0};
    if (outcome == OUTCOME_OK && extra != NULL)
        *info = (struct extra_info){extra->user_flags, read_value(heap, extra, size), extra->tag, extra->trace};
    else if (outcome == OUTCOME_OK && is_claimed(heap, block, size, capacity))
        *info = (struct extra_info){EXTRA_CLAIMED, read_behind(block, size, VALUE_OFFSET), 0, 0};
    return outcome;
}

enum outcome extra_set_value(struct heap *heap, void *block, uintptr_t value)
{
    size_t size, capacity;
    struct extra *extra = extra_of(heap, block);
    enum outcome outcome = heap_measure(heap, block, &size, &capacity);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (extra != NULL && (extra->user_flags & HEAP_SETTABLE_USER_VALUE))
        write_value(heap, extra, size, value);
    else if (extra == NULL && is_claimed(heap, block, size, capacity))
        write_behind(block, size, read_behind(block, size, 0), value);
    else
        return OUTCOME_NO_EXTRA;
    return OUTCOME_OK;
}

enum outcome extra_set_flags(struct heap *heap, const void *block, uint32_t clear, uint32_t set)
{
    size_t size;
    struct extra *extra = extra_of(heap, block);
    enum outcome outcome = heap_size(heap, block, &size);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (extra == NULL || extra->user_flags == 0)
        return OUTCOME_NO_EXTRA;
    extra->user_flags = (uint16_t)((extra->user_flags & ~clear) | set);
    return OUTCOME_OK;
}

void extra_set_trace(struct heap *heap, const void *block, unsigned trace)
{
    struct extra *extra = extra_of(heap, block);
    if (extra != NULL)
        extra->trace = (uint16_t)trace;
}
