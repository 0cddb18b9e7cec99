/* The line of a report: numbers, pointers, and what happens when it becomes too long. */
#include "base/message.h"

#include "check.h"

static void is(struct message *message, const char *expected)
{
    message_end(message);
    CHECK_EQ_UINT(message->length, strlen(expected));
    CHECK(memcmp(message->text, expected, strlen(expected)) == 0);
}

static void numbers(void)
{
    struct message message;
    message_start(&message);
    is(&message, "\n");
    message_start(&message);
    message_add_decimal(&message, 0);
    message_add(&message, " ");
    message_add_decimal(&message, 10);
    message_add(&message, " ");
    message_add_decimal(&message, UINT64_MAX);
    is(&message, "0 10 18446744073709551615\n");
    message_start(&message);
    message_add_pointer(&message, NULL);
    message_add(&message, ", ");
    message_add_pointer(&message, (void *)(uintptr_t)0xDEADBEEF0);
    message_add(&message, ", ");
    message_add_pointer(&message, (void *)~(uintptr_t)0);
    is(&message, "0x0, 0xdeadbeef0, 0xffffffffffffffff\n");
}

/* Too long by any number of bytes: cut off, never past the end, the newline in its place. */
static void too_long(void)
{
    for (size_t extra = 0; extra < 40; extra++) {
        struct {
            struct message message;
            char behind[64];
        } guarded;
        memset(&guarded, 0x6B, sizeof(guarded));
        message_start(&guarded.message);
        for (size_t i = 0; i < sizeof(guarded.message.text) - 20 + extra; i++) {
            message_add(&guarded.message, "x");
        }
        message_add_decimal(&guarded.message, UINT64_MAX);
        message_add_pointer(&guarded.message, &guarded);
        message_end(&guarded.message);
        CHECK_EQ_UINT(guarded.message.length, sizeof(guarded.message.text));
        CHECK_EQ_INT(guarded.message.text[guarded.message.length - 1], '\n');
        for (size_t i = 0; i < sizeof(guarded.behind); i++) {
            CHECK_EQ_INT(guarded.behind[i], 0x6B);
        }
    }
}

int main(void)
{
    numbers();
    too_long();
    return check_report();
}
