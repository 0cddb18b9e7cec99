/* Threads that work on the same heaps, hand their blocks to each other, and free, resize and misuse what they were
 * given. Now and then all of them pause, and each heap must then be exactly what the threads hold: to the last block,
 * size and byte. Some threads end at a pause, and others take over what they leave while they are still ending. */
#include "traffic.h"

#include "thread.h"

#define WORKERS 4u
#define PAUSES 10u
#define STEPS (60000u / SLOWNESS / WORK_SHARE) /* per worker from pause to pause */
#define SLOTS 128u
#define FREED 32u
#define MOST_BLOCKS 400u /* per worker and heap */

enum shared_heap {
    HEAP_DEFAULT,
    HEAP_PRIVATE,
    HEAP_WITH_LFH, /* set by the program before the first allocation */
    HEAP_FIXED,
    HEAP_EXECUTABLE,
    SHARED,
};

static const char *const heap_names[SHARED] = {"default", "private", "LFH", "fixed", "executable"};
static HANDLE heaps[SHARED];

/* A block on its way to whoever finds it. */
struct parcel {
    enum shared_heap heap;
    struct model_block block;
};

static _Atomic(struct parcel *) slots[SLOTS];

/* What a thread holds. It outlives the thread: the next one in its place goes on with it. */
struct worker {
    struct random random;
    struct model held[SHARED];
    struct model own; /* in a heap with HEAP_NO_SERIALIZE that no other worker uses */
    void *own_freed[FREED];
    void *freed[SHARED][FREED]; /* may live again meanwhile, in another thread */
    unsigned patterns;
    bool ends; /* at this pause; set by the main thread */
    unsigned generation;
    struct thread threads[2]; /* of this generation and the one before */
};

static struct worker workers[WORKERS];
static pthread_barrier_t pause_begins, pause_ends;

/* --- mistakes ----------------------------------------------------------------------------------------------------- */

/* Every function refuses it, and says so. Freed memory that went back to the system counts as unmapped or not. */
static void refuse(const struct model *list, void *address, const char *what)
{
    POISON_LAST_ERROR();
    bool ok = CHECK_EQ_INT(HeapFree(list->heap, list->call_flags, address), FALSE);
    DWORD error = GetLastError();
    ok = CHECK(error == ERROR_INVALID_PARAMETER || error == ERROR_NOACCESS) && ok;
    ok = CHECK_EQ_PTR(HeapReAlloc(list->heap, list->call_flags, address, 10), NULL) && ok;
    ok = CHECK_EQ_UINT(GetLastError(), error) && ok;
    ok = CHECK_EQ_UINT(HeapSize(list->heap, list->call_flags, address), FAILED_SIZE) && ok;
    ok = CHECK_EQ_INT(HeapValidate(list->heap, list->call_flags, address), FALSE) && ok;
    if (!ok) {
        printf("    for %p, %s, in heap %p (%s)\n", address, what, list->heap, list->name);
    }
}

static bool is_held(const struct model *list, const void *address)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->blocks[i].data == address) {
            return true;
        }
    }
    return false;
}

/* A double free, where no other thread can have been given the address meanwhile. */
static void free_twice(struct worker *w)
{
    void *address = w->own_freed[random_below(&w->random, FREED)];
    if (address != NULL && !is_held(&w->own, address)) {
        refuse(&w->own, address, "freed");
    }
}

static void mistake(struct worker *w)
{
    static unsigned char elsewhere[256];
    enum shared_heap h = (enum shared_heap)random_below(&w->random, SHARED);
    const struct model *list = &w->held[h];
    const struct model_block *block = list->count != 0 ? &list->blocks[random_below(&w->random, list->count)] : NULL;

    switch (random_below(&w->random, 6)) {
    case 0:
        refuse(list, elsewhere + random_below(&w->random, sizeof(elsewhere)), "static memory");
        break;
    case 1:
        refuse(list, list->heap, "handle");
        break;
    case 2:
        if (block != NULL) {
            refuse(&w->held[(h + 1) % SHARED], block->data, "block of another heap");
            refuse(&w->own, block->data, "block of another heap");
        }
        break;
    case 3:
        if (block != NULL && block->size > 1) {
            refuse(list, block->data + random_between(&w->random, 1, block->size - 1), "interior");
        }
        break;
    case 4:
        if (block != NULL && block->size > GRANULARITY) {
            SIZE_T granules = (block->size - 1) / GRANULARITY;
            refuse(list, block->data + random_between(&w->random, 1, granules) * GRANULARITY, "interior, aligned");
        }
        break;
    default:
        free_twice(w);
    }
}

