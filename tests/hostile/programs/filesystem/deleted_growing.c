/* Creates a file, opens it, deletes it, and keeps growing it. */
#include "attack.h"
int main(void) {
    static char block[1 << 16];
    for (;;) {
        int fd = open("gone", O_CREAT | O_RDWR, 0600);
        unlink("gone");
        for (int n = 0; n < 60; n++)
            if (write(fd, block, sizeof block) < 0) return usleep(100000), 1;
    }
}
