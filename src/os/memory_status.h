/*
 * How much memory the system and the process have, in bytes: a snapshot, for telling programs.
 */
#ifndef CAIRN_OS_MEMORY_STATUS_H
#define CAIRN_OS_MEMORY_STATUS_H

#include <stdint.h>

struct os_memory_status {
    uint64_t physical;           /* RAM that the kernel manages */
    uint64_t physical_available; /* that programs could get without swapping */
    uint64_t swap;
    uint64_t swap_available;
    uint64_t address_space; /* that the process may map */
    uint64_t address_space_available;
};

/* Never fails: what the system does not tell counts as zero in use. */
void os_memory_status(struct os_memory_status *status);

#endif
