/*
 * The demo's library, as somebody else might have written it: it makes a heap of its own when it is loaded, keeps a few
 * strings in it, and destroys it when it is unloaded.
 */
#include <windows.h>
#include <string.h>

static HANDLE heap;

__attribute__((constructor)) static void load(void)
{
    static const char *const strings[] = {"one", "a string of some length", "and another one, which is longer still"};

    heap = HeapCreate(0, 0, 0);
    for (int i = 0; heap && i < 3; i++) {
        char *copy = (char *)HeapAlloc(heap, 0, strlen(strings[i]) + 1);
        if (copy)
            strcpy(copy, strings[i]);
    }
}

__attribute__((destructor)) static void unload(void)
{
    if (heap)
        HeapDestroy(heap);
}
