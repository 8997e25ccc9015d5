/* Makes its pipe as wide as it gets, fills it in one go and is gone before anyone has read. */
#include "attack.h"
int main(void) {
    static char block[1 << 20];
    memset(block, 'x', sizeof block);
    fcntl(1, F_SETPIPE_SZ, 1 << 20);
    fcntl(1, F_SETFL, O_NONBLOCK);
    if (write(1, block, sizeof block) < 0) return 1;
    _exit(0);
}
