/* HeapCreate: win32-heap.md 3.3, 1.1, 2; header fields: nt-heap.md 14. */
#include "blocks.h"

#ifndef _WIN32
#include "child.h"
#endif

#define HEAPS 300

static ULONG header_field(HANDLE heap, size_t offset)
{
    ULONG value;
    memcpy(&value, (const unsigned char *)heap + offset, sizeof(value));
    return value;
}

static HANDLE create(DWORD options, SIZE_T initial, SIZE_T maximum)
{
    POISON_LAST_ERROR();
    HANDLE heap = HeapCreate(options, initial, maximum);
    if (CHECK(heap != NULL)) {
        CHECK_LAST_ERROR_UNTOUCHED();
    }
    return heap;
}

static void destroy(HANDLE heap)
{
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

/* handles are 64 KiB aligned, readable, and the first walk record's address */
static void handle_is_the_first_byte(void)
{
    SPEC("W1.1.1 W1.1.3");
    static const struct {
        DWORD options;
        SIZE_T initial, maximum;
    } kinds[] = {{0, 0, 0}, {HEAP_NO_SERIALIZE, 0, 0}, {0, 0x1000, 0x10000}, {HEAP_NO_SERIALIZE, 0, 0x300000}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        HANDLE heap = create(kinds[i].options, kinds[i].initial, kinds[i].maximum);
        CHECK_EQ_UINT((uintptr_t)heap & 0xFFFF, 0);
        PROCESS_HEAP_ENTRY entry = {0};
        CHECK(HeapWalk(heap, &entry));
        CHECK_EQ_PTR(entry.lpData, heap);
        destroy(heap);
    }
}

/* signature, Flags, ForceFlags, segment flags at their offsets; other bits masked off, class 1 */
static void header_fields(void)
{
    SPEC(
        "W1.1.2 W3.3.3 W3.3.4 W10.7 T2.18 T6.1 T14.9.1 T14.9.2 T14.9.3 T14.9.4 N2.1.8 N14.1 N14.2 N14.3 N14.4 N14.9 N14.10 N14.11 N14.12 N14.13 N14.15");
    static const struct {
        DWORD options;
        SIZE_T initial, maximum;
        ULONG flags, force;
    } rows[] = {
        {0, 0, 0, 0x1002, 0},
        {HEAP_NO_SERIALIZE, 0, 0, 0x1003, 1},
        {0x20 | 0x40 | HEAP_NO_SERIALIZE, 0, 0, 0x1003, 1},
        {0, 0x1000, 0x10000, 0x1000, 0},
        {0x04000000, 0, 0, 0x1002, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        HANDLE heap = create(rows[i].options, rows[i].initial, rows[i].maximum);
        CHECK_EQ_UINT(header_field(heap, 0x10), 0xFFEEFFEE);
        CHECK_EQ_UINT(header_field(heap, 0x70), rows[i].flags | debug_bits());
        CHECK_EQ_UINT(header_field(heap, 0x74), rows[i].force | debug_bits());
        ULONG segment = header_field(heap, 0x14);
        CHECK(segment == 0 || segment == (rows[i].flags & 2));
        destroy(heap);
    }
}

static void prototype(void)
{
    SPEC("W3.3.1");
    HANDLE(WINAPI * function)(DWORD, SIZE_T, SIZE_T) = HeapCreate;
    HANDLE heap = function(0, 0, 0);
    CHECK(heap != NULL);
    destroy(heap);
}

/* each documented option by itself, and all of them; MinGW's headers lack the last two */
static void documented_options(void)
{
    SPEC("W3.3.2 T2.1 T2.11 T2.13");
    static const DWORD options[] = {0x40000, 4, 1, 0x100, 0x200, 0x40305};
    CHECK_EQ_UINT(HEAP_CREATE_ENABLE_EXECUTE, 0x40000);
    CHECK_EQ_UINT(HEAP_GENERATE_EXCEPTIONS, 4);
    CHECK_EQ_UINT(HEAP_NO_SERIALIZE, 1);
#ifndef _WIN32
    CHECK_EQ_UINT(HEAP_CREATE_SEGMENT_HEAP, 0x100);
    CHECK_EQ_UINT(HEAP_CREATE_HARDENED, 0x200);
#endif
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        HANDLE heap = create(options[i], 0, 0);
        void *block = HeapAlloc(heap, 0, 100);
        CHECK_EQ_UINT(HeapSize(heap, 0, block), 100);
        CHECK(HeapFree(heap, 0, block));
        destroy(heap);
    }
}

/* no bit is an error (0x100 and 0x200 ask for another kind of heap and are left out) */
static void undefined_options_are_ignored(void)
{
    SPEC("W1.2.4 T2.39");
    for (unsigned bit = 3; bit < 26; bit++) {
        if (bit == 8 || bit == 9) {
            continue;
        }
        HANDLE heap = create((DWORD)1 << bit, 0, 0);
        CHECK(HeapAlloc(heap, 0, 100) != NULL);
        destroy(heap);
    }
}

/* what a new growable heap reserves on Windows 10 */
static void growable_reservation(void)
{
    SPEC("W3.3.10 W3.3.11");
    static const SIZE_T initial[] = {0, 0x80000, 0x150000};
    for (size_t i = 0; i < sizeof(initial) / sizeof(initial[0]); i++) {
        HANDLE heap = create(0, initial[i], 0);
        WINE_DIFFERS("HeapCreate reserves the initial size and 64 KiB") {
            CHECK_EQ_UINT(region_size(heap, 0), initial[i] + 0x10000);
        }
        destroy(heap);
    }
}

/* the initial size is committed, in pages; 0 commits 0x400 * ptr bytes */
static void initial_commit(void)
{
    SPEC("W3.3.5 W9.11");
    HANDLE heap = create(0, 0, 0);
    WINE_DIFFERS("a new heap has 0x400 * ptr bytes committed") {
        CHECK_EQ_UINT(region_committed(heap, 0), 0x400 * sizeof(void *));
    }
    destroy(heap);

    static const SIZE_T initial[] = {0x3000, 0x10000, 0x80000, 0x150000};
    for (size_t i = 0; i < sizeof(initial) / sizeof(initial[0]); i++) {
        heap = create(0, initial[i], 0);
        SIZE_T committed = region_committed(heap, 0);
        CHECK(committed >= initial[i]);
        CHECK_EQ_UINT(committed % PAGE, 0);
        WINE_DIFFERS("the initial size is rounded up to pages, not to 64 KiB") {
            CHECK(committed <= initial[i] + 0x2000);
        }
        destroy(heap);
    }
    heap = create(0, 0x5001, 0);
    CHECK(region_committed(heap, 0) >= 0x6000);
    CHECK_EQ_UINT(region_committed(heap, 0) % PAGE, 0);
    destroy(heap);
}

/* a fixed heap of any small size; the reservation is rounded up to 0x400 * ptr */
static void fixed_reservation_is_rounded_up(void)
{
    SPEC("W2.12 W3.3.7");
    SIZE_T step = 0x400 * sizeof(void *);
    for (SIZE_T n = 0x100; n <= 0xFF00; n += 0x100) {
        HANDLE heap = create(0, n, n);
        bool ok = true;
        WINE_DIFFERS("the reservation of a fixed-size heap is rounded up to 0x400 * ptr") {
            ok = CHECK_EQ_UINT(region_size(heap, 0), (n + step - 1) / step * step);
        }
        destroy(heap);
        if (!ok) {
            break; /* one report is enough */
        }
    }
}

/* the initial size may equal the maximum, and be larger */
static void initial_against_maximum(void)
{
    SPEC("W2.6 W3.3.8 W9.6");
    HANDLE heap = create(0, UNIT, UNIT);
    CHECK(HeapAlloc(heap, 0, 0x10000) != NULL);
    destroy(heap);

    heap = create(0, 2 * UNIT, UNIT);
    CHECK(HeapAlloc(heap, 0, 0x10000) != NULL);
    CHECK(region_size(heap, 0) >= 2 * UNIT);
    CHECK_EQ_PTR(HeapAlloc(heap, 0, 4 * UNIT), NULL); /* a maximum it has all the same */
    destroy(heap);

    heap = create(0, 0x2000, 1);
    CHECK(HeapAlloc(heap, 0, 100) != NULL);
    destroy(heap);
}

/* how much of a fixed heap of size A a single block may take */
static void fixed_heap_limit(void)
{
    SPEC("W2.7 W2.8 W2.13 W3.5.9");
    HANDLE heap = create(0, UNIT, UNIT);
    SIZE_T fits = UNIT - (0x400 + 0x100 * sizeof(void *));
    SIZE_T too_large = UNIT - (0x200 + 0x80 * sizeof(void *));

    POISON_LAST_ERROR();
    void *none = NULL;
    WINE_DIFFERS("a fixed-size heap loses more than 0x600 bytes to its header") {
        none = HeapAlloc(heap, 0, too_large);
        CHECK_EQ_PTR(none, NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    }
    CHECK(HeapFree(heap, 0, none));

    POISON_LAST_ERROR();
    void *block = HeapAlloc(heap, 0, fits);
    CHECK(block != NULL);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK_EQ_UINT(HeapSize(heap, 0, block), fits);
    if (block != NULL) {
        pattern_fill(block, fits, 1);
        CHECK(HeapValidate(heap, 0, NULL));
        CHECK(pattern_holds(block, fits, 1));
        CHECK(HeapFree(heap, 0, block));
    }
    destroy(heap);
}

/* a fixed heap of any size loses more than 0x600 and at most 0xC00 bytes */
static void fixed_heap_overhead(void)
{
    SPEC("W2.13");
    for (SIZE_T size = 0x2000; size <= 0x40000; size *= 2) {
        HANDLE heap = create(0, 0, size);
        void *block = NULL;
        WINE_DIFFERS("a fixed-size heap loses more than 0x600 bytes to its header") {
            block = HeapAlloc(heap, 0, size - 0x600);
            tell_case(CHECK_EQ_PTR(block, NULL), "more than a fixed-size heap has room for");
        }
        CHECK(HeapFree(heap, 0, block));
        block = HeapAlloc(heap, 0, size - 0xC00);
        tell_case(CHECK(block != NULL), "a fixed-size heap's whole room in one block");
        if (block != NULL) {
            memset(block, 0xA5, size - 0xC00);
        }
        destroy(heap);
    }
}

/* a fixed heap does not grow and recovers when blocks are freed */
static void fixed_heap_runs_full(void)
{
    SPEC("W3.3.7 W3.5.9");
    HANDLE heap = create(0, 0x1000, 0x20000);
    void *blocks[64];
    unsigned n = 0;
    POISON_LAST_ERROR();
    while (n < 64 && (blocks[n] = HeapAlloc(heap, 0, 0x1000)) != NULL) {
        pattern_fill(blocks[n], 0x1000, n);
        n++;
    }
    CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
    CHECK(n >= 28 && n < 32);
    CHECK_EQ_UINT(region_size(heap, 1), 0);
    CHECK(HeapValidate(heap, 0, NULL));
    for (unsigned i = 0; i < n; i++) {
        CHECK(pattern_holds(blocks[i], 0x1000, i));
    }
    CHECK(HeapFree(heap, 0, blocks[3]));
    void *again = HeapAlloc(heap, 0, 0x1000);
    CHECK_EQ_PTR(again, blocks[3]);
    destroy(heap);
}

/* a fixed heap of more than 4 GiB of address space is a heap like any other, if it can be had */
static void huge_maximum(void)
{
    for (unsigned shift = 32; shift < 47; shift += shift < 40 ? 1 : 3) {
        for (int off = -1; off <= 1; off++) {
            SIZE_T maximum = ((SIZE_T)1 << shift) + (SIZE_T)off * 0x10000;
            POISON_LAST_ERROR();
            HANDLE heap = HeapCreate(0, 0, maximum);
            if (heap == NULL) {
                CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
                continue;
            }
            unsigned char *first = HeapAlloc(heap, 0, 1000);
            unsigned char *second = HeapAlloc(heap, 0, 0x10000);
            bool ok = CHECK(first > (unsigned char *)heap && first < (unsigned char *)heap + 0x2000) &&
                      CHECK(second > first && second < first + 0x2000);
            if (ok) {
                pattern_fill(second, 0x10000, 1);
                ok = CHECK(HeapValidate(heap, 0, NULL)) && CHECK(HeapFree(heap, 0, first)) &&
                     CHECK(HeapValidate(heap, 0, NULL));
            }
            CHECK(HeapDestroy(heap));
            if (!ok) {
                printf("    maximum size 0x%zx\n", (size_t)maximum);
                return;
            }
        }
    }
}

/* absurd sizes give NULL and ERROR_NOT_ENOUGH_MEMORY, nothing else changes */
static void absurd_sizes(void)
{
    SPEC("W3.3.9 W3.3.12");
    static const struct {
        const char *name;
        SIZE_T initial, maximum;
    } rows[] = {
        {"initial 2^46", (SIZE_T)1 << 46, 0},
        {"initial 2^60", (SIZE_T)1 << 60, 0},
        {"initial 2^63", (SIZE_T)1 << 63, 0},
        {"initial SIZE_MAX", SIZE_MAX, 0},
        {"initial SIZE_MAX - 0xFFFF", SIZE_MAX - 0xFFFF, 0},
        {"initial SIZE_MAX - 0x10000", SIZE_MAX - 0x10000, 0},
        {"maximum 2^60", 0, (SIZE_T)1 << 60},
        {"maximum 2^63", 0x1000, (SIZE_T)1 << 63},
        {"maximum SIZE_MAX", 0, SIZE_MAX},
        {"maximum SIZE_MAX - 0xFFF", 0, SIZE_MAX - 0xFFF},
        {"maximum SIZE_MAX - 0x1FFF", 0, SIZE_MAX - 0x1FFF},
        {"both SIZE_MAX", SIZE_MAX, SIZE_MAX},
        {"initial SIZE_MAX, maximum 1", SIZE_MAX, 1},
    };
    DWORD heaps = GetProcessHeaps(0, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        HANDLE heap = NULL;
        WINE_DIFFERS("HeapCreate caps an absurd size") {
            POISON_LAST_ERROR();
            heap = HeapCreate(0, rows[i].initial, rows[i].maximum);
            tell_case(CHECK_EQ_PTR(heap, NULL), rows[i].name);
            tell_case(CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY), rows[i].name);
        }
        if (heap != NULL) {
            HeapDestroy(heap);
        }
    }
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), heaps);
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
}

