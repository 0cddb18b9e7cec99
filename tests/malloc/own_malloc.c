/* A program with malloc, calloc, realloc and free of its own, but no reallocarray, which older allocators do not have:
 * as with the C library's, a block from reallocarray is the program's, and goes by its realloc. */
#include "on_cairn.h"

#include <errno.h>

/* --- the program's: blocks one after the other in one piece of memory, none used again ---------------------------- */

#define ROOM ((size_t)4 << 20)
#define LIVE 0xC0DEu
#define FREED 0xDEADu

struct header {
    size_t size;
    unsigned state;
};

static _Alignas(16) unsigned char memory[ROOM];
static size_t used;
static unsigned mallocs, callocs, reallocs, frees;

static void *take(size_t size)
{
    if (size > ROOM - used - sizeof(struct header)) {
        errno = ENOMEM;
        return NULL;
    }
    struct header *header = (struct header *)(memory + used);
    *header = (struct header){size, LIVE};
    used += (sizeof(*header) + size + 15) & ~(size_t)15;
    return header + 1;
}

static bool is_own(const void *block)
{
    return (uintptr_t)block - (uintptr_t)memory < ROOM;
}

static struct header *header_of(void *block)
{
    struct header *header = (struct header *)block - 1;
    if (!is_own(block) || header->state != LIVE) {
        abort(); /* printf may be what brought it here */
    }
    return header;
}

static void drop(void *block)
{
    if (block != NULL) {
        header_of(block)->state = FREED;
    }
}

void *malloc(size_t size)
{
    mallocs++;
    return take(size);
}

void *calloc(size_t count, size_t each)
{
    callocs++;
    return take(count * each); /* never used before */
}

void *realloc(void *block, size_t size)
{
    reallocs++;
    void *moved = take(size);
    if (moved != NULL && block != NULL) {
        size_t old = header_of(block)->size;
        memcpy(moved, block, old < size ? old : size);
        drop(block);
    }
    return moved;
}

void free(void *block)
{
    frees++;
    drop(block);
}

/* --- the library's ------------------------------------------------------------------------------------------------ */

/* Behind the program's own lies Cairn's, which alone knows the exact size. */
static void library_is_there(void)
{
    void *(*next_malloc)(size_t);
    void (*next_free)(void *);
    *(void **)&next_malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&next_free = dlsym(RTLD_NEXT, "free");
    void *block = next_malloc(10);
    CHECK(!is_own(block));
    CHECK_EQ_UINT(malloc_usable_size(block), 10);
    next_free(block);
}

/* The program cannot go on with a block that is not its own. */
static void check_own(void *block, size_t size)
{
    if (!CHECK(is_own(block))) {
        exit(check_report());
    }
    CHECK_EQ_UINT(header_of(block)->size, size);
}

static void new_block(void)
{
    unsigned before = reallocs;
    void *block = reallocarray(NULL, 10, 7);
    check_own(block, 70);
    CHECK_EQ_UINT(reallocs, before + 1);
    free(block);
}

static void grown_block(void)
{
    unsigned before = reallocs;
    unsigned char *block = malloc(100);
    memset(block, 7, 100);
    unsigned char *moved = reallocarray(opaque(block), 1000, 3);
    check_own(moved, 3000);
    CHECK_EQ_UINT(reallocs, before + 1);
    CHECK(moved[0] == 7 && moved[99] == 7);
    moved = reallocarray(moved, 5, 2);
    check_own(moved, 10);
    CHECK(moved[0] == 7 && moved[9] == 7);
    free(moved);
}

/* What cannot be a size does not reach the program's; what it refuses is refused. */
static void failures(void)
{
    unsigned char *block = malloc(100);
    unsigned before = reallocs;
    memset(block, 8, 100);
    errno = 0;
    CHECK_EQ_PTR(reallocarray(opaque(block), opaque_size(SIZE_MAX / 2), 3), NULL);
    CHECK_EQ_INT(errno, ENOMEM);
    CHECK_EQ_UINT(reallocs, before);
    errno = 0;
    CHECK_EQ_PTR(reallocarray(opaque(block), opaque_size(ROOM), 2), NULL);
    CHECK_EQ_INT(errno, ENOMEM);
    CHECK_EQ_UINT(reallocs, before + 1);
    CHECK(header_of(block)->size == 100 && block[0] == 8 && block[99] == 8);
    free(block);
}

/* The C library's own calls go there too, as ever. */
static void other_calls(void)
{
    unsigned before = mallocs;
    char *text = strdup("text");
    CHECK(is_own(text));
    CHECK(mallocs > before);
    before = frees;
    free(text);
    CHECK_EQ_UINT(frees, before + 1);
}

int main(void)
{
    library_is_there();
    new_block();
    grown_block();
    failures();
    other_calls();
    return check_report();
}
