/*
 * Arenas: the address space in which every heap lives, and the tables that say what is where.
 *
 * An arena is one reserved range cut into units of 64 KiB. Out of band beside it lie its tables, dense arrays with a
 * row per unit, and the granule map, one byte per 16 bytes:
 *
 *     arena   | unit 0 | unit 1 | unit 2 | ...            reserved, committed page by page
 *     units   | struct | struct | struct |                who owns the unit, as what
 *     rows    | 2 x 16 | 2 x 16 | 2 x 16 |                a bit a page: which are accessible, which committed
 *     tags    | 16 tags| 16 tags| 16 tags|                a word per slice of 4 KiB: whose front end serves from it
 *     spans   | 16 ptrs| 16 ptrs| 16 ptrs|                the span that the slice is part of
 *     map     | 4 KiB  | 4 KiB  | 4 KiB  |                a byte per granule: what starts there
 *
 * The tables read as zero everywhere before they are first written, so any address of an arena may be looked up at any
 * time without a lock and without a fault. That is what makes a check of an untrusted pointer cost two loads.
 *
 * A run is a number of adjoining units with one owner. "Accessible" is what the system was told of a page; "committed"
 * is what a heap counts as its own. A page that is accessible and not committed is warm: memory that was given back,
 * but not yet to the system, because on Linux the first touch of a page costs more than hundreds of allocations. All
 * warm memory together is bounded.
 */
#ifndef CAIRN_HEAP_ARENA_H
#define CAIRN_HEAP_ARENA_H

#include "os/os.h"

#define UNIT_SHIFT 16
#define UNIT_SIZE ((size_t)1 << UNIT_SHIFT)
#define GRANULE_SHIFT 4
#define GRANULE_SIZE ((size_t)1 << GRANULE_SHIFT)
#define GRANULES_PER_UNIT (UNIT_SIZE >> GRANULE_SHIFT)
#define SLICE_SHIFT 12
#define SLICE_SIZE ((size_t)1 << SLICE_SHIFT)
#define SLICES_PER_UNIT (UNIT_SIZE >> SLICE_SHIFT)

/* What a run is used as: the low bits of an owner word, under the heap's address. */
enum run_kind {
    RUN_FREE = 0,
    RUN_SEGMENT = 1, /* blocks of the back end; marked on every unit that has committed pages */
    RUN_LARGE = 2,   /* one large block; marked on the first unit, and on the one in which its data starts */
};

struct unit {
    atomic_uintptr_t
        owner;           /* address of the heap, or'ed with a run_kind; 0: free, inside a large block, or uncommitted */
    uint32_t run_first;  /* index of the run's first unit */
    uint32_t run_length; /* units in the run; only in its first unit */
    /* The rest is used in the first unit of a large block's run only; the heap's lock guards it. */
    size_t large_size;       /* bytes asked for */
    size_t large_committed;  /* bytes from the start of the run to the end of what is committed */
    size_t large_offset;     /* of the data in the run */
    struct unit *large_next; /* in order of allocation */
    struct unit *large_previous;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct unit) == 64, "one cache line, found by a shift");

/* The rows of the unit table and the granule map become writable a chunk of units at a time. */
#define UNITS_PER_CHUNK 256

struct span;

struct arena {
    uintptr_t base; /* aligned to a unit */
    size_t size;
    size_t unit_count;
    size_t unit_limit;  /* units that the tables have room for; more than there are where the end was given back */
    size_t lowest_free; /* no free unit lies below this one */
    size_t granule_count;
    uint8_t *granules;      /* the granule map */
    uintptr_t granule_bias; /* where its byte for address 0 would be: a look-up is a shift and a sum */
    uint32_t *tags;         /* a word a slice; span.h says what it holds */
    struct span **spans;    /* a pointer a slice; NULL: no span */
    struct unit *units;     /* the unit table */
    /* The starts of these three share a page, which is all of them that a small process has; the rows go down from it.
     */
    uint16_t *rows;        /* behind those of the first unit: a pair for each */
    atomic_uint *ready;    /* a bit a chunk: whether its rows of the tables above are writable */
    uint64_t *used;        /* a bit a unit; the arena lock guards it */
    atomic_size_t touched; /* no page of a unit at or above this was ever accessible */
};

#define ARENA_LIMIT 64
extern struct arena arenas[ARENA_LIMIT] SHARED_AS("arenas");
extern atomic_uint arena_count;

