#include "heap/front_end.h"

#include "base/assert.h"
#include "heap/enter.h"
#include "heap/meta.h"

#include <string.h>

/* --- numbers: what the tags of a front end's slices are told by -----------------------------------------------------
 */

#define NUMBER_WORDS (TAG_NUMBER_LIMIT / 64)

static LITTLE_USED struct {
    struct lock lock;
    unsigned first_word;         /* all before it are full */
    uint64_t used[NUMBER_WORDS]; /* bit i: number i + 1, since 0 is no number */
} numbers;

void front_end_lock_numbers(void)
{
    lock_acquire(&numbers.lock);
}

void front_end_unlock_numbers(void)
{
    lock_release(&numbers.lock);
}

static unsigned take_number(void)
{
    unsigned number = 0;

    lock_acquire(&numbers.lock);
    unsigned word = numbers.first_word;
    while (word < NUMBER_WORDS && ~numbers.used[word] == 0)
        word++;
    numbers.first_word = word;
    if (word < NUMBER_WORDS) {
        unsigned bit = (unsigned)__builtin_ctzll(~numbers.used[word]);
        numbers.used[word] |= (uint64_t)1 << bit;
        number = word * 64 + bit + 1;
    }
    lock_release(&numbers.lock);
    return number;
}

static void give_number_back(unsigned number)
{
    lock_acquire(&numbers.lock);
    unsigned word = (number - 1) / 64;
    numbers.used[word] &= ~((uint64_t)1 << ((number - 1) % 64));
    if (word < numbers.first_word)
        numbers.first_word = word;
    lock_release(&numbers.lock);
}

/* --- records of spans, so many at a time that a heap is destroyed in few steps --------------------------------------
 */

#define SPANS_IN_FIRST_CHUNK 7u
#define SPANS_PER_CHUNK 50u

struct span_chunk {
    struct span_chunk *next;
    struct span spans[];
};

static bool add_chunk(struct front_end *end)
{
    unsigned count = end->chunks == NULL ? SPANS_IN_FIRST_CHUNK : SPANS_PER_CHUNK;
    struct span_chunk *chunk = meta_allocate(sizeof *chunk + count * sizeof chunk->spans[0]);
    if (chunk == NULL)
        return false;
    chunk->next = end->chunks;
    end->chunks = chunk;
    for (unsigned i = count; i-- > 0;) {
        chunk->spans[i].next = end->unused_spans;
        end->unused_spans = &chunk->spans[i];
    }
    return true;
}

static struct span *new_record(struct front_end *end)
{
    struct span *span = NULL;

    lock_acquire(&end->spans_lock);
    if (end->unused_spans != NULL || add_chunk(end)) {
        span = end->unused_spans;
        end->unused_spans = span->next;
    }
    lock_release(&end->spans_lock);
    return span;
}

static void drop_record(struct front_end *end, struct span *span)
{
    lock_acquire(&end->spans_lock);
    span->count = 0; /* holds no address any more */
    span->next = end->unused_spans;
    end->unused_spans = span;
    lock_release(&end->spans_lock);
}

/* --- creating and destroying ----------------------------------------------------------------------------------------
 */

struct front_end *front_end_create(struct heap *heap)
{
    unsigned number = take_number();
    if (number == 0)
        return NULL;
    struct front_end *end = meta_allocate(sizeof *end);
    if (end == NULL) {
        give_number_back(number);
        return NULL;
    }
    end->heap = heap;
    end->tag = number << TAG_NUMBER_SHIFT;
    return end;
}

/* The first bucket from `index` on that there is; NULL: none. *index becomes its. */
static struct bucket *next_bucket(const struct front_end *end, unsigned *index)
{
    for (; *index < BUCKET_COUNT; ++*index) {
        struct bucket *bucket = atomic_load_explicit(&end->buckets[*index], memory_order_acquire);
        if (bucket != NULL)
            return bucket;
    }
    return NULL;
}

/* For every bucket that there is, `index` being its number. */
#define FOR_EACH_BUCKET(end, index, bucket)                                                                            \
    for (struct bucket *bucket = NULL; (bucket = next_bucket(end, &(index))) != NULL; (index)++)

