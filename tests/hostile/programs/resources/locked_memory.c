/* Locks its pages, so that none can be taken back; then takes all it can get. */
#include "attack.h"
int main(void) {
    char *area = mmap(0, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    door("lock 8 MiB", mlock(area, 8 << 20));
    door("lock all", mlockall(MCL_CURRENT | MCL_FUTURE));
    struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};
    door("lock without limit", setrlimit(RLIMIT_MEMLOCK, &more));
    done();
    for (;;) memset(malloc(1 << 20), 1, 1 << 20);
}
