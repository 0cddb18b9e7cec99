/* <malloc.h> through our include path: the C library's names are all there, and Microsoft's beside them. */
#include <malloc.h>

#include "check.h"

int main(void)
{
    void *block = malloc(100);
    CHECK(malloc_usable_size(block) >= 100);
    free(block);
    CHECK_EQ_INT(_HEAPEMPTY, -1);
    CHECK_EQ_INT(_HEAPOK, -2);
    CHECK_EQ_INT(_HEAPBADBEGIN, -3);
    CHECK_EQ_INT(_HEAPBADNODE, -4);
    CHECK_EQ_INT(_HEAPEND, -5);
    CHECK_EQ_INT(_HEAPBADPTR, -6);
    CHECK_EQ_INT(_FREEENTRY, 0);
    CHECK_EQ_INT(_USEDENTRY, 1);
    CHECK_EQ_UINT(_HEAP_MAXREQ, 0xFFFFFFFFFFFFFFE0);
    CHECK_EQ_INT(_ALLOCA_S_THRESHOLD, 1024);
    CHECK_EQ_INT(_ALLOCA_S_STACK_MARKER, 0xCCCC);
    CHECK_EQ_INT(_ALLOCA_S_HEAP_MARKER, 0xDDDD);
    CHECK_EQ_INT(_ALLOCA_S_MARKER_SIZE, 16);
    block = _malloc_base(10);
    CHECK_EQ_UINT(_msize(block), 10);
    _free_base(block);
    return check_report();
}
