/* A second thread that wants a heap while the test holds its lock: win32-heap.md section 6. */
#ifndef CAIRN_TESTS_CONTENDER_H
#define CAIRN_TESTS_CONTENDER_H

#include "blocks.h"
#include "thread.h"

#define BLOCKED_MS 100   /* who has not come through by then is blocked */
#define THROUGH_MS 10000 /* who is not blocked comes through by then, however busy the machine */

struct contender {
    HANDLE heap;
    bool locks;  /* whether it takes the heap's lock around the two */
    DWORD flags; /* of its HeapAlloc and HeapFree */
    struct thread thread;
};

static inline void contender_run(void *arg)
{
    struct contender *c = arg;
    if (c->locks) {
        CHECK_EQ_INT(HeapLock(c->heap), TRUE);
    }
    void *block = HeapAlloc(c->heap, c->flags, 0);
    CHECK(block != NULL);
    CHECK_EQ_INT(HeapFree(c->heap, c->flags, block), TRUE);
    if (c->locks) {
        CHECK_EQ_INT(HeapUnlock(c->heap), TRUE);
    }
}

static inline void contender_start(struct contender *c, HANDLE heap, bool locks, DWORD flags)
{
    c->heap = heap;
    c->locks = locks;
    c->flags = flags;
    thread_start(&c->thread, contender_run, c);
}

static inline bool contender_is_blocked(struct contender *c)
{
    return !thread_join_timeout(&c->thread, BLOCKED_MS);
}

static inline bool contender_comes_through(struct contender *c)
{
    return thread_join_timeout(&c->thread, THROUGH_MS);
}

#endif
