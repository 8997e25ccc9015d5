/* Holds nothing but its three standard streams. */
#include "attack.h"
int main(void) {
    for (int fd = 3; fd < 4096; fd++)
        if (fcntl(fd, F_GETFD) >= 0) printf("OPEN descriptor %d\n", fd);
    for (int fd = 0; fd < 3; fd++) {
        struct stat at;
        if (fstat(fd, &at) || !S_ISFIFO(at.st_mode)) printf("OPEN %d is no pipe\n", fd);
    }
    return done();
}
