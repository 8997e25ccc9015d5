/* Every family of sockets in every kind; only local ones and the loopback's are for programs. */
#include "attack.h"
int main(void) {
    int kinds[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, SOCK_PACKET};
    for (int family = 0; family < 64; family++)
        for (int n = 0; n < 6; n++)
            for (int protocol = 0; protocol < 30; protocol++) {
                char name[64];
                snprintf(name, sizeof name, "family %d kind %d protocol %d", family, kinds[n], protocol);
                int local = family == 1, inet = family == 2 || family == 10;
                int plain = local || (inet && kinds[n] != SOCK_RAW && kinds[n] != SOCK_PACKET);
                int fd = socket(family, kinds[n], protocol);
                if (!plain) door(name, fd);
                if (fd >= 0) close(fd);
                int pair[2];
                if (family != 1) door("pair", socketpair(family, kinds[n], protocol, pair));
            }
    return done();
}
