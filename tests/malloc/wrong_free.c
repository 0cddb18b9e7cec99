/* Each mistake that can be made with a pointer, in a child of its own: one line on standard error that names the
 * function, the mistake, the pointer and the heap, then SIGABRT; with on_error=continue the line, and the process goes
 * on. */
#include "child.h"
#include "on_cairn.h"

#include <errno.h>
#include <sys/resource.h>

#include <windows.h>

static void *blamed; /* the pointer that the line must name */

struct mistake {
    const char *line; /* what comes before the pointer */
    void (*make)(void);
};

static void use(void (*free_it)(void *), void *block)
{
    blamed = block;
    free_it(opaque(block));
}

static void *freed(size_t size)
{
    void *block = malloc(size);
    free(block);
    return opaque(block);
}

static void free_twice(void)
{
    use(free, freed(100));
}

static void free_twice_tiny(void)
{
    use(free, freed(0));
}

static void free_twice_large(void)
{
    use(free, freed(5000000));
}

static void free_twice_with_others_between(void)
{
    void *block = malloc(40);
    void *others[100];
    for (int i = 0; i < 100; i++) {
        others[i] = malloc(40);
    }
    free(block);
    for (int i = 0; i < 100; i++) {
        free(others[i]);
    }
    use(free, block);
}

static void free_inside(void)
{
    use(free, (char *)malloc(100) + 16);
}

static void free_inside_unaligned(void)
{
    use(free, (char *)malloc(100) + 1);
}

static void free_inside_large(void)
{
    use(free, (char *)malloc(5000000) + 4096);
}

/* What a large block does not use is told in the map's bytes behind its first. */
static void free_inside_shrunk(void)
{
    char *blocks[20];
    for (int i = 0; i < 20; i++) {
        blocks[i] = malloc(131072);
    }
    for (int i = 0; i < 20; i++) {
        blocks[i] = realloc(blocks[i], 70000);
    }
    use(free, blocks[19] + 16);
}

static void free_stack(void)
{
    int variable = 0;
    use(free, &variable);
}

static void free_static(void)
{
    static int variable;
    use(free, &variable);
}

static void free_wild(void)
{
    use(free, (void *)(uintptr_t)opaque_size(0x123456780));
}

static void free_of_private_heap(void)
{
    use(free, HeapAlloc(HeapCreate(0, 0, 0), 0, 100));
}

static void free_private_heap_itself(void)
{
    use(free, HeapCreate(0, 0, 0));
}

static void realloc_freed(void)
{
    blamed = freed(100);
    CHECK_EQ_PTR(realloc(opaque(blamed), 200), NULL);
    CHECK_EQ_INT(errno, EINVAL);
}

static void realloc_to_nothing(void)
{
    blamed = freed(100);
    CHECK_EQ_PTR(realloc(opaque(blamed), opaque_size(0)), NULL);
}

static void reallocarray_wild(void)
{
    blamed = (void *)(uintptr_t)opaque_size(0x123456780);
    CHECK_EQ_PTR(reallocarray(blamed, 2, 3), NULL);
}

static void usable_size_freed(void)
{
    blamed = freed(100);
    CHECK_EQ_UINT(malloc_usable_size(opaque(blamed)), 0);
}

static void sized_wrong(void)
{
    blamed = malloc(100);
    call_free_sized(blamed, 99);
}

static void sized_freed(void)
{
    blamed = freed(100);
    call_free_sized(opaque(blamed), 100);
}

static void aligned_sized_wrong(void)
{
    blamed = (char *)memalign(4096, 100) + 0;
    call_free_aligned_sized(blamed, 4096, 101);
}

static void sized_wrong_large(void)
{
    blamed = malloc(2000000);
    call_free_sized(blamed, 2000001);
}

/* Of a size that the front end serves. */
static void sized_wrong_hot(void)
{
    for (int i = 0; i < 100; i++) {
        blamed = malloc(opaque_size(40));
    }
    call_free_sized(blamed, 48);
}

static void sized_nothing(void)
{
    blamed = malloc(100);
    call_free_sized(blamed, 0);
}

