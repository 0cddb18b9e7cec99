/* RtlGetProcessHeaps: nt-heap.md 7.1, win32-heap.md 3.2. */
#include "blocks.h"

#include "nt.h"

#define SLOTS 64

static PVOID list[SLOTS], win32_list[SLOTS];

static void fill(PVOID *slots)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        slots[i] = (PVOID)(uintptr_t)0x5A5A;
    }
}

/* Whether the slots from `n` on are as fill left them. */
static bool rest_untouched(ULONG n)
{
    for (ULONG i = n; i < SLOTS; i++) {
        if (list[i] != (PVOID)(uintptr_t)0x5A5A) {
            return false;
        }
    }
    return true;
}

/* the total, whatever the buffer; few at program start */
static void total(void)
{
    SPEC("N7.1.1");
    POISON_LAST_ERROR();
    ULONG count = RtlGetProcessHeaps(0, NULL);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(count >= 1 && count <= 6);
#ifndef _WIN32
    CHECK_EQ_UINT(count, 1);
#endif
    HANDLE heap = HeapCreate(0, 0, 0);
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), count + 1);
    CHECK(HeapDestroy(heap));
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), count);
}

/* process heap first, then by creation, the same list as GetProcessHeaps' */
static void order(void)
{
    SPEC("N7.1.1 N1.1.2");
    ULONG before = RtlGetProcessHeaps(0, NULL);
    HANDLE heaps[4];
    for (unsigned i = 0; i < 4; i++) {
        heaps[i] = HeapCreate(i == 2 ? HEAP_NO_SERIALIZE : 0, 0, i == 3 ? UNIT : 0);
    }
    fill(list);
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlGetProcessHeaps(SLOTS, list), before + 4);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(rest_untouched(before + 4));
    CHECK_EQ_PTR(list[0], GetProcessHeap());
    WINE_DIFFERS("new heaps come second in the list, not last") {
        for (unsigned i = 0; i < 4; i++) {
            CHECK_EQ_PTR(list[before + i], heaps[i]);
        }
    }
    fill(win32_list);
    CHECK_EQ_UINT(GetProcessHeaps(SLOTS, win32_list), before + 4);
    CHECK(memcmp(list, win32_list, sizeof(list)) == 0);
    for (unsigned i = 0; i < 4; i++) {
        CHECK(HeapDestroy(heaps[i]));
    }
}

/* a buffer just large enough; a shorter one gets at most so many handles */
static void short_buffer(void)
{
    SPEC("N7.1.1");
    HANDLE a = HeapCreate(0, 0, 0), b = HeapCreate(0, 0, 0);
    ULONG count = RtlGetProcessHeaps(0, NULL);
    fill(list);
    CHECK_EQ_UINT(RtlGetProcessHeaps(count, list), count);
    CHECK(rest_untouched(count));

    fill(list);
    CHECK_EQ_UINT(RtlGetProcessHeaps(1, list), count);
    CHECK(rest_untouched(1));
    WINE_DIFFERS("a buffer that is too short stays empty") {
        CHECK_EQ_PTR(list[0], GetProcessHeap());
    }
    CHECK(HeapDestroy(a));
    CHECK(HeapDestroy(b));
}

/* heaps of RtlCreateHeap are in the list, too */
static void rtl_heap(void)
{
    SPEC("N2.5.1");
    ULONG before = RtlGetProcessHeaps(0, NULL);
    PVOID heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    CHECK(heap != NULL);
    CHECK_EQ_UINT(RtlGetProcessHeaps(SLOTS, list), before + 1);
    unsigned found = 0;
    for (ULONG i = 0; i <= before; i++) {
        found += list[i] == heap;
    }
    CHECK_EQ_UINT(found, 1);
    CHECK_EQ_PTR(RtlDestroyHeap(heap), NULL);
    CHECK_EQ_UINT(RtlGetProcessHeaps(0, NULL), before);
}

int main(void)
{
    nt_load();
    total();
    order();
    short_buffer();
    rtl_heap();
    return check_report();
}
