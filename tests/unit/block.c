/* The block header's codec: sizes come back as they were written, for any size and place, and what is overwritten is
 * seen: by the check byte of the header most of the time, and together with its neighbours always. */
#include "heap/block.h"

#include "heap/validate.h"

#include "check.h"
#include "seed.h"

#include <winnt.h>

static void sizes_come_back(struct random *random)
{
    static const size_t sizes[] = {
        0, 1, 2, 3, 31, 32, 255, 256, 0xFFFF, 0x10000, BLOCK_MAX_GRANULES - 1, BLOCK_MAX_GRANULES};
    static _Alignas(16) unsigned char memory[256];
    const size_t count = sizeof(sizes) / sizeof(sizes[0]);
    static struct heap heap;

    for (unsigned round = 0; round < 2000; round++) {
        uintptr_t data = (uintptr_t)memory + 16 * random_between(random, 1, 15);
        size_t size = round < count * count ? sizes[round / count] : random_below(random, BLOCK_MAX_GRANULES + 1);
        size_t previous = round < count * count ? sizes[round % count] : random_below(random, BLOCK_MAX_GRANULES + 1);
        struct block_header header;
        heap.key = round % 7 == 0 ? 0 : random_next(random);
        memset(memory, 0xA5, sizeof(memory));
        block_write(&heap, data, size, previous);
        CHECK(block_read(&heap, data, &header));
        CHECK_EQ_UINT(header.size, size);
        CHECK_EQ_UINT(header.previous, previous);
        for (size_t i = 0; i < sizeof(memory); i++) {
            uintptr_t at = (uintptr_t)memory + i;
            CHECK((at >= data - 8 && at < data) || memory[i] == 0xA5);
        }
    }
}

/* Sizes of a block and what it can hold, with the smallest slack possible. */
static void granules_are_enough(void)
{
    for (size_t size = 0; size < 5000; size++) {
        size_t granules = block_granules_for(size);
        CHECK(granules >= BLOCK_MIN_GRANULES);
        CHECK(block_capacity(granules) >= size);
        CHECK(granules == BLOCK_MIN_GRANULES || block_capacity(granules - 1) < size);
        CHECK(block_capacity(granules) - size <= GRANULE_BUSY_LAST - GRANULE_BUSY);
    }
    CHECK_EQ_UINT(block_capacity(BLOCK_MIN_GRANULES), 24);
    CHECK_EQ_UINT(block_granules_for(24), 2);
    CHECK_EQ_UINT(block_granules_for(25), 3);
}

/* A header is bound to its place and its heap: elsewhere it is hardly ever right. */
static void header_is_bound_to_its_place(struct random *random)
{
    static _Alignas(16) unsigned char memory[4096];
    static struct heap heap, other;
    unsigned moved = 0, foreign = 0, rounds = 20000;

    for (unsigned round = 0; round < rounds; round++) {
        uintptr_t data = (uintptr_t)memory + 16 * random_between(random, 1, 100);
        uintptr_t elsewhere = data + 16 * random_between(random, 1, 100);
        struct block_header header;
        heap.key = random_next(random);
        other.key = random_next(random);
        block_write(&heap, data, random_between(random, 2, 5000), random_below(random, 5000));
        *block_header_word(elsewhere) = *block_header_word(data);
        moved += block_read(&heap, elsewhere, &header);
        foreign += block_read(&other, data, &header);
    }
    CHECK(moved < rounds / 100);
    CHECK(foreign < rounds / 100);
}

/* Every single bit of every header of a heap flipped: how many does the check byte see; the neighbours see the rest. */
static void flipped_bits_are_seen(struct random *random)
{
    struct heap *heap = heap_create(&(struct heap_parameters){.flags = HEAP_GROWABLE, .reserve = 0x100000});
    struct damage damage;
    struct block_header header;
    void *blocks[200];
    unsigned flips = 0, seen = 0;

    CHECK(heap != NULL);
    for (size_t i = 0; i < 200; i++) {
        CHECK_EQ_INT(heap_allocate(heap, random_below(random, 2000), false, &blocks[i]), OUTCOME_OK);
    }
    for (size_t i = 0; i < 200; i += 1 + i % 3) {
        CHECK_EQ_INT(heap_free(heap, blocks[i]), OUTCOME_OK);
    }
    size_t size;
    for (uintptr_t data = heap->first.first; data != heap->first.end; data += block_bytes(size)) {
        CHECK(block_read(heap, data, &header));
        size = header.size;
        for (unsigned bit = 0; bit < 64; bit++) {
            *block_header_word(data) ^= (uint64_t)1 << bit;
            seen += !block_read(heap, data, &header);
            flips++;
            CHECK(!heap_validate(heap, &damage));
            CHECK_EQ_INT(damage.what, OUTCOME_BLOCK_DAMAGED);
            *block_header_word(data) ^= (uint64_t)1 << bit;
        }
    }
    CHECK(heap_validate(heap, &damage));
    printf("%u of %u flipped bits were seen by the check byte alone\n", seen, flips);
    CHECK(seen >= flips / 100 * 97);
    heap_destroy(heap);
}

int main(void)
{
    struct random random = {test_seed()};
    sizes_come_back(&random);
    granules_are_enough();
    header_is_bound_to_its_place(&random);
    flipped_bits_are_seen(&random);
    return check_report();
}
