/*
 * Reserving arenas, taking runs from them first fit, lowest address first, and keeping count of pages.
 *
 * One lock guards the taking and giving back of runs. Committing takes it only to make tables ready: the page bits of a
 * run belong to the run's owner, who has his own lock.
 */
#include "heap/arena.h"

#include "base/align.h"
#include "base/assert.h"
#include "heap/cleaner.h"
#include "heap/lock.h"

#include <string.h>

#define PREFERRED_ARENA_SIZE ((size_t)1 << (sizeof(void *) == 8 ? 36 : 28))
#define SMALLEST_ARENA_SIZE ((size_t)1 << 24)

/* No run is larger: a request for more is a mistake, and must not cost the time that tables of its size would take. */
#define LARGEST_RUN ((size_t)1 << (sizeof(void *) == 8 ? 42 : 30))

/*
 * Memory that may be warm, in all, until the cleaner takes it away. What heaps decommit must leave room for runs that
 * are given back, and those for small ones, such as the segment of a small heap: whoever asks for the least at a time
 * asks most often.
 */
#define WARM_DECOMMITTED ((size_t)96 << 20)
#define WARM_RUNS ((size_t)112 << 20)
#define WARM_SMALL_RUNS ((size_t)113 << 20)

/* And so much of what is in use more; or as much as was in use lately, and is not now: it will often be used again, and
 * the process was as large before. */
#define WARM_SHARE 2

/* Less than this is not worth a thread. */
#define MUCH_WARM ((size_t)1 << 20)

/* Up to this size it is cheaper to clear pages than to have the system take and give them. */
#define CLEAR_BY_HAND_LIMIT ((size_t)256 << 10)

struct arena arenas[ARENA_LIMIT];
SHARE(arenas);
ALWAYS_USED atomic_uint arena_count;

static struct lock lock;
static atomic_size_t warm_bytes;            /* accessible and not committed, in all arenas */
static atomic_size_t committed_bytes_total; /* in all arenas */
static atomic_size_t committed_bytes_peak;  /* since arena_purge */

void arena_lock(void)
{
    lock_acquire(&lock);
}

void arena_unlock(void)
{
    lock_release(&lock);
}

NOINLINE struct arena *arena_of_slowly(const void *address)
{
    unsigned count = atomic_load_explicit(&arena_count, memory_order_acquire);
    for (unsigned i = 1; i < count; i++) {
        if ((uintptr_t)address - arenas[i].base < __atomic_load_n(&arenas[i].size, __ATOMIC_RELAXED))
            return &arenas[i];
    }
    return NULL;
}

/* --- rows of page bits ----------------------------------------------------------------------------------------------
 */

static unsigned pages_per_unit(void)
{
    return 1u << (UNIT_SHIFT - os_page_shift());
}

static size_t scan_pages(const struct arena *arena, enum arena_row which, size_t from, size_t end, bool value)
{
    if (from >= end)
        return end;
    unsigned shift = UNIT_SHIFT - os_page_shift();
    unsigned full = (1u << (1u << shift)) - 1;
    unsigned unwanted = value ? 0 : full;
    size_t unit = from >> shift;
    const uint16_t *row = arena_row(arena, which, unit);
    unsigned wanted = (*row ^ unwanted) & full & full << (from - (unit << shift));

    while (wanted == 0) {
        if (++unit << shift >= end)
            return end;
        row -= 2;
        wanted = (*row ^ unwanted) & full;
    }
    return size_min((unit << shift) + (unsigned)__builtin_ctz(wanted), end);
}

/* The units of [first, end) that can have accessible pages end here: runs may be far larger than what is ever used. */
static size_t touched_end(const struct arena *arena, size_t end)
{
    return size_min(end, atomic_load_explicit(&arena->touched, memory_order_relaxed));
}

/* First page in [from, end) whose bit is `value`; `end` if none. Pages count from the start of the arena. */
static size_t find_page(const struct arena *arena, enum arena_row which, size_t from, size_t end, bool value)
{
    if (!value)
        return scan_pages(arena, which, from, end, false);
    size_t limit = size_min(end, touched_end(arena, arena->unit_limit) * pages_per_unit());
    size_t found = scan_pages(arena, which, from, limit, true);
    return found < limit ? found : end;
}

