/* How much memory this process uses, as the system counts it. Linux only. */
#ifndef CAIRN_TESTS_MEMORY_USE_H
#define CAIRN_TESTS_MEMORY_USE_H

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct memory_use {
    size_t mapped;   /* bytes of address space */
    size_t resident; /* bytes in RAM */
    size_t writable; /* bytes of private writable mappings: what a strict system counts as committed, and stacks */
};

/* The number behind `name` in the text of /proc/self/status, which counts in KiB. */
static inline size_t memory_use_field(const char *text, const char *name)
{
    const char *at = text;
    for (size_t length = strlen(name); at != NULL && strncmp(at, name, length) != 0;) {
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    return at != NULL ? (size_t)strtoull(at + strlen(name), NULL, 10) << 10 : 0;
}

/* Makes no use of any heap. */
static inline struct memory_use memory_use(void)
{
    static char text[0x2000];
    struct memory_use use = {0, 0, 0};
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, text, sizeof(text) - 1) : -1;
    if (length <= 0) {
        printf("cannot read /proc/self/status\n");
        exit(2);
    }
    close(file);
    text[length] = '\0';
    use.mapped = memory_use_field(text, "VmSize:");
    use.resident = memory_use_field(text, "VmRSS:");
    use.writable = memory_use_field(text, "VmData:");
    return use;
}

#endif
