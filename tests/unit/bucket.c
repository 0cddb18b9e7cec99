/* Buckets: every size has the smallest that holds it, and the table of small sizes says the same as the formula. */
#include "heap/bucket.h"

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

int main(void)
{
    every_size_has_the_closest();
    sizes_are_close();
    return check_report();
}
