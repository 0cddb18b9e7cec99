/* Programs that write where they must not: past the end of a block, in front of it, into freed blocks, over block
 * headers and free-list links. Whatever was overwritten, no call crashes or hangs, memory in use is never handed out
 * again, HeapValidate tells of it, other heaps are not affected, and HeapDestroy gives everything back. */
#include "model.h"

#include "arena_state.h"
#include "child.h"
#include "heap/block.h"
#include "heap/heap.h"

#define BLOCKS 48
#define CHILD_SECONDS 15

/* --- the victim: a heap with busy and free blocks of many sizes, and one beside it that bears witness ------------- */

static struct model victim, neighbour;
static uintptr_t all[4096]; /* data of every block of the victim before the damage, in order of address */
static size_t all_count;

static struct heap *core(void)
{
    return victim.heap;
}

static bool is_free(uintptr_t data)
{
    struct segment *segment = segment_of(core(), data);
    return segment != NULL && granule_is_free(*segment_granule(segment, data));
}

static void list_blocks(void)
{
    struct block_header header;
    all_count = 0;
    for (const struct segment *segment = &core()->first; segment != NULL; segment = segment->next) {
        for (uintptr_t data = segment->first; data != segment->end; data += block_bytes(header.size)) {
            if (!CHECK(block_read(core(), data, &header)) || !CHECK(all_count < 4096)) {
                return;
            }
            all[all_count++] = data;
        }
    }
}

static void make_heaps(struct random *random)
{
    static const enum model_kind kinds[] = {MODEL_GROWABLE, MODEL_FIXED, MODEL_TUNED, MODEL_CALLER_MEMORY};
    model_create(&victim, kinds[random_below(random, 4)]);
    model_create(&neighbour, MODEL_GROWABLE);
    for (unsigned i = 0; i < BLOCKS; i++) {
        model_allocate(&victim, random_below(random, random_percent(random, 80) ? 400 : 20000), false, i);
        model_allocate(&neighbour, random_below(random, 300), false, i);
    }
    for (unsigned i = 0; i < BLOCKS / 3; i++) {
        model_free(&victim, random_below(random, victim.count));
    }
    model_sort(&victim);
    list_blocks();
}

/* --- using a damaged heap ----------------------------------------------------------------------------------------- */

/* New memory overlaps nothing that is in use. */
static void check_fresh(const unsigned char *data, SIZE_T size)
{
    for (size_t i = 0; i < victim.count; i++) {
        const struct model_block *block = &victim.blocks[i];
        CHECK(data + size <= block->data || block->data + block->size <= data);
    }
}

static void allocate(struct random *random)
{
    SIZE_T size = random_below(random, 3000);
    unsigned char *data = HeapAlloc(victim.heap, random_percent(random, 50) ? HEAP_ZERO_MEMORY : 0, size);
    if (data != NULL) {
        check_fresh(data, size);
        model_add(&victim, data, size, 0);
    }
}

static void resize(struct random *random)
{
    size_t index = random_below(random, victim.count);
    struct model_block block = victim.blocks[index];
    SIZE_T size = random_below(random, 2 * block.size + 100);
    unsigned char *data = HeapReAlloc(victim.heap, random_percent(random, 50) ? HEAP_REALLOC_IN_PLACE_ONLY : 0,
                                      block.data, size);
    if (data != NULL) {
        model_remove(&victim, index);
        check_fresh(data, size);
        model_add(&victim, data, size, 0);
    }
}

static void look(void)
{
    PROCESS_HEAP_ENTRY entry;
    unsigned records = 0;
    walk_begin(&entry);
    while (HeapWalk(victim.heap, &entry) && CHECK(++records < 5000)) {
        CHECK(record_kind(&entry) != KIND_UNKNOWN);
    }
    HeapCompact(victim.heap, 0);
}

