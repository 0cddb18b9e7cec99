/* The table of moveable memory: src/win32/handletable.h. */
#include "win32/handletable.h"

#include "child.h"

#include <stddef.h>

static struct moveable *taken[MOVEABLE_LIMIT];

static void fill(unsigned count)
{
    unsigned bad = 0;
    for (unsigned i = 0; i < count; i++) {
        taken[i] = handletable_take();
        bad += taken[i] == NULL || (taken[i]->flags != 0xB) || taken[i]->data != NULL;
    }
    CHECK_EQ_UINT(bad, 0);
}

static void empty(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        handletable_give_back(taken[i]);
    }
}

/* Each entry is given out once, until it is given back. */
static void every_entry_once(void)
{
    fill(MOVEABLE_LIMIT);
    CHECK_EQ_PTR(handletable_take(), NULL);
    unsigned lost = 0;
    for (unsigned i = 0; i < MOVEABLE_LIMIT; i++) {
        lost += unsafe_moveable_from_handle(handle_from_moveable(taken[i])) != taken[i];
        taken[i]->data = &taken[i];
    }
    CHECK_EQ_UINT(lost, 0);
    for (unsigned i = 0; i < MOVEABLE_LIMIT; i += 6000) {
        CHECK_EQ_PTR(handletable_find(&taken[i]), taken[i]);
    }
    empty(MOVEABLE_LIMIT);
    CHECK_EQ_PTR(handletable_find(&taken[0]), NULL);
    CHECK_EQ_PTR(unsafe_moveable_from_handle(handle_from_moveable(taken[7])), NULL);
}

/* Only the second word of an entry in use is a handle. */
static void wrong_handles(void)
{
    struct moveable *moveable = handletable_take();
    char *handle = handle_from_moveable(moveable);
    CHECK_EQ_PTR(unsafe_moveable_from_handle(handle), moveable);
    for (int offset = 1; offset < 16; offset++) {
        CHECK_EQ_PTR(unsafe_moveable_from_handle(handle + offset), NULL);
    }
    CHECK_EQ_PTR(unsafe_moveable_from_handle(NULL), NULL);
    CHECK_EQ_PTR(unsafe_moveable_from_handle((void *)8), NULL);
    CHECK_EQ_PTR(unsafe_moveable_from_handle((void *)~(uintptr_t)0), NULL);
    CHECK_EQ_PTR(unsafe_moveable_from_handle(handle + 0x100000), NULL);
    CHECK_EQ_PTR(unsafe_moveable_from_handle(handle - 0x100000), NULL);
    handletable_give_back(moveable);
    CHECK_EQ_PTR(unsafe_moveable_from_handle(handle), NULL);
}

/* A link overwritten through a stale handle gives out no entry twice, and nothing outside the table. */
static void overwritten_links(void)
{
    struct moveable fake[2] = {{0, NULL}, {0, NULL}};
    struct moveable *used = handletable_take();
    uintptr_t links[] = {0, 8, (uintptr_t)used, (uintptr_t)fake, (uintptr_t)used + 8, ~(uintptr_t)0, ~(uintptr_t)15};
    for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        struct moveable *first = handletable_take();
        handletable_give_back(first);
        first->flags = links[i] & ~(uintptr_t)MOVEABLE_IN_USE;
        struct moveable *second = handletable_take();
        struct moveable *third = handletable_take();
        struct moveable *fourth = handletable_take();
        CHECK(second == first && third != NULL && fourth != NULL);
        CHECK(second != third && second != fourth && third != fourth);
        CHECK(third != used && fourth != used && third != fake && fourth != fake);
        handletable_give_back(fourth);
        handletable_give_back(third);
        handletable_give_back(second);
    }
    handletable_give_back(used);
}

/* In a process of its own: the entries behind a link that was overwritten are lost. */
static void overwritten_links_apart(void *arg)
{
    (void)arg;
    CHECK(handletable_lock());
    overwritten_links();
    handletable_unlock();
}

int main(void)
{
    child_run(overwritten_links_apart, NULL, 10, "overwritten links");
    CHECK(handletable_lock());
    wrong_handles();
    every_entry_once();
    wrong_handles();
    handletable_unlock();
    return check_report();
}