static void mark_pages(struct arena *arena, enum arena_row which, size_t from, size_t end, bool value)
{
    unsigned per_unit = pages_per_unit();

    while (from < end) {
        size_t first = from % per_unit;
        size_t count = size_min(per_unit - first, end - from);
        unsigned mask = ((1u << count) - 1) << first;
        uint16_t *row = arena_row(arena, which, from / per_unit);
        *row = (uint16_t)(value ? *row | mask : *row & ~mask);
        from += count;
    }
}

static void raise_touched(struct arena *arena, size_t end)
{
    size_t touched = atomic_load_explicit(&arena->touched, memory_order_relaxed);
    while (touched < end && !atomic_compare_exchange_weak_explicit(&arena->touched, &touched, end, memory_order_relaxed,
                                                                   memory_order_relaxed))
        continue;
}

/* Bytes of the committed pages of units. */
static size_t committed_bytes(const struct arena *arena, size_t first, size_t end)
{
    size_t count = 0;
    end = touched_end(arena, end);
    for (size_t i = first; i < end; i++)
        count += (size_t)__builtin_popcount(*arena_row(arena, ARENA_COMMITTED, i));
    return count * os_page_size();
}

/* Adds to the warm memory, unless that would be more than `limit`. */
static bool may_keep_warm(size_t bytes, size_t limit)
{
    size_t warm = atomic_fetch_add_explicit(&warm_bytes, bytes, memory_order_relaxed) + bytes;
    size_t in_use = atomic_load_explicit(&committed_bytes_total, memory_order_relaxed);
    size_t peak = atomic_load_explicit(&committed_bytes_peak, memory_order_relaxed);
    size_t more = size_max(in_use / WARM_SHARE, peak > in_use ? peak - in_use : 0);
    if (warm <= limit + more && cleaner_delay() != 0) {
        if (warm >= MUCH_WARM)
            cleaner_ask();
        return true;
    }
    atomic_fetch_sub_explicit(&warm_bytes, bytes, memory_order_relaxed);
    return false;
}

size_t arena_committed_bytes(void)
{
    return atomic_load_explicit(&committed_bytes_total, memory_order_relaxed);
}

static void note_committed(size_t bytes)
{
    size_t in_use = atomic_fetch_add_explicit(&committed_bytes_total, bytes, memory_order_relaxed) + bytes;
    size_t peak = atomic_load_explicit(&committed_bytes_peak, memory_order_relaxed);
    while (peak < in_use && !atomic_compare_exchange_weak_explicit(&committed_bytes_peak, &peak, in_use,
                                                                   memory_order_relaxed, memory_order_relaxed))
        continue;
}

static void no_longer_warm(size_t bytes)
{
    atomic_fetch_sub_explicit(&warm_bytes, bytes, memory_order_relaxed);
}

static size_t page_index(const struct arena *arena, uintptr_t address)
{
    return (address - arena->base) >> os_page_shift();
}

static void *page_address(const struct arena *arena, size_t page)
{
    return (void *)(arena->base + (page << os_page_shift()));
}

uintptr_t arena_find_page(const struct arena *arena, uintptr_t from, uintptr_t end, bool committed)
{
    size_t page = find_page(arena, ARENA_COMMITTED, page_index(arena, from), page_index(arena, end), committed);
    return arena->base + (page << os_page_shift());
}

/* --- reserving ------------------------------------------------------------------------------------------------------
 */

static size_t table_size(size_t rows, size_t row_size)
{
    return align_up(rows * row_size, os_page_size());
}