/* The size is right, the alignment is one that the block does not have. */
static void aligned_sized_misaligned(void)
{
    do {
        blamed = malloc(opaque_size(100));
    } while ((uintptr_t)blamed % 4096 == 0);
    call_free_aligned_sized(blamed, 4096, 100);
}

static const struct mistake mistakes[] = {
    {"free: block is already free", free_twice},
    {"free: block is already free", free_twice_tiny},
    {"free: no block starts at this address", free_twice_large},
    {"free: block is already free", free_twice_with_others_between},
    {"free: no block starts at this address", free_inside},
    {"free: no block starts at this address", free_inside_unaligned},
    {"free: no block starts at this address", free_inside_large},
    {"free: no block starts at this address", free_inside_shrunk},
    {"free: address outside every heap", free_stack},
    {"free: address outside every heap", free_static},
    {"free: address outside every heap", free_wild},
    {"free: block of another heap", free_of_private_heap},
    {"free: block of another heap", free_private_heap_itself},
    {"realloc: block is already free", realloc_freed},
    {"realloc: block is already free", realloc_to_nothing},
    {"realloc: address outside every heap", reallocarray_wild},
    {"malloc_usable_size: block is already free", usable_size_freed},
    {"free_sized: size or alignment is not the one asked for", sized_wrong},
    {"free_sized: block is already free", sized_freed},
    {"free_sized: size or alignment is not the one asked for", sized_wrong_large},
    {"free_sized: size or alignment is not the one asked for", sized_wrong_hot},
    {"free_sized: size or alignment is not the one asked for", sized_nothing},
    {"free_aligned_sized: size or alignment is not the one asked for", aligned_sized_wrong},
    {"free_aligned_sized: size or alignment is not the one asked for", aligned_sized_misaligned},
};

static int output_on_abort;

static void tell_on_abort(int number)
{
    (void)number;
    dprintf(output_on_abort, "%p", blamed);
}

/* In the child: tells which pointer is to be blamed, be it while it dies. `go_on`: by mallopt, as programs can. */
static void child(const struct mistake *mistake, bool go_on, int output, int error)
{
    struct rlimit no_core = {0, 0};
    output_on_abort = output;
    signal(SIGABRT, tell_on_abort);
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(error, STDERR_FILENO);
    if (go_on) {
        CHECK_EQ_INT(mallopt(M_CHECK_ACTION, 1), 1);
    }
    atomic_store(&check_failures, 0);
    mistake->make();
    dprintf(output, "%p", blamed);
    free(malloc(100));
    _exit(atomic_load(&check_failures) == 0 ? 0 : 1);
}

static size_t read_all(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t count;
    while ((count = read(fd, text + length, size - 1 - length)) > 0) {
        length += (size_t)count;
    }
    text[length] = '\0';
    close(fd);
    return length;
}

static void test(const struct mistake *mistake, bool go_on)
{
    int output[2];
    int error[2];
    char pointer[64];
    char line[1024];
    char expected[1024];

    CHECK(pipe(output) == 0 && pipe(error) == 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        child(mistake, go_on, output[1], error[1]);
    }
    close(output[1]);
    close(error[1]);
    read_all(output[0], pointer, sizeof(pointer));
    read_all(error[0], line, sizeof(line));
    int end = child_wait(pid);

    snprintf(expected, sizeof(expected), "cairn: %s: block %s, heap %p\n", mistake->line, pointer, GetProcessHeap());
    if (!CHECK_EQ_STR(line, expected) || !CHECK_EQ_INT(end, go_on ? 0 : 256 + SIGABRT)) {
        printf("    mistake: %s, %s\n", mistake->line, go_on ? "goes on" : "aborts");
    }
}

/* free leaves errno alone, even when the line cannot be written. */
static void errno_stays(void *unused)
{
    (void)unused;
    mallopt(M_CHECK_ACTION, 1);
    close(STDERR_FILENO);
    errno = 77;
    free_twice();
    free_wild();
    CHECK_EQ_INT(errno, 77);
}

int main(void)
{
    CHECK(on_cairn());
    child_run(errno_stays, NULL, 10, "errno_stays");
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        test(&mistakes[i], false);
        test(&mistakes[i], true);
    }
    return check_report();
}
