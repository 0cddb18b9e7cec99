/* Random operations on several heaps of all kinds at once, every answer held against a shadow of the heap. */
#include "model.h"

#include "arena_state.h"
#include "heap/options.h"

#define HEAPS 6
#define OPERATIONS (200000u / SLOWNESS / WORK_SHARE)
#define CHECK_EVERY 500u
#define MOST_BLOCKS 900u
#define MOST_BYTES ((SIZE_T)20 << 20)
#define FREED 16

static struct model models[HEAPS];
static void *freed[FREED]; /* addresses of blocks freed lately */
static unsigned patterns;

static bool is_live(const void *address)
{
    for (unsigned h = 0; h < HEAPS; h++) {
        for (size_t i = 0; i < models[h].count; i++) {
            if (models[h].blocks[i].data == address) {
                return true;
            }
        }
    }
    return false;
}

/* All the functions refuse a pointer that is no block of the heap; that nothing changes, the next check of the heap
 * sees. */
static void refuse(const struct model *model, void *address, const char *what)
{
    POISON_LAST_ERROR();
    bool ok = CHECK_EQ_INT(HeapFree(model->heap, model->call_flags, address), FALSE);
    ok = CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER) && ok;
    ok = CHECK_EQ_PTR(HeapReAlloc(model->heap, model->call_flags, address, 10), NULL) && ok;
    ok = CHECK_LAST_ERROR(ERROR_INVALID_PARAMETER) && ok;
    ok = CHECK_EQ_UINT(HeapSize(model->heap, model->call_flags, address), FAILED_SIZE) && ok;
    POISON_LAST_ERROR();
    ok = CHECK_EQ_INT(HeapValidate(model->heap, model->call_flags, address), FALSE) && ok;
    ok = CHECK_LAST_ERROR_UNTOUCHED() && ok;
    if (!ok) {
        printf("    for %p, %s, in heap %p (%s)\n", address, what, model->heap, model->name);
    }
}

static bool is_readable(const void *address)
{
    const struct arena *arena = arena_of(address);
    if (arena == NULL) {
        return false;
    }
    size_t offset = (uintptr_t)address - arena->base;
    return (*arena_row(arena, ARENA_ACCESSIBLE, offset >> UNIT_SHIFT) >> (offset % UNIT_SIZE / PAGE) & 1) != 0;
}

static void bad_pointer(struct random *random, struct model *model)
{
    const struct model *other = &models[random_below(random, HEAPS)];
    void *address = freed[random_below(random, FREED)];

    switch (random_below(random, 4)) {
    case 0:
        /* What is decommitted has an error code of its own, which a conformance test looks at. */
        if (address != NULL && is_readable(address) && !is_live(address)) {
            refuse(model, address, "freed");
        }
        break;
    case 1:
        if (model->count != 0) {
            const struct model_block *block = &model->blocks[random_below(random, model->count)];
            if (block->size > 0) {
                refuse(model, block->data + random_between(random, 1, block->size - 1 + (block->size == 1)),
                       "interior");
            }
        }
        break;
    case 2:
        if (other != model && other->count != 0) {
            refuse(model, other->blocks[random_below(random, other->count)].data, "block of another heap");
        }
        break;
    default:
        refuse(model, model->heap, "handle");
    }
}

static void free_one(struct random *random, struct model *model)
{
    if (model->count == 0) {
        return;
    }
    size_t index = random_below(random, model->count);
    freed[random_below(random, FREED)] = model->blocks[index].data;
    model_free(model, index);
}

static void allocate(struct random *random, struct model *model)
{
    SIZE_T size = model_size(random);
    if (model_allocate(model, size, random_percent(random, 30), ++patterns)) {
        return;
    }
    CHECK(!model->growable);
    if (size < NORMAL_MAX && !CHECK(!model_has_room(model, size))) {
        printf("    0x%zx bytes would have fitted into heap %p (%s)\n", (size_t)size, model->heap, model->name);
    }
    for (int i = 0; i < 5; i++) {
        free_one(random, model);
    }
}

static bool has_hot_sizes(HANDLE heap)
{
    ULONG mode = HEAP_COMPATIBILITY_STANDARD;
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &mode, sizeof(mode), NULL));
    return mode == HEAP_COMPATIBILITY_LFH;
}

static void resize(struct random *random, struct model *model)
{
    if (model->count == 0) {
        return;
    }
    size_t index = random_below(random, model->count);
    SIZE_T old_size = model->blocks[index].size;
    SIZE_T size = random_percent(random, 50) ? model_size(random) : random_below(random, 2 * old_size + 64);
    bool in_place = random_percent(random, 40);
    bool done = model_resize(model, index, size, random_percent(random, 40), in_place, ++patterns);
    CHECK(done || in_place || !model->growable);
    /* Downwards is always possible, but for hot blocks. */
    CHECK(done || size > old_size || !in_place || has_hot_sizes(model->heap));
}

