/*
 * A private heap as an arena: everything that belongs together is allocated from one heap, and goes with it.
 *
 * The tree below is never taken apart. HeapDestroy ends all its nodes at once, at a cost that does not depend on their
 * number, and none can be forgotten. The heap is used by one thread only and says so, which makes it cheaper.
 */
#include <windows.h>
#include <stdio.h>

struct node {
    int key;
    struct node *left;
    struct node *right;
};

/* False: the heap has no more memory. */
static BOOL insert(HANDLE heap, struct node **place, int key)
{
    while (*place)
        place = key < (*place)->key ? &(*place)->left : &(*place)->right;
    *place = (struct node *)HeapAlloc(heap, HEAP_ZERO_MEMORY, sizeof(**place));
    if (!*place)
        return FALSE;
    (*place)->key = key;
    return TRUE;
}

static int depth(const struct node *node)
{
    int left, right;

    if (!node)
        return 0;
    left = depth(node->left);
    right = depth(node->right);
    return 1 + (left > right ? left : right);
}

int main(void)
{
    enum {
        NODES = 10000
    };
    struct node *root = NULL;
    unsigned key = 1;
    HANDLE heap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);

    if (!heap)
        return 1;
    for (int i = 0; i < NODES; i++) {
        key = key * 1103515245u + 12345u;
        if (!insert(heap, &root, (int)(key >> 8))) {
            HeapDestroy(heap);
            return 1;
        }
    }
    printf("a tree of %d nodes, %d levels deep\n", NODES, depth(root));

    if (!HeapDestroy(heap))
        return 1;
    printf("gone with its heap\n");
    return 0;
}
