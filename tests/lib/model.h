/* A shadow of a heap: what a program was given and has not freed, and from it all that the heap must answer. Public
 * functions only; the model's own memory comes from the C library. */
#ifndef CAIRN_TESTS_MODEL_H
#define CAIRN_TESTS_MODEL_H

#include "seed.h"
#include "walk.h"

#include <ntifs.h>

struct model_block {
    unsigned char *data;
    SIZE_T size;
    unsigned pattern;
    bool seen; /* by the walk under way */
};

struct model {
    const char *name; /* of the kind of heap, for messages */
    HANDLE heap;
    DWORD call_flags; /* of every call */
    bool growable;
    void *memory; /* the caller's, if the heap lies in such */
    size_t memory_size;
    struct model_block *blocks;
    size_t count, capacity;
    SIZE_T total; /* bytes asked for */
};

/* --- contents: a pattern by block and position; of big blocks only some of the bytes, or the test would only be
 * memory speed */

#define PATTERN_DENSE 2048u
#define PATTERN_STEP 509u

static inline size_t model_next_position(size_t position, size_t size)
{
    bool dense = position < PATTERN_DENSE || position + PATTERN_DENSE >= size;
    return position + (dense ? 1 : PATTERN_STEP);
}

static inline void model_fill(const struct model_block *block)
{
    for (size_t i = 0; i < block->size; i = model_next_position(i, block->size)) {
        block->data[i] = pattern_byte(i, block->pattern);
    }
}

/* Whether the first `size` bytes are those of a block that had `filled` bytes when it was filled. */
static inline bool model_holds(const unsigned char *data, size_t size, size_t filled, unsigned pattern)
{
    for (size_t i = 0; i < size; i = model_next_position(i, filled)) {
        if (data[i] != pattern_byte(i, pattern)) {
            printf("    byte %zu of %zu at %p\n", i, filled, (const void *)data);
            return false;
        }
    }
    return true;
}

static inline bool model_is_zero(const unsigned char *data, size_t from, size_t end)
{
    for (size_t i = from; i < end; i = model_next_position(i - from, end - from) + from) {
        if (data[i] != 0) {
            printf("    byte %zu of [%zu, %zu) at %p\n", i, from, end, (const void *)data);
            return false;
        }
    }
    return true;
}

/* --- the list of live blocks -------------------------------------------------------------------------------------- */

static inline void model_add(struct model *model, void *data, SIZE_T size, unsigned pattern)
{
    if (model->count == model->capacity) {
        model->capacity = model->capacity * 2 + 64;
        model->blocks = realloc(model->blocks, model->capacity * sizeof(model->blocks[0]));
        if (model->blocks == NULL) {
            printf("the test itself is out of memory\n");
            exit(2);
        }
    }
    model->blocks[model->count++] = (struct model_block){data, size, pattern, false};
    model->total += size;
}

static inline void model_remove(struct model *model, size_t index)
{
    model->total -= model->blocks[index].size;
    model->blocks[index] = model->blocks[--model->count];
}

static inline int model_compare(const void *a, const void *b)
{
    const struct model_block *x = a, *y = b;
    return x->data < y->data ? -1 : x->data > y->data;
}

static inline void model_sort(struct model *model)
{
    if (model->count != 0) {
        qsort(model->blocks, model->count, sizeof(model->blocks[0]), model_compare);
    }
}

/* The blocks must be sorted. */
static inline struct model_block *model_find(struct model *model, const void *data)
{
    struct model_block key = {.data = (unsigned char *)(uintptr_t)data};
    if (model->count == 0) {
        return NULL;
    }
    return bsearch(&key, model->blocks, model->count, sizeof(key), model_compare);
}

/* --- operations, each checked by itself --------------------------------------------------------------------------- */

/* A failed allocation says that there is no memory. */
static inline bool model_failed_well(void)
{
    return CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
}

/* Allocates; false if there was no memory. */
static inline bool model_allocate(struct model *model, SIZE_T size, bool zero, unsigned pattern)
{
    POISON_LAST_ERROR();
    unsigned char *data = HeapAlloc(model->heap, model->call_flags | (zero ? HEAP_ZERO_MEMORY : 0), size);
    if (data == NULL) {
        model_failed_well();
        return false;
    }
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT((uintptr_t)data % (size >= LARGE_MIN ? LARGE_ALIGNMENT : GRANULARITY), 0);
    CHECK_EQ_UINT(HeapSize(model->heap, model->call_flags, data), size);
    if (zero || size >= LARGE_MIN) {
        CHECK(model_is_zero(data, 0, size));
    }
    model_add(model, data, size, pattern);
    model_fill(&model->blocks[model->count - 1]);
    return true;
}

