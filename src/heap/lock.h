/*
 * The recursive lock of a heap, of the registry and of the arenas.
 *
 * Its members lie as those of the same meaning lie in Windows' RTL_CRITICAL_SECTION, so that one of the program's own
 * can be a heap's lock (nt/program_lock.h).
 *
 * A futex word: 0 free, 1 held, 2 held and somebody may be waiting. The owner is a thread number, which is never given
 * to a second thread, so a thread that ends with the lock held leaves it held, as Windows does.
 */
#ifndef CAIRN_HEAP_LOCK_H
#define CAIRN_HEAP_LOCK_H

#include "os/os.h"

struct lock {
    atomic_uint word;
    unsigned depth;    /* how often the owner holds it */
    atomic_uint owner; /* thread number, 0 when free; others only compare it with their own */
};

void lock_acquire_contended(struct lock *lock);

static inline bool lock_is_held(struct lock *lock)
{
    return atomic_load_explicit(&lock->owner, memory_order_relaxed) == os_thread_number();
}

/* Takes the lock if no other thread has it; never waits. */
static inline bool lock_try(struct lock *lock)
{
    unsigned free_word = 0;

    if (lock_is_held(lock)) {
        lock->depth++;
        return true;
    }
    if (!atomic_compare_exchange_strong_explicit(&lock->word, &free_word, 1, memory_order_acquire,
                                                 memory_order_relaxed))
        return false;
    atomic_store_explicit(&lock->owner, os_thread_number(), memory_order_relaxed);
    lock->depth = 1;
    return true;
}

static inline void lock_acquire(struct lock *lock)
{
    unsigned self = os_thread_number();

    if (atomic_load_explicit(&lock->owner, memory_order_relaxed) == self) {
        lock->depth++;
        return;
    }

    unsigned free_word = 0;
    if (UNLIKELY(!atomic_compare_exchange_strong_explicit(&lock->word, &free_word, 1, memory_order_acquire,
                                                          memory_order_relaxed)))
        lock_acquire_contended(lock);
    atomic_store_explicit(&lock->owner, self, memory_order_relaxed);
    lock->depth = 1;
}

/* The caller holds the lock. */
static inline void lock_release(struct lock *lock)
{
    if (--lock->depth != 0)
        return;
    atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
    if (UNLIKELY(atomic_exchange_explicit(&lock->word, 0, memory_order_release) == 2))
        os_wake_one(&lock->word);
}

#endif
