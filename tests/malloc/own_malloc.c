/* A program with a malloc of its own that has no reallocarray: the library's goes to the program's realloc, for the
 * block is the program's. */
#include "on_cairn.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static union {
    max_align_t align;
    char bytes[1 << 20];
} memory;
static size_t taken;
static volatile unsigned resized; /* the headers tell the compiler that malloc's family calls nothing here */

static char *take(size_t size)
{
    char *block = memory.bytes + taken;
    size_t needed = (size + 15) / 16 * 16;
    if (needed > sizeof(memory) - taken) {
        return NULL;
    }
    taken += needed;
    return block;
}

static bool is_own(const void *block)
{
    return (uintptr_t)block - (uintptr_t)memory.bytes < sizeof(memory);
}

void *malloc(size_t size)
{
    return take(size);
}

void free(void *block)
{
    (void)block;
}

void *calloc(size_t count, size_t size)
{
    return take(count * size); /* nothing is used twice */
}

void *realloc(void *block, size_t size)
{
    char *moved = take(size);
    resized++;
    if (moved != NULL && block != NULL) {
        size_t most = (size_t)(moved - (char *)block);
        memcpy(moved, block, size < most ? size : most);
    }
    return moved;
}

int main(void)
{
    char *volatile block = malloc(100);
    CHECK(is_own(block));
    strcpy(block, "kept");
    resized = 0;
    block = reallocarray(block, 50, 10);
    CHECK_EQ_UINT(resized, 1);
    CHECK(is_own(block) && strcmp(block, "kept") == 0);
    CHECK(is_own(reallocarray(NULL, 3, 5)));
    CHECK(reallocarray(block, opaque_size(SIZE_MAX / 2), 3) == NULL);
    CHECK_EQ_UINT(resized, 2);
    return check_report();
}
