/* Asks for a stack without end and uses it. */
#include "attack.h"
static int deeper(int depth) {
    volatile char room[1 << 16];
    memset((char *)room, depth, sizeof room);
    return deeper(depth + 1) + room[depth % 100];
}
int main(int argc, char **argv) {
    struct rlimit wide = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_STACK, &wide);
    if (argc < 9) execl("/proc/self/exe", argv[0], "1", "2", "3", "4", "5", "6", "7", "8", (char *)0);
    return deeper(1);
}