bool front_end_add_bucket(struct front_end *end, unsigned index)
{
    if (atomic_load_explicit(&end->buckets[index], memory_order_relaxed) != NULL)
        return true;
    struct bucket *bucket = meta_allocate(sizeof *bucket);
    atomic_store_explicit(&end->buckets[index], bucket, memory_order_release);
    return bucket != NULL;
}

void front_end_destroy(struct front_end *end)
{
    unsigned index = 1;
    FOR_EACH_BUCKET(end, index, bucket)
    {
        meta_free(atomic_load_explicit(&bucket->depot, memory_order_relaxed));
        stock_forget(&bucket->stock, bucket_size(index));
        meta_free(bucket);
    }
    while (end->chunks != NULL) {
        struct span_chunk *next = end->chunks->next;
        meta_free(end->chunks);
        end->chunks = next;
    }
    give_number_back(end->tag >> TAG_NUMBER_SHIFT);
    meta_free(end);
}

/* --- hot blocks -----------------------------------------------------------------------------------------------------
 */

bool hot_find(const struct heap *heap, const void *address, struct hot *hot, enum outcome *outcome)
{
    const struct span *span = span_of(address);
    if (span == NULL || !heap->owns_memory) /* a heap in a caller's memory may lie in a hot block of another */
        return false;
    const struct front_end *end = front_end_of(heap);

    if (end == NULL || !span_is_of(span, end->tag))
        *outcome = OUTCOME_FOREIGN;
    else if (!span_has_block_at(span, address))
        *outcome = OUTCOME_NOT_A_BLOCK;
    else if (!span_is_busy(address))
        *outcome = OUTCOME_ALREADY_FREE;
    else
        *outcome = OUTCOME_OK;
    if (*outcome == OUTCOME_OK)
        *hot = (struct hot){span->bucket, span_requested(span, address)};
    return true;
}

/* --- a bucket's list of spans; the caller holds the bucket ----------------------------------------------------------
 */

static void list_first(struct bucket *bucket, struct span *span)
{
    span->previous = NULL;
    span->next = bucket->first;
    if (bucket->first != NULL)
        bucket->first->previous = span;
    else
        bucket->last = span;
    bucket->first = span;
    span->is_listed = true;
}

static void list_last(struct bucket *bucket, struct span *span)
{
    span->next = NULL;
    span->previous = bucket->last;
    if (bucket->last != NULL)
        bucket->last->next = span;
    else
        bucket->first = span;
    bucket->last = span;
    span->is_listed = true;
}

static void unlist(struct bucket *bucket, struct span *span)
{
    if (span->previous != NULL)
        span->previous->next = span->next;
    else
        bucket->first = span->next;
    if (span->next != NULL)
        span->next->previous = span->previous;
    else
        bucket->last = span->previous;
    span->is_listed = false;
}

static bool is_empty(const struct span *span)
{
    return span->free_count == span->count;
}

/* Takes blocks of the spans that have any. */
static unsigned take_from_spans(struct bucket *bucket, unsigned limit, void **blocks)
{
    unsigned count = 0;

    while (count < limit && bucket->first != NULL) {
        struct span *span = bucket->first;
        /* blocks[0] is used last, and addresses are best used in ascending order: so each span's go in front. */
        if (count != 0)
            memmove(blocks + size_min(limit - count, span->free_count), blocks, count * sizeof *blocks);
        bucket->empty_spans -= is_empty(span);
        count += span_take(span, limit - count, blocks);
        if (span->free_count == 0)
            unlist(bucket, span);
    }
    return count;
}

/* Has a span to which blocks were given back where it belongs: in the list, or if it is empty and not the first such
 * one, in none, to be closed. */
static void sort_in(struct bucket *bucket, struct span *span, struct span **emptied)
{
    if (is_empty(span) && bucket->empty_spans != 0) {
        if (span->is_listed)
            unlist(bucket, span);
        span->next = *emptied;
        *emptied = span;
        return;
    }
    bucket->empty_spans += is_empty(span);
    if (!span->is_listed)
        list_last(bucket, span);
}

/* --- spans from the back end and back -------------------------------------------------------------------------------
 */

