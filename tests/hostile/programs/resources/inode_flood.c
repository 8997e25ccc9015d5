/* Files without bytes of every kind: empty, links of both kinds, pipes, sockets, folders. */
#include "attack.h"
int main(void) {
    close(open("first", O_CREAT | O_WRONLY, 0600));
    for (int n = 0; n < 100000; n++) {
        char name[32];
        snprintf(name, sizeof name, "%d", n);
        int failed = n % 5 == 0   ? mknod(name, S_IFREG | 0600, 0)
                     : n % 5 == 1 ? symlink("nowhere", name)
                     : n % 5 == 2 ? link("first", name)
                     : n % 5 == 3 ? mkfifo(name, 0600)
                                  : mkdir(name, 0700);
        if (failed) return 1;
    }
    return 0;
}
