#include "nt/program_lock.h"

#include "base/align.h"
#include "base/message.h"

/* RTL_CRITSECT_TYPE and RTL_RESOURCE_TYPE. */
RTL_CRITICAL_SECTION_DEBUG program_lock_section = {.Type = 0};
RTL_CRITICAL_SECTION_DEBUG program_lock_resource = {.Type = 1};

#define LOCK_OFFSET(member) (offsetof(struct program_lock, lock) + offsetof(struct lock, member))
_Static_assert(offsetof(RTL_CRITICAL_SECTION, LockCount) == LOCK_OFFSET(word), "Windows' layout");
_Static_assert(offsetof(RTL_CRITICAL_SECTION, RecursionCount) == LOCK_OFFSET(depth), "Windows' layout");
_Static_assert(offsetof(RTL_CRITICAL_SECTION, OwningThread) == LOCK_OFFSET(owner), "Windows' layout");
_Static_assert(sizeof(ERESOURCE) >= sizeof(struct program_lock), "there is room");

static _Noreturn void stop(const char *function, const char *text, const void *object)
{
    struct message message;
    message_start(&message);
    message_add(&message, "cairn: ");
    message_add(&message, function);
    message_add(&message, text);
    message_add_pointer(&message, object);
    message_end(&message);
    os_write_error(message.text, message.length);
    os_abort();
}

void program_lock_start(void *object, RTL_CRITICAL_SECTION_DEBUG *kind)
{
    struct program_lock *lock = object;
    lock->kind = kind;
    lock->lock = (struct lock){.depth = 0};
}

struct lock *program_lock_of(void *object, const RTL_CRITICAL_SECTION_DEBUG *kind, const char *function)
{
    struct program_lock *lock = object;
    if (UNLIKELY(lock->kind != kind))
        stop(function, ": not initialised, or deleted: ", object);
    return &lock->lock;
}

void program_lock_leave(void *object, const RTL_CRITICAL_SECTION_DEBUG *kind, const char *function)
{
    struct lock *lock = program_lock_of(object, kind, function);
    if (UNLIKELY(!lock_is_held(lock)))
        stop(function, ": not held by this thread: ", object);
    lock_release(lock);
}

struct lock *program_lock_find(void *object)
{
    struct program_lock *lock = object;
    const char *last = (const char *)object + sizeof *lock - 1;
    if (!is_aligned((uintptr_t)object, _Alignof(struct program_lock)) || !os_is_readable(object) ||
        !os_is_readable(last) || (lock->kind != &program_lock_section && lock->kind != &program_lock_resource))
        return NULL;
    return &lock->lock;
}
