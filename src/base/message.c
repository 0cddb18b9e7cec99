#include "base/message.h"

static void add_char(struct message *message, char c)
{
    if (message->length < sizeof message->text - 1)
        message->text[message->length++] = c;
}

static void add_number(struct message *message, uint64_t value, unsigned base)
{
    char digits[20];
    size_t count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count > 0)
        add_char(message, digits[--count]);
}

void message_start(struct message *message)
{
    message->length = 0;
}

void message_add(struct message *message, const char *text)
{
    while (*text != '\0')
        add_char(message, *text++);
}

void message_add_decimal(struct message *message, uint64_t value)
{
    add_number(message, value, 10);
}

void message_add_pointer(struct message *message, const void *pointer)
{
    message_add(message, "0x");
    add_number(message, (uintptr_t)pointer, 16);
}

void message_end(struct message *message)
{
    message->text[message->length++] = '\n';
}