struct arena *arena_of_slowly(const void *address);

/* The arena that holds the address; NULL for an address outside all of them. */
static inline struct arena *arena_of(const void *address)
{
    /* Nearly always there is just the first, whose size is 0 before it exists. */
    if (LIKELY((uintptr_t)address - arenas[0].base < arenas[0].size))
        return &arenas[0];
    return arena_of_slowly(address);
}

static inline size_t arena_unit_index(const struct arena *arena, const void *address)
{
    return ((uintptr_t)address - arena->base) >> UNIT_SHIFT;
}

static inline void *arena_unit_address(const struct arena *arena, size_t index)
{
    return (void *)(arena->base + (index << UNIT_SHIFT));
}

/* The granule map's byte for an address of the arena. */
static inline uint8_t *arena_granule(const struct arena *arena, const void *address)
{
    return (uint8_t *)(arena->granule_bias + ((uintptr_t)address >> GRANULE_SHIFT));
}

/* The pair of rows of a unit: a bit for each of its pages. */
enum arena_row {
    ARENA_ACCESSIBLE,
    ARENA_COMMITTED,
};

static inline uint16_t *arena_row(const struct arena *arena, enum arena_row which, size_t unit)
{
    return arena->rows - 2 * (unit + 1) + which;
}

static inline size_t arena_slice_index(const struct arena *arena, const void *address)
{
    return ((uintptr_t)address - arena->base) >> SLICE_SHIFT;
}

static inline uintptr_t unit_owner(const struct unit *unit)
{
    return atomic_load_explicit(&unit->owner, memory_order_acquire);
}

static inline enum run_kind unit_kind(const struct unit *unit)
{
    return (enum run_kind)(unit_owner(unit) & (UNIT_SIZE - 1));
}

static inline uintptr_t owner_word(const void *heap, enum run_kind kind)
{
    return (uintptr_t)heap | (uintptr_t)kind;
}

/*
 * Takes a run of at least `size` bytes for a heap; NULL: no address space, or no memory for the tables. Nothing of it
 * is committed. `heap` NULL: the run is to hold the heap itself.
 */
void *arena_take(size_t size, void *heap, enum run_kind kind);

/* Gives a run back; its granule bytes are zero. `keep_warm`: its memory may stay warm. */
void arena_give_back(void *run, bool keep_warm);

/* Gives the units of a run behind its first `size` bytes back; none of their pages is committed. */
void arena_trim(void *run, size_t size);

/* What freshly committed pages are to hold. */
enum arena_contents {
    ARENA_ANYTHING,
    ARENA_ZEROS,
    ARENA_RESIDENT, /* anything, and they will all be used soon */
};

/* Makes pages of a run usable and counts them as committed. False: no memory, and none of them is counted. */
bool arena_commit(void *run, void *address, size_t size, enum os_access access, enum arena_contents contents);

/* Counts pages of a run, all of them committed, as not committed, and takes their memory away or keeps it warm. */
void arena_decommit(void *run, void *address, size_t size, bool keep_warm);

/* Marks the unit of an address in a run as the run's. False: no memory for the tables. */
bool arena_mark(void *run, const void *address);

/* Adds the units behind a run to it, so that it has `size` bytes at least, if they are free. */
bool arena_extend(void *run, size_t size);

/* Takes the memory of warm pages of a run away. */
void arena_cool(void *run, void *address, size_t size);

/* The first page at or behind `from` that is committed, or is not; `end` when there is none before it. All in one run.
 */
uintptr_t arena_find_page(const struct arena *arena, uintptr_t from, uintptr_t end, bool committed);

/*
 * Where the process may have only so much address space (RLIMIT_AS), gives that back which no run takes at the ends of
 * arenas, but for the first: hot blocks lie in it alone.
 */
void arena_give_space_back(void);

/* The end of the last page of a run that is accessible, or is warm. Behind it all reads as zero when it is committed.
 */
uintptr_t arena_accessible_end(const void *run);

/* Bytes that are committed in all arenas. */
size_t arena_committed_bytes(void);

/* Takes the memory of warm pages outside all runs away. */
void arena_purge(void) SHARED_AS("arena_purge");

/* Around a fork: the child never sees a run half taken. */
void arena_lock(void);
void arena_unlock(void);

#endif
