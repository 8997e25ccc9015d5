/* Switches of a process: none of them may give it anything, none may keep it alive. */
#include "attack.h"
int main(void) {
    door("take back no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
    door("keep capabilities", prctl(PR_CAPBSET_READ, 21, 0, 0, 0) == 1 ? 0 : -1);
    door("ambient", prctl(47, 2, 21, 0, 0));
    door("secure bits", prctl(PR_SET_SECUREBITS, 0x2f, 0, 0, 0));
    door("its own program", prctl(35, 13, open("/bin/bash", O_RDONLY), 0, 0));
    door("endianness", prctl(20, 1, 0, 0, 0));
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), prctl(0x59616d61, -1, 0, 0, 0), prctl(PR_SET_TIMERSLACK, ~0UL, 0, 0, 0);
    prctl(41, 1, 0, 0, 0), prctl(PR_SET_TSC, 2, 0, 0, 0), prctl(PR_SET_NAME, "\xff\n);X 0", 0, 0, 0);
    return done();
}