/* The tables of an arena in one reservation; the small ones are writable at once, the big ones chunk by chunk. */
static bool reserve_tables(struct arena *arena)
{
    size_t count = arena->unit_count;
    size_t chunks = (count + UNITS_PER_CHUNK - 1) / UNITS_PER_CHUNK;
    /* The small ones start in the middle of a page, the rows downwards. */
    size_t half = os_page_size() / 2;
    size_t ready_size = align_up(chunks, 64) / 8;
    size_t used_size = align_up(count, 64) / 8;
    size_t rows_size = align_up(count * 2 * sizeof(uint16_t) + half, os_page_size()) - half;
    size_t small_size = align_up(rows_size + ready_size + used_size, os_page_size());
    size_t units_size = table_size(chunks * UNITS_PER_CHUNK, sizeof(struct unit));
    size_t tags_size = table_size(chunks * UNITS_PER_CHUNK, SLICES_PER_UNIT * sizeof(uint32_t));
    size_t spans_size = table_size(chunks * UNITS_PER_CHUNK, SLICES_PER_UNIT * sizeof(struct span *));
    /* A look for the next block reads a few bytes of the map at once, also at its end. */
    size_t map_size = table_size(chunks * UNITS_PER_CHUNK, GRANULES_PER_UNIT) + os_page_size();
    size_t size = small_size + units_size + tags_size + spans_size + map_size;

    char *tables = os_reserve_zeros(size);
    if (tables == NULL)
        return false;
    if (!os_commit(tables, small_size, OS_READ_WRITE)) {
        os_release(tables, size);
        return false;
    }
    arena->rows = (uint16_t *)(void *)(tables + rows_size);
    arena->ready = (atomic_uint *)(void *)(tables + rows_size);
    arena->used = (uint64_t *)(void *)(tables + rows_size + ready_size);
    arena->used[0] = 0; /* so that the page is written to before it is read, which would be a fault more */
    arena->units = (struct unit *)(void *)(tables + small_size);
    arena->tags = (uint32_t *)(void *)(tables + small_size + units_size);
    arena->spans = (struct span **)(void *)(tables + small_size + units_size + tags_size);
    arena->granules = (uint8_t *)(tables + small_size + units_size + tags_size + spans_size);
    return true;
}

/* Look-ups without a lock read both sizes. */
static void set_size(struct arena *arena, size_t units)
{
    arena->unit_count = units;
    __atomic_store_n(&arena->size, units << UNIT_SHIFT, __ATOMIC_RELAXED);
    __atomic_store_n(&arena->granule_count, units * GRANULES_PER_UNIT, __ATOMIC_RELAXED);
}

static bool reserve_arena_of(size_t size)
{
    unsigned count = atomic_load_explicit(&arena_count, memory_order_relaxed);
    struct arena arena = {.unit_count = size >> UNIT_SHIFT, .unit_limit = size >> UNIT_SHIFT};

    void *base = os_reserve(size, UNIT_SIZE);
    if (base == NULL)
        return false;
    arena.base = (uintptr_t)base;
    if (!reserve_tables(&arena)) {
        os_release(base, size);
        return false;
    }
    arena.granule_bias = (uintptr_t)arena.granules - (arena.base >> GRANULE_SHIFT);

    /* A look-up without a lock tells by the size whether the arena is there. */
    arenas[count] = arena;
    atomic_thread_fence(memory_order_release);
    set_size(&arenas[count], arena.unit_count);
    atomic_store_explicit(&arena_count, count + 1, memory_order_release);
    return true;
}

/* Another arena, with room for a run of `size`: as large as is usual, or as the system allows. */
static bool reserve_arena(size_t size)
{
    if (atomic_load_explicit(&arena_count, memory_order_relaxed) == ARENA_LIMIT)
        return false;

    size_t smallest = size_max(size, SMALLEST_ARENA_SIZE);
    size_t wanted = size_min(PREFERRED_ARENA_SIZE, align_down(os_address_space_limit() / 4, UNIT_SIZE));
    for (; wanted > smallest; wanted = align_down(wanted / 4, UNIT_SIZE)) {
        if (reserve_arena_of(wanted))
            return true;
    }
    return reserve_arena_of(smallest) || (smallest > size && reserve_arena_of(size));
}

/* Makes the rows of a table, each of `row_size` bytes, writable for the chunks [first, end). */
static bool make_rows_ready(void *table, size_t row_size, size_t first, size_t end)
{
    size_t page = os_page_size();
    uintptr_t from = align_down((uintptr_t)table + first * UNITS_PER_CHUNK * row_size, page);
    uintptr_t to = align_up((uintptr_t)table + end * UNITS_PER_CHUNK * row_size, page);
    return os_commit((void *)from, to - from, OS_READ_WRITE);
}

