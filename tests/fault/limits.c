/* Little memory: limits on the address space of the process, and a process that has no more mappings. The default
 * heap is there all the same, allocation goes on until a clean failure, and what is freed can be had again. */
#include "model.h"

#include "arena_state.h"
#include "child.h"

#include <sys/resource.h>
#include <sys/wait.h>

#define CHILD_SECONDS 60
#define MEBIBYTE ((size_t)1 << 20)

/* Allocates until there is no more; the sizes go in turn. Bytes that were had. */
static SIZE_T fill(struct model *model, const SIZE_T *sizes, size_t count)
{
    for (size_t i = 0;; i++) {
        if (!model_allocate(model, sizes[i % count], false, (unsigned)i)) {
            return model->total;
        }
    }
}

static void free_half(struct model *model)
{
    model_sort(model);
    for (size_t i = model->count; i-- > 0;) {
        if (i % 2 == 0) {
            model_free(model, i);
        }
    }
}

/* Fills the heap, frees and fills again, twice: as much as before must fit, but for what is broken in pieces. */
static void fill_and_free(struct model *model, const SIZE_T *sizes, size_t count, SIZE_T least)
{
    SIZE_T first = fill(model, sizes, count);
    if (!CHECK(first >= least)) {
        printf("    only 0x%zx bytes of 0x%zx could be had\n", (size_t)first, (size_t)least);
    }
    model_check(model, true);
    for (int again = 0; again < 2; again++) {
        SIZE_T before = model->total;
        free_half(model);
        model_check(model, false);
        SIZE_T now = fill(model, sizes, count);
        CHECK(now >= before / 10 * 8);
        model_check(model, true);
    }
    model_free_all(model);
    model_check(model, false);
    CHECK(fill(model, sizes, count) >= first / 10 * 8);
    model_free_all(model);
    model_check(model, true);
}

/* In a program that was started under the limit. */
static int use_all(size_t limit)
{
    static const SIZE_T mixed[] = {100000, 20, 3000, 0x60000, 0};
    static const SIZE_T large[] = {0x120000}; /* of one size: any that is freed makes room for any other */
    static const SIZE_T small[] = {24, 1000, 9000};
    static struct model_block list[100000]; /* the list must not compete with what it lists */
    struct model model = {
        .name = "default", .heap = GetProcessHeap(), .growable = true, .blocks = list, .capacity = 100000};
    SIZE_T least = limit > 32 * MEBIBYTE ? limit / 4 : 0x8000;

    if (CHECK(model.heap != NULL)) {
        /* Large blocks first: what they leave segments can have, but a heap keeps its segments. */
        fill_and_free(&model, large, 1, limit > 32 * MEBIBYTE ? least : 0);
        fill_and_free(&model, mixed, 5, least);
        if (limit <= 64 * MEBIBYTE) {
            fill_and_free(&model, small, 3, least);
        }
        CHECK(model_allocate(&model, 10, false, 1));
        CHECK_EQ_PTR(HeapAlloc(model.heap, 0, limit), NULL);
        CHECK_EQ_PTR(HeapCreate(0, limit, 0), NULL);
        CHECK_EQ_PTR(HeapCreate(0, 0, limit), NULL);
        model_free_all(&model);
    }
    return check_report();
}

static void execute(void *arg)
{
    const size_t *limit = arg;
    struct rlimit address_space = {*limit, *limit};
    char text[24];
    snprintf(text, sizeof(text), "%zu", *limit);
    setenv("CAIRN_TEST_LIMIT", text, 1);
    if (setrlimit(RLIMIT_AS, &address_space) == 0) {
        execl("/proc/self/exe", "limits", (char *)NULL);
    }
    _exit(127);
}

/* --- no more mappings --------------------------------------------------------------------------------------------- */

/* Takes all mappings that the process may have, but for a few: every other page of a range is of another kind. */
static bool use_up_mappings(unsigned char *range, size_t size, size_t left)
{
    size_t made = 0;
    while (made < size / PAGE / 2 && pages_commit(range + made * 2 * PAGE, PAGE)) {
        made++;
    }
    /* The last ones are joined again. */
    for (size_t i = 0; i < left && made > 0; i++) {
        made--;
        mprotect(range + made * 2 * PAGE, PAGE, PROT_NONE);
    }
    return made > left && made < size / PAGE / 2;
}

static void without_mappings(void *arg)
{
    static const SIZE_T sizes[] = {0x9000, 100, 0x100000, 0x4000, 0x250000};
    struct model models[4];
    struct arena_state before;
    unsigned count = 0;
    size_t size = (size_t)1 << 30;
    unsigned char *range = pages_reserve(size);
    (void)arg;

    arena_state_take(&before);
    if (!use_up_mappings(range, size, 20)) {
        printf("the system sets no limit that this test could reach\n");
        return;
    }
    while (count < 4 && model_try_create(&models[count], MODEL_GROWABLE)) {
        count++;
    }
    CHECK(count > 0);
    for (unsigned i = 0; i < count; i++) {
        while (models[i].count < 60 && model_allocate(&models[i], sizes[models[i].count % 5], true, i)) {
        }
        model_check(&models[i], true);
        free_half(&models[i]);
        model_check(&models[i], true);
    }
    pages_release(range, size);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < 30; j++) {
            CHECK(model_allocate(&models[i], sizes[j % 5], true, j));
        }
        model_check(&models[i], true);
        model_destroy(&models[i]);
    }
    CHECK(arena_state_is(&before));
}

int main(void)
{
    static size_t limits[] = {24 * MEBIBYTE, 64 * MEBIBYTE, 256 * MEBIBYTE, 512 * MEBIBYTE};
    const char *limit = getenv("CAIRN_TEST_LIMIT");
    if (limit != NULL) {
        return use_all(strtoull(limit, NULL, 10));
    }
    CHECK(GetProcessHeap() != NULL);
    if (SLOWNESS == SLOWNESS_PLAIN) { /* a sanitizer's own mappings are beyond every limit */
        for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
            if (!child_run(execute, &limits[i], CHILD_SECONDS, "under a limit of the address space")) {
                printf("    of %zu MiB\n", limits[i] / MEBIBYTE);
            }
        }
        child_run(without_mappings, NULL, CHILD_SECONDS, "without mappings");
    }
    return check_report();
}
