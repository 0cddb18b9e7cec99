#include "nt/irql.h"

#include "base/message.h"
#include "heap/thread.h"
#include "os/os.h"

THREAD_LOCAL KIRQL irql_current;

static _Noreturn void stop(const char *function, const char *text, KIRQL level)
{
    struct message message;
    message_start(&message);
    message_add(&message, "cairn: ");
    message_add(&message, function);
    message_add(&message, text);
    message_add_decimal(&message, level);
    message_end(&message);
    os_write_error(message.text, message.length);
    os_abort();
}

_Noreturn void irql_refuse(const char *function)
{
    stop(function, ": only below DISPATCH_LEVEL, not at IRQL ", irql_current);
}

static void set(KIRQL level)
{
    irql_current = level;
    thread_hide_fronts(level >= DISPATCH_LEVEL);
}

KIRQL KeGetCurrentIrql(VOID)
{
    return irql_current;
}

VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql)
{
    if (NewIrql < irql_current || NewIrql > HIGH_LEVEL)
        stop("KeRaiseIrql", ": IRQL_NOT_GREATER_OR_EQUAL, from IRQL ", irql_current);
    *OldIrql = irql_current;
    set(NewIrql);
}

VOID KeLowerIrql(KIRQL NewIrql)
{
    if (NewIrql > irql_current)
        stop("KeLowerIrql", ": IRQL_NOT_LESS_OR_EQUAL, from IRQL ", irql_current);
    set(NewIrql);
}
