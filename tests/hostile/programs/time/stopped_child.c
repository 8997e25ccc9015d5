/* Waits for a child that is stopped, that will not go on, and that has more of the kind. */
#include "attack.h"
int main(void) {
    for (int n = 0; n < 6; n++)
        if (fork() == 0) {
            setpgid(0, 0);
            raise(SIGSTOP);
            for (;;) pause();
        }
    while (wait(0) > 0) continue;
    return 0;
}
