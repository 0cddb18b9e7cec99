#include "heap/depot.h"

#include "base/align.h"
#include "heap/meta.h"

#include <string.h>

#define DEPOT_PLACES 3u

/* Stands for the number of blocks at a place that somebody is filling or emptying, who has it to himself. */
#define PLACE_BUSY (~0u)

struct depot {
    atomic_uint places[DEPOT_PLACES]; /* so many blocks wait at each */
    _Alignas(CACHE_LINE) void *blocks[DEPOT_PLACES][BATCH_LIMIT];
};

/* The depots themselves are made when the first batch comes for each. */
struct table {
    void *_Atomic depots[DEPOT_OWNERS];
};

/* What a pointer leads to, made if there is none. NULL: no memory. */
static void *find_or_make(void *_Atomic *place, size_t size)
{
    void *there = atomic_load_explicit(place, memory_order_acquire);
    if (there != NULL)
        return there;
    void *fresh = meta_allocate_apart(size);
    if (fresh == NULL || atomic_compare_exchange_strong(place, &there, fresh))
        return fresh;
    meta_free(fresh);
    return there;
}

static struct depot *depot_of(const struct depots *depots, unsigned owner)
{
    const struct table *table = atomic_load_explicit(&depots->table, memory_order_acquire);
    return table != NULL ? atomic_load_explicit(&table->depots[owner % DEPOT_OWNERS], memory_order_acquire) : NULL;
}

/* How many blocks wait at a place that can be claimed. */
static unsigned count_at(const struct depot *depot, unsigned place)
{
    unsigned count = atomic_load_explicit(&depot->places[place], memory_order_relaxed);
    return count != PLACE_BUSY ? count : 0;
}

static bool claim(struct depot *depot, unsigned place, unsigned count)
{
    return atomic_compare_exchange_strong_explicit(&depot->places[place], &count, PLACE_BUSY, memory_order_acquire,
                                                   memory_order_relaxed);
}

static void let_go(struct depot *depot, unsigned place, unsigned count)
{
    atomic_store_explicit(&depot->places[place], count, memory_order_release);
}

bool depot_put(struct depots *depots, unsigned owner, unsigned count, void *const *blocks)
{
    struct table *table = find_or_make(&depots->table, sizeof *table);
    if (table == NULL)
        return false;
    struct depot *depot = find_or_make(&table->depots[owner % DEPOT_OWNERS], sizeof *depot);
    if (depot == NULL)
        return false;

    for (unsigned place = 0; place < DEPOT_PLACES; place++) {
        if (count_at(depot, place) != 0 || !claim(depot, place, 0))
            continue;
        memcpy(depot->blocks[place], blocks, count * sizeof *blocks);
        let_go(depot, place, count);
        return true;
    }
    return false;
}

unsigned depot_take(const struct depots *depots, unsigned owner, unsigned limit, void **blocks)
{
    struct depot *depot = depot_of(depots, owner);
    unsigned taken = 0;

    for (unsigned place = 0; depot != NULL && place < DEPOT_PLACES && taken < limit; place++) {
        unsigned count = count_at(depot, place);
        if (count == 0 || !claim(depot, place, count))
            continue;
        unsigned part = count < limit - taken ? count : limit - taken;
        memcpy(blocks + taken, &depot->blocks[place][count - part], part * sizeof *blocks);
        let_go(depot, place, count - part);
        taken += part;
    }
    return taken;
}

unsigned depot_take_any(const struct depots *depots, unsigned limit, void **blocks)
{
    unsigned taken = 0;
    for (unsigned owner = 0; owner < DEPOT_OWNERS && taken < limit; owner++)
        taken += depot_take(depots, owner, limit - taken, blocks + taken);
    return taken;
}

size_t depot_count(const struct depots *depots)
{
    size_t count = 0;
    for (unsigned owner = 0; owner < DEPOT_OWNERS; owner++) {
        const struct depot *depot = depot_of(depots, owner);
        for (unsigned place = 0; depot != NULL && place < DEPOT_PLACES; place++)
            count += count_at(depot, place);
    }
    return count;
}

void depot_free_places(const struct depots *depots)
{
    for (unsigned owner = 0; owner < DEPOT_OWNERS; owner++) {
        struct depot *depot = depot_of(depots, owner);
        for (unsigned place = 0; depot != NULL && place < DEPOT_PLACES; place++)
            let_go(depot, place, count_at(depot, place));
    }
}

void depot_destroy(struct depots *depots)
{
    for (unsigned owner = 0; owner < DEPOT_OWNERS; owner++)
        meta_free(depot_of(depots, owner));
    meta_free(atomic_load_explicit(&depots->table, memory_order_relaxed));
}
