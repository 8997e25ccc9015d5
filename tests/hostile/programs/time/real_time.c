/* Asks for every rank above its own, then computes. */
#include "attack.h"
struct wish { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t priority; uint64_t runtime, deadline, period; };
int main(void) {
    struct sched_param high = {50};
    struct wish deadline = {sizeof deadline, 6, 0, 0, 0, 900000000, 1000000000, 1000000000};
    door("first in, first out", sched_setscheduler(0, SCHED_FIFO, &high));
    door("round robin", sched_setscheduler(0, SCHED_RR, &high));
    door("deadline", syscall(SYS_sched_setattr, 0, &deadline, 0));
    door("nice", setpriority(PRIO_PROCESS, 0, -20));
    door("disk", syscall(SYS_ioprio_set, 1, 0, 1 << 13));
    done();
    fflush(stdout);
    for (volatile int n = 0;; n++) continue;
}
