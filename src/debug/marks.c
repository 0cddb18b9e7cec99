#include "debug/marks.h"

#include "base/align.h"
#include "heap/arena.h"
#include "heap/meta.h"

#include <string.h>

#define PATTERN 0xFEEEFEEEu /* of free memory (nt-heap.md 15.3) */
#define UNIT_GRANULES ((size_t)(UNIT_SIZE >> GRANULE_SHIFT))
#define UNIT_WORDS (UNIT_GRANULES / 64)

struct marked_unit {
    struct marked_unit *next;
    uintptr_t start; /* a multiple of UNIT_SIZE */
    uint64_t bits[UNIT_WORDS];
};

static unsigned head_of(uintptr_t unit)
{
    return (unsigned)((unit >> UNIT_SHIFT) % MARKS_HEADS);
}

static struct marked_unit *find(const struct marks *marks, uintptr_t unit)
{
    struct marked_unit *found = marks->heads[head_of(unit)];
    while (found != NULL && found->start != unit)
        found = found->next;
    return found;
}

static struct marked_unit *find_or_make(struct marks *marks, uintptr_t unit)
{
    struct marked_unit *found = find(marks, unit);
    if (found != NULL)
        return found;
    found = meta_allocate(sizeof *found);
    if (found == NULL)
        return NULL;
    found->start = unit;
    found->next = marks->heads[head_of(unit)];
    marks->heads[head_of(unit)] = found;
    return found;
}

/* The part of a range that lies in one unit. */
struct part {
    uintptr_t unit;
    size_t first; /* granules */
    size_t end;
};

static struct part part_at(uintptr_t from, uintptr_t end)
{
    uintptr_t unit = align_down(from, UNIT_SIZE);
    return (struct part){unit, (from - unit) >> GRANULE_SHIFT,
                         (size_min(end, unit + UNIT_SIZE) - unit) >> GRANULE_SHIFT};
}

static uintptr_t behind(const struct part *part)
{
    return part->unit + (part->end << GRANULE_SHIFT);
}

/* The bits of a word that stand for granules of the part. */
static uint64_t bits_of(const struct part *part, size_t word)
{
    uint64_t bits = ~(uint64_t)0;
    if (part->first > word * 64)
        bits &= part->first >= word * 64 + 64 ? 0 : ~(uint64_t)0 << (part->first % 64);
    if (part->end < word * 64 + 64)
        bits &= part->end <= word * 64 ? 0 : ~(uint64_t)0 >> (64 - part->end % 64);
    return bits;
}

static void fill(uintptr_t from, uintptr_t end)
{
    for (uint32_t *word = (uint32_t *)from; (uintptr_t)word < end; word++)
        *word = PATTERN;
}

void marks_fill(struct marks *marks, uintptr_t from, uintptr_t end)
{
    if (from >= end)
        return;
    fill(from, end);
    while (from < end) {
        struct part part = part_at(from, end);
        struct marked_unit *unit = find_or_make(marks, part.unit);
        for (size_t word = part.first / 64; unit != NULL && word * 64 < part.end; word++)
            unit->bits[word] |= bits_of(&part, word);
        from = behind(&part);
    }
}

void marks_clear(struct marks *marks, uintptr_t from, uintptr_t end)
{
    while (from < end) {
        struct part part = part_at(from, end);
        struct marked_unit *unit = find(marks, part.unit);
        for (size_t word = part.first / 64; unit != NULL && word * 64 < part.end; word++)
            unit->bits[word] &= ~bits_of(&part, word);
        from = behind(&part);
    }
}

/* The first wrong byte of a granule; 0: it holds the pattern. */
static uintptr_t check_granule(uintptr_t address)
{
    static const uint8_t pattern[4] = {PATTERN & 0xFF, PATTERN >> 8 & 0xFF, PATTERN >> 16 & 0xFF, PATTERN >> 24};
    const uint64_t *words = (const uint64_t *)address;
    const uint64_t whole = (uint64_t)PATTERN << 32 | PATTERN;
    if (words[0] == whole && words[1] == whole)
        return 0;
    for (size_t i = 0; i < GRANULE_SIZE; i++) {
        if (((const uint8_t *)address)[i] != pattern[i % 4])
            return address + i;
    }
    return 0;
}

static uintptr_t check_part(const struct marked_unit *unit, const struct part *part)
{
    for (size_t word = part->first / 64; word * 64 < part->end; word++) {
        for (uint64_t bits = unit->bits[word] & bits_of(part, word); bits != 0; bits &= bits - 1) {
            size_t granule = word * 64 + (size_t)__builtin_ctzll(bits);
            uintptr_t damaged = check_granule(unit->start + (granule << GRANULE_SHIFT));
            if (damaged != 0)
                return damaged;
        }
    }
    return 0;
}

uintptr_t marks_find_damage(const struct marks *marks, uintptr_t from, uintptr_t end)
{
    uintptr_t damaged = 0;
    while (from < end && damaged == 0) {
        struct part part = part_at(from, end);
        const struct marked_unit *unit = find(marks, part.unit);
        if (unit != NULL)
            damaged = check_part(unit, &part);
        from = behind(&part);
    }
    return damaged;
}

uintptr_t marks_find_any_damage(const struct marks *marks)
{
    for (unsigned i = 0; i < MARKS_HEADS; i++) {
        for (const struct marked_unit *unit = marks->heads[i]; unit != NULL; unit = unit->next) {
            struct part whole = {unit->start, 0, UNIT_GRANULES};
            uintptr_t damaged = check_part(unit, &whole);
            if (damaged != 0)
                return damaged;
        }
    }
    return 0;
}

void marks_forget(struct marks *marks)
{
    for (unsigned i = 0; i < MARKS_HEADS; i++) {
        for (struct marked_unit *unit = marks->heads[i], *next; unit != NULL; unit = next) {
            next = unit->next;
            meta_free(unit);
        }
        marks->heads[i] = NULL;
    }
}