static struct span *open_span(struct front_end *end, unsigned bucket, unsigned slices)
{
    struct span *span = new_record(end);
    if (span == NULL)
        return NULL;
    bool locked = heap_lock_out(end->heap, 0);
    bool opened = span_open(end->heap, span, bucket, slices, end->tag);
    heap_let_in(end->heap, locked);
    if (opened)
        return span;
    drop_record(end, span);
    return NULL;
}

/* Opens another span for a bucket, larger ones the more there were. False: no memory. */
static bool grow(struct front_end *end, unsigned index)
{
    struct bucket *bucket = front_end_bucket(end, index);
    unsigned least = span_slices_at_first(index);

    lock_acquire(&bucket->lock);
    bool skips = lack_skips(&bucket->lack);
    unsigned slices = bucket->slices < least ? least : bucket->slices;
    lock_release(&bucket->lock);
    if (skips)
        return false;
    struct span *span = open_span(end, index, slices);
    if (span == NULL && slices > least)
        span = open_span(end, index, least);

    lock_acquire(&bucket->lock);
    lack_note(&bucket->lack, span == NULL);
    if (span != NULL) {
        unsigned most = span_slices_at_most(index);
        bucket->slices = slices * 2 < most ? slices * 2 : most;
        bucket->empty_spans++;
        list_first(bucket, span);
    }
    lock_release(&bucket->lock);
    return span != NULL;
}

/* Lists spans again that were to be closed, and are not. */
static void keep_spans(struct front_end *end, struct span *spans)
{
    while (spans != NULL) {
        struct span *next = spans->next;
        struct bucket *bucket = front_end_bucket(end, spans->bucket);
        lock_acquire(&bucket->lock);
        bucket->empty_spans++;
        list_last(bucket, spans);
        lock_release(&bucket->lock);
        spans = next;
    }
}

/* Gives empty spans back, unless another thread is in the heap: it may have it for long. Then they stay. */
static void close_spans(struct front_end *end, struct span *spans)
{
    if (spans == NULL)
        return;
    bool alone = heap_is_alone(end->heap, 0);
    if (!alone && !lock_try(&end->heap->lock)) {
        keep_spans(end, spans);
        return;
    }
    while (spans != NULL) {
        struct span *next = spans->next;
        span_close(end->heap, spans);
        drop_record(end, spans);
        spans = next;
    }
    if (!alone)
        lock_release(&end->heap->lock);
}

/* Free memory in spans that it is worth waking the cleaner for. */
#define MUCH_PUT ((size_t)256 << 10)

static void note_put(struct bucket *bucket, size_t bytes)
{
    bucket->put_bytes += bytes;
    if (bucket->put_bytes < MUCH_PUT)
        return;
    bucket->put_bytes = 0;
    cleaner_ask();
}

/* Blocks that were freed one after another often lie in one span, so it is looked for only where another begins. */
static void put_into_spans(struct bucket *bucket, unsigned count, void *const *blocks, struct span **emptied)
{
    for (unsigned i = 0; i < count;) {
        struct span *span = span_of(blocks[i]);
        ASSERT(span != NULL);
        bool was_empty = is_empty(span);
        i += span_put(span, count - i, blocks + i);
        if (!was_empty)
            sort_in(bucket, span, emptied);
    }
}

static void put_under_lock(struct front_end *end, unsigned index, unsigned count, void *const *blocks)
{
    struct bucket *bucket = front_end_bucket(end, index);
    struct span *emptied = NULL;

    lock_acquire(&bucket->lock);
    bucket->exchanges++;
    note_put(bucket, count * bucket_size(index));
    unsigned left = stock_put(&bucket->stock, bucket_size(index), count, blocks);
    put_into_spans(bucket, left, blocks + count - left, &emptied);
    lock_release(&bucket->lock);
    close_spans(end, emptied);
}

/* --- the depot ------------------------------------------------------------------------------------------------------
 */

static bool claim(struct place *place, enum place_state from)
{
    unsigned state = from;
    return atomic_load_explicit(&place->state, memory_order_relaxed) == state &&
           atomic_compare_exchange_strong_explicit(&place->state, &state, PLACE_BUSY, memory_order_acquire,
                                                   memory_order_relaxed);
}

