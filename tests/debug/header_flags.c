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
    SPEC("T14.10.3"); /* there is a routine, no PEB */
    check(0, 0, 0);
}

static void tail(void)
{
    SPEC("N15.1.1 T2.7 T10.5");
    check(0x10, 0x20, 0);
}

static void freeing(void)
{
    SPEC("N15.1.2 T2.8 T10.6");
    check(0x20, 0x40, 0);
}

static void parameters(void)
{
    SPEC("N15.1.3 T2.35 T10.7");
    check(0x40, 0x40000060, 0);
}

static void all(void)
{
    SPEC("N15.1.4 T2.34 T10.8");
    check(0x80, 0x20000060, 0);
}

static void debugger(void)
{
    SPEC("N14.16");
    check(0x70, 0x40000060, 0);
}

static void no_coalescing(void)
{
    SPEC("N15.1.5 T2.9 T10.22");
    check(0x200000, 0, 0x80);
}

static void tagging(void)
{
    SPEC("N10.6 N14.14 T2.32 T10.12");
    check(0x800, 0, 0x04000000);
}

static void by_dll(void)
{
    SPEC("N15.1.7 N10.7 T10.16");
    check(0x8000, 0, 0);
}

static void traces(void)
{
    SPEC("T10.1 T10.13");
    check(0x1001, 0, 0);
}

/* A flag that has nothing to do with heaps is refused by its name, with a line. */
static void foreign(void)
{
    SPEC("T10.2 T10.3 T10.4 T10.9 T10.11 T10.14 T10.15 T10.17 "
         "T10.18 T10.19 T10.20 T10.21 T10.23 T10.24 T10.25 T10.27 T10.28");
    check(0, 0, 0);
}

/* There is no page heap: its flag is refused as well, and no header has the bit. */
static void page_heap(void)
{
    SPEC("T2.31 T10.26 N15.1.6 N15.2.7");
    check(0, 0, 0);
}

GFLAGS_MAIN({"", none}, {"+htc", tail}, {"+hfc", freeing}, {"+hpc", parameters}, {"0x80", all}, {"0x70", debugger},
            {"+htc+hfc+hpc", debugger}, {"+dhc", no_coalescing}, {"+htg", tagging}, {"0X8000", by_dll},
            {"+soe +hvc -hvc +ust", traces}, {"+sls", foreign}, {"+dic", foreign}, {"+shg", foreign}, {"+vrf", foreign},
            {"+ptg", foreign}, {"+kst", foreign}, {"+otl", foreign}, {"+dse", foreign}, {"+d32", foreign},
            {"+ksl", foreign}, {"+dps", foreign}, {"+scb", foreign}, {"+ece", foreign}, {"+eel", foreign},
            {"+eot", foreign}, {"+dwl", foreign}, {"+ddp", foreign}, {"+hpa", page_heap})
