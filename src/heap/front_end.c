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

/* --- pieces of memory -----------------------------------------------------------------------------------------------
 */

void *front_end_new_piece(struct front_end *end, size_t size)
{
    size_t rounded = align_up(size, CACHE_LINE);
    if (atomic_load_explicit(&end->room_used, memory_order_relaxed) + rounded <= sizeof end->room) {
        size_t used = atomic_fetch_add_explicit(&end->room_used, rounded, memory_order_relaxed);
        if (used + rounded <= sizeof end->room)
            return &end->room[used];
    }
    return meta_allocate_apart(size);
}

void front_end_drop_piece(struct front_end *end, void *piece)
{
    if ((uintptr_t)piece - (uintptr_t)end->room >= sizeof end->room)
        meta_free(piece);
}

/* --- records of spans, in chunks as large as all before, so that a heap is destroyed in few steps -------------------
 */

#define CHUNK_AT_LEAST ((size_t)7)
#define CHUNK_AT_MOST ((size_t)50)

struct span_chunk {
    struct span_chunk *next;
    struct span spans[];
};

static bool add_chunk(struct front_end *end)
{
    size_t count = size_max(size_min(end->record_count, CHUNK_AT_MOST), CHUNK_AT_LEAST);
    struct span_chunk *chunk = front_end_new_piece(end, sizeof *chunk + count * sizeof chunk->spans[0]);
    if (chunk == NULL)
        return false;
    chunk->next = end->chunks;
    end->chunks = chunk;
    end->record_count += count;
    for (size_t i = count; i-- > 0;) {
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
    struct front_end *end = meta_allocate_apart(sizeof *end);
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
    struct bucket *bucket = front_end_new_piece(end, sizeof *bucket);
    atomic_store_explicit(&end->buckets[index], bucket, memory_order_release);
    return bucket != NULL;
}

void front_end_destroy(struct front_end *end)
{
    unsigned index = 1;
    FOR_EACH_BUCKET(end, index, bucket)
    {
        depot_destroy(&bucket->depots);
        for (unsigned i = 0; i < STOCK_COUNT; i++)
            stock_forget(&bucket->stocks[i], bucket_size(index));
        front_end_drop_piece(end, bucket);
    }
    while (end->chunks != NULL) {
        struct span_chunk *next = end->chunks->next;
        front_end_drop_piece(end, end->chunks);
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

/* --- spans from the back end and back -------------------------------------------------------------------------------
 */

/* Begins a change of spans; false: another thread is in the heap, and may be for long. */
static bool try_heap(struct heap *heap, bool *locked)
{
    *locked = !heap_is_alone(heap, 0);
    return !*locked || lock_try(heap->lock);
}

static struct span *open_span(struct front_end *end, unsigned bucket, unsigned slices, bool may_wait)
{
    bool locked;
    struct span *span = new_record(end);
    if (span == NULL)
        return NULL;
    bool opened = false;
    if (may_wait)
        locked = heap_lock_out(end->heap, 0);
    if (may_wait || try_heap(end->heap, &locked)) {
        opened = span_open(end->heap, span, bucket, slices, end->tag);
        heap_let_in(end->heap, locked);
    }
    if (opened)
        return span;
    drop_record(end, span);
    return NULL;
}

/*
 * How large the next span is to be: as all that there are together; of small blocks, which fill any number of slices
 * well, a quarter of that. Where threads have spans of their own, it is not much larger than what one of them takes at
 * once.
 */
static unsigned next_slices(const struct bucket *bucket, const struct front *front, unsigned index)
{
    size_t least = span_slices_at_first(index);
    size_t all = (bucket->spans.count * bucket_size(index)) >> SLICE_SHIFT;
    size_t wanted = index <= BUCKET_SMALL_COUNT ? all / 4 : all;
    size_t slices = size_max(size_min(wanted, span_slices_at_most(index)), least);
    if (front == NULL || os_is_single_threaded())
        return (unsigned)slices;
    size_t magazine = (front->capacity[index] * bucket_size(index) + SLICE_SIZE - 1) >> SLICE_SHIFT;
    return (unsigned)size_min(slices, size_max(least, magazine));
}

/* A bucket that was emptied as idle, and needs another span, was only resting: next time it is waited for longer. */
#define PATIENCE_AT_MOST 63u

static void learn_patience(struct bucket *bucket)
{
    bucket->was_emptied = false;
    bucket->patience = (uint8_t)size_min(2u * bucket->patience + 1, PATIENCE_AT_MOST);
}

/* Opens another span for a bucket. Where there are blocks in others, it does not wait for the heap. False: there is
 * nothing to take. */
static bool grow(struct front_end *end, const struct front *front, unsigned index)
{
    struct bucket *bucket = front_end_bucket(end, index);
    unsigned least = span_slices_at_first(index);

    lock_acquire(&bucket->lock);
    bool skips = lack_skips(&bucket->lack);
    bool is_needed = bucket->spans.free_count == 0;
    if (bucket->was_emptied)
        learn_patience(bucket);
    unsigned slices = next_slices(bucket, front, index);
    lock_release(&bucket->lock);
    if (skips)
        return !is_needed;
    struct span *span = open_span(end, index, slices, is_needed);
    if (span == NULL && slices > least && is_needed)
        span = open_span(end, index, least, true);

    lock_acquire(&bucket->lock);
    if (is_needed)
        lack_note(&bucket->lack, span == NULL);
    if (span != NULL)
        span_list_add(&bucket->spans, span, true);
    lock_release(&bucket->lock);
    return span != NULL || !is_needed;
}

/* Lists spans again that were to be closed, and are not. */
static void keep_spans(struct front_end *end, struct span *spans)
{
    while (spans != NULL) {
        struct span *next = spans->next;
        struct bucket *bucket = front_end_bucket(end, spans->bucket);
        lock_acquire(&bucket->lock);
        span_list_add(&bucket->spans, spans, false);
        lock_release(&bucket->lock);
        spans = next;
    }
}

/* Gives empty spans back, unless another thread is in the heap: it may have it for long. Then they stay. */
static void close_spans(struct front_end *end, struct span *spans)
{
    if (spans == NULL)
        return;
    bool locked;
    if (!try_heap(end->heap, &locked)) {
        keep_spans(end, spans);
        return;
    }
    while (spans != NULL) {
        struct span *next = spans->next;
        span_close(end->heap, spans);
        drop_record(end, spans);
        spans = next;
    }
    heap_let_in(end->heap, locked);
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

/* Larger blocks have lines of the map for themselves anyway, but for the first and the last. */
#define OWNED_LIMIT ((size_t)4096)

/* How much of a bucket may be idle in spans of other threads before a thread takes blocks of theirs. */
#define IDLE_BYTES_PER_FRONT ((size_t)2 << 10)

static size_t idle_bytes(const struct front_end *end, unsigned index)
{
    if (bucket_size(index) > OWNED_LIMIT || os_is_single_threaded())
        return 0;
    return __atomic_load_n(&end->front_count, __ATOMIC_RELAXED) * IDLE_BYTES_PER_FRONT;
}

static unsigned owner_of(const void *block)
{
    const struct span *span = span_of(block);
    ASSERT(span != NULL);
    return __atomic_load_n(&span->owner, __ATOMIC_RELAXED);
}

/* Where there are threads, larger blocks do not wait in stocks: they cost more memory, and the bits less of the time.
 */
#define STOCK_LIMIT_OF_THREADS ((size_t)64)

static struct stock *stock_of(struct bucket *bucket, const struct front *front)
{
    return &bucket->stocks[front != NULL ? front->number % STOCK_COUNT : 0];
}

/* Whether blocks that a front gives back, and of which this is the last, may wait in its stock. */
static bool may_be_stocked(const struct front *front, unsigned index, const void *block)
{
    return os_is_single_threaded() ||
           (front != NULL && bucket_size(index) <= STOCK_LIMIT_OF_THREADS && owner_of(block) == front->number);
}

static unsigned take_from_stocks(struct bucket *bucket, unsigned index, unsigned limit, void **blocks)
{
    unsigned count = 0;
    for (unsigned i = 0; count == 0 && i < STOCK_COUNT; i++)
        count = stock_take(&bucket->stocks[i], bucket_size(index), limit, blocks);
    return count;
}

static void put_under_lock(struct front_end *end, const struct front *front, unsigned index, unsigned count,
                           void *const *blocks)
{
    struct bucket *bucket = front_end_bucket(end, index);
    struct span *emptied = NULL;

    lock_acquire(&bucket->lock);
    bucket->exchanges++;
    note_put(bucket, count * bucket_size(index));
    unsigned left = count;
    if (may_be_stocked(front, index, blocks[count - 1]))
        left = stock_put(stock_of(bucket, front), bucket_size(index), count, blocks);
    span_list_put(&bucket->spans, idle_bytes(end, index), left, blocks + count - left, &emptied);
    lock_release(&bucket->lock);
    close_spans(end, emptied);
}

/* --- batches --------------------------------------------------------------------------------------------------------
 */

/* Takes blocks that wait for others, unless they are so few that the owner had better get a span of its own. The caller
 * holds the bucket. */
static unsigned take_from_others(struct bucket *bucket, unsigned index, size_t idle, unsigned limit, void **blocks)
{
    size_t count = bucket->spans.free_count + depot_count(&bucket->depots);
    if (!span_list_is_plenty(&bucket->spans, count, bucket_size(index), idle))
        return 0;
    return depot_take_any(&bucket->depots, limit, blocks);
}

static unsigned take_under_lock(struct bucket *bucket, const struct front *front, unsigned index, size_t idle,
                                unsigned limit, void **blocks)
{
    lock_acquire(&bucket->lock);
    bucket->exchanges++;
    unsigned count = stock_take(stock_of(bucket, front), bucket_size(index), limit, blocks);
    if (count == 0)
        count = span_list_take(&bucket->spans, front != NULL ? front->number : 0, idle, limit, blocks);
    if (count == 0)
        count = take_from_others(bucket, index, idle, limit, blocks);
    if (count == 0)
        count = take_from_stocks(bucket, index, limit, blocks);
    lock_release(&bucket->lock);
    return count;
}

unsigned front_end_take(struct front_end *end, const struct front *front, unsigned index, bool may_grow, unsigned limit,
                        void **blocks)
{
    struct bucket *bucket = front_end_bucket(end, index);
    unsigned count = front != NULL ? depot_take(&bucket->depots, front->number, limit, blocks) : 0;
    if (count == 0)
        count = take_under_lock(bucket, front, index, front != NULL ? idle_bytes(end, index) : 0, limit, blocks);
    while (count == 0 && may_grow && grow(end, front, index))
        count = take_under_lock(bucket, front, index, 0, limit, blocks);
    /* Where there is no memory, what waits for others does. */
    if (UNLIKELY(count == 0) && may_grow)
        count = depot_take_any(&bucket->depots, limit, blocks);
    return count;
}

/* Hands the last of these blocks over to the owner of its span, and with it the others of its batch. Returns how many;
 * 0: the owner is this front, or nobody, or there is no room. A process with one thread has no use for depots, and who
 * frees without a front has single blocks, which would take the places of whole batches. */
static unsigned hand_over(struct front_end *end, const struct front *front, unsigned index, unsigned count,
                          void *const *blocks)
{
    if (front == NULL || os_is_single_threaded() || (end->heap->flags & HEAP_NO_SERIALIZE))
        return 0;
    unsigned owner = owner_of(blocks[count - 1]);
    unsigned part = count < BATCH_LIMIT ? count : BATCH_LIMIT;
    if (owner == 0 || owner == front->number)
        return 0;
    return depot_put(&front_end_bucket(end, index)->depots, owner, part, blocks + count - part) ? part : 0;
}

void front_end_put(struct front_end *end, const struct front *front, unsigned index, unsigned count, void **blocks)
{
    unsigned part;
    while (count != 0 && (part = hand_over(end, front, index, count, blocks)) != 0)
        count -= part;
    if (count != 0)
        put_under_lock(end, front, index, count, blocks);
}

/* Puts what is in the depots and the stocks into the spans. Returns those that it emptied, which are in no list any
 * more. */
static struct span *empty_stores(struct front_end *end, unsigned index)
{
    struct bucket *bucket = front_end_bucket(end, index);
    void *blocks[STOCK_PIECE_BLOCKS];
    struct span *emptied = NULL;
    unsigned count;
    lock_acquire(&bucket->lock);
    while ((count = depot_take_any(&bucket->depots, STOCK_PIECE_BLOCKS, blocks)) != 0 ||
           (count = take_from_stocks(bucket, index, STOCK_PIECE_BLOCKS, blocks)) != 0) {
        bucket->exchanges++;
        span_list_put(&bucket->spans, 0, count, blocks, &emptied);
    }
    for (unsigned i = 0; i < STOCK_COUNT; i++)
        stock_free_unused(&bucket->stocks[i]);
    lock_release(&bucket->lock);
    return emptied;
}

void front_end_empty(struct front_end *end, unsigned index)
{
    close_spans(end, empty_stores(end, index));
}

unsigned front_end_next_idle(struct front_end *end)
{
    unsigned index = __atomic_load_n(&end->met, __ATOMIC_RELAXED) + 1;
    struct bucket *bucket = next_bucket(end, &index);
    __atomic_store_n(&end->met, bucket != NULL ? index : 0, __ATOMIC_RELAXED);
    if (bucket == NULL)
        return 0;
    lock_acquire(&bucket->lock);
    bool is_unused = bucket->exchanges == bucket->exchanges_met;
    bool is_idle = is_unused && bucket->idle_meetings >= bucket->patience;
    bucket->idle_meetings = (uint8_t)(is_unused && !is_idle ? bucket->idle_meetings + 1 : 0);
    bucket->was_emptied |= is_idle;
    bucket->exchanges_met = bucket->exchanges;
    lock_release(&bucket->lock);
    return is_idle ? index : 0;
}

static struct span *take_empty_spans(struct bucket *bucket)
{
    lock_acquire(&bucket->lock);
    struct span *emptied = span_list_take_empty(&bucket->spans);
    lock_release(&bucket->lock);
    return emptied;
}

void front_end_trim(struct front_end *end)
{
    thread_empty_left(end);
    unsigned index = 1;
    FOR_EACH_BUCKET(end, index, bucket)
    {
        front_end_empty(end, index);
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
        for (struct span *span = bucket->spans.first; span != NULL; span = span->next)
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

void front_end_adopt(struct front_end *end, unsigned index, unsigned count, void *const *blocks)
{
    struct bucket *bucket = front_end_bucket(end, index);
    struct span *emptied = NULL;
    lock_acquire(&bucket->lock);
    span_list_put(&bucket->spans, SIZE_MAX, count, blocks, &emptied); /* that much is never idle, so none is dropped */
    lock_release(&bucket->lock);
    ASSERT(emptied == NULL);
}

void front_end_free_places(struct front_end *end)
{
    unsigned index = 1;
    FOR_EACH_BUCKET(end, index, bucket)
    {
        depot_free_places(&bucket->depots);
    }
}
