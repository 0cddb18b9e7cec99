/*
 * Workloads of one thread that look like parts of programs: trees of objects, strings in tables, a heap per request,
 * what is left after a burst, and processes that begin and end.
 */
#include "workload.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * Trees of objects
 */

struct node {
    struct node *left;
    struct node *right;
    char *name;
};

static struct node *plant(unsigned depth, uint32_t *state)
{
    struct node *node = block_new(sizeof(*node));
    node->name = block_new(8 + random_below(state, 40));
    node->left = depth ? plant(depth - 1, state) : NULL;
    node->right = depth ? plant(depth - 1, state) : NULL;
    return node;
}

static void fell(struct node *node)
{
    if (!node)
        return;
    fell(node->left);
    fell(node->right);
    free(node->name);
    free(node);
}

/* One tree lives long; many short-lived ones come and go beside it. */
static void trees(unsigned threads)
{
    uint32_t state = 6;
    (void)threads;
    struct node *old = plant(16, &state);
    for (size_t i = 0; i < 5000; i++)
        fell(plant(10, &state));
    fell(old);
}

/*
 * Strings: a text is split into words, and a table counts them and keeps where they were.
 */

#define TABLE_SIZE 65536u

struct place {
    struct place *next;
    size_t line;
};

struct word {
    struct word *next;
    char *text;
    struct place *places;
};

static struct word *table[TABLE_SIZE];

static char *copy_text(const char *text, size_t length)
{
    char *copy = block_new(length + 1);
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

static uint32_t hash_text(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

static struct word *find_word(const char *text)
{
    struct word **head = &table[hash_text(text) % TABLE_SIZE];
    for (struct word *word = *head; word; word = word->next) {
        if (strcmp(word->text, text) == 0)
            return word;
    }
    struct word *word = block_new(sizeof(*word));
    word->text = copy_text(text, strlen(text));
    word->places = NULL;
    word->next = *head;
    *head = word;
    return word;
}

#define LINE_WORDS 8
#define WORD_LENGTH 24

/* A word of letters that says its number, filled up to a length that the number fixes too. */
static size_t write_word(char *text, uint32_t number)
{
    size_t length = 0;
    size_t filled = 1 + number % (WORD_LENGTH - 6);
    for (uint32_t rest = number; rest; rest /= 26)
        text[length++] = (char)('a' + rest % 26);
    while (length < filled)
        text[length++] = '-';
    text[length++] = ' ';
    return length;
}

/* Three words in four are of the five hundred common ones. */
static char *make_line(uint32_t *state)
{
    char line[LINE_WORDS * WORD_LENGTH];
    size_t length = 0;
    for (size_t i = 0; i < LINE_WORDS; i++)
        length += write_word(line + length, 1 + random_below(state, random_below(state, 4) ? 500 : 50000));
    return copy_text(line, length);
}

static void count_words(const char *line, size_t number)
{
    while (*line) {
        size_t length = strcspn(line, " ");
        char *text = copy_text(line, length);
        struct place *place = block_new(sizeof(*place));
        struct word *word = find_word(text);
        place->line = number;
        place->next = word->places;
        word->places = place;
        free(text);
        line += length + 1;
    }
}

static void free_word(struct word *word)
{
    for (struct place *place = word->places; place;) {
        struct place *next = place->next;
        free(place);
        place = next;
    }
    free(word->text);
    free(word);
}

static void free_table(void)
{
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        for (struct word *word = table[i]; word;) {
            struct word *next = word->next;
            free_word(word);
            word = next;
        }
        table[i] = NULL;
    }
}

static void strings(unsigned threads)
{
    uint32_t state = 7;
    (void)threads;
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 100000; i++) {
            char *line = make_line(&state);
            count_words(line, i);
            free(line);
        }
        free_table();
    }
}

/*
 * A heap per request, which ends with everything in it. Who has no heaps frees each block.
 */

struct heap_calls {
    void *(*create)(uint32_t flags, size_t initial_size, size_t maximum_size);
    void *(*allocate)(void *heap, uint32_t flags, size_t size);
    int (*destroy)(void *heap);
};

static void *(*mimalloc_new)(void);
static void *(*mimalloc_allocate)(void *heap, size_t size);
static void (*mimalloc_destroy)(void *heap);

static void *create_mimalloc(uint32_t flags, size_t initial_size, size_t maximum_size)
{
    (void)flags;
    (void)initial_size;
    (void)maximum_size;
    return mimalloc_new();
}

