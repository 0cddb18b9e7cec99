/* The lock: recursion, who holds it, contention, and the change from one thread to several while it is held. */
#include "heap/lock.h"

#include "check.h"
#include "child.h"
#include "seed.h"
#include "thread.h"

#define THREADS 4
#define ROUNDS (200000u / SLOWNESS)

static struct lock lock;
static unsigned counter; /* the lock guards it */
static atomic_uint through;

static void recursion(void)
{
    CHECK(!lock_is_held(&lock));
    for (unsigned i = 0; i < 1000; i++) {
        lock_acquire(&lock);
        CHECK(lock_is_held(&lock));
    }
    for (unsigned i = 0; i < 1000; i++) {
        CHECK(lock_is_held(&lock));
        lock_release(&lock);
    }
    CHECK(!lock_is_held(&lock));
    CHECK_EQ_UINT(atomic_load(&lock.word), 0);
    CHECK_EQ_UINT(atomic_load(&lock.owner), 0);
}

static void acquire_once(void *arg)
{
    (void)arg;
    CHECK(!lock_is_held(&lock));
    lock_acquire(&lock);
    CHECK(lock_is_held(&lock));
    counter++;
    lock_release(&lock);
    atomic_fetch_add(&through, 1);
}

/* Taken twice while this is the only thread, released when it is not: nobody comes in before the last release. */
static void second_thread_while_held(void)
{
    struct thread threads[THREADS];
    lock_acquire(&lock);
    lock_acquire(&lock);
    for (unsigned i = 0; i < THREADS; i++) {
        thread_start(&threads[i], acquire_once, NULL);
    }
    CHECK(!thread_join_timeout(&threads[0], 50));
    lock_release(&lock);
    CHECK(!thread_join_timeout(&threads[0], 50));
    CHECK_EQ_UINT(atomic_load(&through), 0);
    lock_release(&lock);
    for (unsigned i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ_UINT(counter, THREADS);
    CHECK_EQ_UINT(atomic_load(&lock.word), 0);
}

static void count_up(void *arg)
{
    struct random random = {(uintptr_t)arg};
    for (unsigned i = 0; i < ROUNDS; i++) {
        bool twice = random_percent(&random, 20);
        lock_acquire(&lock);
        if (twice) {
            lock_acquire(&lock);
        }
        unsigned seen = counter;
        if (random_percent(&random, 1)) {
            sched_yield();
        }
        counter = seen + 1;
        if (twice) {
            lock_release(&lock);
        }
        lock_release(&lock);
    }
}

static void contention(void)
{
    struct thread threads[THREADS];
    counter = 0;
    for (uintptr_t i = 0; i < THREADS; i++) {
        thread_start(&threads[i], count_up, (void *)i);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ_UINT(counter, THREADS * ROUNDS);
    CHECK_EQ_UINT(atomic_load(&lock.word), 0);
    CHECK_EQ_UINT(atomic_load(&lock.owner), 0);
}

static unsigned numbers[64];

static void take_number(void *arg)
{
    unsigned *number = arg;
    *number = os_thread_number();
    CHECK(*number != 0 && *number == os_thread_number());
}

/* Threads that come one after the other, on the same stack perhaps, are never taken for each other. */
static void numbers_are_used_once(void)
{
    for (unsigned i = 0; i < 64; i++) {
        struct thread thread;
        thread_start(&thread, take_number, &numbers[i]);
        thread_join(&thread);
        CHECK(numbers[i] != os_thread_number());
        for (unsigned j = 0; j < i; j++) {
            CHECK(numbers[i] != numbers[j]);
        }
    }
}

static void end_with_lock(void *arg)
{
    (void)arg;
    lock_acquire(&lock);
}

/* A thread that ends with the lock held leaves it held: the next one waits. */
static void abandoned(void *arg)
{
    struct thread holder, waiter;
    (void)arg;
    thread_start(&holder, end_with_lock, NULL);
    thread_join(&holder);
    CHECK(!lock_is_held(&lock));
    thread_start(&waiter, acquire_once, NULL);
    CHECK(!thread_join_timeout(&waiter, 50));
}

int main(void)
{
    recursion();
    second_thread_while_held();
    contention();
    recursion();
    numbers_are_used_once();
    child_run(abandoned, NULL, 20, "abandoned lock");
    return check_report();
}
