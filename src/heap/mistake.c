#include "heap/mistake.h"

#include "base/message.h"
#include "os/os.h"

static const char *const texts[] = {
#define OUTCOME_TEXT(name, text) [name] = text,
    OUTCOME_LIST(OUTCOME_TEXT)
#undef OUTCOME_TEXT
};

bool outcome_is_mistake(enum outcome outcome)
{
    return outcome != OUTCOME_OK && outcome != OUTCOME_NO_MEMORY && outcome != OUTCOME_CANNOT_RESIZE &&
           outcome != OUTCOME_NO_EXTRA;
}
SHARE(outcome_is_mistake);

static void add_named(struct message *message, const char *label, const void *pointer)
{
    message_add(message, label);
    message_add_pointer(message, pointer);
}

void mistake_write_line(const char *function, enum outcome outcome, const void *block, const void *heap)
{
    struct message message;
    message_start(&message);
    message_add(&message, "cairn: ");
    message_add(&message, function);
    message_add(&message, ": ");
    message_add(&message, texts[outcome]);
    if (block != NULL)
        add_named(&message, ": block ", block);
    if (heap != NULL)
        add_named(&message, block != NULL ? ", heap " : ": heap ", heap);
    message_end(&message);
    os_write_error(message.text, message.length);
}
SHARE(mistake_write_line);
