/* A parent that waits inside of vfork hears no signal that can be handled. */
#define _GNU_SOURCE
#include <unistd.h>
int main(void) {
    if (vfork() == 0)
        for (;;) sleep(60);
    return 0;
}
