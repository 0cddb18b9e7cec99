/* Every system call that the library makes for memory fails once, and then from some call on every one, for every
 * number of the call until the scenario comes through: whatever fails is answered, nothing is changed by it and nothing
 * leaks.
 *
 * This program's own mmap, mprotect, munmap and madvise take the place of the C library's, for the library too. The
 * thread sanitizer needs its own in that place, so with it nothing fails here. */
#include "model.h"

#include "arena_state.h"
#include "child.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* --- the system calls --------------------------------------------------------------------------------------------- */

enum fault_mode {
    FAULT_NONE,
    FAULT_ONCE,
    FAULT_FOREVER,
    FAULT_MODES,
};

static struct {
    enum fault_mode mode;
    unsigned at; /* the call that fails first, from 1 */
    unsigned calls;
    bool hit;
} fault;

/* The library's start, before main, is a scenario like the others; its fault comes through the environment. */
static void arm_from_environment(void)
{
    static bool done;
    const char *text = done ? NULL : getenv("CAIRN_TEST_FAULT");
    done = true;
    if (text != NULL) {
        char *end;
        fault.mode = (enum fault_mode)strtoul(text, &end, 10);
        fault.at = (unsigned)strtoul(end, NULL, 10);
    }
}

static inline bool fails(int error)
{
    arm_from_environment();
    if (fault.mode == FAULT_NONE) {
        return false;
    }
    fault.calls++;
    if (fault.mode == FAULT_ONCE ? fault.calls != fault.at : fault.calls < fault.at) {
        return false;
    }
    fault.hit = true;
    errno = error;
    return true;
}

#if SLOWNESS != SLOWNESS_TSAN

/* MAP_NORESERVE: the memory is the test's own. */
void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if ((flags & MAP_NORESERVE) == 0 && fails(ENOMEM)) {
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, address, size, protection, flags, fd,
                           offset); /* NOLINT: a number is all there is */
}

int mprotect(void *address, size_t size, int protection)
{
    return fails(ENOMEM) ? -1 : (int)syscall(SYS_mprotect, address, size, protection);
}

int munmap(void *address, size_t size)
{
    return fails(ENOMEM) ? -1 : (int)syscall(SYS_munmap, address, size);
}

/* EINVAL: what it answers for locked pages. */
int madvise(void *address, size_t size, int advice)
{
    return fails(EINVAL) ? -1 : (int)syscall(SYS_madvise, address, size, advice);
}

#endif

static void disarm(void)
{
    fault.mode = FAULT_NONE;
}

/* --- scenarios: each goes on until something fails ---------------------------------------------------------------- */

#define MODELS 4

static struct model models[MODELS];
static unsigned model_count;

static struct model *create(enum model_kind kind)
{
    struct model *model = &models[model_count];
    POISON_LAST_ERROR();
    if (model_try_create(model, kind)) {
        model_count++;
        return model;
    }
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

static bool allocate(struct model *model, SIZE_T size)
{
    return model_allocate(model, size, size % 3 == 0, (unsigned)size);
}

static bool allocate_many(struct model *model, SIZE_T from, SIZE_T step, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!allocate(model, from + i * step)) {
            return false;
        }
    }
    return true;
}

static void free_every(struct model *model, size_t step)
{
    model_sort(model);
    for (size_t i = model->count; i-- > 0;) {
        if (i % step == 0) {
            model_free(model, i);
        }
    }
}

