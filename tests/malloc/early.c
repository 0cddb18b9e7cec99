/* Before main: blocks from constructors; blocks that the dynamic loader allocated before there was a malloc. The
 * loader's are its records of the loaded objects, which it has from the allocator of its own that it starts with. */
#include "on_cairn.h"

#include <link.h>

static char *from_constructor;
static char *from_preinit;

/* Runs before any constructor, of libraries too. */
static void preinit(void)
{
    from_preinit = calloc(1, 5000);
    if (from_preinit != NULL) {
        strcpy(from_preinit, "preinit");
    }
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit_entry)(void) = preinit;

__attribute__((constructor(101))) static void construct(void)
{
    from_constructor = malloc(100);
    if (from_constructor != NULL) {
        strcpy(from_constructor, "constructor");
    }
}

static void test_own_blocks(void)
{
    CHECK_EQ_STR(from_preinit, "preinit");
    CHECK_EQ_UINT(malloc_usable_size(from_preinit), 5000);
    CHECK_EQ_STR(from_constructor, "constructor");
    CHECK_EQ_UINT(malloc_usable_size(from_constructor), 100);
    from_constructor = realloc(from_constructor, 100000);
    CHECK_EQ_STR(from_constructor, "constructor");
    free(from_constructor);
    free(from_preinit);
}

static void test_blocks_of_the_loader(void)
{
    unsigned count = 0;

    for (struct link_map *record = _r_debug.r_map; record != NULL; record = record->l_next) {
        struct link_map before = *record;
        void *block = opaque(record);
        free(block);
        CHECK(memcmp(record, &before, sizeof(before)) == 0);

        struct link_map *copy = realloc(block, sizeof(before));
        CHECK(copy != NULL && copy != record && memcmp(copy, &before, sizeof(before)) == 0);
        CHECK_EQ_UINT(malloc_usable_size(copy), sizeof(before));
        free(copy);

        /* More than there is: the rest is anything, but is there. */
        char *large = realloc(block, 10000000);
        CHECK(large != NULL && memcmp(large, &before, sizeof(before)) == 0);
        memset(large, 1, 10000000);
        free(large);
        CHECK_EQ_PTR(realloc(block, opaque_size(0)), NULL);
        count++;
    }
    CHECK(count >= 3);
}

int main(void)
{
    CHECK(on_cairn());
    test_own_blocks();
    test_blocks_of_the_loader();
    return check_report();
}
