/* nt-heap.md 14, 15.1: what the global flags set in the headers of heaps, and RtlGetNtGlobalFlags. */
#include "gflags.h"

static ULONG field(HANDLE heap, size_t offset)
{
    ULONG value;
    memcpy(&value, (const char *)heap + offset, sizeof(value));
    return value;
}

/* `bits` is D; `more` is in the flags only. */
static void check(ULONG global, ULONG bits, ULONG more)
{
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
    SPEC("W3.1.5 W10.6 N14.3 N14.4 N14.7 N14.8 N14.9 N14.10 N14.11 N14.12 N14.13 N14.15 N14.17 N15.1.8");
    CHECK_EQ_UINT(RtlGetNtGlobalFlags(), global);
    CHECK_EQ_UINT(field(GetProcessHeap(), 0x70), bits | more | 2);
    CHECK_EQ_UINT(field(GetProcessHeap(), 0x74), bits);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        HANDLE heap = HeapCreate(rows[i].options, rows[i].initial, rows[i].maximum);
        CHECK_EQ_UINT(field(heap, 0x10), 0xFFEEFFEE);
        CHECK_EQ_UINT(field(heap, 0x70), bits | more | rows[i].flags);
        CHECK_EQ_UINT(field(heap, 0x74), bits | rows[i].force);
        CHECK(HeapDestroy(heap));
    }
}

static void none(void)
{
    check(0, 0, 0);
}

static void tail(void)
{
    SPEC("N15.1.1");
    check(0x10, 0x20, 0);
}

static void freeing(void)
{
    SPEC("N15.1.2");
    check(0x20, 0x40, 0);
}

static void parameters(void)
{
    SPEC("N15.1.3");
    check(0x40, 0x40000060, 0);
}

static void all(void)
{
    SPEC("N15.1.4");
    check(0x80, 0x20000060, 0);
}

static void debugger(void)
{
    SPEC("N14.16");
    check(0x70, 0x40000060, 0);
}

static void no_coalescing(void)
{
    SPEC("N15.1.5");
    check(0x200000, 0, 0x80);
}

static void tagging(void)
{
    SPEC("N10.6 N14.14");
    check(0x800, 0, 0x04000000);
}

static void by_dll(void)
{
    SPEC("N15.1.7 N10.7");
    check(0x8000, 0, 0);
}

static void traces(void)
{
    check(0x1001, 0, 0);
}

GFLAGS_MAIN({"", none}, {"+htc", tail}, {"+hfc", freeing}, {"+hpc", parameters}, {"0x80", all}, {"0x70", debugger},
            {"+htc+hfc+hpc", debugger}, {"+dhc", no_coalescing}, {"+htg", tagging}, {"0X8000", by_dll},
            {"+soe +hvc -hvc +ust", traces})