/* HEAP_GENERATE_EXCEPTIONS does not concern HeapCreate itself */
static void failure_never_raises(void)
{
    SPEC("W3.3.14");
    WINE_DIFFERS("HeapCreate caps an absurd size") {
        POISON_LAST_ERROR();
        HANDLE heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS, SIZE_MAX, 0);
        CHECK_EQ_PTR(heap, NULL);
        CHECK_LAST_ERROR(ERROR_NOT_ENOUGH_MEMORY);
        if (heap != NULL) {
            HeapDestroy(heap);
        }
    }
}

/* every heap is in the process's list; many may live at a time, and each is whole */
static void many_heaps(void)
{
    static HANDLE heaps[HEAPS];
    static unsigned char *blocks[HEAPS];
    DWORD before = GetProcessHeaps(0, NULL);
    for (unsigned i = 0; i < HEAPS; i++) {
        heaps[i] = create(i % 2 == 0 ? 0 : HEAP_NO_SERIALIZE, 0, i % 3 == 0 ? UNIT : 0);
        blocks[i] = HeapAlloc(heaps[i], 0, 50);
        pattern_fill(blocks[i], 50, i);
    }
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), before + HEAPS);
    for (unsigned i = 0; i < HEAPS; i++) {
        CHECK(pattern_holds(blocks[i], 50, i));
        destroy(heaps[i]);
    }
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), before);
}

