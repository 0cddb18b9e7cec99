/*
 * Guards code that reads and writes a heap.
 *
 * The pages of RtlAllocateHeap and HeapAlloc ask for it: a block, or a pointer that came from elsewhere, may turn out
 * to be no memory at all. The exception then ends the guarded body, not the program.
 */
#include <windows.h>
#include <stdio.h>

/* The sum of count bytes; FALSE if they cannot all be read. */
static BOOL sum_bytes(const unsigned char *bytes, SIZE_T count, unsigned *sum)
{
    volatile unsigned total = 0; /* changed in the body, so volatile */
    volatile BOOL done = FALSE;

    __try {
        for (SIZE_T i = 0; i < count; i++)
            total += bytes[i];
        done = TRUE;
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER
                                                                 : EXCEPTION_CONTINUE_SEARCH) {
        printf("not readable after %u\n", total);
    }
    *sum = total;
    return done;
}

/* With HEAP_GENERATE_EXCEPTIONS nothing has to be checked between the allocations. */
static BOOL fill_two_blocks(HANDLE heap, SIZE_T first_size, SIZE_T second_size)
{
    volatile LPVOID first = NULL;
    volatile LPVOID second = NULL;
    volatile BOOL done = FALSE;

    __try {
        __try {
            first = HeapAlloc(heap, HEAP_GENERATE_EXCEPTIONS, first_size);
            second = HeapAlloc(heap, HEAP_GENERATE_EXCEPTIONS, second_size);
            FillMemory(first, first_size, 1);
            FillMemory(second, second_size, 2);
            done = TRUE;
        } __finally {
            HeapFree(heap, 0, first);
            HeapFree(heap, 0, second);
        }
    } __except (GetExceptionCode() == STATUS_NO_MEMORY) {
        printf("no memory for %zu and %zu bytes\n", (size_t)first_size, (size_t)second_size);
    }
    return done;
}

int main(void)
{
    HANDLE heap = HeapCreate(0, 0, 0x40000);
    unsigned char *block = heap != NULL ? HeapAlloc(heap, HEAP_ZERO_MEMORY, 100) : NULL;
    unsigned sum;

    if (!block)
        return 1;
    block[7] = 35;
    if (!sum_bytes(block, 100, &sum) || sum != 35)
        return 1;
    if (sum_bytes((const unsigned char *)16, 100, &sum))
        return 1;
    if (!fill_two_blocks(heap, 1000, 2000) || fill_two_blocks(heap, 1000, 0x40000))
        return 1;
    return HeapDestroy(heap) ? 0 : 1;
}