static void *allocate_mimalloc(void *heap, uint32_t flags, size_t size)
{
    (void)flags;
    return mimalloc_allocate(heap, size);
}

static int destroy_mimalloc(void *heap)
{
    mimalloc_destroy(heap);
    return 1;
}

/* Looks a function up; what dlsym returns becomes a function pointer only by way of its bytes. */
static int look_up(const char *name, void *pointer)
{
    void *address = dlsym(RTLD_DEFAULT, name);
    memcpy(pointer, &address, sizeof(address));
    return address != NULL;
}

static int find_heaps(struct heap_calls *calls)
{
    if (look_up("HeapCreate", &calls->create) && look_up("HeapAlloc", &calls->allocate) &&
        look_up("HeapDestroy", &calls->destroy))
        return 1;
    *calls = (struct heap_calls){create_mimalloc, allocate_mimalloc, destroy_mimalloc};
    return look_up("mi_heap_new", &mimalloc_new) && look_up("mi_heap_malloc", &mimalloc_allocate) &&
           look_up("mi_heap_destroy", &mimalloc_destroy);
}

#define REQUESTS 40000
#define REQUEST_BLOCKS 500

static void serve_with_heap(const struct heap_calls *calls, size_t request)
{
    void *heap = calls->create(0, 0, 0);
    if (!heap)
        fail("creation of a heap");
    for (size_t i = 0; i < REQUEST_BLOCKS; i++) {
        uint32_t size = small_sizes[(request + i) & (SIZE_COUNT - 1)];
        check_block(calls->allocate(heap, 0, size), size);
    }
    if (!calls->destroy(heap))
        fail("destruction of a heap");
}

static void serve_without_heap(size_t request)
{
    void *blocks[REQUEST_BLOCKS];
    for (size_t i = 0; i < REQUEST_BLOCKS; i++)
        blocks[i] = block_new(small_sizes[(request + i) & (SIZE_COUNT - 1)]);
    free_all(blocks, REQUEST_BLOCKS);
}

static void private_heap(unsigned threads)
{
    struct heap_calls calls;
    int has_heaps = find_heaps(&calls);

    (void)threads;
    for (size_t request = 0; request < REQUESTS; request++) {
        if (has_heaps)
            serve_with_heap(&calls, request);
        else
            serve_without_heap(request);
    }
}

/*
 * A burst: many blocks, all written, and then a hundredth of them. Then the program does little for a second: what it
 * still has in RAM after that is what main.c prints.
 */

#define BURST 100000
#define BURST_KEPT (BURST / 100)

static void *burst_blocks[BURST];

static void allocate_burst(void)
{
    for (size_t i = 0; i < BURST; i++) {
        uint32_t size = (i % 32 ? small_sizes : mixed_sizes)[i & (SIZE_COUNT - 1)];
        burst_blocks[i] = block_new(size);
        memset(burst_blocks[i], 1, size);
    }
}

static void idle_for_a_second(void)
{
    const struct timespec millisecond = {0, 1000000};
    for (size_t i = 0; i < 1000; i++) {
        free(block_new(small_sizes[i]));
        nanosleep(&millisecond, NULL);
    }
}

/* What was there first stays. */
static void burst(unsigned threads)
{
    (void)threads;
    allocate_burst();
    free_all(burst_blocks + BURST_KEPT, BURST - BURST_KEPT);
    idle_for_a_second();
}

/* What stays lies all over. */
static void burst_scattered(unsigned threads)
{
    (void)threads;
    allocate_burst();
    for (size_t i = 0; i < BURST; i++) {
        if (i % (BURST / BURST_KEPT))
            free(burst_blocks[i]);
    }
    idle_for_a_second();
}

/* Processes that do nothing but begin and end; each loads the allocator anew. */
static void startup(unsigned threads)
{
    (void)threads;
    for (size_t i = 0; i < 200; i++) {
        int status = 0;
        pid_t child = vfork();
        if (child == 0) {
            execl("/proc/self/exe", "malloc", "--nothing", (char *)NULL);
            _exit(127);
        }
        if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
            fail("starting a process");
    }
}

const struct workload program_workloads[] = {
    {"trees", trees, 0},
    {"strings", strings, 0},
    {"private_heap", private_heap, 0},
    {"burst", burst, 0},
    {"burst_scattered", burst_scattered, 0},
    {"startup", startup, 0},
    {NULL, NULL, 0},
};
