/* Moves its own limits up and down, runs itself again, and then takes what it should not get. */
#include "attack.h"
int main(int argc, char **argv) {
    int kinds[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_AS, RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_CORE};
    for (int n = 0; n < 7; n++) {
        struct rlimit now, soft;
        getrlimit(kinds[n], &now);
        struct rlimit more = {now.rlim_max + 1, now.rlim_max + 1};
        if (now.rlim_max != RLIM_INFINITY) door("a higher hard limit", setrlimit(kinds[n], &more));
        soft = now;
        soft.rlim_cur = now.rlim_max;
        setrlimit(kinds[n], &soft);
    }
    if (argc < 5) execl("/proc/self/exe", argv[0], "a", "b", "c", "d", (char *)0);
    for (;;) memset(malloc(1 << 20), 1, 1 << 20);
}
