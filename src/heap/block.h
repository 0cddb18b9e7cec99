/*
 * Blocks: what a segment is tiled with. A block is known by the address of its data.
 *
 *     data-16        data-8          data                                    data+size-16     data+size-8
 *     | end of the   | header        | bytes asked for | not asked for |     | (still this    | next header
 *     | block before | size, previous|                                        | block's data) |
 *
 * So a block of S bytes holds S - 8 bytes of data, as Windows' do: the first 8 of the 16 bytes between two blocks
 * belong to the one before. A free block holds its two links in the data. The header, masked with the heap's key:
 *
 *     bits 0..27 size in granules | 28..55 size of the block before, 0: none | 56..63 check of both and the address
 *
 * Whether a block is busy or free, and how many of its bytes were asked for, is not in the header but in the granule
 * map, which a program cannot overwrite by writing past a block.
 */
#ifndef CAIRN_HEAP_BLOCK_H
#define CAIRN_HEAP_BLOCK_H

#include "heap/heap.h"

#define BLOCK_HEADER_SIZE ((size_t)8)
#define BLOCK_DATA_OFFSET ((size_t)16)
#define BLOCK_SIZE_BITS 28
#define BLOCK_SIZE_MASK (((uint64_t)1 << BLOCK_SIZE_BITS) - 1)
/* A little less than what the header could hold: records of a walk tell sizes, in whole pages, in 32 bits. */
#define BLOCK_MAX_GRANULES ((size_t)0xFFFFF00)
#define BLOCK_MIN_GRANULES ((size_t)2)

/* Behind the committed part of a free block, in front of an uncommitted one, Windows has a hidden marker of this size.
 */
#define BLOCK_END_MARKER (4 * GRANULE_SIZE)

/* In front of the first uncommitted page of a free block lie its header, its links, and what a walk reports of it. */
#define BLOCK_HEAD_SIZE ((size_t)112)

struct block_header {
    size_t size;     /* granules */
    size_t previous; /* granules of the block before, 0 if this is the segment's first */
};

static inline size_t block_bytes(size_t granules)
{
    return granules << GRANULE_SHIFT;
}

/* Granules of a block that holds `size` bytes; the caller has checked that size is far from SIZE_MAX. */
static inline size_t block_granules_for(size_t size)
{
    return (size_max(size, GRANULE_SIZE) + BLOCK_HEADER_SIZE + GRANULE_SIZE - 1) >> GRANULE_SHIFT;
}

/* Bytes that a block of so many granules can hold. */
static inline size_t block_capacity(size_t granules)
{
    return block_bytes(granules) - BLOCK_HEADER_SIZE;
}

static inline uint64_t block_check(uint64_t sizes, uintptr_t data)
{
    return ((sizes ^ ((uint64_t)data << 3)) * 0x9E3779B97F4A7C15u) >> 56 << 56;
}

static inline uint64_t *block_header_word(uintptr_t data)
{
    return (uint64_t *)(data - BLOCK_HEADER_SIZE);
}

/* False: the header was overwritten. */
static inline bool block_read(const struct heap *heap, uintptr_t data, struct block_header *header)
{
    uint64_t word = *block_header_word(data) ^ heap->key;
    uint64_t sizes = word << 8 >> 8;
    header->size = (size_t)(sizes & BLOCK_SIZE_MASK);
    header->previous = (size_t)(sizes >> BLOCK_SIZE_BITS);
    return LIKELY((word ^ sizes) == block_check(sizes, data));
}

/* The header word that a whole block of these sizes has. */
static inline uint64_t block_encode(const struct heap *heap, uintptr_t data, size_t size, size_t previous)
{
    uint64_t sizes = (uint64_t)size | (uint64_t)previous << BLOCK_SIZE_BITS;
    return (sizes | block_check(sizes, data)) ^ heap->key;
}

static inline void block_write(const struct heap *heap, uintptr_t data, size_t size, size_t previous)
{
    *block_header_word(data) = block_encode(heap, data, size, previous);
}

#endif
