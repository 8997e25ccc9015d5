/* Each child of a vfork forks again before it leaves: a ladder of parents that all wait. */
#define _GNU_SOURCE
#include <unistd.h>
static void down(void) {
    if (vfork() == 0) down();
    for (;;) pause();
}
int main(void) { down(); }
