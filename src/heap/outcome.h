/*
 * How an operation of the core ended: one list gives the values and, for the mistakes, the words of the report.
 */
#ifndef CAIRN_HEAP_OUTCOME_H
#define CAIRN_HEAP_OUTCOME_H

#define OUTCOME_LIST(X)                                                                                                \
    X(OUTCOME_OK, "no mistake")                                                                                        \
    X(OUTCOME_NO_MEMORY, "no memory")                                                                                  \
    X(OUTCOME_CANNOT_RESIZE, "cannot be resized in place")                                                             \
    X(OUTCOME_NO_EXTRA, "block has no user value or no user flags")                                                    \
    X(OUTCOME_NOT_A_HEAP, "not the handle of a heap")                                                                  \
    X(OUTCOME_NOT_AN_OBJECT, "not the handle of a memory object")                                                      \
    X(OUTCOME_READ_ONLY, "heap is read-only")                                                                          \
    X(OUTCOME_NOT_LOCKED, "heap is not locked by this thread")                                                         \
    X(OUTCOME_OUTSIDE, "address outside every heap")                                                                   \
    X(OUTCOME_FOREIGN, "block of another heap")                                                                        \
    X(OUTCOME_NOT_A_BLOCK, "no block starts at this address")                                                          \
    X(OUTCOME_ALREADY_FREE, "block is already free")                                                                   \
    X(OUTCOME_OTHER_SIZE, "size or alignment is not the one asked for")                                                \
    X(OUTCOME_BLOCK_DAMAGED, "block header was overwritten")                                                           \
    X(OUTCOME_END_OVERWRITTEN, "block was written to past its end")                                                    \
    X(OUTCOME_WRITTEN_WHEN_FREE, "block was written to after it was freed")                                            \
    X(OUTCOME_FREE_LIST_DAMAGED, "free block was overwritten")

enum outcome {
#define OUTCOME_VALUE(name, text) name,
    OUTCOME_LIST(OUTCOME_VALUE)
#undef OUTCOME_VALUE
};

#endif
