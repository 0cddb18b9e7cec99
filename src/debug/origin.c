#include "debug/origin.h"

#include "debug/stack.h"
#include "heap/extra.h"
#include "heap/gflags.h"
#include "heap/registry.h"
#include "heap/tag.h"

#include <cairn_rtl_heap.h>

/* A module's name as a tag's, cut to fit. */
static void to_tag_name(const char *module, uint16_t name[TAG_NAME_SIZE])
{
    size_t length = 0;
    for (; module[length] != '\0' && length < TAG_NAME_SIZE - 1; length++)
        name[length] = (unsigned char)module[length];
    for (; length < TAG_NAME_SIZE; length++)
        name[length] = 0;
}

static bool is_same(const uint16_t *a, const uint16_t *b)
{
    for (size_t i = 0; i < TAG_NAME_SIZE; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

static unsigned find_tag(const uint16_t name[TAG_NAME_SIZE])
{
    unsigned count = tag_count(NULL);
    for (unsigned i = 1; i < count; i++) {
        if (is_same(tag_find(NULL, i | TAG_GLOBAL)->name, name))
            return i | TAG_GLOBAL;
    }
    return 0;
}

/* The tag of the process with this name, added if there is none. */
static unsigned tag_of_module(const char *module)
{
    uint16_t name[TAG_NAME_SIZE];
    to_tag_name(module, name);
    unsigned tag = find_tag(name);
    if (tag != 0)
        return tag;
    registry_lock();
    tag = find_tag(name);
    if (tag == 0)
        tag = tag_add(NULL, name);
    registry_unlock();
    return tag;
}

struct origin origin_of_call(void)
{
    uint32_t flags = gflags();
    struct origin origin = {0, 0};
    if (flags & FLG_USER_STACK_TRACE_DB)
        origin.trace = stack_note();
    const char *module = flags & FLG_HEAP_ENABLE_TAG_BY_DLL ? stack_calling_module() : NULL;
    if (module != NULL)
        origin.tag = tag_of_module(module);
    return origin;
}

uint32_t origin_flags(const struct origin *origin, uint32_t flags)
{
    return flags & HEAP_TAG_MASK ? flags : flags | origin->tag << HEAP_TAG_SHIFT;
}

void origin_tell(unsigned allocated_at, unsigned freed_at)
{
    stack_tell("allocated from", allocated_at);
    stack_tell("freed from", freed_at);
}
