/* RtlValidateProcessHeaps: nt-heap.md 6. Wine 8.0 does not have it. */
#include "blocks.h"
#include "thread.h"

#include "nt.h"

/* TRUE when all are valid */
static void all_valid(void)
{
    SPEC("N6.6");
    HANDLE a = HeapCreate(0, 0, 0), b = HeapCreate(HEAP_NO_SERIALIZE, 0, 0), c = HeapCreate(0, 0, UNIT);
    CHECK(HeapAlloc(a, 0, 100) && HeapAlloc(b, 0, LARGE_MIN) && HeapAlloc(c, 0, 1));
    POISON_LAST_ERROR();
    CHECK_EQ_UINT(RtlValidateProcessHeaps(), TRUE);
    CHECK_LAST_ERROR_UNTOUCHED();
    CHECK(HeapDestroy(a) && HeapDestroy(b) && HeapDestroy(c));
}

/* FALSE when any one is not, whichever */
static void one_damaged(void)
{
    SPEC("N6.6");
    HANDLE heaps[3] = {HeapCreate(0, 0, 0), HeapCreate(0, 0, 0), HeapCreate(0, 0, 0)};
    for (unsigned i = 0; i < 3; i++) {
        char *block = HeapAlloc(heaps[i], 0, 24);
        CHECK(HeapAlloc(heaps[i], 0, 24) != NULL);
        block[25] ^= 1; /* the next block's header */
        CHECK(!RtlValidateHeap(heaps[i], 0, NULL));
        POISON_LAST_ERROR();
        CHECK_EQ_UINT(RtlValidateProcessHeaps(), FALSE);
        CHECK_LAST_ERROR_UNTOUCHED();
        block[25] ^= 1;
        CHECK_EQ_UINT(RtlValidateProcessHeaps(), TRUE);
    }
    for (unsigned i = 0; i < 3; i++) {
        CHECK(HeapDestroy(heaps[i]));
    }
}

static HANDLE held;
static atomic_int validated;

static void validate(void *unused)
{
    (void)unused;
    CHECK_EQ_UINT(RtlValidateProcessHeaps(), TRUE);
    atomic_store(&validated, 1);
}

/* a heap that a thread holds is waited for; its holder may look at the list of heaps meanwhile */
static void waits_for_holder(void)
{
    struct thread thread;
    held = HeapCreate(0, 0, 0);
    CHECK(HeapLock(held));
    CHECK_EQ_UINT(RtlValidateProcessHeaps(), TRUE);
    thread_start(&thread, validate, NULL);
    thread_sleep(30);
    CHECK_EQ_INT(atomic_load(&validated), 0);
    CHECK(HeapDestroy(HeapCreate(0, 0, 0)));
    CHECK(HeapUnlock(held));
    thread_join(&thread);
    CHECK_EQ_INT(atomic_load(&validated), 1);
    CHECK(HeapDestroy(held));
}

int main(void)
{
    nt_load();
    CHECK(true);
    if (on_wine()) {
        wine_skip("RtlValidateProcessHeaps is missing");
        return check_report();
    }
    all_valid();
    one_damaged();
    waits_for_holder();
    return check_report();
}
