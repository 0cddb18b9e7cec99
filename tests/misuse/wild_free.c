/* An address that was never allocated is freed. */
#include "misuse.h"

static void make(void)
{
    static char memory[64];
    misuse_end(!HeapFree(misuse_in(HeapCreate(0, 0, 0)), 0, misuse_with(memory + 16)) &&
               GetLastError() == ERROR_INVALID_PARAMETER);
}

#define SENTENCE "RtlFreeHeap (HeapFree): address outside every heap: block B, heap H"

MISUSE_MAIN({"wild free", make, "", SENTENCE}, {"wild free", make, "+htc+hfc", SENTENCE})
