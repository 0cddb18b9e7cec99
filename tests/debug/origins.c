/* Where blocks come from: numbers of stacks in the records of walks, pseudo tags, and tags named by the caller's file.
 */
#include "gflags.h"

static HANDLE heap;

/* Not inlined: two callers are two stacks. */
static __attribute__((noinline)) void *allocate_here(SIZE_T size)
{
    void *block = HeapAlloc(heap, 0, size);
    __asm__ volatile("" ::: "memory");
    return block;
}

static __attribute__((noinline)) void *allocate_there(SIZE_T size)
{
    void *block = HeapAlloc(heap, 0, size);
    __asm__ volatile("" ::: "memory");
    return block;
}

static RTL_HEAP_WALK_ENTRY find(const void *block)
{
    RTL_HEAP_WALK_ENTRY entry = {.DataAddress = NULL};
    while (NT_SUCCESS(RtlWalkHeap(heap, &entry))) {
        if (entry.DataAddress == block) {
            return entry;
        }
    }
    CHECK(false);
    return entry;
}

static unsigned trace_of(const void *block)
{
    return find(block).Block.AllocatorBackTraceIndex;
}

static void traces(void)
{
    SPEC("N7.3.8");
    void *blocks[4];
    heap = HeapCreate(0, 0, 0);
    for (unsigned i = 0; i < 4; i++) {
        blocks[i] = i % 2 == 0 ? allocate_here(100) : allocate_there(100);
    }
    /* the same place, and the same stack; the loop's two calls are two places */
    CHECK(trace_of(blocks[0]) != 0 && trace_of(blocks[1]) != 0);
    CHECK_EQ_UINT(trace_of(blocks[0]), trace_of(blocks[2]));
    CHECK_EQ_UINT(trace_of(blocks[1]), trace_of(blocks[3]));
    CHECK(trace_of(blocks[0]) != trace_of(blocks[1]));
    /* a resize is where the block comes from now */
    unsigned before = trace_of(blocks[0]);
    blocks[0] = HeapReAlloc(heap, 0, blocks[0], 90);
    CHECK(trace_of(blocks[0]) != 0 && trace_of(blocks[0]) != before);
    blocks[0] = HeapReAlloc(heap, 0, blocks[0], 3000);
    CHECK_EQ_UINT(HeapSize(heap, 0, blocks[0]), 3000);
    CHECK(trace_of(blocks[0]) != 0);
    /* large blocks too */
    void *large = allocate_here(LARGE_MIN);
    CHECK(trace_of(large) != 0);
    CHECK(HeapFree(heap, 0, large));
    CHECK(HeapDestroy(heap));
}

static void no_traces(void)
{
    heap = HeapCreate(0, 0, 0);
    CHECK_EQ_UINT(trace_of(allocate_here(100)), 0);
    CHECK(HeapDestroy(heap));
}

static RTL_HEAP_TAG_INFO pseudo(unsigned index)
{
    RTL_HEAP_TAG_INFO info = {0};
    CHECK(RtlQueryTagHeap(heap, 0, (USHORT)(HEAP_PSEUDO_TAG_FLAG | index), FALSE, &info) != NULL);
    return info;
}

static bool is_named(unsigned index, const char *name)
{
    const WCHAR *found = RtlQueryTagHeap(heap, 0, (USHORT)index, FALSE, NULL);
    size_t i = 0;
    while (found != NULL && found[i] != 0 && found[i] == (unsigned char)name[i]) {
        i++;
    }
    return found != NULL && found[i] == 0 && name[i] == '\0';
}