static bool make_chunks_ready(struct arena *arena, size_t first, size_t end)
{
    if (!make_rows_ready(arena->units, sizeof *arena->units, first, end) ||
        !make_rows_ready(arena->tags, SLICES_PER_UNIT * sizeof *arena->tags, first, end) ||
        !make_rows_ready(arena->spans, SLICES_PER_UNIT * sizeof(struct span *), first, end) ||
        !make_rows_ready(arena->granules, GRANULES_PER_UNIT, first, end))
        return false;
    for (size_t chunk = first; chunk < end; chunk++)
        atomic_fetch_or_explicit(&arena->ready[chunk / 32], 1u << chunk % 32, memory_order_release);
    return true;
}

static bool is_ready(const struct arena *arena, size_t chunk)
{
    return (atomic_load_explicit(&arena->ready[chunk / 32], memory_order_acquire) >> chunk % 32 & 1) != 0;
}

/* Makes the tables writable for the units [first, end). False: no memory. */
static bool make_tables_ready(struct arena *arena, size_t first, size_t end)
{
    size_t chunk = first / UNITS_PER_CHUNK;
    size_t chunks_end = (end + UNITS_PER_CHUNK - 1) / UNITS_PER_CHUNK;

    while (chunk < chunks_end && is_ready(arena, chunk))
        chunk++;
    if (LIKELY(chunk == chunks_end))
        return true;

    arena_lock();
    bool ready = make_chunks_ready(arena, chunk, chunks_end);
    arena_unlock();
    return ready;
}

/* --- units ----------------------------------------------------------------------------------------------------------
 */

static size_t find_unit(const struct arena *arena, size_t from, size_t end, bool used)
{
    while (from < end) {
        uint64_t word = arena->used[from / 64];
        uint64_t wanted = (used ? word : ~word) & (~(uint64_t)0 << (from % 64));
        if (wanted != 0)
            return size_min(from - from % 64 + (unsigned)__builtin_ctzll(wanted), end);
        from += 64 - from % 64;
    }
    return end;
}

static void mark_units(struct arena *arena, size_t from, size_t end, bool used)
{
    while (from < end) {
        size_t count = size_min(64 - from % 64, end - from);
        uint64_t mask = (~(uint64_t)0 >> (64 - count)) << (from % 64);
        uint64_t *word = &arena->used[from / 64];
        *word = used ? *word | mask : *word & ~mask;
        from += count;
    }
}

/* Finds a free run of `units`; false: none. */
static bool find_run(struct arena *arena, size_t units, size_t *found)
{
    size_t first = find_unit(arena, arena->lowest_free, arena->unit_count, false);
    arena->lowest_free = first;

    while (arena->unit_count - first >= units) {
        size_t end = find_unit(arena, first, first + units, true);
        if (end - first == units) {
            *found = first;
            return true;
        }
        first = find_unit(arena, end, arena->unit_count, false);
    }
    return false;
}

/* The rows of most units are read-only zeros: those that no segment ever committed, and the insides of large blocks. */
static void disown_unit(struct unit *unit)
{
    if (unit_owner(unit) != 0)
        atomic_store_explicit(&unit->owner, 0, memory_order_release);
}

/* Forgets who owned a run. Only its first unit, and those with committed pages, can be marked. */
static void disown_units(struct arena *arena, size_t first, size_t end)
{
    end = touched_end(arena, end);
    disown_unit(&arena->units[first]);
    for (size_t i = first; i < end; i++) {
        uint16_t *row = arena_row(arena, ARENA_COMMITTED, i);
        if (*row == 0)
            continue;
        *row = 0;
        disown_unit(&arena->units[i]);
    }
}

