/*
 * Spare blocks: free hot blocks that magazines and stocks keep beyond what each magazine may hold by itself, counted in
 * bytes for the whole process. They make a program faster that frees much at a time and allocates it again, and cost
 * memory that others could use: so they are at most a share of what is in use, and of that no more than some MiB. In a
 * process with several threads magazines keep none, and stocks only the smallest ones that their own threads freed:
 * what moves between threads would keep blocks of many spans from ever becoming whole spans again.
 */
#ifndef CAIRN_HEAP_SPARE_H
#define CAIRN_HEAP_SPARE_H

#include <stdbool.h>
#include <stddef.h>

/* Counts so many bytes more. False: there are too many already, and these are not counted. */
bool spare_take(size_t bytes);

void spare_give_back(size_t bytes);

#endif
