/*
 * What the other headers here need from the compiler: linkage, symbol visibility, and compile-time checks of layouts.
 * Not a Windows header; programs include windows.h and its kin.
 */
#ifndef CAIRN_COMPILER_H
#define CAIRN_COMPILER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CAIRN_BEGIN_DECLS extern "C" {
#define CAIRN_END_DECLS }
#define CAIRN_STATIC_ASSERT(condition, text) static_assert(condition, text)
#define CAIRN_ALIGNOF(type) alignof(type)
#else
#define CAIRN_BEGIN_DECLS
#define CAIRN_END_DECLS
#define CAIRN_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#define CAIRN_ALIGNOF(type) _Alignof(type)
#endif

/* On every function that the shared library offers: the library itself is built with hidden visibility. */
#define CAIRN_API __attribute__((visibility("default")))

/* Picks the x64 or the x86 number of the layout tables (types-and-constants.md 14). */
#define CAIRN_BY_POINTER_SIZE(x64, x86) (sizeof(void *) == 8 ? (x64) : (x86))

/* Size and alignment of a structure as Windows lays it out. */
#define CAIRN_LAYOUT(type, size64, align64, size32, align32)                                                           \
    CAIRN_STATIC_ASSERT(sizeof(type) == CAIRN_BY_POINTER_SIZE(size64, size32), "size of " #type);                      \
    CAIRN_STATIC_ASSERT(CAIRN_ALIGNOF(type) == CAIRN_BY_POINTER_SIZE(align64, align32), "alignment of " #type)

/* Offset of a member as Windows lays it out. */
#define CAIRN_OFFSET(type, member, offset64, offset32)                                                                 \
    CAIRN_STATIC_ASSERT(offsetof(type, member) == CAIRN_BY_POINTER_SIZE(offset64, offset32), #type "." #member)

#endif
