#include "heap.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
    struct heap heap = {0};
    char word[8], name[32];
    long key;
    struct entry entry;
    while (scanf("%7s", word) == 1) {
        if (strcmp(word, "push") == 0 && scanf("%ld %31s", &key, name) == 2)
            heap_push(&heap, key, name);
        else if (strcmp(word, "pop") == 0)
            puts(heap_pop(&heap, &entry) == 0 ? entry.name : "-");
    }
    heap_free(&heap);
    return 0;
}
