#include "heap/gflags.h"

#include "base/message.h"
#include "heap/options.h"
#include "os/os.h"

#include <cairn_rtl_heap.h>
#include <string.h>

/* What has an effect here, and the bits that it sets in a heap's flags (nt-heap.md 15.1). */
static const struct {
    char name[4];
    uint32_t flag;
    uint32_t heap_bits;
} known[] = {
    {"soe", FLG_STOP_ON_EXCEPTION, 0},
    {"htc", FLG_HEAP_ENABLE_TAIL_CHECK, HEAP_TAIL_CHECKING_ENABLED},
    {"hfc", FLG_HEAP_ENABLE_FREE_CHECK, HEAP_FREE_CHECKING_ENABLED},
    {"hpc", FLG_HEAP_VALIDATE_PARAMETERS,
     HEAP_VALIDATE_PARAMETERS_ENABLED | HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED},
    {"hvc", FLG_HEAP_VALIDATE_ALL, HEAP_VALIDATE_ALL_ENABLED | HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED},
    {"htg", FLG_HEAP_ENABLE_TAGGING, 0},
    {"ust", FLG_USER_STACK_TRACE_DB, 0},
    {"htd", FLG_HEAP_ENABLE_TAG_BY_DLL, 0},
    {"dhc", FLG_HEAP_DISABLE_COALESCING, HEAP_DISABLE_COALESCE_ON_FREE},
};
#define KNOWN_COUNT (sizeof known / sizeof known[0])

/* --- one value ------------------------------------------------------------------------------------------------------
 */

static bool is_known(uint32_t flags)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        flags &= ~known[i].flag;
    return flags == 0;
}

static bool digit_value(char c, uint32_t *value)
{
    if (c >= '0' && c <= '9')
        *value = (uint32_t)(c - '0');
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        *value = (uint32_t)((c | 0x20) - 'a') + 10;
    else
        return false;
    return true;
}

/* Hexadecimal digits, eight at most. */
static bool read_number(const char *text, size_t length, uint32_t *flags)
{
    uint32_t digit;
    *flags = 0;
    for (size_t i = 0; i < length; i++) {
        if (!digit_value(text[i], &digit))
            return false;
        *flags = *flags << 4 | digit;
    }
    return length > 0 && length <= 8 && is_known(*flags);
}

/* One "+htc" or "-htc". */
static bool apply(const char *text, uint32_t *flags)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (memcmp(text + 1, known[i].name, 3) == 0) {
            *flags = text[0] == '+' ? *flags | known[i].flag : *flags & ~known[i].flag;
            return text[0] == '+' || text[0] == '-';
        }
    }
    return false;
}

bool gflags_read(const char *text, size_t length, uint32_t *flags)
{
    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return read_number(text + 2, length - 2, flags);
    *flags = 0;
    size_t words = 0;
    for (size_t i = 0; i < length; words++) {
        if (length - i < 4 || !apply(text + i, flags))
            return false;
        for (i += 4; i < length && text[i] == ' '; i++) {
        }
    }
    return words > 0;
}

/* --- the files ------------------------------------------------------------------------------------------------------
 */

#define FILE_LIMIT ((size_t)16 << 10)

static void complain(const char *path, unsigned line, const char *what)
{
    struct message message;
    message_start(&message);
    message_add(&message, "cairn: ");
    message_add(&message, path);
    message_add(&message, ": line ");
    message_add_decimal(&message, line);
    message_add(&message, ": ");
    message_add(&message, what);
    message_end(&message);
    os_write_error(message.text, message.length);
}

static size_t skip_blanks(const char *text, size_t from, size_t length)
{
    while (from < length && (text[from] == ' ' || text[from] == '\t'))
        from++;
    return from;
}

static size_t drop_blanks(const char *text, size_t length)
{
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t' || text[length - 1] == '\r'))
        length--;
    return length;
}

/* A line without comment and blanks around it, which may be empty. Whether it is for this program. */
static bool read_line(const char *path, unsigned number, const char *line, size_t length, const char *program,
                      uint32_t *flags)
{
    const char *comment = memchr(line, '#', length);
    length = drop_blanks(line, comment != NULL ? (size_t)(comment - line) : length);
    size_t start = skip_blanks(line, 0, length);
    if (start == length)
        return false;

    const char *equals = memchr(line + start, '=', length - start);
    if (equals == NULL) {
        complain(path, number, "not of the form program = flags");
        return false;
    }
    size_t name_length = drop_blanks(line + start, (size_t)(equals - line) - start);
    if (strlen(program) != name_length || memcmp(line + start, program, name_length) != 0)
        return false;
    size_t value = skip_blanks(line, (size_t)(equals - line) + 1, length);
    uint32_t read;
    if (!gflags_read(line + value, length - value, &read)) {
        complain(path, number, "not flags that have an effect here");
        return false;
    }
    *flags = read;
    return true;
}

/* Of two lines for the program the later one counts. */
static bool read_text(const char *path, const char *text, size_t length, const char *program, uint32_t *flags)
{
    bool found = false;
    unsigned number = 1;
    for (size_t from = 0; from < length; number++) {
        const char *newline = memchr(text + from, '\n', length - from);
        size_t line_length = newline != NULL ? (size_t)(newline - text) - from : length - from;
        found |= read_line(path, number, text + from, line_length, program, flags);
        from += line_length + 1;
    }
    return found;
}

/* False: there is no such file, or it has no line for the program. */
static bool read_file(const char *path, uint32_t *flags)
{
    static LITTLE_USED char text[FILE_LIMIT]; /* one thread reads options, once */
    char program[256];
    size_t length;
    if (!os_read_file(path, text, sizeof text, &length))
        return false;
    if (length == sizeof text)
        complain(path, 0, "too long, what is behind 16 KiB is left out");
    return os_program_name(program, sizeof program) && read_text(path, text, length, program, flags);
}

static bool read_file_under(const char *variable, const char *rest, uint32_t *flags)
{
    struct message path;
    const char *folder = os_environment(variable);
    if (folder == NULL || folder[0] != '/')
        return false;
    message_start(&path);
    message_add(&path, folder);
    message_add(&path, rest);
    path.text[path.length] = '\0';
    return read_file(path.text, flags);
}

uint32_t gflags_of_program(void)
{
    uint32_t flags = 0;
    if (os_is_privileged())
        return 0;
    bool has_own = os_environment("XDG_CONFIG_HOME") != NULL;
    bool found = has_own ? read_file_under("XDG_CONFIG_HOME", "/cairn/gflags", &flags)
                         : read_file_under("HOME", "/.config/cairn/gflags", &flags);
    return found || read_file("/etc/cairn/gflags", &flags) ? flags : 0;
}

/* --- the process ----------------------------------------------------------------------------------------------------
 */

uint32_t gflags(void)
{
    return option_value(OPTION_GFLAGS);
}

uint32_t gflags_heap_bits(void)
{
    uint32_t flags = gflags();
    uint32_t bits = 0;
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        bits |= flags & known[i].flag ? known[i].heap_bits : 0;
    return bits;
}

uint32_t gflags_tagging_bit(void)
{
    return gflags() & FLG_HEAP_ENABLE_TAGGING ? HEAP_SHARED : 0;
}
