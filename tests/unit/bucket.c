/* Buckets: every size has the smallest that holds it, and the table of small sizes says the same as the formula. */
#include "heap/bucket.h"

#include "base/align.h"
#include "heap/span.h"

#include "check.h"

static void every_size_has_the_closest(void)
{
    bool fits = true, closest = true;
    for (size_t size = 0; size <= BUCKET_LIMIT; size++) {
        unsigned bucket = bucket_of(size);
        fits = fits && bucket >= 1 && bucket < BUCKET_COUNT && bucket_size(bucket) >= size;
        closest = closest && (bucket == 1 || bucket_size(bucket - 1) < size);
    }
    CHECK(fits);
    CHECK(closest);
    CHECK_EQ_UINT(bucket_size(BUCKET_COUNT - 1), BUCKET_LIMIT);
    CHECK_EQ_UINT(bucket_size(BUCKET_SMALL_COUNT), BUCKET_SMALL_LIMIT);
}

/* sizes grow, and all are multiples of a granule, little more than what was asked for */
static void sizes_are_close(void)
{
    for (unsigned bucket = 2; bucket < BUCKET_COUNT; bucket++) {
        size_t step = bucket_size(bucket) - bucket_size(bucket - 1);
        CHECK_EQ_UINT(bucket_size(bucket) % GRANULE_SIZE, 0);
        CHECK(step == GRANULE_SIZE || step * 8 <= bucket_size(bucket - 1));
        CHECK(bucket > BUCKET_SMALL_COUNT || step <= 128); /* a byte of the map tells the rest */
    }
}

/* a size that is rounded up to a multiple of an alignment has blocks that are aligned so, without more being said; the
 * map's byte tells it where the alignment is one that the shortest way serves */
static void sizes_that_are_aligned_have_aligned_buckets(void)
{
    for (size_t alignment = 1; alignment <= SLICE_SIZE; alignment <<= 1) {
        bool aligned = true, told = true;
        for (size_t size = 1; align_up(size, alignment) <= BUCKET_LIMIT; size++) {
            unsigned bucket = bucket_of(align_up(size, alignment));
            aligned = aligned && bucket_size(bucket) % alignment == 0;
            told = told && (alignment > GRANULE_HOT || span_can_tell(bucket, size));
        }
        CHECK(aligned);
        CHECK(told);
    }
}

int main(void)
{
    every_size_has_the_closest();
    sizes_are_close();
    sizes_that_are_aligned_have_aligned_buckets();
    return check_report();
}
