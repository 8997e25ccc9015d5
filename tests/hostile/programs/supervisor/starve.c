/* As many spinners as allowed, so that nobody else gets the processor. */
#include "attack.h"
int main(void) {
    setpriority(PRIO_PROCESS, 0, -20);
    for (int n = 0; n < 20; n++)
        if (fork() == 0) break;
    for (;;) sched_yield();
}