static void trim(HANDLE heap)
{
    HEAP_OPTIMIZE_RESOURCES_INFORMATION information = {HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
    CHECK(HeapSetInformation(heap, HeapOptimizeResources, &information, sizeof(information)));
}

/* What HeapCompact promises can be had without a commit, so also when nothing more can be committed. */
static void compact(struct model *model)
{
    struct model_walk walk;
    POISON_LAST_ERROR();
    SIZE_T largest = HeapCompact(model->heap, model->call_flags);
    if (largest == 0) {
        CHECK_LAST_ERROR(NO_ERROR);
        return;
    }
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(model_walk(model, &walk) && block_stride(largest) <= walk.largest_extent);
    if (largest <= NORMAL_MAX) {
        CHECK(model_allocate(model, largest, false, ++patterns));
        model_free(model, model->count - 1);
    }
}

static void replace_heap(struct random *random, struct model *model)
{
    if (random_percent(random, 50)) {
        model_free_all(model);
        model_check(model, true);
    }
    model_destroy(model);
    model_create(model, (enum model_kind)random_below(random, MODEL_KINDS));
    memset(freed, 0, sizeof(freed));
}

static void operate(struct random *random, struct model *model)
{
    size_t dice = random_below(random, 1000);
    bool full = model->count > MOST_BLOCKS || model->total > MOST_BYTES;

    if (dice < (full ? 50u : 450u)) {
        allocate(random, model);
    } else if (dice < 800) {
        free_one(random, model);
    } else if (dice < 960) {
        resize(random, model);
    } else if (dice < 990) {
        bad_pointer(random, model);
    } else if (dice < 995) {
        compact(model);
    } else if (dice < 998) {
        trim(random_percent(random, 50) ? model->heap : NULL);
    } else {
        replace_heap(random, model);
    }
}

/* No byte belongs to two blocks, whichever heaps they are of. */
static void check_overlap(void)
{
    struct model all = {.name = "all"};
    for (unsigned h = 0; h < HEAPS; h++) {
        for (size_t i = 0; i < models[h].count; i++) {
            model_add(&all, models[h].blocks[i].data, models[h].blocks[i].size, 0);
        }
    }
    model_sort(&all);
    for (size_t i = 1; i < all.count; i++) {
        CHECK(all.blocks[i - 1].data + all.blocks[i - 1].size <= all.blocks[i].data);
    }
    free(all.blocks);
}

static void check_process_heaps(void)
{
    HANDLE handles[HEAPS + 2];
    CHECK_EQ_UINT(GetProcessHeaps(HEAPS + 2, handles), HEAPS + 1);
    CHECK_EQ_PTR(handles[0], GetProcessHeap());
    for (unsigned h = 0; h < HEAPS; h++) {
        bool listed = false;
        for (unsigned i = 1; i <= HEAPS; i++) {
            listed = listed || handles[i] == models[h].heap;
        }
        CHECK(listed);
    }
}

static void check_all(bool contents)
{
    struct arena_state state;
    for (unsigned h = 0; h < HEAPS; h++) {
        model_check(&models[h], contents);
    }
    check_overlap();
    check_process_heaps();
    CHECK(arena_state_take(&state));
}

int main(void)
{
    struct random random = {test_seed()};
    struct arena_state before;

    options_parse("decay=3600000"); /* else memory may be taken away between a look at it (is_readable) and a call */
    trim(NULL);                     /* the default heap, too, is then as small as at the end */
    arena_state_take(&before);
    for (unsigned h = 0; h < HEAPS; h++) {
        model_create(&models[h], (enum model_kind)(random_below(&random, MODEL_KINDS)));
    }
    for (unsigned i = 1; i <= OPERATIONS && atomic_load(&check_failures) == 0; i++) {
        operate(&random, &models[random_below(&random, HEAPS)]);
        if (i % CHECK_EVERY == 0) {
            check_all(i % (CHECK_EVERY * 16) == 0);
        }
        if (atomic_load(&check_failures) != 0) {
            printf("    at operation %u\n", i);
        }
    }
    if (atomic_load(&check_failures) == 0) {
        check_all(true);
        for (unsigned h = 0; h < HEAPS; h++) {
            model_destroy(&models[h]);
        }
        CHECK(arena_state_is(&before));
    }
    return check_report();
}