/* Gives the memory of the granule map back for units all of whose pages lie in [page, end), where no block starts. */
static void discard_map(struct arena *arena, size_t page, size_t end)
{
    size_t first = (page + pages_per_unit() - 1) / pages_per_unit();
    size_t units_end = end / pages_per_unit();

    while (first < units_end) {
        size_t chunk = first / UNITS_PER_CHUNK;
        size_t part_end = size_min(units_end, (chunk + 1) * UNITS_PER_CHUNK);
        uintptr_t from = align_up((uintptr_t)&arena->granules[first * GRANULES_PER_UNIT], os_page_size());
        uintptr_t to = align_down((uintptr_t)&arena->granules[part_end * GRANULES_PER_UNIT], os_page_size());
        if (from < to && is_ready(arena, chunk))
            os_discard((void *)from, to - from);
        first = part_end;
    }
}

/* Takes the memory of warm pages in [page, end) away. */
static void cool_pages(struct arena *arena, size_t page, size_t end)
{
    while ((page = find_page(arena, ARENA_ACCESSIBLE, page, end, true)) < end) {
        size_t span_end = find_page(arena, ARENA_ACCESSIBLE, page, end, false);
        size_t warm = find_page(arena, ARENA_COMMITTED, page, span_end, false);
        size_t warm_end = find_page(arena, ARENA_COMMITTED, warm, span_end, true);
        if (warm < warm_end) {
            size_t bytes = (warm_end - warm) * os_page_size();
            if (os_decommit(page_address(arena, warm), bytes)) {
                mark_pages(arena, ARENA_ACCESSIBLE, warm, warm_end, false);
                no_longer_warm(bytes);
                discard_map(arena, warm, warm_end);
            }
        }
        page = warm_end;
    }
}

static void cool_units(struct arena *arena, size_t first, size_t end)
{
    cool_pages(arena, first * pages_per_unit(), touched_end(arena, end) * pages_per_unit());
}

/* --- where address space lacks: the ends of arenas, where no run lies, go back, and are had again --------------------
 */

static size_t used_end(const struct arena *arena)
{
    size_t words = (arena->unit_count + 63) / 64;
    while (words != 0 && arena->used[words - 1] == 0)
        words--;
    return words == 0 ? 0 : words * 64 - (unsigned)__builtin_clzll(arena->used[words - 1]);
}

/* The tables stay: a look-up of a wild pointer may be on its way there. */
static bool give_end_back(struct arena *arena)
{
    size_t end = used_end(arena);
    size_t count = arena->unit_count;
    if (end == count)
        return false;
    cool_units(arena, end, count);
    size_t page = end * pages_per_unit();
    if (find_page(arena, ARENA_ACCESSIBLE, page, count * pages_per_unit(), true) != count * pages_per_unit())
        return false;
    set_size(arena, end);
    os_release(arena_unit_address(arena, end), (count - end) << UNIT_SHIFT);
    return true;
}

static bool give_space_back(void)
{
    bool any = false;
    unsigned count = atomic_load_explicit(&arena_count, memory_order_relaxed);
    for (unsigned i = 1; i < count; i++)
        any |= give_end_back(&arenas[i]);
    return any;
}

void arena_give_space_back(void)
{
    if (os_address_space_limit() == SIZE_MAX)
        return;
    arena_lock();
    give_space_back();
    arena_unlock();
}

/* Has an arena whole again that then has room for a run of `units`, if nobody else took the place meanwhile. */
static bool grow_back(size_t units)
{
    unsigned count = atomic_load_explicit(&arena_count, memory_order_relaxed);
    for (unsigned i = 1; i < count; i++) {
        struct arena *arena = &arenas[i];
        size_t missing = arena->unit_limit - arena->unit_count;
        if (missing != 0 && arena->unit_limit - used_end(arena) >= units &&
            os_reserve_at(arena_unit_address(arena, arena->unit_count), missing << UNIT_SHIFT)) {
            set_size(arena, arena->unit_limit);
            return true;
        }
    }
    return false;
}

/* --- taking and giving back -----------------------------------------------------------------------------------------
 */

/*
 * Large blocks lie in arenas of their own where there is address space for it. Each becomes free as a whole, and the
 * next takes its place and its memory; a segment that did would keep all of that for long and use a little.
 */
static unsigned first_arena_for(enum run_kind kind)
{
    return kind == RUN_LARGE && arenas[0].size == PREFERRED_ARENA_SIZE ? 1 : 0;
}

