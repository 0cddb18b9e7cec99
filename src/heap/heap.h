/*
 * The heap object: what a handle points to. Nothing here checks a handle, takes the heap's lock (but for create and
 * destroy, which nobody else may be using) or sets a last error: that is nt/'s part.
 *
 * The object is the header of the heap's first segment, so a heap without blocks is two pages:
 *
 *     handle  +0x00 | struct segment | flags at +0x70 | lock, limits, counts | bins | first block ...
 */
#ifndef CAIRN_HEAP_HEAP_H
#define CAIRN_HEAP_HEAP_H

#include "base/align.h"
#include "heap/arena.h"
#include "heap/bins.h"
#include "heap/bucket.h"
#include "heap/lock.h"
#include "heap/outcome.h"
#include "heap/segment.h"

/* Asks the owner of caller-supplied memory to commit part of it; both values may be changed by the callee. False: no.
 */
typedef bool heap_commit_routine(void *routine, void *base, void **address, size_t *size);

/* What a heap is created with. Zero means the default everywhere. */
struct heap_parameters {
    uint32_t flags; /* HEAP_*; HEAP_GROWABLE and HEAP_CREATE_ENABLE_EXECUTE matter to the core */
    uint32_t force_flags;
    size_t reserve;      /* bytes of the first segment; without HEAP_GROWABLE all that the heap will ever have */
    size_t commit;       /* bytes committed at once */
    void *caller_memory; /* NULL, or `reserve` bytes that the caller owns; page aligned */
    heap_commit_routine *commit_routine; /* commits caller memory, passed `commit_context`; NULL: the library does */
    void *commit_context;
    size_t segment_reserve;
    size_t segment_commit;
    size_t decommit_block_threshold;
    size_t decommit_total_threshold;
    size_t maximum_allocation;
    size_t large_threshold;
    bool no_front_end; /* no size becomes hot */
    struct lock *lock; /* NULL: the heap has one of its own */
};

/* Sums over a heap, in bytes. */
struct heap_totals {
    size_t requested; /* asked for, of all live blocks */
    size_t committed;
    size_t reserved;
};

/* Blocks that were cut from the top, and what is left of it (bump.h). */
struct bump {
    uintptr_t next;      /* where the data of the next block will lie; 0: the heap is settled */
    uintptr_t ready;     /* blocks may reach up to here; 0 where the heap is settled */
    size_t previous;     /* granules of the block before `next` */
    size_t least;        /* granules of the smallest block for which no hole can do */
    uint8_t *granule;    /* of `next` */
    uintptr_t first;     /* where the top started */
    uint8_t top_granule; /* what the granule of the top is */
};

/* What a program allows a heap (limit.h); SIZE_MAX: all. */
struct heap_limits {
    size_t committed;                 /* bytes */
    _Atomic size_t size;              /* bytes that may be asked for at once */
    _Atomic int32_t committed_status; /* what the program wants to be told when a limit is met; 0: the usual */
    _Atomic int32_t size_status;
    atomic_bool refused; /* the last commit, by the limit */
};

/* Whether the word behind a block's data, which may be anything, makes it a claimed one (extra.h). */
typedef bool extra_claimer(uintptr_t claim, const void *block);

struct front_end;
struct extra_table;
struct tag;
struct tag_table;
struct heap_hooks;
struct debug;

struct heap {
    struct segment first;
    uint32_t flags;       /* +0x70, where Windows has it: programs peek at it */
    uint32_t force_flags; /* +0x74 */

    struct lock own_lock;
    uint32_t compatibility; /* HeapCompatibilityInformation: 0 or 2 */
    struct lock *lock;      /* its own, or the program's */
    enum os_access access;
    uint64_t key; /* masks block headers and free-list links */

    struct heap *next; /* the registry's list, in creation order */
    struct heap *previous;
    uint64_t serial; /* counts up with every heap of the process */

    struct segment *last_segment;
    uint32_t segment_count;
    bool owns_memory;             /* false: the memory is the caller's */
    bool no_front_end;            /* no size may become hot, though the heap could have a front end */
    bool calls_back;              /* commits through a routine of the caller */
    atomic_bool is_used_unlocked; /* a call with HEAP_NO_SERIALIZE was made, so a lock does not keep such calls out */
    atomic_bool is_being_cleaned;
    atomic_bool is_read_only;  /* protect.h */
    atomic_uint walk_is_fresh; /* so often the cleaner leaves all as it is, for a walk may be under way; 0: none is */
    bool fills;                /* private, and nothing came back yet: all lies in the order in which it was allocated */
    bool has_waited;           /* a bucket began to wait, and may not be active yet */
    bool found_damage;         /* a free list was damaged and has been rebuilt since nt/ last looked */
    struct unit *first_large;
    struct unit *last_large;

    size_t next_segment_size;
    size_t commit_step;
    size_t decommit_block_threshold;
    size_t decommit_total_threshold;
    size_t maximum_allocation;
    size_t large_threshold;
    size_t normal_limit;        /* bytes that a block of a segment can have; more is large, or not possible */
    bool decommits_reluctantly; /* no decommit thresholds were asked for: these three say what is done (back.c) */
    bool has_decommitted;       /* since memory was committed last */
    size_t decommit_worth;      /* bytes, from which on it is */
    heap_commit_routine *commit_routine;
    void *commit_context;

    struct heap_limits limits;
    size_t freed_bytes; /* freed since the last thought of decommitting */
    /* committed == headers of segments + busy_bytes + committed part of free blocks; large blocks are counted apart */
    size_t requested_bytes; /* of live blocks, large ones included */
    size_t busy_bytes;      /* in busy blocks of segments, their headers included */
    size_t committed_bytes; /* in segments */
    size_t reserved_bytes;  /* in segments */
    size_t large_committed; /* in large blocks */
    size_t large_reserved;

