#include "heap.h"

#include <stdlib.h>
#include <string.h>

static int before(const struct entry *a, const struct entry *b)
{
    if (a->key != b->key)
        return a->key < b->key;
    return 0;
}

static void swap(struct entry *a, struct entry *b)
{
    struct entry kept = *a;
    *a = *b;
    *b = kept;
}

int heap_push(struct heap *heap, long key, const char *name)
{
    if (heap->count == heap->room) {
        size_t room = heap->room ? heap->room * 2 : 16;
        struct entry *grown = realloc(heap->entries, room * sizeof *grown);
        if (grown == NULL)
            return -1;
        heap->entries = grown;
        heap->room = room;
    }
    size_t i = heap->count++;
    heap->entries[i].key = key;
    heap->entries[i].turn = heap->next_turn++;
    strncpy(heap->entries[i].name, name, sizeof heap->entries[i].name - 1);
    heap->entries[i].name[sizeof heap->entries[i].name - 1] = '\0';
    while (i > 0 && before(&heap->entries[i], &heap->entries[(i - 1) / 2])) {
        swap(&heap->entries[i], &heap->entries[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    return 0;
}

int heap_pop(struct heap *heap, struct entry *out)
{
    if (heap->count == 0)
        return -1;
    *out = heap->entries[0];
    heap->entries[0] = heap->entries[--heap->count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
            if (child < heap->count && before(&heap->entries[child], &heap->entries[least]))
                least = child;
        if (least == i)
            return 0;
        swap(&heap->entries[i], &heap->entries[least]);
        i = least;
    }
}

void heap_free(struct heap *heap)
{
    free(heap->entries);
}