/*
 * Whether a large block is so large that the system refuses it at once. An arena of its own, which stays, would have
 * been made in vain.
 */
static bool is_beyond_memory(size_t size, enum run_kind kind)
{
    if (kind != RUN_LARGE || size <= PREFERRED_ARENA_SIZE)
        return false;
    void *memory = os_map_zeros(size);
    if (memory != NULL)
        os_release(memory, size);
    return memory == NULL;
}

static struct arena *find_in_arenas(unsigned first, size_t units, size_t *found)
{
    unsigned count = atomic_load_explicit(&arena_count, memory_order_relaxed);
    for (unsigned i = first; i < count; i++) {
        if (find_run(&arenas[i], units, found))
            return &arenas[i];
    }
    return NULL;
}

/* Makes room for a run of `units` that no arena has room for. */
static bool make_room(size_t units, enum run_kind kind)
{
    size_t size = units << UNIT_SHIFT;
    if (is_beyond_memory(size, kind))
        return false;
    if (grow_back(units) || reserve_arena(size))
        return true;
    size_t limit = os_address_space_limit();
    return limit != SIZE_MAX && size < limit && give_space_back() && (grow_back(units) || reserve_arena(size));
}

static struct arena *find_arena_with_run(size_t units, enum run_kind kind, size_t *found)
{
    unsigned first = first_arena_for(kind);
    struct arena *arena = find_in_arenas(first, units, found);
    if (arena == NULL && make_room(units, kind))
        arena = find_in_arenas(first, units, found);
    if (arena == NULL && first != 0 && find_run(&arenas[0], units, found))
        arena = &arenas[0];
    return arena;
}

void *arena_take(size_t size, void *heap, enum run_kind kind)
{
    size_t rounded, first;
    if (!align_up_checked(size, UNIT_SIZE, &rounded) || rounded == 0 || rounded > LARGEST_RUN)
        return NULL;
    size_t units = rounded >> UNIT_SHIFT;

    arena_lock();
    struct arena *arena = find_arena_with_run(units, kind, &first);
    if (arena != NULL && !make_tables_ready(arena, first, first + 1))
        arena = NULL;
    if (arena != NULL)
        mark_units(arena, first, first + units, true);
    arena_unlock();
    if (arena == NULL)
        return NULL;

    void *run = arena_unit_address(arena, first);
    struct unit *unit = &arena->units[first];
    unit->run_first = (uint32_t)first;
    unit->run_length = (uint32_t)units;
    atomic_store_explicit(&unit->owner, owner_word(heap != NULL ? heap : run, kind), memory_order_release);
    return run;
}

void arena_cool(void *run, void *address, size_t size)
{
    struct arena *arena = arena_of(run);
    cool_pages(arena, page_index(arena, (uintptr_t)address), page_index(arena, (uintptr_t)address + size));
}

/* Clears the bits of [first, end); where they fill whole pages, those go back. */
static void mark_units_free(struct arena *arena, size_t first, size_t end)
{
    uintptr_t from = align_up((uintptr_t)&arena->used[(first + 63) / 64], os_page_size());
    uintptr_t to = align_down((uintptr_t)&arena->used[end / 64], os_page_size());

    if (from >= to) {
        mark_units(arena, first, end, false);
        return;
    }
    mark_units(arena, first, (from - (uintptr_t)arena->used) * 8, false);
    os_discard((void *)from, to - from);
    mark_units(arena, (to - (uintptr_t)arena->used) * 8, end, false);
}

/* The units belong to nobody from here on. */
static void free_units(struct arena *arena, size_t first, size_t end)
{
    arena_lock();
    mark_units_free(arena, first, end);
    arena->lowest_free = size_min(arena->lowest_free, first);
    arena_unlock();
}

void arena_give_back(void *run, bool keep_warm)
{
    struct arena *arena = arena_of(run);
    size_t first = arena_unit_index(arena, run);
    size_t end = first + arena->units[first].run_length;
    size_t bytes = committed_bytes(arena, first, end);

    disown_units(arena, first, end);
    atomic_fetch_sub_explicit(&committed_bytes_total, bytes, memory_order_relaxed);
    if (!keep_warm || !may_keep_warm(bytes, end - first == 1 ? WARM_SMALL_RUNS : WARM_RUNS)) {
        atomic_fetch_add_explicit(&warm_bytes, bytes, memory_order_relaxed);
        cool_units(arena, first, end);
    }
    free_units(arena, first, end);
}

