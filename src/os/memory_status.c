#include "os/memory_status.h"

#include "base/align.h"
#include "os/os.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* Programs lie between the lowest address that may be mapped and the end of the lower half of the address space. */
#define LOWEST_ADDRESS 0x10000u
#define HIGHEST_BIT (sizeof(void *) == 8 ? 47 : 31)

/* Reads the start of a file of /proc as a string; an empty one if there is no such file. */
static void read_start(const char *path, char *text, size_t size)
{
    ssize_t length = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        length = read(file, text, size - 1);
        close(file);
    }
    text[length > 0 ? length : 0] = '\0';
}

/* What the kernel could hand out, its caches included; without /proc only what lies idle. */
static uint64_t available_memory(const struct sysinfo *system)
{
    static const char label[] = "MemAvailable:";
    char text[512];
    read_start("/proc/meminfo", text, sizeof text);
    const char *line = strstr(text, label);
    if (line != NULL)
        return strtoull(line + sizeof label - 1, NULL, 10) * 1024;
    return (uint64_t)system->freeram * system->mem_unit;
}

static uint64_t mapped_address_space(void)
{
    char text[64];
    read_start("/proc/self/statm", text, sizeof text);
    return strtoull(text, NULL, 10) * os_page_size();
}

void os_memory_status(struct os_memory_status *status)
{
    struct sysinfo system = {.mem_unit = 1};
    sysinfo(&system);
    status->physical = (uint64_t)system.totalram * system.mem_unit;
    status->physical_available = size_min(available_memory(&system), status->physical);
    status->swap = (uint64_t)system.totalswap * system.mem_unit;
    status->swap_available = (uint64_t)system.freeswap * system.mem_unit;

    uint64_t addresses = ((uint64_t)1 << HIGHEST_BIT) - os_page_size() - LOWEST_ADDRESS;
    status->address_space = size_min(addresses, os_address_space_limit());
    status->address_space_available = status->address_space - size_min(mapped_address_space(), status->address_space);
}
