/*
 * C++'s operators new and delete, under the names that the Itanium C++ ABI gives them, so that no C++ compiler or
 * run-time is needed: `m` is size_t, `Pv` void *.
 *
 * Four of them are here. All others - for arrays, with a size, or that return NULL - are by the standard's default made
 * of these four, and so the C++ run-time's serve. Were they here as well, a program that replaces the first four only,
 * which it may, would get blocks of one allocator and give them to another.
 *
 * When memory runs out, the C++ run-time of the process knows the new handler and throws std::bad_alloc; the unwinder
 * passes through the functions here like any others. It is found by weak references where it is there from the start,
 * and by its name where it came with something that was dlopened.
 */
#include "base/align.h"
#include "malloc/cxx.h"
#include "malloc/slow.h"

_Static_assert(sizeof(size_t) == sizeof(long), "`m` in the names stands for unsigned long");

/* Weak, so that a program which is linked with the archive may replace them. */
#define EXPORT_OPERATOR EXPORT __attribute__((weak))

/* --- the C++ run-time -----------------------------------------------------------------------------------------------
 */

typedef void new_handler(void);

/* std::get_new_handler(), std::__throw_bad_alloc() */
new_handler *_ZSt15get_new_handlerv(void);
_Noreturn void _ZSt17__throw_bad_allocv(void);
#pragma weak _ZSt15get_new_handlerv
#pragma weak _ZSt17__throw_bad_allocv

/* The archive goes without: a program that is linked statically has no loader to ask. */
#pragma weak cxx_find_late

static void *find_late(const char *name)
{
    return cxx_find_late != NULL ? cxx_find_late(name) : NULL;
}

static new_handler *current_new_handler(void)
{
    new_handler *(*get)(void) = _ZSt15get_new_handlerv;
    if (get == NULL)
        get = (new_handler * (*)(void)) find_late("_ZSt15get_new_handlerv");
    return get != NULL ? get() : NULL;
}

static _Noreturn void throw_bad_alloc(void)
{
    static const char no_runtime[] = "cairn: operator new: no memory, and no C++ library to throw std::bad_alloc\n";
    void (*throw_it)(void) = _ZSt17__throw_bad_allocv;
    if (throw_it == NULL)
        throw_it = (void (*)(void))find_late("_ZSt17__throw_bad_allocv");
    if (throw_it != NULL)
        throw_it();

    os_write_error(no_runtime, sizeof no_runtime - 1);
    os_abort();
}

/* --- new and delete -------------------------------------------------------------------------------------------------
 */

/* The handler makes memory available, throws, or ends the process; without one there is nothing left to try. An
 * alignment that cannot be is answered like a lack of memory, without a handler. */
static NOINLINE void *new_slowly(size_t size, size_t alignment)
{
    for (;;) {
        void *block = is_power_of_two(alignment) ? slow_try("operator new", size, alignment, false) : NULL;
        if (LIKELY(block != NULL))
            return block;
        new_handler *handler = is_power_of_two(alignment) ? current_new_handler() : NULL;
        if (handler == NULL)
            throw_bad_alloc();
        handler();
    }
}

static NOINLINE void *new_larger(size_t size)
{
    void *block = front_pop_any(own_front(), size);
    return LIKELY(block != NULL) ? block : new_slowly(size, 1);
}

/* operator new(std::size_t) */
EXPORT_OPERATOR void *_Znwm(size_t size)
{
    void *block = front_pop(own_front(), size);
    return LIKELY(block != NULL) ? block : new_larger(size);
}

/* operator new(std::size_t, std::align_val_t) */
EXPORT_OPERATOR void *_ZnwmSt11align_val_t(size_t size, size_t alignment)
{
    void *block = LIKELY(is_power_of_two(alignment)) ? front_pop_aligned(own_front(), size, alignment) : NULL;
    return LIKELY(block != NULL) ? block : new_slowly(size, alignment);
}

static NOINLINE void delete_slowly(void *block)
{
    slow_free("operator delete", block);
}

/* Not by the name of an operator, which a program may have replaced alone. */
static ALWAYS_INLINE void delete_block(void *block)
{
    if (UNLIKELY(!front_push(own_front(), block)))
        delete_slowly(block);
}

/* operator delete(void *) */
EXPORT_OPERATOR void _ZdlPv(void *block)
{
    delete_block(block);
}

/* operator delete(void *, std::align_val_t): blocks know their alignment. */
EXPORT_OPERATOR void _ZdlPvSt11align_val_t(void *block, size_t alignment)
{
    (void)alignment;
    delete_block(block);
}
