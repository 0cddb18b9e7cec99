/*
 * Handlers of the process: two lists, of those called for an exception and of those called before going on after one.
 *
 * The lists are of fixed size, so that nothing is allocated and a handler may be called while others come and go.
 * A handler is called without the lock, and only if it is still registered.
 */
#include "seh/seh.h"

#include "os/os.h"

#include <stdatomic.h>

enum {
    HANDLER_MAX = 64
};

struct registration {
    uintptr_t handle; /* never 0, never used again */
    PVECTORED_EXCEPTION_HANDLER handler;
};

struct list {
    atomic_uint count;
    struct registration registrations[HANDLER_MAX];
};

static LITTLE_USED struct list exception_handlers;
static LITTLE_USED struct list continue_handlers;
static uintptr_t last_handle;
static atomic_flag lists_lock = ATOMIC_FLAG_INIT;
static atomic_bool guards_fork;

static void lock(void)
{
    for (unsigned tries = 0; atomic_flag_test_and_set_explicit(&lists_lock, memory_order_acquire); tries++)
        os_yield(tries);
}

static void unlock(void)
{
    atomic_flag_clear_explicit(&lists_lock, memory_order_release);
}

static void *add(struct list *list, ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
    if (handler == NULL)
        return NULL;
    seh_prepare_thread();
    if (!atomic_exchange(&guards_fork, true))
        os_on_fork(lock, unlock, unlock);

    lock();
    unsigned count = atomic_load_explicit(&list->count, memory_order_relaxed);
    void *handle = NULL;
    if (count < HANDLER_MAX) {
        unsigned at = first ? 0 : count;
        for (unsigned i = count; i > at; i--)
            list->registrations[i] = list->registrations[i - 1];
        list->registrations[at] = (struct registration){++last_handle, handler};
        atomic_store_explicit(&list->count, count + 1, memory_order_relaxed);
        handle = (void *)last_handle; // NOLINT(performance-no-int-to-ptr): a number in a handle's clothes
    }
    unlock();
    return handle;
}

static ULONG take_away(struct list *list, const void *handle)
{
    lock();
    unsigned count = atomic_load_explicit(&list->count, memory_order_relaxed);
    unsigned at = 0;
    while (at < count && list->registrations[at].handle != (uintptr_t)handle)
        at++;
    if (at < count) {
        for (unsigned i = at; i + 1 < count; i++)
            list->registrations[i] = list->registrations[i + 1];
        atomic_store_explicit(&list->count, count - 1, memory_order_relaxed);
    }
    unlock();
    return at < count;
}

/* The handlers' handles in order; how many. */
static unsigned copy_handles(struct list *list, uintptr_t handles[HANDLER_MAX])
{
    if (atomic_load_explicit(&list->count, memory_order_relaxed) == 0)
        return 0;
    lock();
    unsigned count = atomic_load_explicit(&list->count, memory_order_relaxed);
    for (unsigned i = 0; i < count; i++)
        handles[i] = list->registrations[i].handle;
    unlock();
    return count;
}

/* NULL: not registered any more. */
static PVECTORED_EXCEPTION_HANDLER find(struct list *list, uintptr_t handle)
{
    PVECTORED_EXCEPTION_HANDLER handler = NULL;
    lock();
    unsigned count = atomic_load_explicit(&list->count, memory_order_relaxed);
    for (unsigned i = 0; i < count && handler == NULL; i++) {
        if (list->registrations[i].handle == handle)
            handler = list->registrations[i].handler;
    }
    unlock();
    return handler;
}

/* Calls them in order until one has the thread continue. */
static LONG call(struct list *list, EXCEPTION_POINTERS *pointers)
{
    uintptr_t handles[HANDLER_MAX];
    unsigned count = copy_handles(list, handles);
    for (unsigned i = 0; i < count; i++) {
        PVECTORED_EXCEPTION_HANDLER handler = find(list, handles[i]);
        if (handler != NULL && handler(pointers) == EXCEPTION_CONTINUE_EXECUTION)
            return EXCEPTION_CONTINUE_EXECUTION;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

bool seh_has_vectored_handlers(void)
{
    return atomic_load_explicit(&exception_handlers.count, memory_order_relaxed) != 0;
}

LONG seh_call_vectored_handlers(EXCEPTION_POINTERS *pointers)
{
    return call(&exception_handlers, pointers);
}

void seh_call_continue_handlers(EXCEPTION_POINTERS *pointers)
{
    (void)call(&continue_handlers, pointers);
}

PVOID AddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler)
{
    return add(&exception_handlers, First, Handler);
}

ULONG RemoveVectoredExceptionHandler(PVOID Handle)
{
    return take_away(&exception_handlers, Handle);
}

PVOID AddVectoredContinueHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler)
{
    return add(&continue_handlers, First, Handler);
}

ULONG RemoveVectoredContinueHandler(PVOID Handle)
{
    return take_away(&continue_handlers, Handle);
}
