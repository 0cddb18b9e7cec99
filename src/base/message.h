/*
 * One line of text, built without allocating: for reports from inside a damaged heap.
 */
#ifndef CAIRN_BASE_MESSAGE_H
#define CAIRN_BASE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

struct message {
    size_t length;
    char text[320]; /* what does not fit is cut off; always room for the final newline */
};

void message_start(struct message *message);
void message_add(struct message *message, const char *text);
void message_add_decimal(struct message *message, uint64_t value);
void message_add_pointer(struct message *message, const void *pointer); /* as printf's %p: 0x and lower-case digits */
void message_end(struct message *message);                              /* adds the newline */

#endif
