/* Sets timers of every kind that fire after the parent has left, in a child that has a word to say. */
#include "attack.h"
static void late(int number) {
    if (write(1, "LATE\n", 5) < 0) _exit(number);
}
int main(void) {
    if (fork() == 0) {
        struct itimerval soon = {{0, 300000}, {0, 300000}};
        signal(SIGALRM, late), signal(SIGPROF, late), signal(SIGVTALRM, late);
        setitimer(ITIMER_REAL, &soon, 0), setitimer(ITIMER_PROF, &soon, 0), setitimer(ITIMER_VIRTUAL, &soon, 0);
        timer_t timer;
        struct sigevent alarm = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
        struct itimerspec then = {{0, 300000000}, {0, 300000000}};
        timer_create(CLOCK_MONOTONIC, &alarm, &timer), timer_settime(timer, 0, &then, 0);
        for (;;) pause();
    }
    return write(1, "early\n", 6) < 0;
}
