/*
 * Moveable memory, as programs from the days of 16-bit Windows use it: a handle stays the same while the text behind it
 * grows and moves.
 *
 * A handle is no address. GlobalLock gives the address, which is good until GlobalUnlock; meanwhile the memory stays
 * where it is. Who keeps the address alone gets the handle back from GlobalHandle.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

struct text {
    HGLOBAL memory;
    SIZE_T length;
};

/* Adds a line. FALSE: no memory, and the text is as it was. */
static BOOL append(struct text *text, const char *line)
{
    SIZE_T length = strlen(line);
    HGLOBAL grown = GlobalReAlloc(text->memory, text->length + length + 1, GMEM_MOVEABLE | GMEM_ZEROINIT);
    char *start;

    if (!grown)
        return FALSE;
    start = (char *)GlobalLock(grown);
    memcpy(start + text->length, line, length);
    text->length += length;
    GlobalUnlock(grown);
    return TRUE;
}

/* What a program does that was given the address only. */
static void print_and_free(char *start)
{
    HGLOBAL memory = GlobalHandle(start);

    printf("%s%u bytes, %u lock\n", start, (unsigned)GlobalSize(memory), GlobalFlags(memory) & GMEM_LOCKCOUNT);
    GlobalUnlock(memory);
    if (GlobalFree(memory))
        printf("not freed, error %u\n", (unsigned)GetLastError());
}

int main(void)
{
    struct text text = {GlobalAlloc(GHND, 0), 0};

    if (!text.memory)
        return 1;
    /* Without a byte it has a handle and nothing behind it. */
    if (GlobalLock(text.memory) || GetLastError() != ERROR_DISCARDED)
        return 1;
    if (!append(&text, "Handles stay.\n") || !append(&text, "Blocks move.\n"))
        return 1;
    print_and_free((char *)GlobalLock(text.memory));

    /* A handle that was freed is told from one that was not. */
    return GlobalFlags(text.memory) == GMEM_INVALID_HANDLE ? 0 : 1;
}
