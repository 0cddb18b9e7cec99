/* A byte behind a Global or Local object is overwritten: found when the object is freed or resized, which then fails
 * and changes nothing, and when it is asked about. */
#include "misuse.h"

#define SIZE 40
#define BYTE 41

static HANDLE object;
static unsigned char *block;
static SIZE_T before;

static SIZE_T allocated(void)
{
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    HeapSummary(GetProcessHeap(), 0, &summary);
    return summary.cbAllocated;
}

static void overwrite(UINT flags, bool lock)
{
    misuse_in(GetProcessHeap());
    object = GlobalAlloc(flags, SIZE);
    block = misuse_with(GlobalLock(object));
    if (!lock) {
        GlobalUnlock(object);
    }
    memset(block, 'x', SIZE);
    block[BYTE] = 1;
    before = allocated();
    SetLastError(POISON);
}

/* The call failed, for want of an object that could be used, and nothing has changed: put right, it can be used. */
static void end(bool failed)
{
    bool ok = failed && GetLastError() == ERROR_INVALID_HANDLE && allocated() == before && block[SIZE - 1] == 'x';
    block[BYTE] = 0xAB;
    misuse_end(ok && GlobalSize(object) == SIZE && GlobalLock(object) == block && GlobalFree(object) == NULL);
}

static void moveable_grows(void)
{
    overwrite(GMEM_MOVEABLE, false);
    end(GlobalReAlloc(object, 100, GMEM_MOVEABLE) == NULL);
}

static void moveable_shrinks(void)
{
    overwrite(GMEM_MOVEABLE, false);
    end(GlobalReAlloc(object, 10, GMEM_MOVEABLE) == NULL);
}

static void locked_shrinks(void)
{
    overwrite(GMEM_MOVEABLE, true);
    end(GlobalReAlloc(object, 10, 0) == NULL);
}

static void moveable_is_discarded(void)
{
    overwrite(GMEM_MOVEABLE, false);
    end(GlobalReAlloc(object, 0, GMEM_MOVEABLE) == NULL);
}

static void local_grows(void)
{
    overwrite(GMEM_MOVEABLE, false);
    end(LocalReAlloc(object, 100, LMEM_MOVEABLE) == NULL);
}

static void moveable_is_freed(void)
{
    overwrite(GMEM_MOVEABLE, false);
    end(GlobalFree(object) == object);
}

static void fixed_grows(void)
{
    overwrite(GMEM_FIXED, false);
    end(GlobalReAlloc(object, 100, GMEM_MOVEABLE) == NULL);
}

static void fixed_becomes_moveable(void)
{
    overwrite(GMEM_FIXED, false);
    end(GlobalReAlloc(object, 0, GMEM_MODIFY | GMEM_MOVEABLE) == NULL);
}

#define WHAT ": block was written to past its end: block B, heap H, size 40, byte 41 is 0x1"
#define FREE "GlobalFree" WHAT
#define RESIZE "GlobalReAlloc" WHAT

MISUSE_MAIN({"moveable grows", moveable_grows, "+htc", RESIZE}, {"moveable shrinks", moveable_shrinks, "+htc", RESIZE},
            {"moveable grows", moveable_grows, "+hpc", RESIZE}, {"locked shrinks", locked_shrinks, "+htc", RESIZE},
            {"moveable is discarded", moveable_is_discarded, "+htc", RESIZE},
            {"Local grows", local_grows, "+htc+ust", "LocalReAlloc" WHAT},
            {"moveable is freed", moveable_is_freed, "+htc", FREE}, {"fixed grows", fixed_grows, "+htc", RESIZE},
            {"fixed becomes moveable", fixed_becomes_moveable, "+htc", RESIZE})