static unsigned take_from_depot(struct bucket *bucket, unsigned limit, void **blocks)
{
    struct depot *depot = atomic_load_explicit(&bucket->depot, memory_order_acquire);
    if (depot == NULL)
        return 0;
    for (unsigned i = 0; i < DEPOT_PLACES; i++) {
        struct place *place = &depot->places[i];
        if (!claim(place, PLACE_FULL))
            continue;
        unsigned count = place->count < limit ? place->count : limit;
        place->count -= count;
        memcpy(blocks, &place->blocks[place->count], count * sizeof *blocks);
        unsigned state = place->count == 0 ? PLACE_EMPTY : PLACE_FULL;
        atomic_store_explicit(&place->state, state, memory_order_release);
        return count;
    }
    return 0;
}

static struct depot *depot_of(struct bucket *bucket)
{
    struct depot *depot = atomic_load_explicit(&bucket->depot, memory_order_acquire);
    if (depot != NULL)
        return depot;
    struct depot *fresh = meta_allocate(sizeof *fresh);
    if (fresh != NULL && !atomic_compare_exchange_strong(&bucket->depot, &depot, fresh)) {
        meta_free(fresh);
        return depot;
    }
    return fresh;
}

/* Puts up to BATCH_LIMIT blocks where another thread can take them at once. False: there is no room. */
static bool put_into_depot(struct bucket *bucket, unsigned count, void **blocks)
{
    struct depot *depot = depot_of(bucket);
    if (depot == NULL)
        return false;
    for (unsigned i = 0; i < DEPOT_PLACES; i++) {
        struct place *place = &depot->places[i];
        if (!claim(place, PLACE_EMPTY))
            continue;
        memcpy(place->blocks, blocks, count * sizeof *blocks);
        place->count = count;
        atomic_store_explicit(&place->state, PLACE_FULL, memory_order_release);
        return true;
    }
    return false;
}

/* --- batches --------------------------------------------------------------------------------------------------------
 */

static unsigned take_under_lock(struct bucket *bucket, unsigned index, unsigned limit, void **blocks)
{
    lock_acquire(&bucket->lock);
    bucket->exchanges++;
    unsigned count = stock_take(&bucket->stock, bucket_size(index), limit, blocks);
    if (count == 0)
        count = take_from_spans(bucket, limit, blocks);
    lock_release(&bucket->lock);
    return count;
}

unsigned front_end_take(struct front_end *end, unsigned index, unsigned limit, void **blocks)
{
    struct bucket *bucket = front_end_bucket(end, index);
    unsigned count = take_from_depot(bucket, limit, blocks);
    if (count == 0)
        count = take_under_lock(bucket, index, limit, blocks);
    while (count == 0 && grow(end, index))
        count = take_under_lock(bucket, index, limit, blocks);
    return count;
}

void front_end_put(struct front_end *end, unsigned index, unsigned count, void **blocks)
{
    /* What one thread frees another may be waiting for; a process with one thread has no use for a depot. */
    bool shared = !os_is_single_threaded() && !(end->heap->flags & HEAP_NO_SERIALIZE);
    while (shared && count != 0) {
        unsigned part = count < BATCH_LIMIT ? count : BATCH_LIMIT;
        if (!put_into_depot(front_end_bucket(end, index), part, blocks + count - part))
            break;
        count -= part;
    }
    if (count != 0)
        put_under_lock(end, index, count, blocks);
}

/* Puts what is in the depot and the stock into the spans. Returns those that it emptied, which are in no list any
 * more. */
static struct span *empty_stores(struct front_end *end, unsigned index)
{
    struct bucket *bucket = front_end_bucket(end, index);
    void *blocks[STOCK_PIECE_BLOCKS];
    struct span *emptied = NULL;
    unsigned count;
    lock_acquire(&bucket->lock);
    while ((count = take_from_depot(bucket, STOCK_PIECE_BLOCKS, blocks)) != 0 ||
           (count = stock_take(&bucket->stock, bucket_size(index), STOCK_PIECE_BLOCKS, blocks)) != 0) {
        bucket->exchanges++;
        put_into_spans(bucket, count, blocks, &emptied);
    }
    stock_free_unused(&bucket->stock);
    lock_release(&bucket->lock);
    return emptied;
}

