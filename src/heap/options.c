#include "heap/options.h"

#include "base/message.h"
#include "heap/gflags.h"
#include "os/os.h"

#include <string.h>

/* In place of the largest number: the value is not a number but global flags (gflags.h). */
#define LIMIT_FLAGS UINT32_MAX
#define FLAGS_FORM "+htc+hfc, 0x30"

/*
 * The table: option, name, words of which a value is one or NULL, where that is NULL the largest number, the default
 * (a number, or the index of a word), and the meaning.
 */
#define OPTION_LIST(X)                                                                                                 \
    X(OPTION_HELP, "help", "off|on", 0, 0, "print this table at start, and go on")                                     \
    X(OPTION_ON_ERROR, "on_error", "abort|continue", 0, ON_ERROR_ABORT,                                                \
      "after the line about a wrong free or the like: end the process, or leave the call without effect")              \
    X(OPTION_DECAY, "decay", NULL, 3600000, 1000,                                                                      \
      "milliseconds until unused memory goes back to the system; 0: at once")                                          \
    X(OPTION_CLEANER, "cleaner", "off|on", 0, 1, "have a thread give it back; off: calls that come later do")          \
    X(OPTION_GFLAGS, "gflags", NULL, LIMIT_FLAGS, 0, "checks that the heaps make; see docs/debug-heap.md")             \
    X(OPTION_STATS, "stats", "off|on", 0, 0, "print one line about memory when the process ends")

struct row {
    const char *name;
    const char *words; /* separated by '|' */
    unsigned limit;
    unsigned initial;
    const char *meaning;
};

static const struct row rows[] = {
#define OPTION_ROW(option, name, words, limit, initial, meaning) [option] = {name, words, limit, initial, meaning},
    OPTION_LIST(OPTION_ROW)
#undef OPTION_ROW
};
_Static_assert(sizeof rows / sizeof rows[0] == OPTION_COUNT, "a row for each option");

static atomic_uint values[] = {
#define OPTION_INITIAL(option, name, words, limit, initial, meaning) [option] = (initial),
    OPTION_LIST(OPTION_INITIAL)
#undef OPTION_INITIAL
};

/* --- printing -------------------------------------------------------------------------------------------------------
 */

/* A piece of the variable's text, which is not ended by a zero. */
struct piece {
    const char *text;
    size_t length;
};

static void add_piece(struct message *message, struct piece piece)
{
    for (size_t i = 0; i < piece.length; i++)
        message_add(message, (char[]){piece.text[i], '\0'});
}

static void add_column(struct message *message, const char *text, size_t width)
{
    message_add(message, text);
    for (size_t length = strlen(text); length < width; length++)
        message_add(message, " ");
}

static void add_decimal_column(struct message *message, const char *before, unsigned value, size_t width)
{
    struct message number;
    message_start(&number);
    message_add(&number, before);
    message_add_decimal(&number, value);
    number.text[number.length] = '\0';
    add_column(message, number.text, width);
}

/* The word of an index. */
static struct piece word_at(const char *words, unsigned index)
{
    for (; index > 0; index--)
        words = strchr(words, '|') + 1;
    return (struct piece){words, strcspn(words, "|")};
}

static void add_default(struct message *message, const struct row *row)
{
    if (row->words == NULL) {
        add_decimal_column(message, "", row->initial, 9);
        return;
    }
    struct piece word = word_at(row->words, row->initial);
    add_piece(message, word);
    add_column(message, "", 9 - word.length);
}

static void write_line(struct message *message)
{
    message_end(message);
    os_write_error(message->text, message->length);
}

static void print_table(void)
{
    struct message message;

    message_start(&message);
    message_add(&message, "cairn: CAIRN_OPTIONS=key=value,...");
    write_line(&message);
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        message_start(&message);
        message_add(&message, "  ");
        add_column(&message, rows[i].name, 10);
        if (rows[i].words != NULL)
            add_column(&message, rows[i].words, 16);
        else if (rows[i].limit == LIMIT_FLAGS)
            add_column(&message, FLAGS_FORM, 16);
        else
            add_decimal_column(&message, "0..", rows[i].limit, 16);
        add_default(&message, &rows[i]);
        message_add(&message, rows[i].meaning);
        write_line(&message);
    }
}

