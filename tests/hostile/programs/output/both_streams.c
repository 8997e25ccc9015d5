/* Both streams at once, from two processes. */
#include <string.h>
#include <unistd.h>
int main(void) {
    static char block[4096];
    memset(block, 'x', sizeof block);
    for (int fd = fork() ? 1 : 2;;)
        if (write(fd, block, sizeof block) < 0) return 0;
}
