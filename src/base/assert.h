/*
 * Asserts state what our own code guarantees; a caller's mistake is never asserted, it is answered.
 *
 * CAIRN_ASSERT_LEVEL: 0 none (release), 1 cheap ones, 2 also those that walk a structure (debug).
 */
#ifndef CAIRN_BASE_ASSERT_H
#define CAIRN_BASE_ASSERT_H

#ifndef CAIRN_ASSERT_LEVEL
#define CAIRN_ASSERT_LEVEL 0
#endif

_Noreturn void assert_failed(const char *condition, const char *file, int line);

#define ASSERT_AT_LEVEL(level, condition)                                                                              \
    do {                                                                                                               \
        if (CAIRN_ASSERT_LEVEL >= (level) && !(condition))                                                             \
            assert_failed(#condition, __FILE__, __LINE__);                                                             \
    } while (0)

#define ASSERT(condition) ASSERT_AT_LEVEL(1, condition)
#define ASSERT_EXPENSIVE(condition) ASSERT_AT_LEVEL(2, condition)

#endif
