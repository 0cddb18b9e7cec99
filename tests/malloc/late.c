/* libcairn_malloc.so loaded by dlopen, when the program has long had threads and blocks of the C library's malloc: the
 * program's malloc stays what it is, the library's own works beside it, in every thread. What the C library's malloc
 * gave the loader before is left alone by the library's free. */
#include "child.h"
#include "on_cairn.h"

#include <dlfcn.h>
#include <pthread.h>

static pthread_barrier_t barrier;
static void *(*late_malloc)(size_t size);
static void *(*late_realloc)(void *block, size_t size);
static void (*late_free)(void *block);
static size_t (*late_usable_size)(void *block);

static void use_library(void)
{
    for (size_t size = 0; size < 3000; size += 7) {
        void *block = late_malloc(size);
        CHECK_EQ_UINT(late_usable_size(block), size);
        block = late_realloc(block, size + 100);
        CHECK_EQ_UINT(late_usable_size(block), size + 100);
        late_free(block);
    }
}

static void *older_thread(void *argument)
{
    void *block = malloc(100);
    (void)argument;
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    use_library();
    free(block);
    return NULL;
}

static void *younger_thread(void *argument)
{
    (void)argument;
    use_library();
    return NULL;
}

static void load(void)
{
    void *library = dlopen("libcairn_malloc.so", RTLD_NOW | RTLD_LOCAL);
    if (!CHECK(library != NULL)) {
        printf("    %s\n", dlerror());
        exit(check_report());
    }
    *(void **)&late_malloc = dlsym(library, "malloc");
    *(void **)&late_realloc = dlsym(library, "realloc");
    *(void **)&late_free = dlsym(library, "free");
    *(void **)&late_usable_size = dlsym(library, "malloc_usable_size");
    CHECK_EQ_INT(dlclose(library), 0);
}

int main(void)
{
    pthread_t older, younger;
    CHECK(!on_cairn());
    char *block = strdup("block of the C library");

    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&older, NULL, older_thread, NULL);
    pthread_barrier_wait(&barrier);
    load();
    CHECK(!on_cairn());
    use_library();
    pthread_barrier_wait(&barrier);
    pthread_create(&younger, NULL, younger_thread, NULL);
    pthread_join(older, NULL);
    pthread_join(younger, NULL);

    /* The C library's heap holds records of the loader by now. */
    late_free(opaque(block));
    CHECK_EQ_STR(block, "block of the C library");
    char *copy = late_realloc(opaque(block), 30);
    CHECK_EQ_STR(copy, "block of the C library");
    CHECK_EQ_UINT(late_usable_size(copy), 30);
    late_free(copy);
    free(block);
    return check_report();
}
