/* GetProcessHeaps: win32-heap.md 3.2. */
#include "blocks.h"
#include "thread.h"

#define SLOTS 64
#define UNUSED ((HANDLE)(uintptr_t)0xA5A5A5A5A5A5A5A5u)

/* Asks with a buffer of `room` slots out of SLOTS filled with UNUSED. */
static DWORD ask(DWORD room, HANDLE *heaps)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        heaps[i] = UNUSED;
    }
    POISON_LAST_ERROR();
    DWORD total = GetProcessHeaps(room, heaps);
    CHECK_LAST_ERROR_UNTOUCHED();
    return total;
}

/* at program start the count is small; Cairn's own list then has the default heap alone */
static void at_start(void)
{
    SPEC("W3.2.3 W3.2.8 W3.2.10 W3.2.11 W10.1");
    POISON_LAST_ERROR();
    DWORD total = GetProcessHeaps(0, NULL);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(total >= 1 && total <= 6);
#ifndef _WIN32
    CHECK_EQ_UINT(total, 1);
#endif
}

/* the total whatever the buffer; all handles if there is room, the rest of the buffer left alone */
static void total_and_handles(void)
{
    SPEC("W3.2.2 W3.2.4 W3.2.11");
    HANDLE heaps[SLOTS];
    DWORD total = GetProcessHeaps(0, NULL);
    CHECK_EQ_UINT(ask(SLOTS, heaps), total);
    CHECK_EQ_UINT(ask(total, heaps), total);
    for (DWORD i = 0; i < SLOTS; i++) {
        CHECK((heaps[i] != UNUSED) == (i < total));
    }
    CHECK_EQ_PTR(heaps[0], GetProcessHeap());
    for (DWORD i = 0; i < total; i++) {
        CHECK(HeapValidate(heaps[i], 0, NULL));
        for (DWORD j = 0; j < i; j++) {
            CHECK(heaps[i] != heaps[j]);
        }
    }
}

/* the count follows HeapCreate and HeapDestroy at once; a new heap is appended: the order is that of creation */
static void order_of_creation(void)
{
    SPEC("W3.2.3 W3.2.6 W3.2.7 T14.10.5 T14.10.6");
    HANDLE heaps[SLOTS];
    HANDLE made[5];
    DWORD before = GetProcessHeaps(0, NULL);
    for (unsigned i = 0; i < 5; i++) {
        made[i] = HeapCreate(i % 2 == 0 ? 0 : HEAP_NO_SERIALIZE, 0, i == 3 ? UNIT : 0);
        CHECK_EQ_UINT(GetProcessHeaps(0, NULL), before + i + 1);
    }
    CHECK_EQ_UINT(ask(SLOTS, heaps), before + 5);
    CHECK_EQ_PTR(heaps[0], GetProcessHeap());
    WINE_DIFFERS("GetProcessHeaps lists heaps in the order of creation") {
        for (unsigned i = 0; i < 5; i++) {
            CHECK_EQ_PTR(heaps[before + i], made[i]);
        }
    }
    for (unsigned i = 0; i < 5; i++) {
        CHECK(HeapDestroy(made[i]));
        CHECK_EQ_UINT(GetProcessHeaps(0, NULL), before + 4 - i);
    }
}

/* after one in the middle is gone, the later ones move down, and a new one comes last */
static void destroyed_in_the_middle(void)
{
    SPEC("W3.2.9");
    HANDLE heaps[SLOTS];
    DWORD before = GetProcessHeaps(0, NULL);
    HANDLE a = HeapCreate(0, 0, 0);
    HANDLE b = HeapCreate(0, 0, 0);
    HANDLE c = HeapCreate(0, 0, 0);
    CHECK(HeapDestroy(b));
    CHECK_EQ_UINT(ask(SLOTS, heaps), before + 2);
    CHECK_EQ_PTR(heaps[0], GetProcessHeap());
    WINE_DIFFERS("GetProcessHeaps lists heaps in the order of creation") {
        CHECK_EQ_PTR(heaps[before], a);
        CHECK_EQ_PTR(heaps[before + 1], c);
    }

    HANDLE d = HeapCreate(0, 0, 0);
    CHECK_EQ_UINT(ask(SLOTS, heaps), before + 3);
    WINE_DIFFERS("GetProcessHeaps lists heaps in the order of creation") {
        CHECK_EQ_PTR(heaps[before + 2], d);
    }
    CHECK(HeapDestroy(a));
    CHECK(HeapDestroy(c));
    CHECK(HeapDestroy(d));
}

static void prototype(void)
{
    SPEC("W3.2.1");
    DWORD(WINAPI * function)(DWORD, PHANDLE) = GetProcessHeaps;
    CHECK_EQ_UINT(function(0, NULL), GetProcessHeaps(0, NULL));
}

/* a buffer that is too small gets exactly as many handles as it has slots */
static void small_buffer(void)
{
    SPEC("W3.2.2 W3.2.5 W9.10");
    HANDLE all[SLOTS];
    HANDLE some[SLOTS];
    HANDLE made[4];
    for (unsigned i = 0; i < 4; i++) {
        made[i] = HeapCreate(0, 0, 0);
    }
    DWORD total = ask(SLOTS, all);
    for (DWORD room = 1; room < total; room++) {
        CHECK_EQ_UINT(ask(room, some), total);
        WINE_DIFFERS("GetProcessHeaps fills a buffer that is too small") {
            for (DWORD i = 0; i < room; i++) {
                CHECK_EQ_PTR(some[i], all[i]);
            }
        }
        for (DWORD i = room; i < SLOTS; i++) {
            CHECK_EQ_PTR(some[i], UNUSED);
        }
    }
    CHECK_EQ_UINT(ask(0, some), total);
    CHECK_EQ_PTR(some[0], UNUSED);
    for (unsigned i = 0; i < 4; i++) {
        CHECK(HeapDestroy(made[i]));
    }
}

static void create_and_destroy(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 100; i++) {
        HANDLE heap = HeapCreate(0, 0, 0);
        HANDLE heaps[SLOTS];
        DWORD total = GetProcessHeaps(SLOTS, heaps);
        bool seen = false;
        for (DWORD n = 0; n < total && n < SLOTS; n++) {
            seen = seen || heaps[n] == heap;
        }
        CHECK(seen);
        CHECK(HeapDestroy(heap));
    }
}

/* threads that create and destroy heaps always find their own in the list, and leave none behind */
static void several_threads(void)
{
    SPEC("W3.2.7");
    struct thread threads[3];
    DWORD before = GetProcessHeaps(0, NULL);
    for (unsigned i = 0; i < 3; i++) {
        thread_start(&threads[i], create_and_destroy, NULL);
    }
    for (unsigned i = 0; i < 3; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ_UINT(GetProcessHeaps(0, NULL), before);
}

int main(void)
{
    at_start();
    total_and_handles();
    order_of_creation();
    destroyed_in_the_middle();
    small_buffer();
    prototype();
    several_threads();
    return check_report();
}
