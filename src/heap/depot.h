/*
 * The depots of a bucket: where batches of free blocks wait for the thread that allocated them.
 *
 * A thread that frees what another allocated hands it over here, with one exchange and without a lock. Every owner of
 * spans has places of its own, on cache lines of their own: it gets the blocks back whose lines it wrote before, and
 * pairs of threads do not meet other pairs. Owners whose numbers differ by a multiple of DEPOT_OWNERS share.
 */
#ifndef CAIRN_HEAP_DEPOT_H
#define CAIRN_HEAP_DEPOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define BATCH_LIMIT 64u /* as many as lie in the magazines' usual 8 KiB, but for the smallest blocks */
#define DEPOT_OWNERS 8u

struct depots {
    void *_Atomic table; /* NULL: no batch was handed over yet */
};

/* Puts up to BATCH_LIMIT blocks where their owner finds them. False: there is no room. */
bool depot_put(struct depots *depots, unsigned owner, unsigned count, void *const *blocks);

/* Takes at most `limit` blocks that wait for an owner. Returns how many. */
unsigned depot_take(const struct depots *depots, unsigned owner, unsigned limit, void **blocks);

/* The same, whomever they wait for. */
unsigned depot_take_any(const struct depots *depots, unsigned limit, void **blocks);

/* How many blocks wait for anybody, if no other thread changes it meanwhile. */
size_t depot_count(const struct depots *depots);

/* In the child of a fork: no other thread is filling or emptying a place any more. */
void depot_free_places(const struct depots *depots);

/* Frees the memory, whatever waits. */
void depot_destroy(struct depots *depots);

#endif