static void pseudo_tags(void)
{
    SPEC("N15.2.6");
    heap = HeapCreate(0, 0, 0);
    void *blocks[3];
    for (unsigned i = 0; i < 3; i++) {
        blocks[i] = HeapAlloc(heap, 0, 100); /* 128 bytes apart */
    }
    CHECK_EQ_UINT(pseudo(8).NumberOfAllocations, 3);
    CHECK_EQ_UINT(pseudo(8).BytesAllocated, 300);
    CHECK(HeapFree(heap, 0, blocks[1]));
    CHECK_EQ_UINT(pseudo(8).NumberOfFrees, 1);
    CHECK_EQ_UINT(pseudo(8).BytesAllocated, 200);
    blocks[2] = HeapReAlloc(heap, 0, blocks[2], 1000);
    CHECK_EQ_UINT(pseudo(8).NumberOfFrees, 2);
    CHECK_EQ_UINT(pseudo(64).NumberOfAllocations, 1);
    CHECK_EQ_UINT(pseudo(64).BytesAllocated, 1000);
    void *large = HeapAlloc(heap, 0, LARGE_MIN), *middle = HeapAlloc(heap, 0, 5000);
    CHECK_EQ_UINT(pseudo(0).BytesAllocated, LARGE_MIN);
    CHECK_EQ_UINT(pseudo(128).BytesAllocated, 5000);
    CHECK(HeapFree(heap, 0, large) && HeapFree(heap, 0, middle));
    CHECK_EQ_UINT(pseudo(0).NumberOfFrees, 1);
    CHECK_EQ_UINT(pseudo(128).BytesAllocated, 0);
    /* a block with a tag of its own is counted there alone */
    ULONG tag = RtlCreateTagHeap(heap, 0, NULL, u"own\0");
    CHECK(tag != 0 && HeapAlloc(heap, tag, 16) != NULL);
    CHECK_EQ_UINT(pseudo(2).NumberOfAllocations, 0);
    CHECK(is_named(HEAP_PSEUDO_TAG_FLAG | 8, "Objects= 128"));
    CHECK(is_named(HEAP_PSEUDO_TAG_FLAG | 128, "Objects>2032"));
    CHECK(is_named(HEAP_PSEUDO_TAG_FLAG, "VirtualAlloc"));
    CHECK(RtlQueryTagHeap(heap, 0, HEAP_PSEUDO_TAG_FLAG | 129, FALSE, NULL) == NULL);
    CHECK(RtlQueryTagHeap(NULL, 0, HEAP_PSEUDO_TAG_FLAG | 8, FALSE, NULL) == NULL);
    CHECK(HeapDestroy(heap));
}

static void no_pseudo_tags(void)
{
    heap = HeapCreate(0, 0, 0);
    CHECK(RtlQueryTagHeap(heap, 0, HEAP_PSEUDO_TAG_FLAG | 8, FALSE, NULL) == NULL);
    CHECK(HeapDestroy(heap));
}

static void tags_by_file(void)
{
    SPEC("N15.2.6");
    heap = HeapCreate(0, 0, 0);
    void *block = allocate_here(100);
    unsigned tag = find(block).Block.TagIndex;
    RTL_HEAP_TAG_INFO info;
    CHECK(tag & HEAP_GLOBAL_TAG);
    CHECK(is_named(tag, "debug.origins"));
    CHECK_EQ_UINT(find(allocate_there(10)).Block.TagIndex, tag);
    CHECK(RtlQueryTagHeap(NULL, 0, (USHORT)tag, FALSE, &info) != NULL);
    CHECK(info.NumberOfAllocations >= 2 && info.BytesAllocated >= 110);
    CHECK(HeapDestroy(heap));
}

/* Free blocks stay as they were freed. */
static void no_coalescing(void)
{
    SPEC("N15.2.5");
    heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    void *blocks[4];
    unsigned seen = 0;
    for (unsigned i = 0; i < 4; i++) {
        blocks[i] = HeapAlloc(heap, 0, 1000);
    }
    for (unsigned i = 0; i < 3; i++) {
        CHECK(HeapFree(heap, 0, blocks[i]));
    }
    RTL_HEAP_WALK_ENTRY entry = {.DataAddress = NULL};
    while (NT_SUCCESS(RtlWalkHeap(heap, &entry))) {
        seen += entry.Flags == 0 && entry.DataSize < 1100;
    }
    CHECK_EQ_UINT(seen, 3);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapAlloc(heap, 0, 2500) > blocks[3]);
    CHECK(HeapFree(heap, 0, blocks[3]) && HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

GFLAGS_MAIN({"+ust", traces}, {"+ust+htc+hfc", traces}, {"+htc", no_traces}, {"+htg", pseudo_tags},
            {"+hfc", no_pseudo_tags}, {"+htd", tags_by_file}, {"+dhc", no_coalescing}, {"+dhc+htc+hfc", no_coalescing})
