/* A stable priority queue: smaller keys first, equal keys in order of arrival. */
#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>

struct entry {
    long key;
    unsigned long turn;
    char name[32];
};

struct heap {
    struct entry *entries;
    size_t count, room;
    unsigned long next_turn;
};

int heap_push(struct heap *heap, long key, const char *name);
int heap_pop(struct heap *heap, struct entry *out);
void heap_free(struct heap *heap);

#endif