/* --- work --------------------------------------------------------------------------------------------------------- */

static void allocate(struct worker *w, struct model *list)
{
    bool done = traffic_allocate(list, traffic_size(&w->random), random_percent(&w->random, 30), ++w->patterns);
    CHECK(done || !list->growable);
}

static void release(struct worker *w, struct model *list, void **freed)
{
    if (list->count != 0) {
        struct model_block block = traffic_take(list, random_below(&w->random, list->count));
        traffic_release(list, &block);
        freed[random_below(&w->random, FREED)] = block.data;
    }
}

static void resize(struct worker *w, struct model *list)
{
    static const DWORD modes[] = {0, HEAP_ZERO_MEMORY, HEAP_REALLOC_IN_PLACE_ONLY,
                                  HEAP_ZERO_MEMORY | HEAP_REALLOC_IN_PLACE_ONLY};
    if (list->count != 0) {
        size_t index = random_below(&w->random, list->count);
        SIZE_T size = random_percent(&w->random, 50) ? traffic_size(&w->random)
                                                     : random_below(&w->random, list->blocks[index].size + 40);
        DWORD mode = modes[random_below(&w->random, 4)];
        bool done = traffic_resize(list, index, size, mode, ++w->patterns);
        CHECK(done || (mode & HEAP_REALLOC_IN_PLACE_ONLY) != 0 || !list->growable);
    }
}

/* Gives a block away, takes over what lay in its slot, and frees that or keeps it. */
static void exchange(struct worker *w, enum shared_heap h)
{
    struct model *list = &w->held[h];
    struct parcel *parcel = NULL;
    if (list->count != 0) {
        parcel = malloc(sizeof(*parcel));
        *parcel = (struct parcel){h, traffic_take(list, random_below(&w->random, list->count))};
    }
    parcel = atomic_exchange(&slots[random_below(&w->random, SLOTS)], parcel);
    if (parcel == NULL) {
        return;
    }
    list = &w->held[parcel->heap];
    if (random_percent(&w->random, 80)) {
        traffic_release(list, &parcel->block);
        w->freed[parcel->heap][random_below(&w->random, FREED)] = parcel->block.data;
    } else {
        model_add(list, parcel->block.data, parcel->block.size, parcel->block.pattern);
    }
    free(parcel);
}

static void step(struct worker *w)
{
    size_t dice = random_below(&w->random, 100);
    bool own = random_percent(&w->random, 10);
    enum shared_heap h = (enum shared_heap)random_below(&w->random, SHARED);
    struct model *list = own ? &w->own : &w->held[h];
    bool full = list->count >= MOST_BLOCKS;

    if (dice < 45 && !full) {
        allocate(w, list);
    } else if (dice < 65 || full) {
        release(w, list, own ? w->own_freed : w->freed[h]);
    } else if (dice < 90) {
        exchange(w, h);
    } else if (dice < 97) {
        resize(w, list);
    } else {
        mistake(w);
    }
}

/* Bursts make sizes hot, and leave as many blocks at once as a thread can keep at hand. */
static void burst(struct worker *w)
{
    struct model *list = &w->held[random_below(&w->random, SHARED)];
    SIZE_T size = traffic_hot_size(&w->random);
    size_t before = list->count;
    for (unsigned i = 0; i < 200 && traffic_allocate(list, size, false, ++w->patterns); i++) {
    }
    while (list->count > before) {
        struct model_block block = traffic_take(list, list->count - 1);
        traffic_release(list, &block);
    }
}

static void work(void *arg)
{
    struct worker *w = arg;
    bool ends = false;
    while (!ends) {
        burst(w);
        for (unsigned i = 0; i < STEPS && atomic_load(&check_failures) == 0; i++) {
            step(w);
        }
        pthread_barrier_wait(&pause_begins);
        pthread_barrier_wait(&pause_ends);
        ends = w->ends;
    }
}

/* --- pauses: only the main thread runs ---------------------------------------------------------------------------- */

/* All live blocks of a shared heap: what threads hold, and what is on its way. */
static void gather(enum shared_heap h, struct model *all)
{
    *all = (struct model){.name = heap_names[h], .heap = heaps[h]};
    for (unsigned i = 0; i < WORKERS; i++) {
        const struct model *held = &workers[i].held[h];
        for (size_t b = 0; b < held->count; b++) {
            model_add(all, held->blocks[b].data, held->blocks[b].size, held->blocks[b].pattern);
        }
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        const struct parcel *parcel = atomic_load(&slots[i]);
        if (parcel != NULL && parcel->heap == h) {
            model_add(all, parcel->block.data, parcel->block.size, parcel->block.pattern);
        }
    }
}

