/* A bump allocator over one block: aligned, with marks to go back to. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct arena {
    size_t size, used;
};

/* Offset of the new block, or SIZE_MAX when it does not fit. `align` is a power of two. */
static size_t take(struct arena *arena, size_t bytes, size_t align)
{
    size_t start = (arena->used + align - 1) & ~(align - 1);
    if (start < arena->used || start > arena->size || bytes > arena->size - start)
        return SIZE_MAX;
    arena->used = start + bytes;
    return start;
}

int main(void)
{
    struct arena arena = {0, 0};
    char word[8];
    size_t bytes, align, marks[64], depth = 0;
    if (scanf("%zu", &arena.size) != 1)
        return 2;
    while (scanf("%7s", word) == 1) {
        if (strcmp(word, "take") == 0 && scanf("%zu %zu", &bytes, &align) == 2) {
            size_t start = take(&arena, bytes, align);
            if (start == SIZE_MAX)
                puts("full");
            else
                printf("%zu\n", start);
        } else if (strcmp(word, "mark") == 0 && depth < 64) {
            marks[depth++] = arena.used;
        } else if (strcmp(word, "back") == 0) {
            arena.used = depth ? marks[--depth] : 0;
        }
    }
    printf("used %zu\n", arena.used);
    return 0;
}