static bool trim(void)
{
    HEAP_OPTIMIZE_RESOURCES_INFORMATION information = {HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
    return CHECK(HeapSetInformation(NULL, HeapOptimizeResources, &information, sizeof(information)));
}

static bool default_heap(void)
{
    struct model *model = &models[0];
    model->name = "default";
    POISON_LAST_ERROR();
    model->heap = GetProcessHeap();
    if (model->heap == NULL) {
        return model_failed_well() && false;
    }
    model->growable = true;
    model_count = 1;
    return allocate_many(model, 10, 5000, 5) && allocate(model, 0x120000);
}

static bool create_all_kinds(enum model_kind from, enum model_kind end)
{
    for (enum model_kind kind = from; kind < end; kind++) {
        struct model *model = create(kind);
        if (model == NULL || !allocate(model, 100)) {
            return false;
        }
    }
    return true;
}

static bool create_heaps(void)
{
    return create_all_kinds(MODEL_GROWABLE, MODEL_NO_SERIALIZE);
}

static bool create_more_heaps(void)
{
    return create_all_kinds(MODEL_EXECUTABLE, MODEL_KINDS);
}

/* Leaves no room in the first arena. */
static void fill_the_arena(void)
{
    while (atomic_load(&arena_count) == 1 && CHECK(HeapCreate(0, 0, 0xF0000000) != NULL)) {
    }
    CHECK(HeapCreate(0, 0, (SIZE_T)3 << 30) != NULL);
    while (atomic_load(&arena_count) == 2 && CHECK(HeapCreate(0, 0, 0xF0000000) != NULL)) {
    }
}

static bool create_beyond_the_arena(void)
{
    struct model *model = &models[0];
    for (model_count = 0; model_count < 2; model_count++) {
        POISON_LAST_ERROR();
        *model = (struct model){.name = "beyond the arenas", .heap = HeapCreate(0, 0, 0xF0000000)};
        if (model->heap == NULL) {
            return model_failed_well() && false;
        }
        if (!allocate_many(model, 1000, 30000, 5)) {
            model_count++;
            return false;
        }
        model++;
    }
    return true;
}

static bool grow_by_segments(void)
{
    struct model *model = create(MODEL_TUNED);
    return model != NULL && allocate_many(model, 0x4000, 0x711, 40);
}

static bool grow_and_trim(void)
{
    struct model *model = create(MODEL_GROWABLE);
    if (model == NULL || !allocate_many(model, 0x9000, 0x1234, 30)) {
        return false;
    }
    free_every(model, 3);
    trim();
    free_every(model, 2);
    return allocate_many(model, 0x20000, 0x777, 20) && trim() && allocate_many(model, 1, 300, 30);
}

static bool large_blocks(void)
{
    struct model *model = create(MODEL_GROWABLE);
    if (model == NULL || !allocate_many(model, 0x100000, 0x23456, 4)) {
        return false;
    }
    if (!model_resize(model, 0, 0x200000, true, false, 1) || !model_resize(model, 1, 0x20000, false, true, 2) ||
        !model_resize(model, 1, 10, false, false, 3)) {
        return false;
    }
    free_every(model, 2);
    return allocate_many(model, 0x180000, 0x10000, 3) && trim() && allocate(model, 0x100000);
}

static bool resize_blocks(void)
{
    struct model *model = create(MODEL_GROWABLE);
    for (SIZE_T size = 50; size < 0x180000; size = size * 3 + 11) {
        if (model == NULL || !allocate(model, size / 2) || !model_resize(model, 0, size, true, false, (unsigned)size) ||
            (!model_resize(model, model->count - 1, size, true, size < 0x8000, 7) && size >= 0x8000)) {
            return false;
        }
    }
    return true;
}

static bool caller_memory(void)
{
    struct model *model = create(MODEL_CALLER_COMMITS);
    if (model == NULL || !allocate_many(model, 0x1000, 0x2222, 15)) {
        return false;
    }
    model = create(MODEL_CALLER_MEMORY);
    return model != NULL && allocate_many(model, 0x1000, 0x2222, 15);
}

static bool fixed_heap(void)
{
    struct model *model = create(MODEL_FIXED);
    if (model == NULL || !allocate_many(model, 0x100, 0x3333, 15)) {
        return false;
    }
    free_every(model, 2);
    return trim() && allocate_many(model, 0x800, 0x3331, 8);
}

static bool executable_heap(void)
{
    struct model *model = create(MODEL_EXECUTABLE);
    if (model == NULL || !allocate_many(model, 0x100, 0x5333, 12) || !allocate(model, 0x110000)) {
        return false;
    }
    free_every(model, 2);
    return trim() && allocate_many(model, 0x10000, 0x3331, 8);
}

/* --- one run ------------------------------------------------------------------------------------------------------ */

struct scenario {
    const char *name;
    bool (*run)(void);
    void (*prepare)(void); /* may be NULL; nothing fails in it */
};

struct run {
    const struct scenario *scenario;
    enum fault_mode mode;
    unsigned at;
};

#define CHILD_SECONDS 30
#define CAME_THROUGH 3 /* exit status: the scenario made fewer calls than that */

static void check_models(void)
{
    for (unsigned i = 0; i < model_count; i++) {
        model_check(&models[i], true);
    }
}

/* Memory is back: all heaps work, and when they are gone nothing is left of them. */
static void use_and_destroy(const struct arena_state *before)
{
    struct arena_state now;
    bool has_default = models[0].heap == GetProcessHeap();
    for (unsigned i = 0; i < model_count; i++) {
        CHECK(allocate(&models[i], 1));
        CHECK(allocate(&models[i], 2000));
        CHECK(!models[i].growable || allocate(&models[i], 0x90000));
        CHECK(!models[i].growable || allocate(&models[i], 0x190000));
        model_check(&models[i], true);
        if (i % 2 == 0 || models[i].heap == GetProcessHeap()) {
            model_free_all(&models[i]);
            model_check(&models[i], false);
        }
        if (models[i].heap != GetProcessHeap()) {
            model_destroy(&models[i]);
        }
    }
    trim();
    if (has_default) {
        CHECK(arena_state_take(&now)); /* it keeps its segments, empty */
        CHECK_EQ_UINT(GetProcessHeaps(0, NULL), 1);
    } else {
        CHECK(arena_state_is(before));
    }
}

static void run_once(void *arg)
{
    const struct run *run = arg;
    struct arena_state before;

    if (run->scenario->prepare != NULL) {
        run->scenario->prepare();
    }
    trim();
    arena_state_take(&before);
    fault.calls = 0;
    fault.at = run->at;
    fault.mode = run->mode;
    bool complete = run->scenario->run();
    CHECK(complete || fault.hit);
    check_models(); /* also while nothing more is to be had */
    disarm();
    check_models();
    use_and_destroy(&before);
    if (atomic_load(&check_failures) == 0 && !fault.hit) {
        _exit(CAME_THROUGH);
    }
}

/* The run of a scenario for one number: false when that call is not made any more. */
static bool run_in_child(struct run *run)
{
    int end = child_wait(child_start(run_once, run, CHILD_SECONDS));
    if (end == CAME_THROUGH) {
        return false;
    }
    if (!CHECK_EQ_INT(end, 0)) {
        printf("    in the scenario %s, call %u fails %s\n", run->scenario->name, run->at,
               run->mode == FAULT_ONCE ? "once" : "and all after it");
    }
    return true;
}

static void run_scenario(const struct scenario *scenario)
{
    for (enum fault_mode mode = FAULT_ONCE; mode < FAULT_MODES; mode++) {
        struct run run = {scenario, mode, 1};
        while (run_in_child(&run) && CHECK(run.at < 1000)) {
            run.at += run.at < 8 ? 1 : SLOWNESS;
        }
        CHECK(run.at > 3 || SLOWNESS == SLOWNESS_TSAN); /* else the scenario tests nothing */
    }
}

/* --- the start of the library ------------------------------------------------------------------------------------- */

static const struct scenario start = {"start", default_heap, NULL};

/* In the new program: what the library could not do before main it does at the first use. */
static int after_start(void)
{
    struct arena_state before;
    bool complete = default_heap();
    CHECK(complete || fault.hit);
    check_models();
    disarm();
    if (GetProcessHeap() != NULL) {
        check_models();
        model_free_all(&models[0]);
        trim();
        CHECK(arena_state_take(&before));
        CHECK_EQ_UINT(GetProcessHeaps(0, NULL), 1);
        if (model_count == 0) {
            CHECK(default_heap());
        }
        use_and_destroy(&before);
    } else {
        CHECK(false);
    }
    fflush(stdout);
    return atomic_load(&check_failures) != 0 ? 1 : fault.hit ? 0 : CAME_THROUGH;
}

static void execute(void *arg)
{
    const struct run *run = arg;
    char text[40];
    snprintf(text, sizeof(text), "%d %u", (int)run->mode, run->at);
    setenv("CAIRN_TEST_FAULT", text, 1);
    execl("/proc/self/exe", "nth_call", (char *)NULL);
    _exit(127);
}

static void run_start(void)
{
    for (enum fault_mode mode = FAULT_ONCE; mode < FAULT_MODES; mode++) {
        struct run run = {&start, mode, 1};
        int end;
        while ((end = child_wait(child_start(execute, &run, CHILD_SECONDS))) != CAME_THROUGH && CHECK(run.at < 100)) {
            if (!CHECK_EQ_INT(end, 0)) {
                printf("    at the start of the library, call %u fails %s\n", run.at,
                       mode == FAULT_ONCE ? "once" : "and all after it");
            }
            run.at++;
        }
        CHECK(run.at > 3);
    }
}

int main(void)
{
    static const struct scenario scenarios[] = {
        {"default heap", default_heap, NULL},
        {"create heaps", create_heaps, NULL},
        {"create more heaps", create_more_heaps, NULL},
        {"create beyond the arena", create_beyond_the_arena, fill_the_arena},
        {"grow by segments", grow_by_segments, NULL},
        {"grow and trim", grow_and_trim, NULL},
        {"large blocks", large_blocks, NULL},
        {"resize blocks", resize_blocks, NULL},
        {"caller's memory", caller_memory, NULL},
        {"fixed heap", fixed_heap, NULL},
        {"executable heap", executable_heap, NULL},
    };
    if (getenv("CAIRN_TEST_FAULT") != NULL) {
        return after_start();
    }
    if (SLOWNESS == SLOWNESS_PLAIN) { /* a sanitizer starts before the library, and with system calls of its own */
        run_start();
    }
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        run_scenario(&scenarios[i]);
    }
    return check_report();
}