/* Takes all empty spans out of a bucket's list. */
static struct span *take_empty_spans(struct bucket *bucket)
{
    struct span *emptied = NULL;

    lock_acquire(&bucket->lock);
    for (struct span *span = bucket->first, *next; span != NULL && bucket->empty_spans != 0; span = next) {
        next = span->next;
        if (!is_empty(span))
            continue;
        unlist(bucket, span);
        bucket->empty_spans--;
        span->next = emptied;
        emptied = span;
    }
    lock_release(&bucket->lock);
    return emptied;
}

void front_end_trim(struct front_end *end)
{
    thread_empty_left(end);
    unsigned index = 1;
    FOR_EACH_BUCKET(end, index, bucket)
    {
        close_spans(end, empty_stores(end, index));
        close_spans(end, take_empty_spans(bucket));
    }
}

/* Takes the memory of free pages inside the spans of a bucket, unless it was used since the last time: what is in use
 * would need it again at once. Says whether it was. */
static bool cool_bucket(struct bucket *bucket)
{
    lock_acquire(&bucket->lock);
    bool was_used = bucket->exchanges != bucket->exchanges_seen;
    bucket->exchanges_seen = bucket->exchanges;
    if (!was_used && !bucket->is_cool) {
        for (struct span *span = bucket->first; span != NULL; span = span->next)
            span_cool(span);
    }
    bucket->is_cool = !was_used;
    lock_release(&bucket->lock);
    return was_used;
}

bool front_end_clean(struct front_end *end)
{
    bool was_used = false;
    unsigned index = 1;
    FOR_EACH_BUCKET(end, index, bucket)
    {
        bool used = cool_bucket(bucket);
        was_used |= used;
        if (used)
            continue;
        /* Nobody has come for the batches either. Now this uses the bucket, which does not count. */
        keep_spans(end, empty_stores(end, index));
        lock_acquire(&bucket->lock);
        bucket->is_cool = bucket->exchanges == bucket->exchanges_seen;
        bucket->exchanges_seen = bucket->exchanges;
        was_used |= !bucket->is_cool;
        lock_release(&bucket->lock);
    }
    return was_used;
}

bool front_end_check_span(struct heap *heap, uintptr_t first, size_t size)
{
    struct front_end *end = front_end_of(heap);
    struct span *span = span_of((void *)first);
    if (end == NULL || span == NULL || span->first != first || span_bytes(span) + SPAN_OFFSET > size ||
        span->bucket >= BUCKET_COUNT || !span_is_of(span, end->tag))
        return false;
    struct lock *lock = &front_end_bucket(end, span->bucket)->lock;
    lock_acquire(lock);
    bool whole = span_is_whole(span);
    lock_release(lock);
    return whole;
}

/* --- fork -----------------------------------------------------------------------------------------------------------
 */

void front_end_lock(struct front_end *end)
{
    unsigned index = 1;
    FOR_EACH_BUCKET(end, index, bucket)
    {
        lock_acquire(&bucket->lock);
    }
    lock_acquire(&end->spans_lock);
}

/* A heap that is used without a lock may have got another bucket meanwhile. */
void front_end_unlock(struct front_end *end)
{
    unsigned index = 1;
    lock_release(&end->spans_lock);
    FOR_EACH_BUCKET(end, index, bucket)
    {
        if (lock_is_held(&bucket->lock))
            lock_release(&bucket->lock);
    }
}

void front_end_free_places(struct front_end *end)
{
    unsigned index = 1;
    FOR_EACH_BUCKET(end, index, bucket)
    {
        struct depot *depot = atomic_load_explicit(&bucket->depot, memory_order_relaxed);
        for (unsigned i = 0; depot != NULL && i < DEPOT_PLACES; i++) {
            if (atomic_load_explicit(&depot->places[i].state, memory_order_relaxed) == PLACE_BUSY)
                atomic_store_explicit(&depot->places[i].state, PLACE_EMPTY, memory_order_relaxed);
        }
    }
}
