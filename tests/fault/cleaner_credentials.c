/* A program that gives up privileges while the thread that gives memory back is there: a thread keeps what it was
 * started with, unless the C library knows of it, and so that one ends. */
#include "check.h"

#include "child.h"
#include "heap/options.h"
#include "seed.h"
#include "thread.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>

#include <windows.h>

#define BLOCK ((SIZE_T)4 << 20)
#define DECAY "60000" /* milliseconds that the thread lives by itself, longer than is waited for its end */
#define SECONDS_AT_MOST 20u
#define NOBODY 65534

struct tasks {
    unsigned all;
    unsigned with; /* those with the line that was looked for */
};

/* Whether a task's status has that line. One that has just ended is as any other should be. */
static bool task_has(const char *task, const char *line)
{
    char path[64];
    char text[0x2000];
    snprintf(path, sizeof(path), "/proc/self/task/%.20s/status", task);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, text, sizeof(text) - 1) : -1;
    close(file);
    if (length <= 0) {
        return true;
    }
    text[length] = '\0';
    return strstr(text, line) != NULL;
}

static struct tasks tasks_with(const char *line)
{
    struct tasks tasks = {0, 0};
    const struct dirent *entry;
    DIR *folder = opendir("/proc/self/task");
    if (!CHECK(folder != NULL)) {
        return tasks;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            tasks.all++;
            tasks.with += task_has(entry->d_name, line);
        }
    }
    closedir(folder);
    return tasks;
}

static void use_memory(void)
{
    void *block = HeapAlloc(GetProcessHeap(), 0, BLOCK);
    CHECK(block != NULL);
    memset(block, 1, BLOCK);
    CHECK(HeapFree(GetProcessHeap(), 0, block));
}

static void start_cleaner(const char *line)
{
    options_parse("decay=" DECAY);
    use_memory();
    struct tasks tasks = tasks_with(line);
    CHECK(tasks.all > 1);
    CHECK_EQ_UINT(tasks.with, 0);
}

/* Within some seconds no task is left without that line. */
static void all_get(const char *line)
{
    struct tasks tasks = tasks_with(line);
    CHECK(tasks.with > 0);
    for (unsigned i = 0; i < SECONDS_AT_MOST * 50 && tasks.with < tasks.all; i++) {
        thread_sleep(20);
        tasks = tasks_with(line);
    }
    CHECK_EQ_UINT(tasks.with, tasks.all);
    use_memory();
    tasks = tasks_with(line);
    CHECK_EQ_UINT(tasks.with, tasks.all);
}

static void give_up_user(void *arg)
{
    static const char line[] = "\nUid:\t65534\t65534\t65534\t65534\n";
    (void)arg;
    start_cleaner(line);
    if (setresuid(NOBODY, NOBODY, NOBODY) != 0) {
        printf("the system knows no user %d: left out\n", NOBODY);
        return;
    }
    all_get(line);
}

static void give_up_new_privileges(void *arg)
{
    static const char line[] = "\nNoNewPrivs:\t1\n";
    (void)arg;
    if (tasks_with(line).with != 0) {
        printf("there are no privileges to give up: left out\n");
        return;
    }
    start_cleaner(line);
    CHECK_EQ_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    all_get(line);
}

int main(void)
{
    /* Sanitizers have threads of the C library instead, and of their own, which keep what they have; and none in the
     * child of a fork. */
    if (SLOWNESS != SLOWNESS_PLAIN) {
        return CHECK(true) ? 0 : 1;
    }
    child_run(give_up_new_privileges, NULL, 60, "no new privileges");
    if (geteuid() == 0) {
        child_run(give_up_user, NULL, 60, "another user");
    }
    return check_report();
}
