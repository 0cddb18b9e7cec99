#include "nt/report.h"

#include "base/message.h"
#include "os/os.h"

static atomic_bool termination_enabled;

static const char *const texts[] = {
#define OUTCOME_TEXT(name, text) [name] = text,
    OUTCOME_LIST(OUTCOME_TEXT)
#undef OUTCOME_TEXT
};

void report_enable_termination(void)
{
    atomic_store_explicit(&termination_enabled, true, memory_order_relaxed);
}

static bool is_mistake(enum outcome outcome)
{
    return outcome != OUTCOME_OK && outcome != OUTCOME_NO_MEMORY && outcome != OUTCOME_CANNOT_RESIZE;
}

void report_failure(enum outcome outcome, const char *function, const void *heap, const void *block)
{
    if (!is_mistake(outcome) || !atomic_load_explicit(&termination_enabled, memory_order_relaxed))
        return;

    struct message message;
    message_start(&message);
    message_add(&message, "cairn: ");
    message_add(&message, function);
    message_add(&message, ": ");
    message_add(&message, texts[outcome]);
    message_add(&message, ": ");
    if (block != NULL) {
        message_add(&message, "block ");
        message_add_pointer(&message, block);
        message_add(&message, ", ");
    }
    message_add(&message, "heap ");
    message_add_pointer(&message, heap);
    message_end(&message);
    os_write_error(message.text, message.length);
    os_abort();
}