static void use(struct random *random, unsigned steps)
{
    HEAP_OPTIMIZE_RESOURCES_INFORMATION information = {HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
    look();
    for (unsigned i = 0; i < steps; i++) {
        size_t dice = random_below(random, 100);
        if (dice < 40 || victim.count == 0) {
            allocate(random);
        } else if (dice < 70) {
            size_t index = random_below(random, victim.count);
            if (HeapFree(victim.heap, 0, victim.blocks[index].data)) {
                model_remove(&victim, index);
            }
        } else if (dice < 90) {
            resize(random);
        } else if (dice < 94) {
            HeapValidate(victim.heap, 0, victim.blocks[random_below(random, victim.count)].data);
        } else if (dice < 96) {
            look();
        } else if (dice < 98) {
            HeapValidate(victim.heap, 0, NULL);
        } else {
            HeapSetInformation(victim.heap, HeapOptimizeResources, &information, sizeof(information));
        }
    }
    look();
}

static void end(const struct arena_state *before)
{
    model_check(&neighbour, true);
    model_destroy(&victim);
    model_check(&neighbour, true);
    model_destroy(&neighbour);
    CHECK(arena_state_is(before));
}

/* --- damage ------------------------------------------------------------------------------------------------------- */

/* Puts other bytes there; at least one is another than before. */
static void scribble(struct random *random, uintptr_t address, size_t size)
{
    unsigned char *bytes = (unsigned char *)address;
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= (unsigned char)random_between(random, 1, 255);
    }
}

static uintptr_t random_block(struct random *random, bool must_be_free)
{
    for (unsigned tries = 0; tries < 10000; tries++) {
        uintptr_t data = all[random_below(random, all_count - 1)]; /* never the last: it may have no links */
        if (is_free(data) == must_be_free) {
            return data;
        }
    }
    CHECK(false);
    return all[0];
}

/* The end of a busy block's memory: there the header of the next one lies. */
static uintptr_t end_of(uintptr_t data)
{
    struct block_header header;
    CHECK(block_read(core(), data, &header));
    return data + block_capacity(header.size);
}

/* Each returns whether HeapValidate has to see it. */
typedef bool damage_fn(struct random *random);

static bool overflow(struct random *random, size_t size)
{
    scribble(random, end_of(random_block(random, false)), size);
    return true;
}

static bool overflow_1(struct random *random)
{
    return overflow(random, 1);
}

static bool overflow_8(struct random *random)
{
    return overflow(random, 8);
}

static bool overflow_32(struct random *random)
{
    return overflow(random, 32);
}

static bool overflow_with_zero(struct random *random)
{
    uintptr_t end = end_of(random_block(random, false));
    *(volatile unsigned char *)end = *(volatile unsigned char *)end == 0 ? 1 : 0;
    return true;
}

static bool underflow(struct random *random)
{
    uintptr_t data = random_block(random, false);
    size_t size = random_between(random, 1, 8);
    scribble(random, data - size, size);
    return true;
}

static bool use_after_free_links(struct random *random)
{
    scribble(random, random_block(random, true), random_between(random, 1, 16));
    return true;
}

static bool use_after_free_header(struct random *random)
{
    scribble(random, random_block(random, true) - 8, random_between(random, 1, 8));
    return true;
}

static bool use_after_free_all(struct random *random)
{
    uintptr_t data = random_block(random, true);
    scribble(random, data - 8, 24);
    return true;
}

/* A link that an attacker, or bad luck, has made to point where nobody should follow. */
static bool bad_link(struct random *random)
{
    uintptr_t data = random_block(random, true);
    uintptr_t busy = random_block(random, false), other = random_block(random, true);
    const uintptr_t targets[] = {
        0x20000,                             /* unmapped */
        ~(uintptr_t)15,                      /* not canonical */
        (uintptr_t)neighbour.blocks[0].data, /* of another heap */
        busy,                                /* a busy block */
        busy + 8,                            /* misaligned */
        (uintptr_t)victim.heap,              /* the heap object */
        (uintptr_t)victim.heap + 0x100,
        core()->first.end,        /* behind the last block */
        core()->first.end - 4096, /* not committed, mostly */
        data,                     /* itself */
        other,                    /* another free block */
        other + 16,               /* the inside of one */
        (uintptr_t)&random,       /* the stack */
    };
    uintptr_t *link = (uintptr_t *)data + random_below(random, 2);
    uintptr_t value = (uintptr_t)core()->key ^ targets[random_below(random, sizeof(targets) / sizeof(targets[0]))];
    bool changed = *link != value;
    *link = value;
    return changed;
}

