/* Uses its pipes from the wrong end: reads its own output, writes its own input, resizes both. */
#include "attack.h"
int main(void) {
    char room[4096];
    int out = open("/proc/self/fd/1", O_RDONLY | O_NONBLOCK), in = open("/proc/self/fd/0", O_WRONLY | O_NONBLOCK);
    fcntl(0, F_SETPIPE_SZ, 4096), fcntl(1, F_SETPIPE_SZ, 4096), fcntl(1, F_SETFL, O_NONBLOCK | O_ASYNC);
    for (int n = 0; n < 1000; n++) {
        if (write(1, "stolen\n", 7) < 0 || read(out, room, sizeof room) < 0) continue;
        if (write(in, room, 100) < 0) continue;
    }
    dprintf(2, "tried\n");
    return 0;
}