    struct front_end *_Atomic front_end;          /* NULL: no bucket is active yet */
    uint16_t uses[BUCKET_COUNT];                  /* how often each bucket was used (bucket.h), or that it is active */
    uint32_t waited_from[BUCKET_SMALL_COUNT + 1]; /* granule in the arena of the top when a bucket began to wait */
    struct extra_table *_Atomic extras;           /* NULL: no block ever had one */
    extra_claimer *_Atomic claimer;               /* NULL: no block is claimed */
    struct tag_table *_Atomic tags;               /* NULL: the heap has no tags of its own */
    const struct heap_hooks *hooks;               /* NULL: it does all as usual */
    struct debug *debug;                          /* what the hooks know of the heap */
    struct tag *pseudo_tags;                      /* NULL: blocks are not counted by size */
    size_t padding;                               /* bytes that a block has behind its data at least (padded.h) ... */
    size_t tail;                                  /* ... of which so many are a pattern */

    struct bump bump;
    struct bins bins;
};
_Static_assert(sizeof(void *) != 8 || offsetof(struct heap, flags) == 0x70, "flags lie where Windows has them");
_Static_assert(sizeof(void *) != 8 || offsetof(struct heap, force_flags) == 0x74, "flags lie where Windows has them");
/* A fixed heap of 0x40000 bytes can hold a block of 0x3F400, and none of 0x3FA00 (win32-heap.md 2). */
_Static_assert(sizeof(void *) != 8 || (sizeof(struct heap) > 0x5f0 && sizeof(struct heap) <= 0xbe0), "header size");

/* The segment of the heap among whose blocks the address lies; NULL: in none of its committed units. */
static inline struct segment *segment_of(const struct heap *heap, uintptr_t address)
{
    const struct segment *segment = &heap->first;

    if (LIKELY(heap->owns_memory)) {
        struct arena *arena = arena_of((void *)address);
        if (UNLIKELY(arena == NULL))
            return NULL;
        struct unit *unit = &arena->units[arena_unit_index(arena, (void *)address)];
        if (UNLIKELY(unit_owner(unit) != owner_word(heap, RUN_SEGMENT)))
            return NULL;
        segment = arena_unit_address(arena, unit->run_first);
    }
    return address - segment->first < segment->end - segment->first ? (struct segment *)(uintptr_t)segment : NULL;
}

/* Whether the heap's lock is one of the program's own, which may hold it for reasons of its own. */
static inline bool heap_has_program_lock(const struct heap *heap)
{
    return heap->lock != &heap->own_lock;
}

/* Creates a heap that is in no list yet. NULL: no memory, or sizes that cannot be. */
struct heap *heap_create(const struct heap_parameters *parameters);

/* Gives all memory of the heap back, in proportion to its segments and large blocks. */
void heap_destroy(struct heap *heap);

/*
 * The operations on blocks of the back end, and large ones. `block` is an untrusted pointer in all of them; a failure
 * changes nothing. `zero`: the bytes that are new are zero.
 */
enum outcome heap_allocate(struct heap *heap, size_t size, bool zero, void **block);
enum outcome heap_allocate_aligned(struct heap *heap, size_t size, size_t alignment, bool zero, void **block);

/* Resizes without moving. OUTCOME_CANNOT_RESIZE: there is no room. `insists`: the caller would not have the block moved
 * instead. *old_size: the size before, unless the outcome is that it is no block. */
enum outcome heap_resize(struct heap *heap, void *block, size_t size, bool zero, bool insists, size_t *old_size);
enum outcome heap_free(struct heap *heap, void *block);
enum outcome heap_size(struct heap *heap, const void *block, size_t *size);

/* As heap_size, for blocks of the front end too, with the bytes that the block has room for. */
enum outcome heap_measure(struct heap *heap, const void *block, size_t *size, size_t *capacity);

/* Changes what counts as asked for of a block, and nothing else. OUTCOME_CANNOT_RESIZE: it has no room for so much and
 * `room` bytes behind it, or so much room that its granule cannot tell. */
enum outcome heap_set_requested(struct heap *heap, void *block, size_t size, size_t room);

/* Whether the heap may ever have a block of that size. */
bool heap_may_have(const struct heap *heap, size_t size);

/* Says that the heap does not only fill; its buckets wait no longer (bucket.h). */
void heap_stop_filling(struct heap *heap);

/* Whether an allocated block of this heap starts at the address. */
enum outcome heap_check_block(struct heap *heap, const void *block);

void heap_sum(const struct heap *heap, struct heap_totals *totals) SHARED_AS("heap_sum");

/* Gives the memory of warm pages back to the system. */
void heap_cool(struct heap *heap);

/* Gives back free memory that the heap kept since it used such memory again and again lately. */
void heap_forget_habits(struct heap *heap);

/* Gives the memory inside free blocks back to the system. */
void heap_trim(struct heap *heap);

/* Gives the segments back in which nothing is busy, and their address space to other heaps. */
void heap_give_segments_back(struct heap *heap);

/* Merges the free blocks of a heap that leaves them apart (HEAP_DISABLE_COALESCE_ON_FREE). Returns whether there were
 * any. */
bool heap_coalesce(struct heap *heap);

/* Bytes of the largest committed piece of a free block, as HeapCompact tells it; 0: none. */
size_t heap_largest_free(struct heap *heap);

#endif