void arena_trim(void *run, size_t size)
{
    struct arena *arena = arena_of(run);
    size_t first = arena_unit_index(arena, run);
    struct unit *unit = &arena->units[first];
    size_t keep = align_up(size, UNIT_SIZE) >> UNIT_SHIFT;
    size_t length = unit->run_length;
    if (keep >= length)
        return;
    unit->run_length = (uint32_t)keep;
    free_units(arena, first + keep, first + length);
}

bool arena_extend(void *run, size_t size)
{
    struct arena *arena = arena_of(run);
    size_t first = arena_unit_index(arena, run);
    struct unit *unit = &arena->units[first];
    size_t end = first + unit->run_length;
    size_t wanted;
    if (!align_up_checked(size, UNIT_SIZE, &wanted) || wanted > LARGEST_RUN)
        return false;
    size_t wanted_end = first + (wanted >> UNIT_SHIFT);

    arena_lock();
    bool is_free = wanted_end <= arena->unit_count && find_unit(arena, end, wanted_end, true) == wanted_end;
    if (is_free)
        mark_units(arena, end, wanted_end, true);
    arena_unlock();
    if (is_free)
        unit->run_length = (uint32_t)(wanted_end - first);
    return is_free;
}

void arena_purge(void)
{
    atomic_store_explicit(&committed_bytes_peak, arena_committed_bytes(), memory_order_relaxed);
    arena_lock();
    unsigned count = atomic_load_explicit(&arena_count, memory_order_relaxed);
    for (unsigned i = 0; i < count; i++) {
        struct arena *arena = &arenas[i];
        size_t touched = touched_end(arena, arena->unit_count);
        size_t first = find_unit(arena, 0, touched, false);
        while (first < touched) {
            size_t end = find_unit(arena, first, touched, true);
            cool_units(arena, first, end);
            first = find_unit(arena, end, touched, false);
        }
    }
    arena_unlock();
}
SHARE(arena_purge);

/* --- committing -----------------------------------------------------------------------------------------------------
 */

/* Marks the units [first, end) of a segment as the segment's, so that pointers into them are found. */
static void own_units(struct arena *arena, size_t run_first, size_t first, size_t end)
{
    uintptr_t owner = unit_owner(&arena->units[run_first]);

    for (size_t i = first; i < end; i++) {
        if (unit_owner(&arena->units[i]) == owner)
            continue;
        arena->units[i].run_first = (uint32_t)run_first;
        atomic_store_explicit(&arena->units[i].owner, owner, memory_order_release);
    }
}

static void clear_pages(void *address, size_t size)
{
    if (size <= CLEAR_BY_HAND_LIMIT)
        memset(address, 0, size);
    else
        os_discard(address, size);
}

/* Has the system make pages of a run usable. Where it has many mappings those of neighbours are joined: it is told of
 * whole units, though the rest of them does not count as accessible. */
static bool commit_pages(void *address, size_t size, enum os_access access)
{
    uintptr_t from = (uintptr_t)address, end = from + size;
    if (UNLIKELY(os_has_many_mappings())) {
        from = align_down(from, UNIT_SIZE);
        end = align_up(end, UNIT_SIZE);
    }
    return os_commit((void *)from, end - from, access);
}

/*
 * Makes [page, end) accessible where it is not, and zero where it already was, if asked. Pages that may be executed are
 * always told to the system: warm ones may not.
 */
