/* Computes inside of the handlers of the very signals that tell it to stop. */
#include "attack.h"
static void spin(int number) {
    for (volatile int n = number;; n++) continue;
}
int main(void) {
    signal(SIGXCPU, spin), signal(SIGTERM, spin), signal(SIGPROF, spin), signal(SIGALRM, spin);
    raise(SIGXCPU);
    return 0;
}
