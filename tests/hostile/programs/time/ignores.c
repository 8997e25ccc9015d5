/* Ignores, blocks and handles every signal that can be, and sleeps. */
#include "attack.h"
int main(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, 0);
    for (int n = 1; n < 65; n++) signal(n, SIG_IGN);
    for (;;) sleep(60);
}
