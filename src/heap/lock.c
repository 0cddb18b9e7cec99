#include "heap/lock.h"

/* About as long as a short heap operation of the holder takes; a sleep and wake cost far more. */
#define SPINS_BEFORE_SLEEP 100

static inline void pause_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void lock_acquire_contended(struct lock *lock)
{
    for (int spin = 0; spin < SPINS_BEFORE_SLEEP; spin++) {
        unsigned free_word = 0;
        if (atomic_load_explicit(&lock->word, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_weak_explicit(&lock->word, &free_word, 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return;
        pause_processor();
    }

    /* From here on the word is taken as 2: this thread cannot know whether it was the only one that waited. */
    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
        os_wait(&lock->word, 2);
}
