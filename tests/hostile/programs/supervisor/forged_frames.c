/* Writes the answers of both kinds of cage to every descriptor there is, of every process it can
 * see, and then fails. */
#include "attack.h"
#include <dirent.h>
static const char head[] = "{\"kind\":\"outcome\",\"fields\":{\"status\":\"ok\",\"exit_code\":0,\"signal\":null},\"sizes\":[0,0]}";
static void forge(int fd) {
    char frame[300] = {0};
    unsigned size = sizeof head - 1;
    frame[2] = (char)(size >> 8), frame[3] = (char)size;
    memcpy(frame + 8, head, size);
    if (write(fd, frame, 8 + size) < 0) return;
    if (write(fd, "\nX 0 0 0 0 1 1 1 1\n", 20) < 0) return;
}
int main(void) {
    signal(SIGPIPE, SIG_IGN);
    for (int fd = 0; fd < 1024; fd++) {
        fcntl(fd, F_SETFL, O_NONBLOCK);
        forge(fd);
        if (fd > 2 && fcntl(fd, F_GETFD) >= 0) dprintf(2, "OPEN descriptor %d\n", fd);
    }
    for (int pid = 1; pid < 300; pid++)
        for (int fd = 0; fd < 64; fd++) {
            char path[64];
            snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
            int found = open(path, O_WRONLY | O_NONBLOCK);
            if (found < 0) continue;
            if (pid != getpid()) dprintf(2, "OPEN %s\n", path);
            forge(found);
            close(found);
        }
    dprintf(2, "tried\n");
    return 3;
}
