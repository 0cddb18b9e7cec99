/*
 * Entering a heap: what every operation that is not on the fast path does first and last.
 *
 * A thread that is in the heap and enters it again has been interrupted by a signal whose handler uses the heap. That
 * would find the heap half changed, so it ends the process with a message. But if the second call comes from further up
 * the stack, the first one was left by a jump, from a fault in the program's own memory that was being copied; a commit
 * routine of the program is called from outside (call_out).
 */
#ifndef CAIRN_HEAP_ENTER_H
#define CAIRN_HEAP_ENTER_H

#include "heap/cleaner.h"
#include "heap/heap.h"
#include "heap/thread.h"

#include <winnt.h>

/* Whether a call of the library is under way further up the calling thread's stack. */
static ALWAYS_INLINE bool call_is_under_way(uintptr_t here)
{
    return here < thread_fronts.inside;
}

/* Marks the calling thread as being inside the library. */
static ALWAYS_INLINE void call_begin(void)
{
    uintptr_t here = stack_address();
    if (UNLIKELY(call_is_under_way(here)))
        thread_reentered();
    thread_fronts.inside = here;
    atomic_signal_fence(memory_order_seq_cst);
}

static ALWAYS_INLINE void call_end_with_nothing_freed(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    thread_fronts.inside = 0;
}

/* The same of a call after which there may be something for the cleaner. */
static ALWAYS_INLINE void call_end(void)
{
    if (UNLIKELY(atomic_load_explicit(&cleaner_is_wanted, memory_order_relaxed)))
        cleaner_start();
    call_end_with_nothing_freed();
}

/* Around a call of a routine of the program's, which may use any heap. */
static inline uintptr_t call_out(void)
{
    uintptr_t inside = thread_fronts.inside;
    thread_fronts.inside = 0;
    return inside;
}

static inline void call_back_in(uintptr_t inside)
{
    thread_fronts.inside = inside;
}

/* The cleaner does not come to a heap that the program uses without a lock; if it is there just now, it is waited for.
 */
static NOINLINE void heap_keep_cleaner_out(struct heap *heap)
{
    atomic_store(&heap->is_used_unlocked, true);
    for (unsigned tries = 0; atomic_load(&heap->is_being_cleaned); tries++)
        os_yield(tries);
}

/* Whether the process has one thread, and not the cleaner, neither of which changes within a call, unless the heap
 * calls back. */
static ALWAYS_INLINE bool process_has_one_thread(void)
{
    return os_is_single_threaded() && !atomic_load_explicit(&cleaner_is_running, memory_order_acquire);
}

/* Whether no other thread can be in the heap during a call: there is none, or this thread holds the lock already, or
 * the program sees to it. */
static inline bool heap_is_alone(struct heap *heap, uint32_t flags)
{
    if ((process_has_one_thread() && LIKELY(!heap->calls_back)) || lock_is_held(heap->lock))
        return true;
    if (!((flags | heap->flags) & HEAP_NO_SERIALIZE))
        return false;
    if (UNLIKELY(!atomic_load_explicit(&heap->is_used_unlocked, memory_order_relaxed)))
        heap_keep_cleaner_out(heap);
    return true;
}

/* Locks other threads out of the heap; says whether there was need to. */
static inline bool heap_lock_out(struct heap *heap, uint32_t flags)
{
    if (heap_is_alone(heap, flags))
        return false;
    lock_acquire(heap->lock);
    return true;
}

static inline void heap_let_in(struct heap *heap, bool locked)
{
    if (locked)
        lock_release(heap->lock);
}

/* Both at once: begins a call that has the heap to itself. */
static inline bool heap_enter(struct heap *heap, uint32_t flags)
{
    call_begin();
    return heap_lock_out(heap, flags);
}

static inline void heap_leave(struct heap *heap, bool locked)
{
    heap_let_in(heap, locked);
    call_end();
}

#endif
