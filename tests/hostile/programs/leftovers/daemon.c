/* A daemon that left its parents, ignores what can be ignored, holds the output open, and goes on
 * writing wherever it can. */
#include "attack.h"
int main(void) {
    if (fork() == 0) {
        setsid();
        if (fork()) _exit(0);
        for (int n = 1; n < 65; n++) signal(n, SIG_IGN);
        for (;;) {
            close(open("/box/left-behind", O_CREAT | O_WRONLY, 0666));
            close(open("/dev/shm/left-behind", O_CREAT | O_WRONLY, 0666));
            usleep(1000);
        }
    }
    usleep(50000);
    return done();
}
