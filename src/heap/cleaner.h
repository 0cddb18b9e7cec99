/*
 * The cleaner: gives warm memory back to the system when it has not been used again for a while.
 *
 * It is a thread that is there only while there is something to give back, so a program that uses little memory never
 * has it. A call that leaves warm memory behind asks for it; it is started when that call ends, because from then on
 * calls must lock even in a process that has one thread of its own.
 *
 * Where the system refuses the thread, or an option forbids it, calls that leave the fast path look at the clock
 * instead, while there is something to give back, and one of them cleans.
 */
#ifndef CAIRN_HEAP_CLEANER_H
#define CAIRN_HEAP_CLEANER_H

#include "os/os.h"

extern atomic_bool cleaner_is_wanted;
extern atomic_bool cleaner_is_running;

/* Asks for the cleaner. Any thread; costs a load when it was asked for already. */
static inline void cleaner_ask(void)
{
    if (UNLIKELY(!atomic_load_explicit(&cleaner_is_wanted, memory_order_relaxed)))
        atomic_store_explicit(&cleaner_is_wanted, true, memory_order_relaxed);
}

/* Starts it, if it is not running; without a thread, cleans when it is time. The caller is in no heap. */
void cleaner_start(void);

/* Waits until the thread is not at work, unless it seems to wait for the caller, and keeps it from work. */
void cleaner_keep_out(void);
void cleaner_let_in(void);

/* In the child of a fork: it is not there. */
void cleaner_forget(void);

/* Milliseconds that memory stays warm; 0: none does. */
unsigned cleaner_delay(void);

#endif
