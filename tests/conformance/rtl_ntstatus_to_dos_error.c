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

/* every row of the table that has a translation */
static void table(void)
{
    static const struct {
        const char *spec;
        ULONG status;
        ULONG error;
    } rows[] = {
        {"T8.2", 0x00000000, 0},           {"T8.5", 0x80000001, 0x80000001},  {"T8.6", 0x80000002, 998},
        {"T8.7", 0x80000003, 0x80000003},  {"T8.8", 0x80000004, 0x80000004},  {"T8.9", 0x80000005, 234},
        {"T8.10", 0x8000001A, 259},        {"T8.11", 0x80000029, 684},        {"T8.12", 0xC0000001, 31},
        {"T8.13", 0xC0000002, 1},          {"T8.14", 0xC0000003, 87},         {"T8.15", 0xC0000004, 24},
        {"T8.16", 0xC0000005, 998},        {"T8.17", 0xC0000006, 999},        {"T8.18", 0xC0000008, 6},
        {"T8.19", 0xC000000D, 87},         {"T8.20", 0xC0000017, 8},          {"T8.21", 0xC000001D, 0xC000001D},
        {"T8.22", 0xC0000023, 122},        {"T8.23", 0xC0000025, 0xC0000025}, {"T8.24", 0xC0000026, 0xC0000026},
        {"T8.25", 0xC000008C, 0xC000008C}, {"T8.26", 0xC000008D, 0xC000008D}, {"T8.27", 0xC000008E, 0xC000008E},
        {"T8.28", 0xC000008F, 0xC000008F}, {"T8.29", 0xC0000090, 0xC0000090}, {"T8.30", 0xC0000091, 0xC0000091},
        {"T8.31", 0xC0000092, 0xC0000092}, {"T8.32", 0xC0000093, 0xC0000093}, {"T8.33", 0xC0000094, 0xC0000094},
        {"T8.34", 0xC0000095, 534},        {"T8.35", 0xC0000096, 0xC0000096}, {"T8.36", 0xC000009A, 1450},
        {"T8.37", 0xC00000BB, 50},         {"T8.38", 0xC00000EF, 87},         {"T8.38", 0xC00000F0, 87},
        {"T8.38", 0xC00000F1, 87},         {"T8.39", 0xC00000FD, 1001},       {"T8.40", 0xC000012D, 1455},
        {"T8.41", 0xC000013A, 572},        {"T8.42", 0xC0000194, 1131},       {"T8.43", 0xC0000264, 288},
        {"T8.44", 0xC0000374, 1359},       {"T8.45", 0xC0000409, 1282},       {"T8.46", 0xC0000420, 668},
    };
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        SPEC(rows[i].spec);
        check_status(rows[i].status, rows[i].error);
    }
}

/* what the heap functions themselves return, by name */
static void statuses_of_the_heap(void)
{
    SPEC("T8.48");
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

/* a status of a program's own (bit 29) is returned unchanged; others unknown unchanged or 317 */
static void unknown_statuses(void)
{
    SPEC("T8.1");
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