/* A heap is the process's alone, and no kernel object. Linux has no CloseHandle, but children that are copies: what
 * they do to their copy of a heap, they do to no other. */
#ifdef _WIN32
static void belongs_to_the_process(void)
{
    SPEC("W1.1.4");
    HANDLE heap = create(0, 0, 0);
    CHECK_EQ_INT(CloseHandle(heap), FALSE);
    destroy(heap);
}
#else
static void change_and_destroy(void *arg)
{
    const struct witness *w = arg;
    CHECK(witness_unharmed(w));
    memset(w->small[0], 0xEE, WITNESS_SMALL);
    CHECK(HeapFree(w->heap, 0, w->small[1]));
    CHECK(HeapDestroy(w->heap));
}

static void belongs_to_the_process(void)
{
    SPEC("W1.1.4");
    struct witness w;
    witness_make(&w);
    CHECK(child_run(change_and_destroy, &w, 20, "changes its copy of a heap"));
    CHECK(witness_unharmed(&w));
    witness_end(&w);
}
#endif

int main(void)
{
    handle_is_the_first_byte();
    header_fields();
    prototype();
    documented_options();
    undefined_options_are_ignored();
    growable_reservation();
    initial_commit();
    fixed_reservation_is_rounded_up();
    initial_against_maximum();
    fixed_heap_limit();
    fixed_heap_overhead();
    fixed_heap_runs_full();
    huge_maximum();
    absurd_sizes();
    failure_never_raises();
    many_heaps();
    belongs_to_the_process();
    return check_report();
}
