/* Validating: each single thing that the core relies on, made wrong on purpose, is found, and found again to be
 * right when it is put back. The tables and the heap object are out of a program's ordinary reach, but not out of
 * this test's. */
#include "heap/validate.h"

#include "heap/block.h"
#include "heap/large.h"

#include "check.h"

#include <winnt.h>

static struct heap *heap;
static unsigned char *busy, *freed, *large[2];

static void *allocate(size_t size)
{
    void *block = NULL;
    CHECK_EQ_INT(heap_allocate(heap, size, false, &block), OUTCOME_OK);
    return block;
}

static void make(void)
{
    heap = heap_create(&(struct heap_parameters){.flags = HEAP_GROWABLE, .reserve = 0x100000});
    CHECK(heap != NULL);
    allocate(50);
    busy = allocate(200);
    freed = allocate(300);
    allocate(10);
    unsigned char *other = allocate(300);
    allocate(10);
    CHECK_EQ_INT(heap_free(heap, freed), OUTCOME_OK);
    CHECK_EQ_INT(heap_free(heap, other), OUTCOME_OK);
    large[0] = allocate(0x180000);
    large[1] = allocate(0x1A0000);
}

static bool is_valid(void)
{
    struct damage damage;
    bool valid = heap_validate(heap, &damage);
    CHECK_EQ_INT(valid, damage.what == OUTCOME_OK);
    return valid;
}

#define CHECK_FOUND(lvalue, wrong)                                                                                     \
    do {                                                                                                               \
        __typeof__(lvalue) right = (lvalue);                                                                           \
        CHECK(is_valid());                                                                                             \
        (lvalue) = (__typeof__(lvalue))(wrong);                                                                        \
        CHECK(!is_valid());                                                                                            \
        (lvalue) = right;                                                                                              \
        CHECK(is_valid());                                                                                             \
    } while (0)

static void headers(void)
{
    uint64_t *words[] = {block_header_word((uintptr_t)busy), block_header_word((uintptr_t)freed),
                         block_header_word(heap->first.first)};
    for (size_t i = 0; i < 3; i++) {
        CHECK_FOUND(*words[i], *words[i] ^ 1);
        CHECK_FOUND(*words[i], 0);
        CHECK_FOUND(*words[i], ~(uint64_t)0);
        CHECK_FOUND(*words[i], *words[(i + 1) % 3]);
    }
    /* Headers that are right in themselves, but not beside their neighbours. */
    struct block_header header;
    CHECK(block_read(heap, (uintptr_t)busy, &header));
    static const size_t wrong[][2] = {{1, 0}, {0, 1}, {(size_t)-1, 0}, {0, (size_t)-1}, {1000000, 0}};
    for (size_t i = 0; i < 5; i++) {
        uint64_t right = *block_header_word((uintptr_t)busy);
        block_write(heap, (uintptr_t)busy, header.size + wrong[i][0], header.previous + wrong[i][1]);
        CHECK(!is_valid());
        *block_header_word((uintptr_t)busy) = right;
        CHECK(is_valid());
    }
}

static void granules(void)
{
    uint8_t *of_busy = segment_granule(&heap->first, (uintptr_t)busy);
    uint8_t *of_freed = segment_granule(&heap->first, (uintptr_t)freed);
    CHECK_FOUND(*of_busy, GRANULE_NONE);
    CHECK_FOUND(*of_busy, GRANULE_FREE);
    CHECK_FOUND(*of_busy, GRANULE_BUSY_LAST);
    CHECK_FOUND(*of_busy, *of_busy + 1);
    CHECK_FOUND(*of_freed, GRANULE_NONE);
    CHECK_FOUND(*of_freed, GRANULE_BUSY);
    CHECK_FOUND(of_busy[2], GRANULE_BUSY);
    CHECK_FOUND(of_freed[3], GRANULE_FREE);
}

static void links(void)
{
    uintptr_t *words = (uintptr_t *)freed;
    CHECK_FOUND(words[0], words[0] + 16);
    CHECK_FOUND(words[1], words[1] ^ 1);
    CHECK_FOUND(words[0], 0);
    CHECK_FOUND(words[1], heap->key ^ (uintptr_t)busy);
    for (size_t bin = 0; bin < BIN_COUNT; bin++) {
        if (heap->bins.heads[bin] != 0) {
            CHECK_FOUND(heap->bins.heads[bin], 0);
            CHECK_FOUND(heap->bins.filled[bin / 64], heap->bins.filled[bin / 64] & ~((uint64_t)1 << bin % 64));
        }
    }
}

static void sums(void)
{
    CHECK_FOUND(heap->busy_bytes, heap->busy_bytes + 16);
    CHECK_FOUND(heap->requested_bytes, heap->requested_bytes - 1);
    CHECK_FOUND(heap->first.signature, 0);
    CHECK_FOUND(heap->first.heap, NULL);
}

static void large_blocks(void)
{
    struct unit *first = large_find(heap, large[0]), *second = large_find(heap, large[1]);
    CHECK(first != NULL && second != NULL);
    CHECK_FOUND(first->large_size, first->large_size + 1);
    CHECK_FOUND(first->large_size, first->large_committed);
    CHECK_FOUND(first->large_next, NULL);
    CHECK_FOUND(second->large_previous, NULL);
    CHECK_FOUND(heap->last_large, first);
    CHECK_FOUND(heap->first_large, second);
    uintptr_t owner = atomic_exchange(&second->owner, 0);
    CHECK(!is_valid());
    atomic_store(&second->owner, owner);
    CHECK(is_valid());
}

int main(void)
{
    make();
    CHECK(is_valid());
    headers();
    granules();
    links();
    sums();
    large_blocks();
    heap_destroy(heap);
    return check_report();
}
