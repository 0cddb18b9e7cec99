/*
 * What the program was started as, and with.
 */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;

/* Where the kernel has put the number of arguments, the arguments, and behind a NULL the environment. The loader knows
 * it before anything of the C library is set up, and so before the first call of malloc. */
extern void *__libc_stack_end;
#pragma weak __libc_stack_end

static char **environment(void)
{
    if (environ != NULL || &__libc_stack_end == NULL || __libc_stack_end == NULL)
        return environ;
    size_t arguments = *(const size_t *)__libc_stack_end;
    return (char **)__libc_stack_end + 1 + arguments + 1;
}

bool os_has_environment(void)
{
    return environment() != NULL;
}

bool os_is_privileged(void)
{
    return getauxval(AT_SECURE) != 0;
}

const char *os_environment(const char *name)
{
    size_t length = strlen(name);
    char **entry = environment();
    if (entry == NULL || os_is_privileged())
        return NULL;
    for (; *entry != NULL; entry++) {
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    }
    return NULL;
}

bool os_program_name(char *name, size_t size)
{
    char path[4096];
    int error = errno;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    errno = error;
    if (length <= 0)
        return false;
    path[length] = '\0';
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    size_t base_length = strlen(base);
    if (base_length >= size)
        return false;
    memcpy(name, base, base_length + 1);
    return true;
}

bool os_read_file(const char *path, char *text, size_t size, size_t *length)
{
    int error = errno;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *length = 0;
    if (file >= 0) {
        ssize_t count;
        while (*length < size && (count = read(file, text + *length, size - *length)) > 0)
            *length += (size_t)count;
        close(file);
    }
    errno = error;
    return file >= 0;
}
