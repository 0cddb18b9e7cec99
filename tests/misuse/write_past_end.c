/* A byte behind a block is overwritten: found when it is freed, resized or asked about, when the heap is validated, and
 * with full validation in the next call, whatever that is about. */
#include "misuse.h"

static HANDLE heap;
static unsigned char *block;

static void overwrite(SIZE_T size, SIZE_T at)
{
    heap = misuse_in(HeapCreate(0, 0, 0));
    block = misuse_with(HeapAlloc(heap, 0, size));
    HeapAlloc(heap, 0, size);
    block[at] = 0x41;
}

/* What was found does not change the block: put right, it can be freed. */
static bool can_be_mended(SIZE_T at)
{
    block[at] = 0xAB;
    return HeapValidate(heap, 0, NULL) && HeapValidate(heap, 0, block) && HeapFree(heap, 0, block);
}

static void freed(void)
{
    overwrite(100, 100);
    misuse_end(!HeapFree(heap, 0, block) && GetLastError() == ERROR_INVALID_PARAMETER && can_be_mended(100));
}

static void freed_last_byte(void)
{
    overwrite(0, 15);
    misuse_end(!HeapFree(heap, 0, block) && can_be_mended(15));
}

static void resized(void)
{
    overwrite(100, 104);
    misuse_end(HeapReAlloc(heap, 0, block, 50) == NULL && HeapSize(heap, 0, block) == 100);
}

static void measured(void)
{
    overwrite(100, 100);
    misuse_end(HeapSize(heap, 0, block) == (SIZE_T)-1 && can_be_mended(100));
}

static void validated(void)
{
    overwrite(100, 115);
    misuse_end(!HeapValidate(heap, 0, block) && can_be_mended(115));
}

static void all_validated(void)
{
    overwrite(100, 100);
    misuse_end(!HeapValidate(heap, 0, NULL) && can_be_mended(100));
}

static void all_heaps_validated(void)
{
    overwrite(100, 100);
    misuse_end(!RtlValidateProcessHeaps() && can_be_mended(100));
}

static void next_call(void)
{
    overwrite(100, 100);
    misuse_end(HeapAlloc(heap, 0, 5) == NULL && can_be_mended(100));
}

static void next_call_about_another(void)
{
    overwrite(100, 100);
    block[100] = 0xAB;
    void *other = HeapAlloc(heap, 0, 10);
    block[100] = 0;
    misuse_end(!HeapFree(heap, 0, other) && can_be_mended(100) && HeapFree(heap, 0, other));
}

static void with_value(void)
{
    heap = misuse_in(HeapCreate(0, 0, 0));
    block = misuse_with(HeapAlloc(heap, HEAP_SETTABLE_USER_VALUE, 40));
    block[55] = 0;
    misuse_end(!HeapFree(heap, 0, block) && can_be_mended(55));
}

#define OF(size, byte, found)                                                                                          \
    ": block was written to past its end: block B, heap H, size " size ", byte " byte " is " found
#define FREE "RtlFreeHeap (HeapFree)"

MISUSE_MAIN_OF("N15.2.1 N15.2.3 N15.2.4 N15.4.2", {"freed", freed, "+htc", FREE OF("100", "100", "0x41")},
               {"freed", freed, "+htc+ust", FREE OF("100", "100", "0x41")},
               {"freed", freed, "+hpc", FREE OF("100", "100", "0x41")},
               {"freed", freed, "+hvc", FREE OF("100", "100", "0x41")},
               {"last byte", freed_last_byte, "+htc", FREE OF("0", "15", "0x41")},
               {"resized", resized, "+htc", "RtlReAllocateHeap (HeapReAlloc)" OF("100", "104", "0x41")},
               {"measured", measured, "+hpc", "RtlSizeHeap (HeapSize)" OF("100", "100", "0x41")},
               {"validated", validated, "+htc", "RtlValidateHeap (HeapValidate)" OF("100", "115", "0x41")},
               {"all validated", all_validated, "+htc", "RtlValidateHeap (HeapValidate)" OF("100", "100", "0x41")},
               {"all heaps", all_heaps_validated, "+htc", "RtlValidateProcessHeaps" OF("100", "100", "0x41")},
               {"next call", next_call, "+hvc", "RtlAllocateHeap (HeapAlloc)" OF("100", "100", "0x41")},
               {"next call", next_call_about_another, "+hvc", FREE OF("100", "100", "0x0")},
               {"with value", with_value, "+htc", FREE OF("40", "55", "0x0")})
