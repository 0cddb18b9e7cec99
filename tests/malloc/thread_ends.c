/* Threads that come and go: blocks outlive them, are freed by others, and are allocated and freed until the very end of
 * a thread, in the destructors of its thread-specific data. A fork in the midst of it. */
#include "child.h"
#include "on_cairn.h"

#include <pthread.h>

enum {
    THREADS = 40,
    BLOCKS = 200,
    ROUNDS = 4
};

struct work {
    unsigned char *blocks[BLOCKS];
    unsigned char mark;
};

static pthread_key_t key;
static atomic_int destructor_calls;

static size_t size_of(int i)
{
    return (size_t)(i * i % 3000 + 1);
}

/* Sets its own value again, so that it is called in each of the system's rounds, up to the last. */
static void destructor(void *value)
{
    unsigned left = *(unsigned char *)value;
    CHECK_EQ_UINT(malloc_usable_size(value), 24);
    free(value);
    free(malloc(100));
    void *aligned = aligned_alloc(4096, 10);
    CHECK(aligned != NULL);
    free(aligned);
    atomic_fetch_add(&destructor_calls, 1);
    if (left > 0) {
        unsigned char *next = malloc(24);
        *next = (unsigned char)(left - 1);
        pthread_setspecific(key, next);
    }
}

static void *run(void *argument)
{
    struct work *work = argument;
    unsigned char *value = malloc(24);
    *value = 3;
    pthread_setspecific(key, value);
    for (int i = 0; i < BLOCKS; i++) {
        work->blocks[i] = malloc(size_of(i));
        memset(work->blocks[i], work->mark, size_of(i));
    }
    for (int i = 0; i < BLOCKS; i += 2) {
        free(work->blocks[i]);
        work->blocks[i] = NULL;
    }
    return NULL;
}

static void use_and_free(struct work *work)
{
    for (int i = 1; i < BLOCKS; i += 2) {
        CHECK_EQ_UINT(malloc_usable_size(work->blocks[i]), size_of(i));
        CHECK(work->blocks[i][0] == work->mark && work->blocks[i][size_of(i) - 1] == work->mark);
        free(work->blocks[i]);
    }
}

static void round_of_threads(void)
{
    static struct work works[THREADS];
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        works[i].mark = (unsigned char)(i + 1);
        CHECK_EQ_INT(pthread_create(&threads[i], NULL, run, &works[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        use_and_free(&works[i]);
    }
}

static atomic_bool stop;

static void *churn(void *argument)
{
    (void)argument;
    while (!atomic_load(&stop)) {
        void *blocks[50];
        for (int i = 0; i < 50; i++) {
            blocks[i] = malloc((size_t)i * 40);
        }
        for (int i = 0; i < 50; i++) {
            free(blocks[i]);
        }
    }
    return NULL;
}

static void in_child(void *argument)
{
    free(argument);
    round_of_threads();
    char *text = strdup("child");
    CHECK_EQ_STR(text, "child");
    free(text);
}

static void forks(void)
{
    pthread_t threads[2];
    atomic_store(&stop, false);
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, churn, NULL);
    }
    for (int i = 0; i < 20; i++) {
        void *block = malloc(100);
        child_run(in_child, block, 20, "fork while other threads allocate");
        free(block);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
}

int main(void)
{
    CHECK(on_cairn());
    pthread_key_create(&key, destructor);
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < ROUNDS; i++) {
        round_of_threads();
    }
    CHECK_EQ_INT(atomic_load(&destructor_calls), 4 * ROUNDS * THREADS);
    /* The C library keeps some memory per thread; hundreds of threads must not leave hundreds of blocks. */
    CHECK(mallinfo2().uordblks < before + 100000);
    forks();
    return check_report();
}
