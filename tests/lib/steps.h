/* Single steps: between steps_begin and steps_end the processor sends SIGTRAP before each instruction. x86-64 only. */
#ifndef CAIRN_TESTS_STEPS_H
#define CAIRN_TESTS_STEPS_H

/* Sets or clears the trap flag, 0x100; the red zone below the stack is left alone. */
static inline void steps_begin(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                         : "memory", "cc");
}

static inline void steps_end(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                         : "memory", "cc");
}

#endif
