/* RtlNtStatusToDosError: types-and-constants.md 8. */
#include "blocks.h"

#include "nt.h"

static void check_status(ULONG status, ULONG error)
{
    POISON_LAST_ERROR();
    if (!CHECK_EQ_UINT(RtlNtStatusToDosError((NTSTATUS)status), error)) {
        printf("    status 0x%08X\n", (unsigned)status);
    }
    CHECK_LAST_ERROR_UNTOUCHED(); /* it translates, it does not set */
}

/* 8: every row of the table */
static void table(void)
{
    static const struct {
        ULONG status;
        ULONG error;
    } rows[] = {
        {0x00000000, 0},          {0x80000001, 0x80000001}, {0x80000002, 998},        {0x80000003, 0x80000003},
        {0x80000004, 0x80000004}, {0x80000005, 234},        {0x8000001A, 259},        {0x80000029, 684},
        {0xC0000001, 31},         {0xC0000002, 1},          {0xC0000003, 87},         {0xC0000004, 24},
        {0xC0000005, 998},        {0xC0000006, 999},        {0xC0000008, 6},          {0xC000000D, 87},
        {0xC0000017, 8},          {0xC000001D, 0xC000001D}, {0xC0000023, 122},        {0xC0000025, 0xC0000025},
        {0xC0000026, 0xC0000026}, {0xC000008C, 0xC000008C}, {0xC000008D, 0xC000008D}, {0xC000008E, 0xC000008E},
        {0xC000008F, 0xC000008F}, {0xC0000090, 0xC0000090}, {0xC0000091, 0xC0000091}, {0xC0000092, 0xC0000092},
        {0xC0000093, 0xC0000093}, {0xC0000094, 0xC0000094}, {0xC0000095, 534},        {0xC0000096, 0xC0000096},
        {0xC000009A, 1450},       {0xC00000BB, 50},         {0xC00000EF, 87},         {0xC00000F0, 87},
        {0xC00000F1, 87},         {0xC00000FD, 1001},       {0xC000012D, 1455},       {0xC000013A, 572},
        {0xC0000194, 1131},       {0xC0000264, 288},        {0xC0000374, 1359},       {0xC0000409, 1282},
        {0xC0000420, 668},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_status(rows[i].status, rows[i].error);
    }
}

/* 8: what the heap functions themselves return, by name */
static void statuses_of_the_heap(void)
{
    check_status((ULONG)STATUS_SUCCESS, ERROR_SUCCESS);
    check_status((ULONG)STATUS_UNSUCCESSFUL, ERROR_GEN_FAILURE);
    check_status((ULONG)STATUS_ACCESS_VIOLATION, ERROR_NOACCESS);
    check_status((ULONG)STATUS_INVALID_HANDLE, ERROR_INVALID_HANDLE);
    check_status((ULONG)STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER);
    check_status((ULONG)STATUS_NO_MEMORY, ERROR_NOT_ENOUGH_MEMORY);
    check_status((ULONG)STATUS_BUFFER_TOO_SMALL, ERROR_INSUFFICIENT_BUFFER);
    check_status((ULONG)STATUS_INVALID_INFO_CLASS, ERROR_INVALID_PARAMETER);
    check_status((ULONG)STATUS_NO_MORE_ENTRIES, ERROR_NO_MORE_ITEMS);
    check_status((ULONG)STATUS_HEAP_CORRUPTION, ERROR_INTERNAL_ERROR);
    check_status((ULONG)STATUS_NOT_IMPLEMENTED, ERROR_INVALID_FUNCTION);
}

/* 8: a status of a program's own (bit 29) is returned unchanged; others unknown unchanged or 317 */
static void unknown_statuses(void)
{
    check_status(0xE0001234, 0xE0001234);
    check_status(0x2000ABCD, 0x2000ABCD);
    static const ULONG unknown[] = {0xC0ABCDEF, 0xCFFFFFFF};
    for (unsigned i = 0; i < 2; i++) {
        ULONG error = RtlNtStatusToDosError((NTSTATUS)unknown[i]);
        CHECK(error == unknown[i] || error == 317);
    }
}

int main(void)
{
    nt_load();
    table();
    statuses_of_the_heap();
    unknown_statuses();
    return check_report();
}