static bool make_accessible(struct arena *arena, size_t page, size_t end, enum os_access access,
                            enum arena_contents contents)
{
    while (page < end) {
        bool accessible = find_page(arena, ARENA_ACCESSIBLE, page, page + 1, true) == page;
        size_t span_end = find_page(arena, ARENA_ACCESSIBLE, page, end, !accessible);
        void *span = page_address(arena, page);
        size_t span_size = (span_end - page) * os_page_size();
        if ((!accessible || access == OS_READ_WRITE_EXECUTE) && !commit_pages(span, span_size, access)) {
            /* Some may have become usable; nobody has written to them, and they do not count as accessible. */
            if (!accessible)
                os_decommit(span, span_size);
            else
                os_commit(span, span_size, OS_READ_WRITE); /* not to be executed by whoever has them next */
            return false;
        }
        if (!accessible) {
            /* Warm until the caller counts it as committed. */
            raise_touched(arena, (span_end - 1) / pages_per_unit() + 1);
            mark_pages(arena, ARENA_ACCESSIBLE, page, span_end, true);
            atomic_fetch_add_explicit(&warm_bytes, span_size, memory_order_relaxed);
        }
        if (accessible && contents == ARENA_ZEROS)
            clear_pages(span, span_size);
        if (!accessible && contents == ARENA_RESIDENT)
            os_populate(span, span_size);
        page = span_end;
    }
    return true;
}

uintptr_t arena_accessible_end(const void *run)
{
    const struct arena *arena = arena_of(run);
    size_t unit = arena_unit_index(arena, run);
    size_t page = page_index(arena, (uintptr_t)run);
    size_t end = (unit + arena->units[unit].run_length) * pages_per_unit();
    size_t found;
    while ((found = find_page(arena, ARENA_ACCESSIBLE, page, end, true)) < end)
        page = find_page(arena, ARENA_ACCESSIBLE, found, end, false);
    return (uintptr_t)page_address(arena, page);
}

/* Part of a run, in units and in pages of its arena. */
struct part {
    struct arena *arena;
    size_t run_first;
    size_t first;
    size_t end;
    size_t page;
    size_t page_end;
};

static struct part part_of(const void *run, uintptr_t address, size_t size)
{
    struct arena *arena = arena_of(run);
    return (struct part){
        .arena = arena,
        .run_first = arena_unit_index(arena, run),
        .first = arena_unit_index(arena, (void *)address),
        .end = arena_unit_index(arena, (void *)(address + size - 1)) + 1,
        .page = page_index(arena, address),
        .page_end = page_index(arena, address + size),
    };
}

bool arena_mark(void *run, const void *address)
{
    struct part part = part_of(run, (uintptr_t)address, 1);
    if (!make_tables_ready(part.arena, part.first, part.end))
        return false;
    own_units(part.arena, part.run_first, part.first, part.end);
    return true;
}

bool arena_commit(void *run, void *address, size_t size, enum os_access access, enum arena_contents contents)
{
    struct part part = part_of(run, (uintptr_t)address, size);
    struct arena *arena = part.arena;
    bool is_segment = unit_kind(&arena->units[part.run_first]) == RUN_SEGMENT;

    if (is_segment && !make_tables_ready(arena, part.first, part.end))
        return false;
    /* Where the system has no more, what is warm elsewhere may do. */
    if (!make_accessible(arena, part.page, part.page_end, access, contents)) {
        arena_purge();
        if (!make_accessible(arena, part.page, part.page_end, access, contents))
            return false;
    }
    if (is_segment)
        own_units(arena, part.run_first, part.first, part.end);
    mark_pages(arena, ARENA_COMMITTED, part.page, part.page_end, true);
    note_committed(size);
    no_longer_warm(size);
    return true;
}

void arena_decommit(void *run, void *address, size_t size, bool keep_warm)
{
    struct part part = part_of(run, (uintptr_t)address, size);
    struct arena *arena = part.arena;

    mark_pages(arena, ARENA_COMMITTED, part.page, part.page_end, false);
    atomic_fetch_sub_explicit(&committed_bytes_total, size, memory_order_relaxed);
    for (size_t i = part.first; i < part.end; i++) {
        if (i != part.run_first && *arena_row(arena, ARENA_COMMITTED, i) == 0)
            disown_unit(&arena->units[i]);
    }
    if (keep_warm && may_keep_warm(size, WARM_DECOMMITTED))
        return;
    atomic_fetch_add_explicit(&warm_bytes, size, memory_order_relaxed);
    cool_pages(arena, part.page, part.page_end);
}
