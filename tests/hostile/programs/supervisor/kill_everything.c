/* Every signal to everyone it can name: all processes, the first, its group, its threads. */
#include "attack.h"
int main(void) {
    signal(SIGTERM, SIG_IGN);
    for (int n = 1; n < 65; n++) {
        if (n == SIGCONT) continue; /* everybody may wake his own session */
        door("the first process", kill(1, n));
        door("its thread", syscall(SYS_tgkill, 1, 1, n));
        door("its group", kill(-getpgid(1) ? -getpgid(1) : -1, n) == 0 && getpgid(1) > 0 ? 0 : -1);
    }
    int first = (int)syscall(SYS_pidfd_open, 1, 0);
    if (first >= 0) door("by descriptor", syscall(SYS_pidfd_send_signal, first, SIGKILL, 0, 0));
    kill(-1, SIGKILL);
    done();
    fflush(stdout);
    return 3;
}
