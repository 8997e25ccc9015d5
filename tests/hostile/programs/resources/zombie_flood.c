/* Children that died and are never waited for still take a number each. */
#include <unistd.h>
int main(void) {
    for (;;)
        if (fork() == 0) _exit(0);
}
