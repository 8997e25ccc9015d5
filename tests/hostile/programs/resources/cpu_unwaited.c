/* Hundreds of runners, each for some milliseconds, none of them waited for: time that only a
 * count over the whole group sees. */
#include <signal.h>
#include <time.h>
#include <unistd.h>
int main(void) {
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        if (fork() == 0) {
            while (clock() < CLOCKS_PER_SEC / 100) continue;
            _exit(0);
        }
        usleep(6000);
    }
}