static inline bool model_block_is_whole(const struct model *model, const struct model_block *block)
{
    return CHECK_EQ_UINT(HeapSize(model->heap, model->call_flags, block->data), block->size) &&
           CHECK(model_holds(block->data, block->size, block->size, block->pattern));
}

/* Resizes; false if that failed, and then the block is as it was. */
static inline bool model_resize(struct model *model, size_t index, SIZE_T size, bool zero, bool in_place,
                                unsigned pattern)
{
    struct model_block *block = &model->blocks[index];
    SIZE_T kept = size < block->size ? size : block->size;
    DWORD flags = model->call_flags | (zero ? HEAP_ZERO_MEMORY : 0) | (in_place ? HEAP_REALLOC_IN_PLACE_ONLY : 0);

    POISON_LAST_ERROR();
    unsigned char *data = HeapReAlloc(model->heap, flags, block->data, size);
    if (data == NULL) {
        model_failed_well();
        model_block_is_whole(model, block);
        return false;
    }
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(!in_place || data == block->data);
    CHECK_EQ_UINT((uintptr_t)data % GRANULARITY, 0);
    CHECK_EQ_UINT(HeapSize(model->heap, model->call_flags, data), size);
    CHECK(model_holds(data, kept, block->size, block->pattern));
    if (zero && size > block->size) {
        CHECK(model_is_zero(data, block->size, size));
    }
    model->total += size - block->size;
    *block = (struct model_block){data, size, pattern, false};
    model_fill(block);
    return true;
}

