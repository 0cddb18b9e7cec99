/* Random numbers that can be had again: the seed is printed, and CAIRN_TEST_SEED in the environment sets it. */
#ifndef CAIRN_TESTS_SEED_H
#define CAIRN_TESTS_SEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* How much slower than a plain build this one is, roughly: tests divide their work by it. */
#define SLOWNESS_PLAIN 1
#define SLOWNESS_ASAN 4
#define SLOWNESS_TSAN 10
#if defined(__SANITIZE_THREAD__)
#define SLOWNESS SLOWNESS_TSAN
#elif defined(__SANITIZE_ADDRESS__)
#define SLOWNESS SLOWNESS_ASAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SLOWNESS SLOWNESS_TSAN
#elif __has_feature(address_sanitizer)
#define SLOWNESS SLOWNESS_ASAN
#endif
#endif
#ifndef SLOWNESS
#define SLOWNESS SLOWNESS_PLAIN
#endif

/* A test that runs once for each of several page sizes does a part of the work each time. */
#ifdef CAIRN_TEST_PAGE_SHIFT
#define WORK_SHARE 8u
#else
#define WORK_SHARE 1u
#endif

struct random {
    uint64_t state;
};

/* splitmix64: any seed is a good one. */
static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* 0 .. limit - 1; limit is not 0. */
static inline size_t random_below(struct random *random, size_t limit)
{
    return (size_t)(random_next(random) % limit);
}

/* from .. to, both included. */
static inline size_t random_between(struct random *random, size_t from, size_t to)
{
    return from + random_below(random, to - from + 1);
}

static inline bool random_percent(struct random *random, unsigned percent)
{
    return random_below(random, 100) < percent;
}

static inline uint64_t test_seed(void)
{
    const char *text = getenv("CAIRN_TEST_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : 20240611;
    printf("seed %llu (CAIRN_TEST_SEED sets it)\n", (unsigned long long)seed);
    fflush(stdout);
    return seed;
}

#endif
