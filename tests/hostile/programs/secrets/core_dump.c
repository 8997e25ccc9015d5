/* Dies with its memory full of things, and hopes that they land somewhere. */
#include "attack.h"
int main(void) {
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    door("core", setrlimit(RLIMIT_CORE, &all));
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    done();
    fflush(stdout);
    abort();
}