static void complain(const char *what, struct piece piece)
{
    struct message message;
    message_start(&message);
    message_add(&message, "cairn: CAIRN_OPTIONS: ");
    message_add(&message, what);
    message_add(&message, ": ");
    add_piece(&message, piece);
    write_line(&message);
}

/* --- reading --------------------------------------------------------------------------------------------------------
 */

static bool piece_is(struct piece piece, struct piece other)
{
    return piece.length == other.length && memcmp(piece.text, other.text, piece.length) == 0;
}

static bool read_word(const char *words, struct piece text, unsigned *value)
{
    for (unsigned index = 0;; index++) {
        struct piece word = word_at(words, index);
        if (piece_is(text, word)) {
            *value = index;
            return true;
        }
        if (word.text[word.length] == '\0')
            return false;
    }
}

static bool read_number(unsigned limit, struct piece text, unsigned *value)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.length; i++) {
        if (text.text[i] < '0' || text.text[i] > '9')
            return false;
        number = number * 10 + (unsigned)(text.text[i] - '0');
        if (number > limit)
            return false;
    }
    *value = (unsigned)number;
    return text.length > 0;
}

static bool read_value(const struct row *row, struct piece text, unsigned *value)
{
    if (row->words != NULL)
        return read_word(row->words, text, value);
    if (row->limit == LIMIT_FLAGS)
        return gflags_read(text.text, text.length, value);
    return read_number(row->limit, text, value);
}

static const struct row *find_row(struct piece name)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        if (piece_is(name, (struct piece){rows[i].name, strlen(rows[i].name)}))
            return &rows[i];
    }
    return NULL;
}

/* One "key=value" or "key". */
static void read_pair(struct piece pair)
{
    const char *equals = memchr(pair.text, '=', pair.length);
    struct piece name = {pair.text, equals != NULL ? (size_t)(equals - pair.text) : pair.length};
    struct piece text = {"on", 2};
    if (equals != NULL)
        text = (struct piece){equals + 1, pair.length - name.length - 1};

    const struct row *row = find_row(name);
    if (row == NULL) {
        complain("unknown option", pair);
        return;
    }
    unsigned value;
    if (read_value(row, text, &value))
        atomic_store_explicit(&values[row - rows], value, memory_order_relaxed);
    else
        complain("not a value of this option", pair);
}

void options_parse(const char *text)
{
    while (*text != '\0') {
        struct piece pair = {text, strcspn(text, ",")};
        if (pair.length > 0)
            read_pair(pair);
        text += pair.length;
        text += *text == ',';
    }
}

/* 0: not read yet, 1: somebody is at it, who sees and shows the others the defaults, 2: read. */
static atomic_uint reading;

static NOINLINE void read_environment(void)
{
    /* Not a constant: most programs need none of those of the library, and so none of the pages that they lie on. */
    static char name[] = "CAIRN_OPTIONS";
    unsigned unread = 0;

    if (!os_has_environment() || !atomic_compare_exchange_strong(&reading, &unread, 1))
        return;
    const char *text = os_environment(name);
    atomic_store_explicit(&values[OPTION_GFLAGS], gflags_of_program(), memory_order_relaxed);
    if (text != NULL)
        options_parse(text);
    if (atomic_load_explicit(&values[OPTION_HELP], memory_order_relaxed))
        print_table();
    atomic_store_explicit(&reading, 2, memory_order_release);
}

/* From here on the environment counts no more, be the variable in it or not. */
__attribute__((constructor(101))) static void start(void)
{
    read_environment();
    atomic_store_explicit(&reading, 2, memory_order_release);
}

unsigned option_value(enum option option)
{
    if (UNLIKELY(atomic_load_explicit(&reading, memory_order_acquire) == 0))
        read_environment();
    return atomic_load_explicit(&values[option], memory_order_relaxed);
}
SHARE(option_value);