/* What any thread has freed and none was given again is refused, wherever it lies meanwhile. */
static void free_all_twice(struct model *all, enum shared_heap h)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        for (unsigned f = 0; f < FREED; f++) {
            void *address = workers[i].freed[h][f];
            if (address != NULL && model_find(all, address) == NULL) {
                refuse(all, address, "freed");
            }
        }
    }
}

static void check_all(void)
{
    for (unsigned h = 0; h < SHARED; h++) {
        struct model all;
        gather((enum shared_heap)h, &all);
        if (census_take(&all, true)) {
            free_all_twice(&all, (enum shared_heap)h);
            census_take(&all, false);
        }
        free(all.blocks);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        census_take(&workers[i].own, true);
    }
}

/* Ends what the main thread has decided to end; who comes next starts before that is over. */
static void replace_workers(void)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        struct worker *w = &workers[i];
        if (w->ends) {
            struct thread *old = &w->threads[w->generation++ % 2];
            thread_start(&w->threads[w->generation % 2], work, w);
            thread_join(old);
        }
    }
}

static void run(struct random *random)
{
    for (unsigned p = 1; p <= PAUSES; p++) {
        bool last = p == PAUSES || atomic_load(&check_failures) != 0;
        pthread_barrier_wait(&pause_begins);
        if (atomic_load(&check_failures) == 0) {
            check_all();
        }
        last = last || atomic_load(&check_failures) != 0;
        for (unsigned i = 0; i < WORKERS; i++) {
            workers[i].ends = last || random_percent(random, 40);
        }
        pthread_barrier_wait(&pause_ends);
        if (last) {
            break;
        }
        replace_workers();
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        thread_join(&workers[i].threads[workers[i].generation % 2]);
    }
}

/* --- beginning and end -------------------------------------------------------------------------------------------- */

static void make_heaps(void)
{
    ULONG mode = HEAP_COMPATIBILITY_LFH;
    heaps[HEAP_DEFAULT] = GetProcessHeap();
    heaps[HEAP_PRIVATE] = HeapCreate(0, 0, 0);
    heaps[HEAP_WITH_LFH] = HeapCreate(0, 0, 0);
    heaps[HEAP_FIXED] = HeapCreate(0, 0, 0x400000);
    heaps[HEAP_EXECUTABLE] = HeapCreate(HEAP_CREATE_ENABLE_EXECUTE, 0, 0);
    CHECK(HeapSetInformation(heaps[HEAP_WITH_LFH], HeapCompatibilityInformation, &mode, sizeof(mode)));
}

static void make_worker(struct worker *w, uint64_t seed)
{
    w->random.state = seed;
    for (unsigned h = 0; h < SHARED; h++) {
        w->held[h] = (struct model){.name = heap_names[h], .heap = heaps[h], .growable = h != HEAP_FIXED};
    }
    w->own = (struct model){.name = "no serialize", .heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0), .growable = true};
}

/* The main thread frees what is left, and nothing else is left. */
static void end_all(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        struct parcel *parcel = atomic_exchange(&slots[i], NULL);
        if (parcel != NULL) {
            traffic_release(&workers[0].held[parcel->heap], &parcel->block);
            free(parcel);
        }
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        for (unsigned h = 0; h < SHARED; h++) {
            traffic_free_all(&workers[i].held[h]);
            free(workers[i].held[h].blocks);
        }
        model_destroy(&workers[i].own);
    }
    for (unsigned h = 0; h < SHARED; h++) {
        struct model nothing = {.name = heap_names[h], .heap = heaps[h]};
        census_take(&nothing, false);
        CHECK(h == HEAP_DEFAULT || HeapDestroy(heaps[h]));
    }
}

int main(void)
{
    struct random random = {test_seed()};
    traffic_start();
    make_heaps();
    pthread_barrier_init(&pause_begins, NULL, WORKERS + 1);
    pthread_barrier_init(&pause_ends, NULL, WORKERS + 1);
    for (unsigned i = 0; i < WORKERS; i++) {
        make_worker(&workers[i], random_next(&random));
        thread_start(&workers[i].threads[0], work, &workers[i]);
    }
    run(&random);
    if (atomic_load(&check_failures) == 0) {
        end_all();
    }
    return check_report();
}