static inline void model_free(struct model *model, size_t index)
{
    struct model_block *block = &model->blocks[index];
    model_block_is_whole(model, block);
    POISON_LAST_ERROR();
    CHECK_EQ_INT(HeapFree(model->heap, model->call_flags, block->data), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    model_remove(model, index);
}

/* --- the whole heap ----------------------------------------------------------------------------------------------- */

/* What a walk adds up to, and where it is. */
struct model_walk {
    PROCESS_HEAP_ENTRY region, before;
    unsigned regions;
    bool large;
    size_t busy;
    SIZE_T uncommitted; /* in this region's records */
    SIZE_T committed;   /* as the region records say */
    SIZE_T reserved;
    uintptr_t extent_start; /* of the free block under way */
    SIZE_T largest_extent;  /* bytes of the largest free block, committed or not */
};

static inline bool model_walk_region(const struct model *model, struct model_walk *walk,
                                     const PROCESS_HEAP_ENTRY *entry)
{
    if (walk->regions == 0 && !CHECK_EQ_PTR(entry->lpData, model->heap)) {
        return false;
    }
    if (walk->regions != 0 && !region_ends(&walk->region, &walk->before, walk->uncommitted)) {
        return false;
    }
    unsigned index = walk->regions < LARGE_REGION ? walk->regions : LARGE_REGION - 1;
    walk->regions++;
    walk->region = *entry;
    walk->uncommitted = 0;
    walk->committed += entry->Region.dwCommittedSize;
    walk->reserved += (SIZE_T)entry->Region.dwCommittedSize + entry->Region.dwUnCommittedSize;
    bool aligned = model->memory != NULL || CHECK_EQ_UINT((uintptr_t)entry->lpData & 0xFFFF, 0);
    return aligned && CHECK_EQ_UINT(entry->iRegionIndex, index) && CHECK_EQ_UINT(entry->cbOverhead, 0) &&
           CHECK(entry->Region.dwCommittedSize % PAGE == 0 && entry->Region.dwUnCommittedSize % PAGE == 0);
}

static inline bool model_walk_busy(struct model *model, const PROCESS_HEAP_ENTRY *entry)
{
    struct model_block *block = model_find(model, entry->lpData);
    if (!CHECK(block != NULL) || !CHECK(!block->seen)) {
        return false;
    }
    block->seen = true;
    return CHECK_EQ_UINT(entry->cbData, block->size);
}

/* A free block is a free record, and all free and uncommitted records that follow it without a busy one. */
static inline void model_walk_extent(struct model_walk *walk, const PROCESS_HEAP_ENTRY *entry)
{
    enum record_kind kind = record_kind(entry), before = record_kind(&walk->before);
    if ((kind != KIND_FREE || record_is_hot_free(entry)) && kind != KIND_UNCOMMITTED) {
        return;
    }
    if ((before != KIND_FREE || record_is_hot_free(&walk->before)) && before != KIND_UNCOMMITTED) {
        walk->extent_start = record_start(entry);
    }
    /* The granule at the end of a region is no block's; an uncommitted record includes it. */
    bool at_end = kind == KIND_UNCOMMITTED && record_end(entry) == (uintptr_t)walk->region.Region.lpLastBlock;
    SIZE_T extent = record_end(entry) - walk->extent_start - (at_end ? GRANULARITY : 0);
    walk->largest_extent = extent > walk->largest_extent ? extent : walk->largest_extent;
}

static inline bool model_walk_record(struct model *model, struct model_walk *walk, const PROCESS_HEAP_ENTRY *entry)
{
    enum record_kind kind = record_kind(entry);
    if (!record_is_sane(entry) || (kind != KIND_LARGE && !CHECK(!walk->large))) {
        return false;
    }
    if (kind == KIND_REGION) {
        return model_walk_region(model, walk, entry);
    }
    if (kind == KIND_LARGE) {
        bool ok = walk->large || region_ends(&walk->region, &walk->before, walk->uncommitted);
        SIZE_T committed = (entry->cbData + LARGE_ALIGNMENT + PAGE - 1) / PAGE * PAGE;
        walk->large = true;
        walk->committed += committed;
        walk->reserved += (committed + 0xFFFF) & ~(SIZE_T)0xFFFF;
        return ok && model_walk_busy(model, entry);
    }
    if (!CHECK_EQ_UINT(entry->iRegionIndex, walk->region.iRegionIndex) || !record_follows(&walk->before, entry)) {
        return false;
    }
    walk->uncommitted += kind == KIND_UNCOMMITTED ? entry->cbData : 0;
    model_walk_extent(walk, entry);
    return kind != KIND_BUSY || model_walk_busy(model, entry);
}

/* Walks the heap: every live block once with its exact size, and no other; the records of each region tile it. */
static inline bool model_walk(struct model *model, struct model_walk *walk)
{
    PROCESS_HEAP_ENTRY entry;
    size_t records = 0, seen = 0;
    bool ok = true;

    memset(walk, 0, sizeof(*walk));
    model_sort(model);
    for (size_t i = 0; i < model->count; i++) {
        model->blocks[i].seen = false;
    }
    walk_begin(&entry);
    POISON_LAST_ERROR();
    while (ok && HeapWalk(model->heap, &entry)) {
        ok = model_walk_record(model, walk, &entry);
        walk->before = entry;
        seen += (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0;
        records++;
    }
    ok = ok && CHECK_LAST_ERROR(ERROR_NO_MORE_ITEMS) && CHECK_EQ_UINT(seen, model->count) &&
         (walk->large || region_ends(&walk->region, &walk->before, walk->uncommitted));
    if (!ok) {
        printf("    at record %zu of the walk of heap %p (%s)\n", records, model->heap, model->name);
    }
    return ok;
}

static inline bool model_check_summary(const struct model *model, const struct model_walk *walk)
{
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    return CHECK(HeapSummary(model->heap, 0, &summary)) && CHECK_EQ_UINT(summary.cbAllocated, model->total) &&
           CHECK_EQ_UINT(summary.cbCommitted, walk->committed) && CHECK_EQ_UINT(summary.cbReserved, walk->reserved) &&
           CHECK(summary.cbMaxReserve >= summary.cbReserved);
}

/* Walk, totals and validation against the shadow; with `contents`, also every block. */
static inline bool model_check(struct model *model, bool contents)
{
    struct model_walk walk;
    bool ok = model_walk(model, &walk) && model_check_summary(model, &walk);
    ok = CHECK(HeapValidate(model->heap, model->call_flags, NULL)) && ok;
    for (size_t i = 0; contents && ok && i < model->count; i++) {
        ok = model_block_is_whole(model, &model->blocks[i]) &&
             CHECK(HeapValidate(model->heap, model->call_flags, model->blocks[i].data));
    }
    if (!ok) {
        printf("    in the heap %p (%s) with %zu blocks\n", model->heap, model->name, model->count);
    }
    return ok;
}

/* Whether a heap that has just said that it has no memory has a free block for the size all the same. */
static inline bool model_has_room(struct model *model, SIZE_T size)
{
    struct model_walk walk;
    return model_walk(model, &walk) && walk.largest_extent >= block_stride(size);
}

static inline void model_free_all(struct model *model)
{
    while (model->count != 0) {
        model_free(model, model->count - 1);
    }
}

static inline void model_destroy(struct model *model)
{
    CHECK_EQ_INT(HeapDestroy(model->heap), TRUE);
    if (model->memory != NULL) {
        pages_release(model->memory, model->memory_size);
    }
    free(model->blocks);
    memset(model, 0, sizeof(*model));
}

/* --- kinds of heaps ----------------------------------------------------------------------------------------------- */

enum model_kind {
    MODEL_GROWABLE,
    MODEL_GROWABLE_BIG_START,
    MODEL_FIXED,
    MODEL_FIXED_SMALL,
    MODEL_NO_SERIALIZE,
    MODEL_NO_SERIALIZE_PER_CALL,
    MODEL_EXECUTABLE,
    MODEL_TUNED, /* small segments, low thresholds */
    MODEL_CALLER_MEMORY,
    MODEL_CALLER_COMMITS,
    MODEL_KINDS,
};

static inline NTSTATUS NTAPI model_commit(PVOID base, PVOID *address, PSIZE_T size)
{
    (void)base;
    return pages_commit(*address, *size) ? 0 : (NTSTATUS)0xC0000017;
}

#define MODEL_MEMORY ((size_t)3 << 20)

static inline void model_create_in_memory(struct model *model, bool with_routine)
{
    RTL_HEAP_PARAMETERS parameters = {.Length = sizeof(parameters)};
    model->memory_size = MODEL_MEMORY;
    model->memory = pages_reserve(model->memory_size);
    if (!with_routine) {
        model->heap = RtlCreateHeap(HEAP_CLASS_1, model->memory, model->memory_size, PAGE, NULL, NULL);
        return;
    }
    parameters.InitialCommit = PAGE;
    parameters.InitialReserve = model->memory_size;
    parameters.CommitRoutine = model_commit;
    if (!pages_commit(model->memory, PAGE)) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return;
    }
    model->heap = RtlCreateHeap(HEAP_CLASS_1, model->memory, 0, 0, NULL, &parameters);
}

static inline HANDLE model_create_tuned(void)
{
    RTL_HEAP_PARAMETERS parameters = {
        .Length = sizeof(parameters),
        .SegmentReserve = 0x20000,
        .SegmentCommit = 0x1000,
        .DeCommitFreeBlockThreshold = 0x1000,
        .DeCommitTotalFreeThreshold = 0x1000,
        .VirtualMemoryThreshold = 0x20000,
    };
    return RtlCreateHeap(HEAP_GROWABLE | HEAP_CLASS_1, NULL, 0x20000, 0x3000, NULL, &parameters);
}

/* False, with the last error of what failed, if there is no memory for the heap. */
static inline bool model_try_create(struct model *model, enum model_kind kind)
{
    static const char *const names[MODEL_KINDS] = {
        "growable",      "growable, much at once",       "fixed",      "fixed, small",
        "no serialize",  "no serialize per call",        "executable", "tuned",
        "caller memory", "caller memory with a routine",
    };
    memset(model, 0, sizeof(*model));
    model->name = names[kind];
    model->growable = true;
    switch (kind) {
    case MODEL_GROWABLE_BIG_START:
        model->heap = HeapCreate(0, 0x180000, 0);
        break;
    case MODEL_FIXED:
        model->heap = HeapCreate(0, 0x2000, 0x300000);
        break;
    case MODEL_FIXED_SMALL:
        model->heap = HeapCreate(0, 0, 0xF000);
        break;
    case MODEL_NO_SERIALIZE:
        model->heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
        break;
    case MODEL_NO_SERIALIZE_PER_CALL:
        model->call_flags = HEAP_NO_SERIALIZE;
        model->heap = HeapCreate(0, 0, 0);
        break;
    case MODEL_EXECUTABLE:
        model->heap = HeapCreate(HEAP_CREATE_ENABLE_EXECUTE, 0, 0);
        break;
    case MODEL_TUNED:
        model->heap = model_create_tuned();
        break;
    case MODEL_CALLER_MEMORY:
    case MODEL_CALLER_COMMITS:
        model_create_in_memory(model, kind == MODEL_CALLER_COMMITS);
        break;
    default:
        model->heap = HeapCreate(0, 0, 0);
    }
    model->growable = kind != MODEL_FIXED && kind != MODEL_FIXED_SMALL && model->memory == NULL;
    return model->heap != NULL;
}

static inline bool model_create(struct model *model, enum model_kind kind)
{
    return CHECK(model_try_create(model, kind));
}

/* --- sizes -------------------------------------------------------------------------------------------------------- */

/* Sizes as programs have them, and those at which something changes. */
static inline SIZE_T model_size(struct random *random)
{
    size_t dice = random_below(random, 100);
    if (dice < 8) {
        return random_below(random, 40);
    }
    if (dice < 55) {
        return random_below(random, 700);
    }
    if (dice < 75) {
        return random_below(random, 0x4000);
    }
    if (dice < 83) {
        return random_between(random, 1, 8) * PAGE - 160 + random_below(random, 200);
    }
    if (dice < 93) {
        return random_below(random, 0x20000);
    }
    if (dice < 96) {
        return random_between(random, 0xFE000, 0xFF010);
    }
    return dice < 98 ? random_between(random, 0x1FF00, 0x20020) : random_between(random, 0x100000, 0x280000);
}

#endif