/* A list that leads in a circle, every step of which looks right. */
static bool circle(struct random *random)
{
    uintptr_t *links = (uintptr_t *)random_block(random, true);
    uintptr_t *other = (uintptr_t *)random_block(random, true);
    uintptr_t key = (uintptr_t)core()->key;
    links[0] = key ^ (uintptr_t)other;
    links[1] = key ^ (uintptr_t)other;
    other[0] = key ^ (uintptr_t)links;
    other[1] = key ^ (uintptr_t)links;
    return true;
}

/* Old or other blocks' headers and links, which are right in themselves, in the wrong place. */
static bool replay(struct random *random)
{
    uint64_t *to = (uint64_t *)random_block(random, random_percent(random, 60)) - 1;
    const uint64_t *from = (const uint64_t *)random_block(random, random_percent(random, 60)) - 1;
    size_t count = random_between(random, 1, is_free((uintptr_t)(to + 1)) ? 3 : 1);
    bool changed = memcmp(to, from, count * sizeof(*to)) != 0;
    memmove(to, from, count * sizeof(*to));
    return changed;
}

/* Single bits anywhere in headers and in free blocks; those of the headers must be seen, unless one took another
 * back. */
static bool flip_bits(struct random *random)
{
    static uint64_t headers[sizeof(all) / sizeof(all[0])];
    bool changed = false;
    for (size_t i = 0; i < all_count; i++) {
        headers[i] = *block_header_word(all[i]);
    }
    for (size_t flips = random_between(random, 1, 6); flips > 0; flips--) {
        uintptr_t data = all[random_below(random, all_count)];
        size_t offset = random_below(random, is_free(data) ? 24 : 8);
        *((unsigned char *)data - 8 + offset) ^= (unsigned char)(1u << random_below(random, 8));
    }
    for (size_t i = 0; i < all_count; i++) {
        changed = changed || headers[i] != *block_header_word(all[i]);
    }
    return changed;
}

struct kind {
    const char *name;
    damage_fn *damage;
};

struct job {
    const struct kind *kind;
    uint64_t seed;
    unsigned rounds;
};

static void run(void *arg)
{
    const struct job *job = arg;
    for (unsigned round = 0; round < job->rounds && atomic_load(&check_failures) == 0; round++) {
        struct random random = {job->seed + round};
        struct arena_state before;
        arena_state_take(&before);
        make_heaps(&random);
        bool must_be_seen = job->kind->damage(&random);
        if (random_percent(&random, 70)) {
            CHECK(!must_be_seen || !HeapValidate(victim.heap, 0, NULL));
        }
        use(&random, 120);
        end(&before);
        if (atomic_load(&check_failures) != 0) {
            printf("    %s, round of seed %llu\n", job->kind->name, (unsigned long long)(job->seed + round));
        }
    }
}

#define BATCH 10u /* rounds in a child */
#define BATCHES (SLOWNESS == SLOWNESS_PLAIN ? 12u : SLOWNESS == SLOWNESS_ASAN ? 3u : 1u)

int main(void)
{
    static const struct kind kinds[] = {
        {"overflow by 1 byte", overflow_1},
        {"overflow by 8 bytes", overflow_8},
        {"overflow by 32 bytes", overflow_32},
        {"overflow by a terminating zero", overflow_with_zero},
        {"underflow", underflow},
        {"use after free, links", use_after_free_links},
        {"use after free, header", use_after_free_header},
        {"use after free, both", use_after_free_all},
        {"bad link", bad_link},
        {"circle", circle},
        {"replay", replay},
        {"flipped bits", flip_bits},
    };
    uint64_t seed = test_seed();
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        bool ok = true;
        for (unsigned batch = 0; ok && batch < BATCHES; batch++) {
            struct job job = {&kinds[k], seed + 1000 * batch, BATCH};
            ok = child_run(run, &job, CHILD_SECONDS, kinds[k].name);
            if (!ok) {
                printf("    in the rounds from seed %llu\n", (unsigned long long)job.seed);
            }
        }
    }
    return check_report();
}
