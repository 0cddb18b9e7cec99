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

static THREAD_LOCAL struct finding noted;

void finding_note(const struct finding *finding)
{
    noted = *finding;
}

/* What was noted of this mistake; it is told once. */
static bool take_noted(enum outcome outcome, const void *block, struct finding *finding)
{
    *finding = noted;
    noted.what = OUTCOME_OK;
    return finding->what == outcome && finding->asked == block;
}

static void add_finding(struct message *message, const struct finding *finding)
{
    if (finding->size != FINDING_NO_SIZE) {
        message_add(message, ", size ");
        message_add_decimal(message, finding->size);
    }
    if (!finding->knows_byte)
        return;
    message_add(message, ", byte ");
    message_add_decimal(message, finding->offset);
    message_add(message, " is ");
    message_add_pointer(message, (const void *)(uintptr_t)finding->found);
}

void mistake_write_line(const char *function, enum outcome outcome, const void *block, const void *heap)
{
    struct finding finding;
    bool knows_more = take_noted(outcome, block, &finding);
    struct message message;
    if (knows_more)
        block = finding.block;
    message_start(&message);
    message_add(&message, "cairn: ");
    message_add(&message, function);
    message_add(&message, ": ");
    message_add(&message, texts[outcome]);
    if (block != NULL)
        add_named(&message, outcome == OUTCOME_NOT_AN_OBJECT ? ": handle " : ": block ", block);
    if (heap != NULL)
        add_named(&message, block != NULL ? ", heap " : ": heap ", heap);
    if (knows_more)
        add_finding(&message, &finding);
    message_end(&message);
    os_write_error(message.text, message.length);
    if (knows_more && finding.tell_traces != NULL)
        finding.tell_traces(&finding);
}
SHARE(mistake_write_line);
