/*
 * Looking for the first byte that is not zero, sixteen at a time.
 */
#ifndef CAIRN_BASE_SCAN_H
#define CAIRN_BASE_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define SCAN_WIDTH ((size_t)16)

/* Other threads may change some of the bytes meanwhile; the answer is then what it was before or after. */
#if defined(__SANITIZE_THREAD__)
#define SCAN_UNSEEN __attribute__((no_sanitize("thread"), noinline))
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SCAN_UNSEEN __attribute__((no_sanitize("thread"), noinline))
#endif
#endif
#ifndef SCAN_UNSEEN
#define SCAN_UNSEEN inline
#endif

/* The index of the first of SCAN_WIDTH bytes that is not zero; SCAN_WIDTH if all are. */
static SCAN_UNSEEN size_t scan_nonzero(const uint8_t *bytes)
{
#if defined(__SSE2__)
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    unsigned zeros = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_setzero_si128()));
    return (unsigned)__builtin_ctz(zeros + 1);
#else
    for (size_t i = 0; i < SCAN_WIDTH; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        if (word == 0)
            continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return i + ((unsigned)__builtin_ctzll(word) >> 3);
#else
        return i + ((unsigned)__builtin_clzll(word) >> 3);
#endif
    }
    return SCAN_WIDTH;
#endif
}

#endif
